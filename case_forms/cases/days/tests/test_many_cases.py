"""The day of many cases: the same lines in the same order, read along indexes of time, and counted up to a limit."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from access.models import StaffRole
from case_forms.submissions.views import day as day_view
from notifications.outbox.models import Notice, Reply
from tests.world.places import make_place, make_unit, make_user
from tests.world.scene import Scene, make_scene

from ...models import AwaitedDate, Case, Deadline
from .. import day as day_module
from .. import scope
from ..day import ANSWERED, OVERDUE, PARTS, TODAY, Day, build_part
from ..scope import DayFilter, list_choices, read_day_cases
from ..window import get_window

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
SENT = {"state": "sent", "sent_at": NOON, "attempts": 1, "next_attempt_at": None}


def begin() -> Scene:
    """Seven cases of everything that a day can have, one of them in another region, one closed and one merged."""
    scene = make_scene()
    for age in range(19, 26):
        scene.send(age_stated=age)
    cases = list(Case.objects.order_by("opened_at", "pk"))
    elsewhere = make_place("far")
    cases[0].unit, cases[0].region = make_unit(elsewhere), elsewhere.region
    cases[1].closed_at = NOON
    cases[2].merged_into = cases[3]
    for case in cases[:3]:
        case.save()
    Deadline.objects.all().delete()
    for number, case in enumerate(cases):
        event = case.events.first()
        assert event is not None
        for hours in (-50, -1, 2, 30):
            at = NOON + timedelta(hours=hours, minutes=number % 3)
            fields: dict[str, Any] = {"case": case, "event": event, "starts_at": NOON, "owner": "mobile_unit"}
            due = Deadline(key=f"k{hours}", label={"sq": f"{number} {hours}"}, **fields)
            setattr(due, ("red_at", "breach_at", "amber_at")[number % 3], at)
            due.save()
        Deadline.objects.create(
            key="met", label={"sq": f"{number} met"}, met_at=NOON - timedelta(minutes=number), red_at=NOON, **fields
        )
        AwaitedDate.objects.create(case=case, event=event, rule="r", at=NOON + timedelta(hours=3))
    for number, notice in enumerate(Notice.objects.filter(contact__isnull=False).order_by("pk")):
        answer_by = NOON + timedelta(hours=(-3, -2, 1, 40)[number % 4])
        state = ("sent", "delivered", "escalated")[number % 3]
        Notice.objects.filter(pk=notice.pk).update(**{**SENT, "state": state}, answer_by=answer_by)
        Reply.objects.create(notice=notice, kind="on_the_way", at=NOON - timedelta(hours=number % 60))
    return scene


def read(user: Any, *, part: str, number: Any = 1, size: int = 20, wanted: DayFilter | None = None) -> Any:
    day = Day(read_day_cases(user, wanted or DayFilter()), get_window(NOON))
    return build_part(part, day, number=number, size=size)


def people(scene: Scene) -> list[Any]:
    coordinator = make_user(StaffRole.COORDINATOR, username="coord", region=scene.place.region)
    return [scene.worker, coordinator]


def test_of_many_cases_each_part_has_the_same_lines_in_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = begin()
    for user in people(scene):
        for wanted in (DayFilter(), DayFilter(unit=scene.unit.slug), DayFilter(worker="mine")):
            monkeypatch.setattr(scope, "MAX_NAMED", 1_000)
            few = [read(user, part=part, size=500, wanted=wanted) for part in PARTS]
            choices = list_choices(user)
            monkeypatch.setattr(scope, "MAX_NAMED", 0)
            many = [read(user, part=part, size=500, wanted=wanted) for part in PARTS]
            assert [part.lines for part in many] == [part.lines for part in few]
            assert [(part.total, part.is_more) for part in many] == [(part.total, False) for part in few]
            assert list_choices(user) == choices
            if not wanted.worker:
                kinds = {line.kind for part in many for line in part.lines}
                assert kinds >= {"duty", "silent", "date", "answer", "done"}


@pytest.mark.parametrize("part", [OVERDUE, ANSWERED])
def test_beyond_what_is_counted_each_line_stands_on_one_page_as_before(
    monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    scene = begin()
    whole = read(scene.worker, part=part, size=500)
    monkeypatch.setattr(scope, "MAX_NAMED", 0)
    monkeypatch.setattr(day_module, "MAX_COUNTED", 4)
    first = read(scene.worker, part=part, size=2)
    assert (first.total, first.is_more, first.page.has_next()) == (4, True, True)
    last = -(-len(whole.lines) // 2)
    pages = [read(scene.worker, part=part, number=number, size=2) for number in range(1, last + 1)]
    assert [line for page in pages for line in page.lines] == whole.lines
    assert [page.is_more for page in pages] == [True] + [False] * (last - 1), "what lies beyond is counted"
    assert {page.total for page in pages[1:]} == {len(whole.lines)}
    assert not pages[-1].page.has_next()
    assert read(scene.worker, part=part, number=999, size=2).lines == pages[-1].lines
    assert read(scene.worker, part=part, number="x", size=2).lines == first.lines


def test_as_many_as_are_counted_are_not_more_than_that(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = begin()
    total = read(scene.worker, part=TODAY).total
    monkeypatch.setattr(scope, "MAX_NAMED", 0)
    for most, expected in ((total, (total, False)), (total - 1, (total - 1, True))):
        monkeypatch.setattr(day_module, "MAX_COUNTED", most)
        found = read(scene.worker, part=TODAY, size=2)
        assert (found.total, found.is_more) == expected


@pytest.mark.parametrize(("language", "words"), [("en", "more than 3"), ("sq", "më shumë se 3")])
def test_the_page_says_that_there_are_more_than_it_counted(
    monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    scene = begin()
    monkeypatch.setattr(scope, "MAX_NAMED", 0)
    monkeypatch.setattr(day_module, "MAX_COUNTED", 3)
    monkeypatch.setattr(day_view, "ON_DAY", 2)
    monkeypatch.setattr(day_view, "ON_PART", 2)
    scene.worker.language = language
    scene.worker.save()
    client = Client()
    client.force_login(scene.worker)
    page = client.get("/field/day/").content.decode()
    assert f'<span aria-hidden="true">3+</span><span class="visually-hidden">{words}</span>' in page
    assert f"{words}</p>" in page
    assert f"?part={OVERDUE}" in page
    part = client.get(f"/field/day/?part={OVERDUE}").content.decode()
    assert f"{words}</p>" in part
    assert f"?part={OVERDUE}&amp;page=2" in part
    assert words not in client.get(f"/field/day/?part={OVERDUE}&page=2").content.decode(), "all are counted there"


def get_plan(sql: str, values: Any) -> str:
    """Return how the database reads it. PostgreSQL is told to sort and scan only where nothing else is possible."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for choice in ("seqscan", "sort", "bitmapscan", "hashjoin", "mergejoin", "material"):
                cursor.execute(f"SET LOCAL enable_{choice} = off")
            cursor.execute(f"EXPLAIN {sql}", values)
            return "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
        return "\n".join(row[3] for row in cursor.fetchall())


@pytest.mark.parametrize(
    ("part", "source", "index"),
    [
        (OVERDUE, "duty", "deadline_unmet_by_due"),
        (OVERDUE, "silent", "notice_awaiting_by_time"),
        (ANSWERED, "answer", "outbox_repl_at_e61032_idx"),
        (ANSWERED, "done", "deadline_met_lately"),
    ],
)
def test_lines_of_many_cases_are_read_along_their_time_until_there_are_enough(
    monkeypatch: pytest.MonkeyPatch, part: str, source: str, index: str
) -> None:
    scene = begin()
    monkeypatch.setattr(scope, "MAX_NAMED", 0)
    for user in people(scene):
        rows = Day(read_day_cases(user, DayFilter()), get_window(NOON)).get_first_entries(part).rows[source]
        plan = get_plan(*rows.values_list("pk", "due")[:20].query.sql_with_params())
        assert index in plan.splitlines()[0] if connection.vendor == "sqlite" else index in plan, plan
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan
        assert "Sort  (" not in plan.replace("Incremental Sort  (", "")


def test_who_looks_after_open_cases_is_asked_of_each_person_by_an_index() -> None:
    scene = begin()
    _worker, coordinator = people(scene)
    with CaptureQueriesContext(connection) as asked:
        assert [worker.pk for worker in list_choices(coordinator).workers] == [scene.worker.pk]
    (sql,) = [each["sql"] for each in asked if "COALESCE" in each["sql"]]
    assert "case_open_by_responsible" in get_plan(sql, ())


def test_what_awaits_an_answer_in_time_is_what_awaits_one() -> None:
    begin()
    awaited = Notice.objects.awaiting_answer().filter(answer_by__isnull=False).order_by("pk")
    assert awaited
    assert list(Notice.objects.awaiting_in_time().order_by("pk").annotate(due=F("answer_by"))) == list(awaited)
