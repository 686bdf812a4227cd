"""What belongs to one region isn't there for another one's people, by any method; and it is there for its own.

An address that names something and is open to workers or coordinators is a region's, unless it stands in `NATIONWIDE`
with its reason: a new one is in as soon as it exists.
"""

import pytest

from access.models import StaffRole

from .conftest import Matrix
from .route_matrix.addresses import REACHED, Route
from .route_matrix.people import Person
from .route_matrix.writes import OF_DENIAL, taken_back

pytestmark = pytest.mark.django_db

OF_REGIONS = {StaffRole.WORKER.value, StaffRole.COORDINATOR.value}
ELSEWHERE = ("worker elsewhere", "coordinator elsewhere", "token elsewhere")
READING = {"GET", "HEAD", "OPTIONS"}
# By the beginning of the view's name, or of the route for tools.
NATIONWIDE = {
    "accountability:": "breaches and the record of processing are the organisation's, and hold no case",
    "account_": "each person's own account",
    "mfa_": "each person's own factors",
    "intake:start": "forms are the same everywhere; the draft is the worker's own",
    "field_api:form_": "forms are the same everywhere",
    "guide": "guides are the same everywhere",
    "wagtailsnippets_builder_": "forms and choices are the same everywhere, and take two coordinators",
    "wagtailsnippets_procedures_": "procedures are the same everywhere, and take two coordinators",
    "text": "texts of messages are the same everywhere, hold no case, and take two coordinators",
    "session_kits:": "kits are the same everywhere, published by two editors; no session is on them",
    "intake:decide_names": "no answer stands there; where a region has one coordinator, the second person is another's",
    "simulation_form": "scenarios and forms are the same everywhere",
    "simulation:": "stories are invented; a stored form is opened under its reader's own rights, by its own tests",
    "cms/": "Wagtail's own rooms: no case is in them, and they ask for rights of their own",
}
REGISTERS = ("cases_", "intake_", "outbox_")  # under cms/ too, and a region's


def _is_regional(route: Route) -> bool:
    row = route.row
    if row is None or row.is_open or not row.roles & OF_REGIONS or not ("<" in route.route or "(" in route.route):
        return False
    if route.view.startswith(REGISTERS):
        return True
    return row.route != "cms/" and not route.view.startswith(tuple(NATIONWIDE))


REGIONAL = [route for route in REACHED if _is_regional(route)]


def test_the_rooms_of_cases_are_among_them():
    found = {route.view.split(":")[0] for route in REGIONAL}
    assert {"intake", "cases", "signals", "sessions", "session_cards", "outreach", "field_api"} <= found
    assert {"contact", "partner", "dutyshift", "leave", "by_two", "directory_changes", "pin_card"} <= found
    assert {"cases_case_modeladmin_inspect", "outbox_notice_modeladmin_inspect"} <= found


@pytest.mark.parametrize("route", REGIONAL, ids=lambda route: route.route)
def test_it_is_not_there_for_people_of_another_region(matrix: Matrix, route: Route):
    path, row = route.path_in(matrix.world), route.row
    assert row is not None
    wrong = []
    for person in (matrix.people[name] for name in ELSEWHERE):
        if person.token and not path.startswith("/api/"):
            continue
        for method in sorted(row.methods):
            with taken_back() as written:
                answer = person.send(method, path, "reason=x&name=x&confirm=on&decision=approve")
            if not (_is_refusal(answer) or method == "OPTIONS") or written - OF_DENIAL:
                wrong.append(f"{method} by {person.name}: {answer.status_code} {sorted(written)}")
    assert wrong == []


def _is_refusal(answer: object) -> bool:
    """404 or 403; Wagtail leads to its own first page, saying that this isn't allowed."""
    status = answer.status_code  # type: ignore[attr-defined]
    return status in (403, 404, 405) or (status == 302 and answer["Location"] == "/cms/")  # type: ignore[index]


@pytest.mark.parametrize("route", REGIONAL, ids=lambda route: route.route)
def test_it_is_there_for_its_own_people(matrix: Matrix, route: Route):
    """Otherwise the test above would say nothing."""
    path, row = route.path_in(matrix.world), route.row
    assert row is not None
    found: dict[str, int] = {}
    for name in ("worker", "coordinator", "coordinator of all regions"):
        person: Person = matrix.people[name]
        for method in row.methods & {"GET"} or sorted(row.methods - READING):
            with taken_back():
                found[f"{method} by {name}"] = person.send(method, path).status_code
    assert any(status < 400 or status in (400, 405, 409, 422) for status in found.values()), found
