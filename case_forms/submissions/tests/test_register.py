"""The register of submissions: who sees a form with a case and one without, of few cases and of many."""

import uuid
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import timezone

from access.models import StaffRole, User
from case_forms.cases.models import Case, new_reference
from case_forms.cases.registers import scope as scope_module
from case_forms.submissions.models import Submission
from case_forms.submissions.registers import SubmissionRegister
from tests.world.places import make_coordinator, make_place, make_unit, make_unit_with_worker, make_user
from tests.world.scene import Scene, make_scene

pytestmark = pytest.mark.django_db


def copy(row: Any, **changed: Any) -> Any:
    fields = {field.name: getattr(row, field.name) for field in row._meta.concrete_fields}
    return type(row).objects.create(**fields | {"id": uuid.uuid4()} | changed)


def get_rows(user: User, **chosen: Any) -> Any:
    request = RequestFactory().get("/", chosen)
    request.user = user
    register = SubmissionRegister()
    form = register.filter_form(request)
    assert form.is_valid(), form.errors
    return register.chosen(user, form)[0]


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def test_the_forms_of_many_cases_are_those_of_few(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = make_place()
    other_unit, stranger = make_unit_with_worker(elsewhere)
    case = Case.objects.get(reference=scene.send().receipt["case"])
    form = Submission.objects.get(case=case)
    child = copy(case, reference=new_reference(), child_track=True)
    moved = copy(case, reference=new_reference(), unit=make_unit(elsewhere), region=elsewhere.region)
    merged = copy(case, reference=new_reference(), merged_into=case)
    of_cases = {case: form, **{each: copy(form, case=each) for each in (child, moved, merged)}}
    without, without_elsewhere = copy(form, case=None), copy(form, case=None, unit=other_unit)
    ours, theirs = make_coordinator(scene.place), make_coordinator(elsewhere)
    nobody = make_user(StaffRole.OPERATOR)
    of_any: list[dict[str, Any]] = [{}, {"age": "child"}]
    of_ours = [*of_any, {"unit": scene.unit.pk}, {"region": scene.place.region.pk}]
    # Each with what they may choose.
    choices = {ours: of_ours, theirs: of_any, scene.worker: of_any, stranger: of_any, nobody: of_any}
    found: dict[tuple[User, int], set[Any]] = {}
    for person, chosen in choices.items():
        for number, about in enumerate(chosen):
            named = set(get_rows(person, **about))
            with monkeypatch.context() as few:
                few.setattr(scope_module, "MAX_FEW", 0)
                assert set(get_rows(person, **about)) == named, (person, about)
            found[person, number] = named
    assert found[ours, 0] == {form, of_cases[child], without}
    assert found[ours, 1] == {of_cases[child]}
    assert found[ours, 2] == found[ours, 3] == found[ours, 0]
    assert found[theirs, 0] == {of_cases[moved], without_elsewhere}
    assert found[theirs, 1] == found[nobody, 0] == set()
    assert not any(of_cases[merged] in rows for rows in found.values())


def test_a_page_of_forms_asks_each_for_its_case_and_lists_no_cases(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of "or exists" PostgreSQL makes a table of all cases that are seen, which is long where many are."""
    scene.send()
    monkeypatch.setattr(scope_module, "MAX_FEW", 0)
    rows = get_rows(make_coordinator(scene.place)).filter(received_at__lte=timezone.now())
    page = rows.order_by("-received_at", "-pk")[:51]
    assert len(page) == 1
    plan = page.explain()
    assert "hashed" not in plan, plan
    assert "EXISTS" not in str(page.query)
