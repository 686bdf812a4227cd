"""The operator's page: what is ill says what to do; workers, failures and growth are shown; for operators alone."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from access.models import StaffRole, User
from audit.models import PutAside
from config.watch import page, samples
from config.watch.models import DailySample, Matter
from config.watch.page import PARTS
from notifications.board.tiles import State
from notifications.outbox import worker_signs
from notifications.outbox.queueing import URGENT
from tests.world.places import make_user

from .scraping import ROOT, read_alerts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
PAGE = "/cms/service/"


def sign_in(role: StaffRole, language: str = "en") -> tuple[User, Client]:
    user = make_user(role, language=language)
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client = Client()
    client.force_login(user)
    return user, client


def look(language: str = "en") -> Any:
    answer = sign_in(StaffRole.OPERATOR, language)[1].get(PAGE)
    assert answer.status_code == 200
    return answer


def get_tile(answer: Any, key: str) -> Any:
    return next(tile for tile in answer.context["tiles"] if tile.key == key)


def test_a_new_service_says_what_is_ill_with_what_to_do_and_its_page() -> None:
    answer = look()
    tile = get_tile(answer, "service")
    line = next(each for each in tile.lines if each.name == "Sweeper, with every clock")
    assert (line.state, line.words) == (State.BAD, "Restart the service if it doesn’t come back within a minute.")
    assert line.more == "Runbook: VatraNotReady"
    assert "Somebody must look at this now." in answer.content.decode()


def test_it_is_said_in_albanian() -> None:
    text = look("sq").content.decode()
    assert "Gjendja e shërbimit" in text
    assert "Nëse nuk kthehet brenda një minute, rinisni shërbimin." in text


def test_every_part_leads_to_a_page_of_the_runbook() -> None:
    assert {page for _name, _what, page in PARTS.values()} <= set(read_alerts())


def test_others_find_no_such_page() -> None:
    for role in (StaffRole.EDITOR, StaffRole.AUDITOR):
        assert sign_in(role)[1].get(PAGE).status_code in (302, 403, 404)
    assert look().status_code == 200
    assert sign_in(StaffRole.OPERATOR)[1].post(PAGE).status_code == 405


def test_workers_failures_and_what_was_told_are_shown(settings: Any) -> None:
    settings.OPERATOR_SMS = ["+355691234567"]
    worker_signs.sign(URGENT)
    now = timezone.now()
    PutAside.objects.create(kind="page.check", row="1", code="ValueError", first_at=now, last_at=now, retry_at=now)
    Matter.objects.create(name="disk", began_at=now - timedelta(hours=2), ended_at=now, messages=2)
    Matter.objects.create(name="mail", began_at=now, error="timeout")
    answer = look()
    machines, failed, matters = (get_tile(answer, key).lines for key in ("machines", "failed", "matters"))
    assert [line.name for line in machines] == [f"{worker_signs.get_machine()} · for notices"]
    assert machines[0].words == "1 worker"
    assert (failed[0].name, failed[0].words, failed[0].address) == ("Checking a public page", "1", "/cms/put-aside/")
    assert [(line.words, line.state, line.more) for line in matters] == [
        ("e-mails don’t go out", State.BAD, "0 messages · timeout"),
        ("the disk is full", State.OK, "for 2 h · 2 messages"),
    ]
    assert "691234567" not in answer.content.decode()


def test_without_a_second_way_it_is_not_set_up_and_nothing_is_late() -> None:
    tile = get_tile(look(), "matters")
    assert (tile.state, tile.lines[0].words) == (
        State.UNSET,
        "none is set: when mails don’t go out, only mails say so",
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Everything works. Something is not set up."), ("sq", "Gjithçka punon. Diçka nuk është konfiguruar.")],
)
def test_where_only_a_second_way_is_missing_the_page_does_not_say_late(
    monkeypatch: Any, language: str, words: str
) -> None:
    well = {"read_state": [], "read_workers": [], "read_stored": []}
    for name, lines in well.items():
        monkeypatch.setattr(page, name, lambda *_given, lines=lines: lines)
    text = look(language).content.decode()
    assert words in text
    assert "vatra-board__sum--unset" in text
    assert "Something is late." not in text
    assert "Diçka ka vonuar." not in text


# ---- what is stored ----


def test_each_figure_is_measured_and_one_that_cannot_be_is_left_out(monkeypatch: Any) -> None:
    def fail() -> int:
        raise OSError

    monkeypatch.setitem(samples.FIGURES, samples.LOGS, ("Log files", fail))
    sample = samples.each_hour()
    assert set(sample.figures) == set(samples.FIGURES) - {samples.LOGS}
    samples.each_hour()
    assert DailySample.objects.count() == 1


def test_growth_is_of_a_month_and_old_samples_are_deleted() -> None:
    now = timezone.now()
    for days, free in ((500, 9), (40, 9), (20, 3000), (0, 1000)):
        day = timezone.localdate(now - timedelta(days=days))
        DailySample.objects.create(day=day, at=now, figures={"disk_free": free, "cases": 1000 - free // 10})
    found = samples.read_growth()
    assert found["disk_free"] == samples.Growth(1000, 3000, 20)
    assert samples.get_days_until_full(found) == 10
    tile = get_tile(look(), "stored")
    assert tile.lines[0].state == State.LATE
    assert tile.lines[0].more.endswith("in 20 days · full in 10 days")
    assert tile.lines[1].more == "+200 in 20 days"
    samples.each_hour(now=now)
    assert DailySample.objects.count() == 3


def test_a_disk_that_gets_emptier_is_never_full() -> None:
    assert samples.get_days_until_full({"disk_free": samples.Growth(10, 5, 1)}) is None
    assert samples.get_days_until_full({}) is None


def test_the_guide_names_the_page() -> None:
    assert "/cms/service/" in (ROOT / "docs" / "operator.md").read_text()
