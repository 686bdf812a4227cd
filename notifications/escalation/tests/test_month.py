"""A month in which nobody answers: what is asked stays bounded, falls, and never ends."""

import re
import time
import uuid
from collections import Counter
from datetime import datetime, timedelta
from unittest import mock

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import PutAside
from notifications.briefs.replies import AnswerRefused, answer
from notifications.directory.models import DutyShift
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Attempt, Heartbeat, Notice, Purpose
from notifications.outbox.repeating import backfill_chase_ids, merge_repeated_notices
from notifications.outbox.sweep import sweep
from tests.world.notices import notify_officer
from tests.world.offices import put_on_duty

from ..clock import advance
from ..digest import send_digests
from ..findings import collect_findings, get_stranded_notices

pytestmark = pytest.mark.django_db
CASES = 3
BEGIN = datetime.fromisoformat("2025-03-03T10:20:00+01:00")


@pytest.fixture
def clock():
    """A clock that the test sets; the wake-ups of the sweeper are taken at once by a worker."""
    with mock.patch("django.utils.timezone.now") as now:
        now.return_value = BEGIN
        yield now


def rounds(clock, until: datetime, step: timedelta) -> None:
    """The sweeper and a worker, from where the clock stands until then."""
    while clock.return_value < until:
        clock.return_value += step
        now = clock.return_value
        advance(now)
        sweep(now)
        send_digests(now)
        send_due()


@pytest.fixture
def silence(staffed, postbox, clock):
    DutyShift.objects.update(starts_at=BEGIN - timedelta(days=1))
    for _case in range(CASES):
        notify_officer(staffed)
    send_due()
    return staffed


def test_a_month_of_silence_is_bounded_and_falling_and_told_each_day(silence, postbox, clock):
    days: list[int] = []
    for day in range(30):
        before = len(postbox.letters)
        step = timedelta(minutes=30) if day < 1 else timedelta(hours=8)
        rounds(clock, BEGIN + timedelta(days=day + 1), step)
        days.append(len(postbox.letters) - before)
        assert get_stranded_notices(clock.return_value) == []
    assert days[0] <= CASES * (2 + 48) + 1  # a reminder, the deputy, a call each half hour; the first list
    assert set(days[1:]) == {1}  # then one list a day, however many cases
    listed = [letter for letter in postbox.letters if "3 without an answer" in letter.subject]
    assert len(listed) == 30
    assert {letter.address for letter in listed} == {silence.coordinator.email}
    standing = Counter(Notice.objects.open().exclude(purpose=Purpose.DIGEST).values_list("chase_id", "purpose"))
    assert set(standing.values()) == {1}
    assert Notice.objects.count() == CASES * 4 + 1
    assert Attempt.objects.count() == len(postbox.letters)
    assert not PutAside.objects.exists()
    assert not Notice.objects.open().filter(link_expires_at__lte=clock.return_value).exists()


@pytest.mark.clock
def test_after_a_month_of_silence_looking_around_costs_what_it_cost_on_the_first_day(silence, postbox, clock, client):
    def cost() -> tuple[int, int]:
        now = clock.return_value
        with CaptureQueriesContext(connection) as found:
            collect_findings(now)
            get_stranded_notices(now)
        with CaptureQueriesContext(connection) as read:
            client.get("/readyz")
        return len(found), len(read)

    client.get("/readyz")
    rounds(clock, BEGIN + timedelta(hours=2), timedelta(minutes=20))
    first = cost()
    rounds(clock, BEGIN + timedelta(days=30), timedelta(hours=12))
    Heartbeat.beat("findings", collect_findings(clock.return_value))
    assert cost() == first
    assert first[1] <= 5
    spent = min(_cpu(client) for _try in range(5))
    assert spent < 0.05


def _cpu(client: Client) -> float:
    began = time.process_time()
    client.get("/readyz")
    return time.process_time() - began


def test_a_list_says_codes_steps_and_times_in_the_mail_and_whom_to_call_on_the_page(silence, postbox, clock):
    rounds(clock, BEGIN + timedelta(hours=26), timedelta(hours=2))
    listed = Notice.objects.get(purpose=Purpose.DIGEST)
    mail = postbox.letters[-1]
    firsts = Notice.objects.filter(purpose=Purpose.FIRST)
    for first in firsts:
        line = rf"{first.code}, since 03\.03\.2025 10:20: one reminder, the deputy was notified, \d+ requests to call"
        assert re.search(line, mail.text)
    for hidden in (silence.officer.name, silence.officer.phone, "7K2M9Q", "Vlorë", "polic"):
        assert hidden not in mail.text + mail.subject
    assert silence.officer.phone in str(listed.brief)
    assert listed.next_step_at is not None
    reply = answer(notice=listed, kind="accepted", at=clock.return_value)
    assert reply.notice.state == "accepted"
    assert firsts.open().count() == CASES  # read is not answered
    with pytest.raises(AnswerRefused):
        answer(notice=listed, kind="declined", reason="not_on_duty", at=clock.return_value)


def test_what_is_answered_leaves_the_list_and_an_empty_list_is_closed(silence, postbox, clock):
    rounds(clock, BEGIN + timedelta(hours=26), timedelta(hours=2))
    one, *others = Notice.objects.filter(purpose=Purpose.FIRST)
    answer(notice=one, kind="accepted", at=clock.return_value)
    rounds(clock, BEGIN + timedelta(hours=50), timedelta(hours=8))
    assert "Vatra: 2 without an answer" in postbox.letters[-1].subject
    assert one.code not in postbox.letters[-1].text
    for other in others:
        answer(notice=other, kind="accepted", at=clock.return_value)
    before = len(postbox.letters)
    rounds(clock, BEGIN + timedelta(hours=74), timedelta(hours=8))
    assert len(postbox.letters) == before
    listed = Notice.objects.get(purpose=Purpose.DIGEST)
    assert (listed.state, listed.reason) == ("closed", "nothing_left")
    assert not Notice.objects.open().exists()


def test_the_list_goes_to_whoever_is_on_duty_that_day(silence, postbox, clock):
    rounds(clock, BEGIN + timedelta(hours=26), timedelta(hours=2))
    DutyShift.objects.filter(contact=silence.coordinator).delete()
    relief = put_on_duty(silence.country.coordinator)
    rounds(clock, BEGIN + timedelta(hours=50), timedelta(hours=8))
    assert postbox.letters[-1].address == relief.email
    assert Notice.objects.open().filter(purpose=Purpose.DIGEST).get().contact == relief
    assert get_stranded_notices(clock.return_value) == []


def test_with_no_coordinator_nothing_is_lost_and_the_log_says_so(silence, postbox, clock, caplog):
    DutyShift.objects.filter(contact=silence.coordinator).delete()
    rounds(clock, BEGIN + timedelta(hours=50), timedelta(hours=5))
    assert "nobody_to_list" in caplog.text
    assert get_stranded_notices(clock.return_value) == []
    put_on_duty(silence.country.coordinator)
    rounds(clock, BEGIN + timedelta(hours=74), timedelta(hours=8))
    assert Notice.objects.filter(purpose=Purpose.DIGEST, state="sent").exists()


def test_thousands_of_open_calls_of_an_older_release_come_down_to_one(staffed, postbox, django_assert_max_num_queries):
    first = notify_officer(staffed)
    send_due()
    advance(first.owed_at + timedelta(minutes=10))
    Notice.objects.filter(pk=first.pk).update(ladder_step=2, next_step_at=first.owed_at + timedelta(minutes=30))
    advance(first.owed_at + timedelta(minutes=30))
    send_due()
    old: list[Notice] = []
    for purpose in (Purpose.CALL, Purpose.REMINDER):
        kept = Notice.objects.get(purpose=purpose)
        token = kept.link_token
        for number in range(700):
            copied = {f.attname: getattr(kept, f.attname) for f in kept._meta.concrete_fields}
            copied |= {"id": uuid.uuid4(), "code": f"{purpose[:4]}{number:05}"[:9], "event_id": uuid.uuid4()}
            copied |= {"link_hash": f"{purpose}{number}", "brief": {}, "link_token": token, "chase_id": None}
            old.append(Notice(**copied))
    Notice.objects.bulk_create(old)
    assert Notice.objects.open().count() == 1403
    while backfill_chase_ids():
        pass
    now = timezone.now()
    with django_assert_max_num_queries(30):
        assert merge_repeated_notices(now) == 1000  # 500 of each in one pass
    assert merge_repeated_notices(now) == 400
    assert merge_repeated_notices(now) == 0
    assert sorted(Notice.objects.open().values_list("purpose", flat=True)) == ["call", "first", "reminder"]
    assert set(Notice.objects.open().exclude(purpose="first").values_list("repeats", flat=True)) == {700}
    assert get_stranded_notices(now) == []
    answer(notice=first, kind="accepted")
    assert not Notice.objects.open().exists()
