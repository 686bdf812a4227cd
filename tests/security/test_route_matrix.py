"""Every route x everybody x every method: what the policy table says is what happens, and nothing else.

Three ways of looking, from the address table and `access.policy`, so that a new route is in as soon as it exists:

- the gate by itself is asked about every cell;
- whoever is refused is refused over HTTP too, by the methods that could change something, and nothing is written;
- whoever is let in writes nothing by reading, except that they read.

What is another region's is in `test_other_regions.py`, what can't be read in `test_malformed_requests.py`.
"""

from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from django.urls import resolve

from access import policy
from access.middleware import AccessPolicy

from .conftest import Matrix
from .route_matrix.addresses import REACHED, Route
from .route_matrix.people import ANONYMOUS, NAMES, Person
from .route_matrix.writes import NOTES, OF_COMING, OF_DENIAL, taken_back

pytestmark = [
    pytest.mark.django_db,
    # wagtail-localize lists its translations in no order.
    pytest.mark.filterwarnings("ignore:Pagination may yield inconsistent results"),
]

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
READING = ("GET", "HEAD", "OPTIONS")
ROWS = [row for row in (*policy.VIEWS, *policy.MOUNTS) if any(route.row is row for route in REACHED)]
OF_ROW = {row.route: [route for route in REACHED if route.row is row] for row in ROWS}

# Reading that is itself recorded: who opened what of a case, or took numbers out. Beside it nothing is written.
RECORDED_READING = {
    "accountability:breaches_file",
    "audit",
    "cases:case",
    "cases:closing",
    "cases:document",
    "cases:fact",
    "cases:facts",
    "cases:history",
    "cases:hold",
    "cases:readers",
    "cases:right",
    "cases:right_file",
    "cases:rights",  # what forms say that the person asks
    "cases:status",
    "cases:talk",
    "cases_case_modeladmin_inspect",
    "cases_deadline_modeladmin_inspect",
    "cases_referral_modeladmin_inspect",
    "intake_submission_modeladmin_inspect",
    "field_api:case",
    "field_api:device_pack",
    "intake:attachment",
    "intake:case_submission",
    "intake:move_form",
    "intake:newer_procedure",
    "agreement_account_file",
    "agreement_register",  # as a PDF
    "agreement:document",  # who has the signed document
    "places_links",  # who saw the links at which services say their places
    "intake:submission",
    "outbox_notice_modeladmin_inspect",
    "outreach:month",
    "outreach:zone_visits",
    "pin_card",
    "session_requests:plan",
    "session_requests:request",
    "sessions:numbers_file",
    "signals:signal",
    "signals:voice",
    # forms taken out as files
    "wagtailsnippets_builder_formdefinition:export",
    "wagtailsnippets_builder_formdefinition:export_xlsform",
    "wagtailsnippets_builder_formdefinition:version_json",
    "wagtailsnippets_procedures_procedure:export",
    "wagtailsnippets_procedures_procedure:version_json",
}
OF_PHONES = {"queue", "pack", "session"}
CHAIN = {"audit_auditentry", "audit_chainhead"}


# ---- what the table says of a cell


def _is_named(row: policy.RouteRule, person: Person, path: str) -> bool:
    """Whether the row opens for this person: by their role as the matrix made them, not by asking the row."""
    return row.is_open or (person.is_known_at(path) and person.kind.role in row.roles)


def _expected(row: policy.RouteRule, person: Person, path: str, method: str) -> str:
    """IN, SIGN IN, 401, 403, 404, 405: what the gate answers."""
    if not _is_named(row, person, path):
        if method in row.with_key:
            return "IN"
        if person.is_known_at(path):
            return "404"
        if path.startswith("/api/"):
            return "401"
        return "SIGN IN" if row.roles else "404"
    if method not in row.methods:
        return "405"
    is_token = bool(person.token) and person.is_known_at(path)
    if is_token and row.scope in OF_PHONES:  # a phone's own token, or none
        return "403"
    return "403" if is_token and row.scope and person.kind.token not in ("all", row.scope) else "IN"


def _request(person: Person, path: str) -> Any:
    """What stands before the gate; the method is set for each cell."""
    request: Any = RequestFactory().get(path)
    known = person.is_known_at(path)
    request.user = person.user if known else AnonymousUser()
    request.bearer = person.bearer if known else None
    request.locked_user, request.session = None, {}
    request.resolver_match = resolve(path)
    return request


def _answer(gate: AccessPolicy, request: Any) -> str:
    match = request.resolver_match
    try:
        answer = gate.process_view(request, match.func, match.args, match.kwargs)
    except Http404:
        return "404"
    if answer is None:
        return "IN"
    return "SIGN IN" if answer.status_code == 302 else str(answer.status_code)


# ---- the table and the addresses


def test_every_address_is_decided_about_by_the_row_of_its_own_entry(matrix: Matrix):
    """No entry is hidden behind another one with another row, and every row has an address that is asked below."""
    wrong = [
        (route.route, match.route)
        for route in REACHED
        if (match := resolve(route.path_in(matrix.world))).route != route.route
        and policy.row_for(match.view_name, match.route) is not route.row
    ]
    assert wrong == []
    assert len(REACHED) > 500
    assert [row.route for row in (*policy.VIEWS, *policy.MOUNTS) if row not in ROWS] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_gate_answers_each_cell_as_the_table_says(matrix: Matrix, name: str):
    person, gate = matrix.people[name], AccessPolicy(lambda request: HttpResponse())
    wrong = []
    with patch("access.middleware.record_denial") as denied:
        for route in REACHED:
            path, row = route.path_in(matrix.world), route.row
            assert row is not None, route.route
            request = _request(person, path)
            for request.method in METHODS:
                method = request.method
                denied.reset_mock()
                expected, found = _expected(row, person, path, method), _answer(gate, request)
                recorded = expected == "404" and person.is_known_at(path)
                if found != expected or denied.called != recorded:
                    wrong.append(f"{method} {path} ({route.view}): {found}, not {expected}")
    assert wrong == []


# ---- over HTTP


def _strongest(row: policy.RouteRule) -> list[str]:
    return sorted(row.methods - set(READING)) or ["GET"]


@pytest.mark.parametrize("name", NAMES)
def test_whoever_the_table_does_not_name_is_refused_and_nothing_is_written(matrix: Matrix, name: str):
    """By each method that could change something, with what a form would send. A visitor tries all addresses, everybody
    else each fifth: the gate was asked about every cell, and this shows that it stands before every view."""
    person, wrong = matrix.people[name], []
    start, step = (0, 1) if name == ANONYMOUS else (NAMES.index(name) % 5, 5)
    with patch("access.middleware.record_denial") as denied:
        for route in REACHED[start::step]:
            path, row = route.path_in(matrix.world), route.row
            assert row is not None
            if _is_named(row, person, path) or (person.token and not path.startswith("/api/")):
                continue
            for method in _strongest(row):
                expected = _expected(row, person, path, method)
                denied.reset_mock()
                with taken_back() as written:
                    answer = person.send(method, path, "name=x&action-publish=1&confirm=on")
                if expected == "IN":  # with a key, which the view doesn't find
                    fits = answer.status_code in (302, 404, 409) and not written - OF_DENIAL
                else:
                    fits = _is_refusal(answer, expected) and not written - OF_COMING
                    fits = fits and denied.called == person.is_known_at(path)
                if not fits:
                    found = f"{answer.status_code}, not {expected}, {denied.called=} {sorted(written)}"
                    wrong.append(f"{method} {path} ({route.view}): {found}")
    assert wrong == []


def _is_refusal(answer: Any, expected: str) -> bool:
    if expected == "SIGN IN":
        return answer.status_code == 302 and answer["Location"].startswith("/accounts/login/?next=")
    return str(answer.status_code) == expected


def _somebody_let_in(matrix: Matrix, row: policy.RouteRule, path: str) -> Person | None:
    """The first one whom the row names; of all coordinators the one of this region."""
    if row.is_open:
        return matrix.people[ANONYMOUS]
    return next(
        (person for person in matrix.people.values() if not person.token and _is_named(row, person, path)), None
    )


@pytest.mark.parametrize("row", [row for row in ROWS if row.roles], ids=lambda row: row.route)
def test_a_method_that_the_row_does_not_name_is_refused_before_the_view(matrix: Matrix, row: policy.RouteRule):
    wrong = []
    for route in OF_ROW[row.route][:3]:  # the gate was asked about all of them
        path = route.path_in(matrix.world)
        person = _somebody_let_in(matrix, row, path)
        assert person is not None
        for method in sorted(set(METHODS) - row.methods):
            with taken_back() as written:
                answer = person.send(method, path)
            allowed = {each.strip() for each in answer.headers.get("Allow", "").split(",")}
            if answer.status_code != 405 or allowed != row.methods or written - OF_COMING:
                wrong.append(f"{method} {path}: {answer.status_code} {sorted(written)}")
    assert wrong == []


def _may_write(route: Route) -> set[str]:
    return OF_COMING | NOTES | (CHAIN if route.view in RECORDED_READING else set())


@pytest.mark.parametrize("row", [row for row in ROWS if row.roles and "GET" in row.methods], ids=lambda row: row.route)
def test_reading_changes_nothing(matrix: Matrix, row: policy.RouteRule):
    wrong = []
    for route in OF_ROW[row.route]:
        path = route.path_in(matrix.world)
        person = _somebody_let_in(matrix, row, path)
        assert person is not None
        own = not path.startswith("/cms/")
        for method in [name for name in ("GET", "HEAD", "OPTIONS") if name in row.methods and (own or name == "GET")]:
            with taken_back() as written:
                answer = person.send(method, path)
                if answer.streaming:
                    b"".join(answer.streaming_content)
            is_down = answer.status_code >= 500 and route.view != "readyz"
            if is_down or written - _may_write(route):
                wrong.append(f"{method} {path} ({route.view}) by {person.name}: {answer.status_code} {sorted(written)}")
    assert wrong == []
