"""The start page of many open cases: the same ones in the same order, without judging all of them for each page."""

import random
from copy import copy
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.base import ModelState
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from access.models import StaffRole
from case_forms.cases import most_urgent, urgency
from case_forms.cases.finding import home as finding_home
from case_forms.cases.models import Case
from case_forms.procedures.models import ProcedureVersion
from notifications.outbox.models import Notice
from notifications.outbox.states import SETTLED
from tests.world.places import make_place, make_unit, make_user
from tests.world.scene import World, make_world

from .. import dashboard
from ..dashboard import CaseFilter, CasePages
from ..urgency import URGENCIES
from .test_desk import answers_and_tries, anything, cases, deadline, home, notice

pytestmark = pytest.mark.django_db

FILTERS = (
    CaseFilter(),
    CaseFilter(only="loud"),
    CaseFilter(only="child"),
    CaseFilter(only="older"),
    CaseFilter(reference="2"),
)


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


def fill(world: World, seed: int, count: int = 90) -> list[Case]:
    """Cases of every urgency; each ninth is closed, each tenth in another region, and some are children."""
    dice, now = random.Random(seed), timezone.now()
    made = cases(world, count)
    rows = [each for case in made for each in anything(world, dice, case, now)]
    Notice.objects.bulk_create(rows)
    answers_and_tries(dice, rows)
    elsewhere = make_unit(make_place("far"))
    for number, case in enumerate(made):
        if dice.random() < 0.3:
            deadline(case, now, breach=dice.choice([-1, 1]), red=dice.choice([-2, 1]), amber=dice.choice([-3, 1]))
        case.child_track = number % 3 == 0
        case.closed_at = now if number % 9 == 0 else None
        case.opened_at = now - timedelta(hours=number // 2)  # two at each moment
        if number % 10 == 0:
            case.unit, case.region = elsewhere, elsewhere.region
        case.save()
    return made


def read_pages(user: Any, wanted: CaseFilter, moment: Any) -> list[tuple[Any, str]]:
    """The lines of all pages, gone through by "Next"."""
    found, number, more = [], 1, True
    while more:
        pages = CasePages(user, wanted, moment)
        page = pages.page(number)
        found += [(line.case.pk, line.state) for line in pages.lines(page)]
        number, more = number + 1, page.has_next()
    return found


@pytest.mark.parametrize(("seed", "named", "listed"), [(1, 1_000, 10_000), (2, 2, 10_000), (3, 2, 3), (4, 0, 0)])
def test_of_many_cases_every_page_has_the_same_ones_in_the_same_order(
    world: World, monkeypatch: pytest.MonkeyPatch, seed: int, named: int, listed: int
) -> None:
    fill(world, seed, 60)
    moment, user = timezone.now(), world.coordinator
    few = [read_pages(user, wanted, moment) for wanted in FILTERS]
    monkeypatch.setattr(dashboard, "CASES_ON_A_PAGE", 9)
    monkeypatch.setattr(dashboard, "MAX_NAMED", 18)
    monkeypatch.setattr(most_urgent, "MAX_NAMED", named)
    monkeypatch.setattr(most_urgent, "MAX_LISTED", listed)
    assert CasePages(user, CaseFilter(), moment).paginator.is_more
    assert [read_pages(user, wanted, moment) for wanted in FILTERS] == few
    assert len(few[0]) > 40


def test_all_cases_in_the_order_of_urgency_are_those_that_the_database_sorts(world: World) -> None:
    fill(world, 5)
    moment = timezone.now()
    ours = Case.objects.seen_now_by(world.coordinator).open()
    whole = list(
        urgency.with_urgency(ours, moment).order_by("urgency", "-opened_at", "pk").values_list("pk", flat=True)
    )
    assert most_urgent.list_most_urgent(ours, moment, 1_000) == whole
    assert most_urgent.list_most_urgent(ours, moment, 7) == whole[:7]
    assert most_urgent.list_most_urgent(ours, moment, 0) == []


def test_a_page_that_is_not_there_is_the_last_one_of_many_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cases(world, 20)
    monkeypatch.setattr(dashboard, "CASES_ON_A_PAGE", 3)
    monkeypatch.setattr(dashboard, "MAX_NAMED", 9)
    pages = CasePages(world.coordinator, CaseFilter(), timezone.now())
    first, last = pages.page("x"), pages.page(999)
    assert (first.number, first.paginator.count) == (1, 9)
    assert (last.number, last.paginator.count, len(last.object_list)) == (7, 20, 2)


@pytest.mark.parametrize(("language", "words"), [("en", "1–2 of more than 4"), ("sq", "1–2 nga më shumë se 4")])
def test_the_page_says_that_there_are_more_cases_than_it_counted(
    world: World, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    cases(world, 7)
    monkeypatch.setattr(dashboard, "CASES_ON_A_PAGE", 2)
    monkeypatch.setattr(dashboard, "MAX_NAMED", 4)
    world.worker.language = language
    world.worker.save()
    assert words in home(world.worker).words()
    assert "7" in home(world.worker, "/field/?page=4").words(), "the pages beyond say how many there are"


def test_cases_of_an_older_procedure_and_without_a_worker_are_counted_up_to_a_limit(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = cases(world, 7)
    older = ProcedureVersion.objects.get()
    pages = CasePages(world.coordinator, CaseFilter(), timezone.now())
    assert (pages.older, pages.has_more_older) == (0, False)
    newer = copy(older)
    newer.pk, newer.number, newer.in_force_from = None, older.number + 1, timezone.now() - timedelta(minutes=1)
    newer._state = ModelState()
    newer.save()
    pages = CasePages(world.coordinator, CaseFilter(), timezone.now())
    assert (pages.older, pages.has_more_older) == (7, False)
    gone = make_user(StaffRole.WORKER, username="gone", unit=world.unit, is_active=False)
    Case.objects.filter(pk__in=[case.pk for case in made]).update(lead=gone)
    monkeypatch.setattr(dashboard, "MAX_NAMED", 4)
    monkeypatch.setattr(dashboard, "CASES_ON_A_PAGE", 2)
    monkeypatch.setattr(finding_home, "MAX_COUNTED", 6)
    world.coordinator.language = "en"
    world.coordinator.save()
    words = home(world.coordinator).words()
    assert "More than 4 open cases follow an older procedure" in words
    assert "more than 6 open cases without a worker" in words


def test_of_many_cases_no_page_before_the_last_counted_one_sorts_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(world, 6)
    monkeypatch.setattr(dashboard, "CASES_ON_A_PAGE", 7)
    monkeypatch.setattr(dashboard, "MAX_NAMED", 14)
    with CaptureQueriesContext(connection) as asked:
        pages = CasePages(world.coordinator, CaseFilter(), timezone.now())
        assert len(pages.lines(pages.page(1))) == 7
        assert pages.total == 14
    statements = [each["sql"] for each in asked]
    assert not [sql for sql in statements if "ORDER BY CASE" in sql]
    assert not [sql for sql in statements if "COUNT(*)" in sql and 'FROM "cases_case"' in sql]


if connection.vendor == "sqlite":  # PostgreSQL decides by what is in the tables

    def explain(rows: Any) -> list[str]:
        sql, values = rows.query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
            return [row[3] for row in cursor.fetchall()]

    def test_what_is_asked_of_all_open_notices_is_answered_out_of_an_index_alone(world: World) -> None:
        rows = urgency.get_rows_by_state(timezone.now())
        plans = [(state, " ".join(explain(found.values_list("case_id")[:1_000]))) for state, found in rows]
        assert sum("COVERING INDEX notice_open_by_state" in plan for state, plan in plans if state == "call") == 2
        (late,) = [plan for state, plan in plans if state == "late"]
        assert "notice_awaiting_by_time (answer_by>? AND answer_by<?)" in late
        assert not [plan for _state, plan in plans if "SCAN outbox_notice" in plan]

    def test_the_newest_of_many_cases_are_found_along_the_time_of_open_ones(
        world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("MAX_NAMED", "MAX_LISTED"):
            monkeypatch.setattr(most_urgent, name, 0)  # as where many notices are in each state
        made = cases(world, 3)
        Notice.objects.bulk_create([notice(world, case, "sent") for case in made])
        with CaptureQueriesContext(connection) as asked:
            ours = Case.objects.seen_now_by(world.coordinator).open()
            assert len(most_urgent.list_most_urgent(ours, timezone.now(), 3)) == 3
        (waiting,) = [each["sql"] for each in asked if "9999-01-01" in each["sql"] and "outbox_notice" in each["sql"]]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {waiting}")
            plan = [row[3] for row in cursor.fetchall()]
        assert plan[0] == "SEARCH cases_case USING INDEX case_open_by_time (opened_at<?)"
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan


def test_what_is_not_settled_is_what_is_open(world: World) -> None:
    fill(world, 7)
    found = Notice.objects.filter(urgency.not_settled())
    assert set(found) == set(Notice.objects.exclude(state__in=SETTLED))
    above = Notice.objects.filter(urgency.not_settled("chases__state"))
    assert set(above) == set(Notice.objects.filter(chases__isnull=False).exclude(chases__state__in=SETTLED))
    assert URGENCIES[-1] == "quiet", "the state that has no rows, which is asked for last"
