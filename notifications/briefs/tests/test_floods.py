"""A flood of further reports: what is unlike the rest is read first, and a recipient may mark the flood."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEntry
from notifications.outbox.models import Notice, Purpose
from vault.tests.spoiling import spoil

from ..composing import BriefRow, compose
from ..erasing import erase_all_from
from ..floods import MIN_ALIKE, MIN_FROM_ONE_PAGE, are_alike, get_bundles, put_unlike_first
from ..further import add_report, reports_for
from ..models import FurtherReport
from .conftest import PIN, get_path

pytestmark = pytest.mark.django_db
FLOOD = "Two men hold a girl in the yellow house behind the station."
REAL = "Ndihmë, motrën time e mbajnë të mbyllur te furra e vjetër."
SHARED = {"police": True}


def brief(text: str = FLOOD, danger: str = "yes") -> dict:
    def both(value: str) -> dict[str, str]:
        return {"sq": value, "en": value}

    rows = [
        BriefRow("case.callback", both("Call"), both("+355 69 000 0000 at every hour of the day"), SHARED),
        BriefRow("place", both("Place"), both("Vlorë"), SHARED),
        BriefRow("danger_now", both("Danger"), {"sq": danger, "en": f"{danger} (en)"}, SHARED),
    ]
    return compose("police", [*rows, *([BriefRow("story", both("What"), both(text), SHARED)] if text else [])])


def add(notice: Notice, text: str = FLOOD, *, minutes: int = 0, **given: object) -> FurtherReport:
    base = {
        "notice": notice, "source_id": uuid4(), "event_id": uuid4(), "reference": "S-7K2M9P", "origin": "region:x",
        "brief": brief(text), "is_urgent": True, "alarms": True, "at": timezone.now() + timedelta(minutes=minutes),
    }  # fmt: skip
    return add_report(**base | given)


def flood(notice: Notice, number: int = MIN_ALIKE, **given: object) -> list[FurtherReport]:
    return [add(notice, f"{FLOOD} {each}", **given) for each in range(number)]


def order(notice: Notice) -> list[FurtherReport]:
    return list(put_unlike_first(reports_for(notice), get_bundles(reports_for(notice))))


def open_reports(client: Client, notice: Notice) -> str:
    client.post(get_path(notice) + "?lang=en", {"pin": PIN})
    return client.get(get_path(notice, "reports/") + "?lang=en").content.decode()


def mark(client: Client, notice: Notice, key: str, do: str = "mark") -> int:
    return client.post(get_path(notice, "reports/"), {"do": do, "bundle": key}).status_code


@pytest.mark.parametrize(
    ("one", "other", "is_alike"),
    [
        (brief(FLOOD), brief(f"  {FLOOD.upper()} 17"), True),
        (brief(FLOOD), brief(REAL), False),
        (brief(FLOOD), brief(f"{FLOOD} {REAL} {REAL[::-1]}"), False),
        (brief(FLOOD), brief(""), False),
        (brief(""), brief(""), True),
        (brief(""), brief("", danger="no"), False),
        (brief("Help!"), brief("Help me"), False),
        ({}, {}, True),
    ],
)
def test_two_reports_are_alike_when_somebody_wrote_about_the_same(one: dict, other: dict, is_alike: bool) -> None:
    assert are_alike(one, other) is are_alike(other, one) is is_alike


def test_a_real_report_comes_before_a_hundred_that_are_alike(client: Client, notice: Notice) -> None:
    flood(notice, 10)
    real = add(notice, REAL, reference="S-REAL22")
    flood(notice, 10, minutes=5)
    first, *rest = order(notice)
    assert first == real
    assert rest == sorted(rest, key=lambda each: each.at, reverse=True)
    assert [bundle.count for bundle in get_bundles(reports_for(notice))] == [20]
    html = open_reports(client, notice)
    assert "20 reports say about the same" in html
    assert html.index("S-REAL22") < html.index("S-7K2M9P")
    page = client.get(get_path(notice) + "?lang=en").content.decode()
    assert "What is unlike them comes first" in page
    assert page.index("S-REAL22") < page.index("S-7K2M9P")


def test_texts_made_up_by_a_machine_are_known_by_the_page_that_they_came_through(notice: Notice) -> None:
    real = add(notice, REAL, origin="card:y")
    for minute in range(MIN_FROM_ONE_PAGE):
        add(notice, secrets.token_urlsafe(60), minutes=minute)
    assert order(notice)[0] == real
    assert [bundle.key for bundle in get_bundles(reports_for(notice))] == ["from:region:x"]


def test_without_a_flood_the_newest_comes_first(client: Client, notice: Notice) -> None:
    added = [add(notice, FLOOD, minutes=each) for each in range(MIN_ALIKE - 1)]
    added += [add(notice, f"{secrets.token_urlsafe(60)}", minutes=5 + each) for each in range(MIN_FROM_ONE_PAGE - 5)]
    assert order(notice) == added[::-1]
    html = open_reports(client, notice)
    assert "one of many" not in html
    assert "Mark as a flood" not in html


def test_what_a_recipient_marks_stands_last_and_more_of_it_sends_no_mail(client: Client, notice: Notice) -> None:
    real, *_flood = add(notice, REAL), *flood(notice)
    key = get_bundles(reports_for(notice))[0].key
    open_reports(client, notice)
    assert mark(client, notice, key) == 303
    assert FurtherReport.objects.filter(flood_at=None).get() == real
    entry = AuditEntry.objects.get(action="notice.flood_marked")
    assert (entry.target_id, entry.detail, entry.actor_kind) == (str(notice.pk), {"reports": MIN_ALIKE}, "contact")

    FurtherReport.objects.update(alarm_due_at=None)
    later, unlike = add(notice, f"{FLOOD} again"), add(notice, "Something else happened at the harbour today.")
    assert (later.flood_at is None, later.alarm_due_at, later.alarmed_at) == (False, None, None)
    assert unlike.flood_at is None
    assert unlike.alarm_due_at or unlike.alarmed_at
    assert order(notice)[:2] == [unlike, real]
    html = open_reports(client, notice)
    assert "marked as a flood and listed last" in html
    assert "S-7K2M9P" in html, "all of them can be read still"

    mark(client, notice, key, "unmark")
    assert not FurtherReport.objects.exclude(flood_at=None).exists()
    assert AuditEntry.objects.get(action="notice.flood_unmarked").detail == {"reports": MIN_ALIKE + 1}


def test_after_a_page_was_marked_what_is_written_there_anew_comes_first_and_is_mailed(
    client: Client, notice: Notice
) -> None:
    made_up = [secrets.token_urlsafe(60) for _number in range(MIN_FROM_ONE_PAGE)]
    for text in made_up:
        add(notice, text)
    open_reports(client, notice)
    mark(client, notice, "from:region:x")
    assert not FurtherReport.objects.filter(flood_at=None).exists()
    # The same text again isn't one more of many: it may be somebody who writes once more.
    for text in (REAL, made_up[0]):
        report = add(notice, text)
        assert report.flood_at is None
        assert report.alarm_due_at or report.alarmed_at
        assert order(notice)[0] == report


@pytest.mark.parametrize("key", ["", "like:", "like:no-uuid", f"like:{uuid4()}", "from:", "from:region:x", "x:y"])
def test_a_single_report_or_what_is_not_there_cannot_be_marked(client: Client, notice: Notice, key: str) -> None:
    single = add(notice, REAL)
    open_reports(client, notice)
    assert mark(client, notice, key) == 303
    assert mark(client, notice, f"like:{single.pk}") == 303
    assert not FurtherReport.objects.exclude(flood_at=None).exists()


def test_only_whoever_reads_the_reports_marks_them(
    client: Client, notice: Notice, make_notice: Callable[..., Notice]
) -> None:
    key = f"like:{flood(notice)[0].pk}"
    assert mark(client, notice, key) == 403, "the PIN comes first"
    other, call = make_notice("cpu"), make_notice("coordinator", chases=notice, purpose=Purpose.CALL)
    for each, status in ((other, 303), (call, 404)):
        open_reports(client, each)
        assert mark(client, each, key) == status
    assert not FurtherReport.objects.exclude(flood_at=None).exists()


def test_a_report_that_cannot_be_read_or_was_erased_is_like_no_other(notice: Notice) -> None:
    first, second = add(notice), add(notice, REAL)
    spoil(first, "brief")
    erase_all_from(second.source_id, at=timezone.now())
    assert add(notice).like is None
    assert add(notice, REAL).like is None
