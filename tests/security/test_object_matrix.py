"""Whose each object is: on lists, in registers, searches, files and API answers, and inside addresses of two objects.

The route matrix asks for every address and role, `test_other_regions` for every address that names one object. This
asks what those can't: whether a list of somebody else shows an object, and whether an object opens through another
one's address. The lists come from the URLconf, the roles from the policy table, the objects from the models; a model or
a parameter without a line in `route_matrix/objects.py` fails.
"""

import csv
import io
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from access.models import MobileUnit
from case_forms.cases.models import Case, CaseEvent, Deadline, DeadlineKind
from case_forms.submissions.models import Submission
from notifications.outbox.models import Notice

from .conftest import Matrix
from .route_matrix.addresses import NAMED_GROUP, PARAMETER, REACHED, Route
from .route_matrix.objects import NO_OBJECT, OBJECTS, PARAMETERS, REGIONS, Inside, iter_models
from .route_matrix.people import ANONYMOUS, HERE, Person
from .route_matrix.writes import OF_DENIAL, taken_back
from .test_other_regions import REGIONAL, _is_refusal

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:Pagination may yield inconsistent results"),
]

OUTSIDE = ("worker elsewhere", "coordinator elsewhere", "token elsewhere")
NO_PART_IN_CASES = ("editor", "operator", ANONYMOUS, "no role")
OWN = ("worker", "coordinator", "token that reads")
REGISTERS = ("cases_case", "cases_referral", "cases_deadline", "intake_submission", "outbox_notice")
LISTS = [route for route in REACHED if not (PARAMETER.search(route.route) or NAMED_GROUP.search(route.route))]


def params_of(route: Route) -> list[str]:
    found = [*PARAMETER.findall(route.route), *NAMED_GROUP.findall(route.route)]
    return [name for name in dict.fromkeys(found) if name not in NO_OBJECT]


def get_marks(matrix: Matrix) -> dict[str, set[str]]:
    """{model: what names its rows of this region}."""
    unit = MobileUnit.objects.get(pk=matrix.world.unit.pk)
    return {label: {mark for row in entry.of(unit) for mark in entry.marks(row)} for label, entry in REGIONS.items()}


def read(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return bytes(body).decode(errors="ignore")


def walk(matrix: Matrix, name: str) -> dict[str, str]:
    """{address: what it shows}: every list that the policy table opens to this person, and the searches."""
    person = matrix.people[name]
    found = {}
    for route in LISTS:
        path, row = route.path_in(matrix.world), route.row
        assert row is not None
        if "GET" not in row.methods or not (row.is_open or _is_named(person, row, path)):
            continue
        with taken_back():
            found[path] = read(person.send("GET", path))
    return found | search(matrix, person)


def _is_named(person: Person, row: Any, path: str) -> bool:
    return person.is_known_at(path) and person.kind.role in row.roles


def search(matrix: Matrix, person: Person) -> dict[str, str]:
    """What this person finds who types the case's own reference, and takes out of each register."""
    typed, found = matrix.world.case.reference, {}
    if person.token:
        return found
    with taken_back():
        # What was typed comes back in its own box: that isn't the object.
        page = read(person.send("POST", reverse("finding:find"), f"reference={typed}"))
        found["found by reference"] = page.replace(f'value="{typed}"', "")
    for register in REGISTERS:
        with taken_back():
            page = read(person.send("GET", reverse(f"{register}_modeladmin_index") + f"?q={typed}"))
            found[f"{register}, searched"] = page.replace(f'value="{typed}"', "").replace(f"q={typed}", "")
        with taken_back():
            found[f"{register}, taken out"] = read(
                person.send("POST", reverse(f"{register}_modeladmin_export"), "format=csv")
            )
    return found


def test_every_model_and_every_parameter_has_its_line() -> None:
    assert sorted(set(iter_models()) ^ set(OBJECTS)) == []
    assert {name for route in REGIONAL for name in params_of(route)} == set(PARAMETERS)
    assert set(PARAMETERS.values()) <= set(OBJECTS)


def test_there_is_a_row_of_every_object_to_look_for(matrix: Matrix) -> None:
    assert [label for label, marks in get_marks(matrix).items() if not marks] == []


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_list_search_file_or_api_answer_of_another_region_has_an_object_of_this_one(
    matrix: Matrix, name: str
) -> None:
    marks = get_marks(matrix)
    pages = walk(matrix, name)
    assert len(pages) > (3 if "token" in name else 25)
    wrong = [
        (label, address) for label in marks for address, page in pages.items() if any(m in page for m in marks[label])
    ]
    assert wrong == []


@pytest.mark.parametrize("name", NO_PART_IN_CASES)
def test_who_has_no_part_in_cases_finds_none_of_their_objects_on_any_list(matrix: Matrix, name: str) -> None:
    marks = {label: found for label, found in get_marks(matrix).items() if REGIONS[label].is_of_cases}
    pages = walk(matrix, name)
    wrong = [
        (label, address) for label in marks for address, page in pages.items() if any(m in page for m in marks[label])
    ]
    assert wrong == []


def test_its_own_people_find_each_object_on_some_list(matrix: Matrix) -> None:
    """Otherwise the two above would say nothing."""
    marks = get_marks(matrix)
    pages = [page for name in OWN for page in walk(matrix, name).values()]
    seen = {label for label, found in marks.items() if any(mark in page for mark in found for page in pages)}
    assert seen == {label for label, entry in REGIONS.items() if entry.is_listed}


# ---- one object through another one's address


def get_strangers(matrix: Matrix) -> dict[str, dict[str, Any]]:
    """{whose: {parameter: an object that doesn't belong to the case of the matrix}}."""
    elsewhere = Case.objects.exclude(region__slug=HERE).exclude(unit__region__slug=HERE)
    # Of a case about which somebody was notified: not every case is.
    notified = elsewhere.filter(pk__in=Notice.objects.exclude(case_id=None).values("case_id"))
    sent = Submission.objects.filter(case__in=notified).select_related("case").order_by("pk")[0]
    found = {}
    for whose, submission in (("of another region", sent), ("of another case of the unit", _copy(sent, matrix))):
        case = submission.case
        task = Deadline.objects.create(
            case=case,
            event=case.events.first(),
            kind=DeadlineKind.TASK,
            key="of_a_stranger",
            label={"sq": "x", "en": "x"},
            starts_at=case.opened_at,
            owner="mobile_unit",
        )
        found[whose] = {
            "submission_id": submission.pk,
            "reference": case.reference,
            "notice_id": Notice.objects.filter(case_id=case.pk).values_list("pk", flat=True)[0],
            "task": task.pk,
        }
    return found


def _copy(sent: Submission, matrix: Matrix) -> Submission:
    """A second case of the unit, with a form and a notice: its people may open them, but as what they are."""
    unit = matrix.world.unit
    case = _copy_row(sent.case, reference="MATR3X", unit_id=unit.pk, region_id=unit.region_id)
    CaseEvent.objects.create(case=case, kind="x")
    notice = Notice.objects.filter(case_id=sent.case_id)[0]
    keys = {"event_id": uuid4(), "code": "MATRX-3XX", "link_hash": "matrix"}
    _copy_row(notice, case_id=case.pk, link_token="x", **keys)
    return _copy_row(sent, case_id=case.pk, unit_id=unit.pk)


def _copy_row(row: Any, **changed: Any) -> Any:
    fields = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row).objects.create(**fields | {"id": uuid4()} | changed)


# Takes any draft and any case that the person may continue; that the case is their unit's is asked.
CHOSEN_FREELY = {"intake:continue_in": "of another case of the unit"}
NESTED = [route for route in REGIONAL if len(params_of(route)) > 1]


def test_the_addresses_of_two_objects_are_among_them() -> None:
    found = {route.view for route in NESTED}
    assert {"intake:case_submission", "cases:instead", "cases:task_done", "intake:continue_in"} <= found


@pytest.mark.parametrize("route", NESTED, ids=lambda route: route.route)
def test_an_object_opens_only_through_the_address_of_what_it_belongs_to(matrix: Matrix, route: Route) -> None:
    row = route.row
    assert row is not None
    own, wrong = route.path_in(matrix.world), []
    with taken_back():
        for whose, strangers in get_strangers(matrix).items():
            for name in params_of(route)[1:]:
                own_value = str(matrix.world.value_of(route.view, name, route.model))
                if name not in strangers or CHOSEN_FREELY.get(route.view) == whose:
                    continue
                path = own.replace(own_value, str(strangers[name]))
                assert path != own
                for person in (matrix.people[each] for each in ("worker", "coordinator")):
                    for method in sorted(row.methods - {"HEAD", "OPTIONS"}):
                        with taken_back() as written:
                            answer = person.send(method, path, "reason=x&text=x&confirm=on")
                        is_fine = _is_refusal(answer) or _leads_back_to_own(answer, matrix)
                        if not is_fine or written - OF_DENIAL:
                            wrong.append(
                                f"{method} {name} {whose} by {person.name}: {answer.status_code} {sorted(written)}"
                            )
    assert wrong == []


def _leads_back_to_own(answer: Any, matrix: Matrix) -> bool:
    """A task that isn't this case's: the page says nothing and leads back to the case that was asked for."""
    return answer.status_code == 302 and answer["Location"] == reverse("cases:case", args=[matrix.world.case.reference])


# ---- what a register's file says


def test_a_registers_file_has_no_name_no_answer_and_no_telephone_number(matrix: Matrix) -> None:
    coordinator = matrix.people["coordinator"]
    sealed = [
        str(value) for each in Submission.objects.filter(unit=matrix.world.unit) for value in _texts(each.answers)
    ]
    assert sealed
    for register in REGISTERS:
        with taken_back():
            answer = coordinator.send("POST", reverse(f"{register}_modeladmin_export"), "format=csv")
            assert answer.status_code == 200
            rows = list(csv.reader(io.StringIO(read(answer).removeprefix("\ufeff"))))
        assert len(rows) > 1, register
        assert len({len(row) for row in rows}) == 1
        cells = {cell for row in rows[1:] for cell in row}
        assert not cells & set(sealed), register
        assert coordinator.user.username not in cells


def _texts(answers: Any) -> list[str]:
    """The words that somebody typed: long enough not to be a code."""
    if isinstance(answers, dict):
        return [text for value in answers.values() for text in _texts(value)]
    if isinstance(answers, list):
        return [text for value in answers for text in _texts(value)]
    return [answers] if isinstance(answers, str) and (" " in answers or answers.startswith("+")) else []


def test_inside_says_of_what(matrix: Matrix) -> None:
    assert all(entry.of for entry in OBJECTS.values() if isinstance(entry, Inside))
