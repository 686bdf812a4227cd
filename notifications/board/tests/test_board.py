"""The board: what it says of notices, ways, queues, clocks and drills; for whom; one broken tile stops no other."""

import uuid
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import Permission
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisGone

from access.models import StaffRole, User
from audit.models import PutAside
from notifications.channels.base import Unreached
from notifications.drills.models import DrillPlan, DrillRun, DrillState
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Attempt, AttemptOutcome, Heartbeat, Notice, Purpose
from notifications.outbox.queueing import enqueue_canary
from notifications.outbox.ways.sending import send_due_ways
from tests.world.notices import notify_officer
from tests.world.phones import add_way
from tests.world.places import make_place, make_user

from .. import machine
from ..machine import PARTS
from ..tiles import Line, State, Tile, word_age
from ..views import build_tiles

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
PAGE = "/cms/board/"


@pytest.fixture
def coordinator(staffed: Any, postbox: Any) -> User:
    user = make_user(StaffRole.COORDINATOR, region=staffed.country.vlore.region, language="en")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    return user


@pytest.fixture
def operator() -> User:
    user = make_user(StaffRole.OPERATOR, language="en")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    return user


def work(at: datetime | None = None) -> None:
    """Let every part have worked just now."""
    for part, _name, _fresh in PARTS:
        Heartbeat.objects.update_or_create(part=part, defaults={"at": at or timezone.now(), "facts": {}})


def look(user: User, at: datetime | None = None) -> dict[str, Tile]:
    return {tile.key: tile for tile in build_tiles(user, at or timezone.now())}


def get_line(tile: Tile, name: str) -> Line:
    return next(line for line in tile.lines if line.name == name)


def get_page(user: User, **query: str) -> str:
    client = Client()
    client.force_login(user)
    return client.get(PAGE, query).content.decode()


# ---- notices ----


def test_the_oldest_open_notice_of_a_region_says_its_age_role_state_and_ways(staffed, coordinator, phones):
    add_way(staffed.officer)
    notice = notify_officer(staffed)
    notify_officer(staffed, at=timezone.now() + timedelta(minutes=1))
    send_due()
    send_due_ways()
    line = look(coordinator, notice.owed_at + timedelta(minutes=7))["notices"].lines[0]
    assert line.name == staffed.country.vlore.region.name
    assert line.words == "2 open, the oldest for 7 min"
    assert line.state == State.OK
    assert line.more.startswith(f"{notice.code} · anti-trafficking police officer · sent · ")
    assert "e-mail ✓" in line.more
    assert "text message ✓" in line.more
    assert notice.code in line.address


def test_past_its_time_to_answer_it_is_late_and_unsent_or_for_nobody_it_is_bad(staffed, coordinator, postbox):
    notice = notify_officer(staffed)
    at = notice.owed_at
    assert look(coordinator, at + timedelta(minutes=1))["notices"].state == State.OK
    assert look(coordinator, at + timedelta(minutes=3))["notices"].state == State.BAD
    send_due()
    assert look(coordinator, at + timedelta(minutes=29))["notices"].state == State.OK
    assert look(coordinator, at + timedelta(minutes=31))["notices"].state == State.LATE


def test_a_newer_notice_that_reaches_nobody_is_not_hidden_by_an_older_one(staffed, coordinator, postbox):
    notice = notify_officer(staffed)
    send_due()
    notify_officer(staffed, contact=None)
    tile = look(coordinator, notice.owed_at + timedelta(seconds=30))["notices"]
    assert tile.state == State.BAD
    assert tile.lines[0].state == State.BAD
    assert "1 not sent, or without a contact" in tile.lines[0].more
    assert notice.code in tile.lines[0].more  # still the oldest


def test_drills_tests_and_what_is_settled_are_not_what_waits(staffed, coordinator):
    notify_officer(staffed, is_drill=True)
    notify_officer(staffed, purpose=Purpose.DIGEST)
    settled = notify_officer(staffed)
    Notice.objects.filter(pk=settled.pk).update(
        state="closed", closed_at=timezone.now(), next_attempt_at=None, next_step_at=None
    )
    assert look(coordinator)["notices"].lines[0].words == "nothing is open"


def test_a_notice_counts_where_its_case_is_and_another_regions_is_not_there(staffed, coordinator, operator):
    far = make_place("tropoje", "Tropojë")
    own = notify_officer(staffed, municipality=far.municipality, home=staffed.country.vlore)
    other = notify_officer(staffed, municipality=far.municipality)
    page = get_page(coordinator)
    assert own.code in page
    assert other.code not in page
    assert far.region.name not in page
    seen_by_operator = get_page(operator)
    assert far.region.name in seen_by_operator
    assert own.code not in seen_by_operator
    assert other.code not in seen_by_operator
    words = {line.name: line.words for line in look(operator)["notices"].lines}
    assert words[staffed.country.vlore.region.name].startswith("1 open")
    assert words[far.region.name].startswith("1 open")


if connection.vendor == "sqlite":  # PostgreSQL decides by what is in the tables

    def test_attempts_are_read_along_their_notices_and_not_all_there_are(staffed, coordinator):
        notify_officer(staffed)
        send_due()
        with CaptureQueriesContext(connection) as asked:
            build_tiles(coordinator, timezone.now())
        (query,) = [
            each["sql"] for each in asked if 'FROM "outbox_attempt" WHERE' in each["sql"] and "number" in each["sql"]
        ]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {query}")
            assert "dispatch_id" not in str(cursor.fetchall())


def test_nothing_sealed_is_read_and_nothing_of_a_brief_is_shown(staffed, coordinator):
    brief = {"sections": [{"title": {"sq": "Kanarina", "en": "Kanarina"}, "rows": []}]}
    notify_officer(staffed, brief=brief, case_reference="7K2M9Q")
    with CaptureQueriesContext(connection) as asked:
        tiles = look(coordinator)
    assert not any('"brief"' in query["sql"] or "link_token" in query["sql"] for query in asked.captured_queries)
    assert "Kanarina" not in str(tiles)
    assert "7K2M9Q" not in str(tiles)


# ---- what a notice needs ----


def test_a_provider_says_when_it_last_took_one_and_since_when_it_fails(staffed, coordinator, postbox):
    assert look(coordinator)["providers"].lines[0].words == "not used for a week"
    notify_officer(staffed)
    send_due()
    assert look(coordinator)["providers"].lines[0].words == "works"
    postbox.failures[staffed.officer.email] = Unreached("greeting_535")
    notify_officer(staffed, event_id=uuid.uuid4())
    send_due()
    failed = Attempt.objects.exclude(outcome=AttemptOutcome.ACCEPTED).get()
    line = look(coordinator, failed.started_at + timedelta(minutes=5))["providers"].lines[0]
    assert (line.words, line.state) == ("fails for 5 min", State.BAD)
    assert "greeting_535" in line.more
    assert "last taken" in line.more


def test_a_queue_says_how_many_wait_and_for_how_long(coordinator):
    work()
    assert {line.words for line in look(coordinator)["queues"].lines} == {"empty"}
    for _number in range(3):
        enqueue_canary("urgent")
    line = get_line(look(coordinator, timezone.now() + timedelta(seconds=30))["queues"], "Notices")
    assert (line.words, line.state) == ("3 tasks wait", State.LATE)
    assert line.more.startswith("the oldest for ")


def test_a_broker_that_failed_just_now_is_not_asked_again_by_each_board(coordinator):
    work()
    Heartbeat.objects.filter(part="sweeper").update(
        facts={"probes": {"broker": {"error": "TimeoutError", "failing_s": 20.0, "ok": False, "age_s": 1.0}}}
    )
    with mock.patch.object(machine, "queue_length", side_effect=AssertionError("asked")):
        tile = look(coordinator)["queues"]
    assert {(line.state, line.more) for line in tile.lines} == {(State.BAD, "TimeoutError")}


@pytest.mark.parametrize("error", [RedisGone("redis.internal:6379"), OSError("/srv"), OperationalError("kanarina")])
def test_a_tile_that_cant_be_read_says_so_without_details_and_the_others_stay(coordinator, error, caplog):
    work()
    with mock.patch.object(machine, "queue_length", side_effect=error):
        tiles = look(coordinator)
        page = get_page(coordinator)
    assert tiles["queues"].state == State.BAD
    assert tiles["queues"].lines[0].words == type(error).__name__
    assert tiles["parts"].state == State.OK
    for hidden in ("redis.internal", "/srv", "kanarina"):
        assert hidden not in page + caplog.text


def test_a_part_that_is_silent_is_bad_and_so_is_what_has_no_next_step(coordinator, operator):
    now = timezone.now()
    assert {line.words for line in look(coordinator)["parts"].lines} == {"never heard of"}
    work(now)
    assert look(coordinator, now)["parts"].state == State.OK
    assert look(coordinator, now + timedelta(seconds=90))["parts"].state == State.BAD
    Heartbeat.objects.filter(part="audit").update(facts={"stranded": 2})
    Heartbeat.objects.filter(part="findings").update(facts={"put_aside": 1})
    PutAside.objects.create(kind="notice.clock", row="x", code="ValueError", first_at=now, last_at=now, retry_at=now)
    lines = look(operator, now)["parts"].lines
    assert [line.words for line in lines[-2:]] == ["2 without a next step", "1 failed, tried again later"]
    assert (lines[-1].more, lines[-1].address) == ("notice.clock", "/cms/put-aside/")
    assert look(coordinator, now)["parts"].lines[-1].address == ""


def test_the_watch_outside_and_drills_have_their_lines(coordinator, staffed, settings):
    region = staffed.country.vlore.region
    tiles = look(coordinator)
    assert tiles["outside"].state == State.UNSET
    assert (tiles["drills"].lines[0].words, tiles["drills"].state) == ("none yet", State.IDLE)
    settings.OUTSIDE_WATCH_URL = "https://watch.example/kanarina"
    now = timezone.now()
    facts = {"reached_at": now.isoformat(), "failing_since": "", "error": ""}
    Heartbeat.objects.create(part="outside_watch", at=now, facts=facts)
    DrillPlan.objects.create(region=region, is_on=True, on_since=now)
    DrillRun.objects.create(region=region, state=DrillState.FAILED, ended_at=now)
    tiles = look(coordinator, now + timedelta(minutes=3))
    assert tiles["outside"].lines[0].words == "reached 3 min ago"
    assert (tiles["drills"].lines[0].words, tiles["drills"].state) == ("failed", State.BAD)
    Heartbeat.objects.filter(part="outside_watch").update(
        facts={**facts, "failing_since": now.isoformat(), "error": "timeout"}
    )
    assert look(coordinator, now + timedelta(minutes=6))["outside"].lines[0].words == "can't be reached for 6 min"
    assert "kanarina" not in get_page(coordinator)


# ---- the page ----


def test_it_renews_itself_with_and_without_a_script_and_counts_as_nobodys_press(coordinator):
    page = get_page(coordinator)
    assert '<noscript><meta http-equiv="refresh" content="15; url=?renewed"></noscript>' in page
    assert 'data-board="?renewed&amp;fragment"' in page
    part = get_page(coordinator, renewed="", fragment="")
    assert "<html" not in part
    assert "vatra-board__tile" in part


@pytest.mark.parametrize("role", [StaffRole.EDITOR, StaffRole.AUDITOR])
def test_nobody_else_sees_it(role, staffed):
    user = make_user(role)
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client = Client()
    client.force_login(user)
    assert client.get(PAGE).status_code in (302, 403, 404)


def test_it_takes_no_post(coordinator):
    client = Client()
    client.force_login(coordinator)
    assert client.post(PAGE).status_code in (403, 404, 405)


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, "–"), (-5, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (200000, "2 days")]
)
def test_ages_are_said_shortly(seconds, words):
    assert word_age(seconds) == words


# ---- how much it asks ----


def count_queries(user: User) -> int:
    with CaptureQueriesContext(connection) as asked:
        look(user)
    return len(asked)


def test_the_queries_are_as_many_for_one_notice_as_for_many_and_none_reads_all_of_them(staffed, coordinator):
    work()
    notify_officer(staffed)
    one = count_queries(coordinator)
    for _number in range(40):
        notify_officer(staffed, event_id=uuid.uuid4())
    send_due()
    assert count_queries(coordinator) <= one + 2  # a provider that was used is asked since when
    assert one <= 32


def test_roles_that_a_later_release_dropped_are_shown_by_their_code(staffed, coordinator):
    notice = notify_officer(staffed)
    Notice.objects.filter(pk=notice.pk).update(role="long_gone")
    assert "long_gone" in look(coordinator)["notices"].lines[0].more
