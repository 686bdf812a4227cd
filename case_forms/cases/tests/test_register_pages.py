"""Pages, filters about the case, and files of the registers."""

import csv
import io
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from access.models import Assignment, StaffRole, User
from audit.models import AuditEntry
from case_forms.form_builder.models import CaseFactType
from tests.world.places import make_coordinator, make_place, make_unit, make_unit_with_worker, make_user
from tests.world.scene import Scene, make_scene

from ..facts.models import CaseFact
from ..finding.models import CaseAccess
from ..models import Case, CaseEvent, Deadline, new_reference
from ..registers import exporting, paging
from ..registers.cases import CaseRegister
from ..registers.scope import read_scope
from .test_registers import signed_in

pytestmark = pytest.mark.django_db
ADDRESS = "/cms/cases/case/"


@pytest.fixture
def scene() -> Scene:
    return make_scene()


@pytest.fixture
def mine(scene: Scene) -> Client:
    return signed_in(make_coordinator(scene.place))


@pytest.fixture
def case(scene: Scene) -> Case:
    return Case.objects.get(reference=scene.send(story="CANARY").receipt["case"])


def copy(case: Case, **changed: Any) -> Case:
    fields = {field.name: getattr(case, field.name) for field in Case._meta.concrete_fields}
    del fields["id"]
    return Case.objects.create(**fields | {"reference": new_reference()} | changed)


def references_on(html: str) -> list[str]:
    found = [
        link["href"] for link in BeautifulSoup(html, "html.parser").select("table.listing a[href^='/field/cases/']")
    ]
    return [str(address).split("/")[3] for address in found]


def walk(client: Client, address: str, rel: str) -> tuple[list[list[str]], str]:
    """What stands on each page from this one on, and the address of the last."""
    pages = []
    for _page in range(20):
        html = client.get(address).content.decode()
        pages.append(references_on(html))
        link = BeautifulSoup(html, "html.parser").select_one(f".vatra-pages a[rel={rel}]")
        if link is None:
            return pages, address
        address = ADDRESS + str(link["href"])
    raise AssertionError("the pages have no end")


# ---- pages


def test_each_case_stands_on_exactly_one_page_downwards_and_back(
    mine: Client, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CaseRegister, "list_per_page", 3)
    same = case.opened_at - timedelta(days=1)
    made = [case, *(copy(case, opened_at=same) for _number in range(5))]
    made += [copy(case, opened_at=same - timedelta(minutes=number)) for number in range(1, 6)]
    down, last = walk(mine, ADDRESS, "next")
    assert [len(page) for page in down] == [3, 3, 3, 2]
    assert sorted(reference for page in down for reference in page) == sorted(each.reference for each in made)
    up, first = walk(mine, last, "prev")
    assert up == down[::-1]
    assert references_on(mine.get(ADDRESS).content.decode()) == references_on(mine.get(first).content.decode())


def test_a_case_that_comes_in_meanwhile_moves_no_other_to_another_page(
    mine: Client, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CaseRegister, "list_per_page", 2)
    made = [copy(case, opened_at=case.opened_at - timedelta(hours=number)) for number in range(1, 5)]
    link = BeautifulSoup(mine.get(ADDRESS).content, "html.parser").select_one(".vatra-pages a[rel=next]")
    assert link is not None
    copy(case, opened_at=timezone.now())
    assert references_on(mine.get(ADDRESS + str(link["href"])).content.decode()) == [m.reference for m in made[1:3]]


@pytest.mark.parametrize(
    "place", ["x", "2026-01-01~", "~", "2026-13-01T00:00:00+00:00~x", "2026-01-01T00:00:00~1", "9" * 999]
)
def test_a_place_that_makes_no_sense_is_the_first_page(mine: Client, case: Case, place: str) -> None:
    for name in ("after", "before"):
        for register in ("cases/case", "cases/deadline"):
            answer = mine.get(f"/cms/{register}/", {name: place})
            assert answer.status_code == 200
            assert case.reference in answer.content.decode()


def test_a_page_says_how_many_rows_fit_and_counts_no_further_than_it_must(
    mine: Client, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said() -> str:
        found = BeautifulSoup(mine.get(ADDRESS).content, "html.parser").select_one(".vatra-register__count")
        assert found is not None
        return " ".join(found.get_text().split())

    assert re.match(r"1 \w+, ", said())
    monkeypatch.setattr(paging, "MAX_COUNTED", 1)
    monkeypatch.setattr("case_forms.cases.registers.views.MAX_COUNTED", 1)
    copy(case)
    copy(case)
    assert not re.match(r"\d", said())


# ---- who sees what


def test_both_ways_of_asking_who_sees_a_case_say_the_same(scene: Scene, case: Case) -> None:
    elsewhere = make_place()
    unit, stranger = make_unit_with_worker(elsewhere)
    opened = copy(case)
    CaseAccess.objects.create(case=opened, unit=unit)
    copy(case, unit=unit, region=elsewhere.region)
    copy(case, unit=make_unit(scene.place), region=elsewhere.region)
    copy(case, merged_into=case)
    people = [scene.worker, stranger, make_coordinator(scene.place), make_coordinator(elsewhere)]
    people += [make_user(StaffRole.EDITOR), make_user(StaffRole.OPERATOR)]
    left = make_coordinator(scene.place)
    User.objects.filter(pk=left.pk).update(is_active=False)
    people.append(User.objects.get(pk=left.pk))
    for person in people:
        seen = set(Case.objects.visible_to(person))
        assert set(Case.objects.seen_now_by(person)) == seen, person
    assert set(Case.objects.seen_now_by(stranger)) >= {opened}


def test_the_cases_of_many_are_those_of_few(scene: Scene, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where many cases are left they are described instead of named; that must let nobody see another one."""
    elsewhere = make_place()
    _unit, stranger = make_unit_with_worker(elsewhere)
    copy(case, child_track=True, lead=scene.worker)
    copy(case, merged_into=case)
    CaseAccess.objects.create(case=copy(case), unit=stranger.units().get())
    copy(case, unit=make_unit(elsewhere), region=elsewhere.region)
    copy(case, unit=make_unit(scene.place), region=elsewhere.region, child_track=True)
    left = make_coordinator(scene.place)
    User.objects.filter(pk=left.pk).update(is_active=False)
    people = [scene.worker, stranger, make_coordinator(scene.place), make_coordinator(elsewhere)]
    people += [make_user(StaffRole.EDITOR), make_user(StaffRole.OPERATOR), User.objects.get(pk=left.pk)]
    chosen: list[dict[str, Any]] = [{}, {"age": "child"}, {"age": "adult"}, {"lead": scene.worker}]
    chosen += [{"region": scene.place.region}, {"region": elsewhere.region, "unit": scene.unit}, {"unit": scene.unit}]
    for person in people:
        seen = set(Case.objects.visible_to(person))
        for about in chosen:
            named = set(Case.objects.filter(read_scope(person, about).of_cases()))
            with monkeypatch.context() as few:
                few.setattr("case_forms.cases.registers.scope.MAX_FEW", 0)
                described = set(Case.objects.filter(read_scope(person, about).of_cases()))
            assert described == named, (person, about)
            assert described <= seen
            assert about or described == seen


def test_many_cases_are_read_along_their_time_without_asking_the_table_twice(
    scene: Scene, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("case_forms.cases.registers.scope.MAX_FEW", 0)
    coordinator = make_coordinator(scene.place)
    for about in ({}, {"region": scene.place.region, "unit": scene.unit}, {"age": "adult"}):
        rows = Case.objects.filter(read_scope(coordinator, about).of_cases())
        page = (
            rows.filter(opened_at__lte=paging.END_OF_TIME).order_by("-opened_at", "-pk").values_list("opened_at", "pk")
        )
        assert str(page.query).count(f'FROM "{Case._meta.db_table}"') == 1
        if connection.vendor == "sqlite":  # PostgreSQL reads a table of three rows as a whole
            plan = page[:51].explain()
            assert "opened_at<" in plan, plan
            assert "OR" not in plan.replace("ORDER", "").replace("FOR", ""), plan
            assert "TEMP B-TREE FOR ORDER BY" not in plan, plan


# ---- filters about the case


def found(client: Client, **chosen: Any) -> set[str]:
    return set(references_on(client.get(ADDRESS, chosen).content.decode()))


def test_a_filter_by_age_group_and_by_lead_worker_narrows_every_register(
    mine: Client, scene: Scene, case: Case
) -> None:
    colleague = make_user(StaffRole.WORKER, unit=scene.unit)
    child = copy(case, child_track=True, lead=colleague)
    event = CaseEvent.objects.create(case=child, kind="x")
    Deadline.objects.create(case=child, event=event, key="k", label={"sq": "x"}, starts_at=timezone.now())
    assert found(mine, age="child") == {child.reference}
    assert found(mine, age="adult") == {case.reference}
    assert found(mine, lead=colleague.pk) == {child.reference}
    # Nobody has taken the first one on: whoever opened it leads it.
    assert found(mine, lead=scene.worker.pk) == {case.reference}
    tasks = references_on(mine.get("/cms/cases/deadline/", {"age": "child"}).content.decode())
    assert tasks == [child.reference]


def test_a_filter_offers_no_lead_worker_of_another_region(mine: Client, case: Case) -> None:
    _unit, stranger = make_unit_with_worker(make_place())
    html = mine.get(ADDRESS, {"lead": stranger.pk}).content.decode()
    assert f'<option value="{stranger.pk}"' not in html
    assert "error-message" in html


def test_the_clocks_colour_is_the_worst_mark_of_a_duty_that_is_not_done(mine: Client, case: Case) -> None:
    now = timezone.now()
    case.deadlines.update(amber_at=None, red_at=None, breach_at=None, met_at=None)
    past, ahead = now - timedelta(minutes=1), now + timedelta(hours=1)
    duty = case.deadlines.order_by("pk")[0]

    def colours(**marks: Any) -> set[str]:
        Deadline.objects.filter(pk=duty.pk).update(**{"amber_at": None, "red_at": None, "breach_at": None} | marks)
        return {colour for colour in ("green", "amber", "red", "breach") if found(mine, clock=colour)}

    assert colours() == {"green"}
    assert colours(amber_at=ahead) == {"green"}
    assert colours(amber_at=past, red_at=ahead) == {"amber"}
    assert colours(amber_at=past, red_at=past) == {"red"}
    assert colours(red_at=past, breach_at=past) == {"breach"}
    assert colours(breach_at=past, met_at=now) == {"green"}
    Case.objects.filter(pk=case.pk).update(closed_at=now)
    assert colours(breach_at=past, met_at=None) == set()


def test_a_filter_by_exploitation_opens_what_is_sealed_records_it_and_stores_no_code(
    mine: Client, case: Case, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    choices = [{"value": value, "label": {"sq": value, "en": value}} for value in ("sexual", "labour")]
    CaseFactType.objects.get_or_create(
        key="exploitation", defaults={"label": {"sq": "x", "en": "x"}, "type": "select_many", "choices": choices}
    )
    other = copy(case, opened_at=case.opened_at - timedelta(hours=1))

    def say(about: Case, values: list[str], minutes: int) -> None:
        at = timezone.now() - timedelta(minutes=minutes)
        CaseFact.objects.create(
            case=about,
            key="exploitation",
            value={"value": values},
            noted_by=scene.worker,
            occurred_at=at,
            received_at=at,
        )

    say(case, ["sexual", "labour"], 5)
    say(other, ["labour"], 5)
    say(other, ["sexual"], 60)  # what holds is what was said last
    assert found(mine, exploitation="sexual") == {case.reference}
    assert found(mine, exploitation="labour") == {case.reference, other.reference}
    entry = AuditEntry.objects.filter(action="register.facts_read").latest("number")
    assert entry.detail == {"fact": "exploitation", "cases": 2}
    monkeypatch.setattr("case_forms.cases.registers.by_fact.MAX_LOOKED", 1)
    page = mine.get(ADDRESS, {"exploitation": "labour"}).content.decode()
    assert references_on(page) == [case.reference]
    assert " 1 " in page.split("vatra-register__count")[1][:600]


# ---- files


def take_out(client: Client, register: str = "cases/case", **given: Any) -> Any:
    return client.post(f"/cms/{register}/export/", {"format": "csv", **given})


def rows_of(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_a_file_has_the_rows_that_fit_and_is_recorded_before_it_leaves(mine: Client, case: Case) -> None:
    child = copy(case, child_track=True)
    answer = take_out(mine, age="child")
    entry = AuditEntry.objects.filter(action="register.exported").latest("number")
    assert entry.detail == {"format": "csv", "rows": 1, "filters": ["age"]}
    rows = rows_of(answer)
    assert [row[0] for row in rows[1:]] == [child.reference]
    assert "no-store" in answer["Cache-Control"]
    book = load_workbook(io.BytesIO(b"".join(take_out(mine, format="xlsx").streaming_content)))
    assert {row[0] for row in book.active.iter_rows(min_row=2, values_only=True)} == {case.reference, child.reference}


def test_a_file_of_what_somebody_sees_as_a_worker_shows_less(scene: Scene, case: Case) -> None:
    """A coordinator of another region who also works in this unit."""
    person = make_coordinator(make_place())
    Assignment.objects.create(user=person, role=StaffRole.WORKER, unit=scene.unit)
    client = signed_in(User.objects.get(pk=person.pk))
    client.cookies["django_language"] = "en"
    own, _region, _unit, child, lead = rows_of(take_out(client))[1][:5]
    assert own == case.reference
    assert child == lead
    assert child not in ("true", "false")
    theirs = rows_of(take_out(signed_in(make_coordinator(scene.place))))[1]
    assert theirs[3] in ("true", "false")
    assert theirs[4] == str(scene.worker.pk)


def test_a_file_is_never_made_by_looking_and_never_of_too_many(
    mine: Client, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mine.get("/cms/cases/case/export/").status_code in (404, 405)
    for given in ({"format": "pdf"}, {"status__exact": "nonsense"}, {"status__exact": "victim"}):
        assert take_out(mine, **given).status_code == 302
    monkeypatch.setattr(exporting, "MAX_ROWS", 0)
    assert urlsplit(take_out(mine)["Location"]).path == ADDRESS
    assert not AuditEntry.objects.filter(action="register.exported").exists()


@pytest.mark.parametrize(
    "register", ["cases/case", "cases/referral", "cases/deadline", "intake/submission", "outbox/notice"]
)
def test_another_regions_rows_are_in_no_file(scene: Scene, case: Case, register: str) -> None:
    scene.follow(case.reference, to_org=scene.offices["protection_service"].slug, service=["shelter"])
    mine = rows_of(take_out(signed_in(make_coordinator(scene.place)), register))
    assert case.reference in {row[0] for row in mine[1:]}
    assert "CANARY" not in str(mine)
    assert take_out(signed_in(make_coordinator(make_place())), register).status_code == 302
