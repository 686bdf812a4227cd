"""What can't be read is answered with 400 and saves nothing; it is never a fault of the service.

Every address is sent an empty form, a form with words that fit nowhere, and JSON of another shape, by each role that
may use it. In `make test` these take turns: one of the roles, the empty form and one of the other two (tests/legs.py).
The views that failed once stand below by name.
"""

import logging
import re
from itertools import product
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from access import policy
from tests.examples import FACTOR

from .conftest import Matrix
from .route_matrix.people import ANONYMOUS, FORM, Person
from .route_matrix.writes import NOTES, OF_COMING, taken_back
from .test_route_matrix import OF_ROW, READING, ROWS

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:Pagination may yield inconsistent results"),
]
CANARY = "Kanarina§{[x"
FIELD = re.compile(r'<(?:input|select|textarea)\b[^>]*\bname="([^"]+)"')
CHANGED = [row for row in ROWS if row.roles and row.methods - set(READING)]


def _who_sends(matrix: Matrix, row: policy.RouteRule, turn: int) -> list[Person]:
    """One of each role. A keeper of the record changes nothing anywhere in the admin, so others stand for them."""
    if row.is_open:
        return [matrix.people[ANONYMOUS]]
    names = sorted(row.roles - {"auditor"}) or sorted(row.roles)
    if FACTOR < 1:
        names = [names[turn % len(names)]]
    return [matrix.people[name] for name in names]


def _get_fields(person: Person, path: str) -> list[str]:
    with taken_back():
        answer = person.send("GET", path)
    text = "" if answer.status_code != 200 or answer.streaming else answer.content.decode(errors="replace")
    return sorted(set(FIELD.findall(text)) - {"csrfmiddlewaretoken"})


def _bodies(person: Person, path: str, row: policy.RouteRule, turn: int) -> list[tuple[str, str]]:
    others = ("words", "json")
    if FACTOR < 1:
        others = (others[turn // 3 % 2],)  # by three, so that both come from each role
    bodies = [("", FORM)]
    if "words" in others:
        fields = _get_fields(person, path) if "GET" in row.methods else []
        bodies.append((urlencode(dict.fromkeys(fields or ["id"], CANARY)), FORM))
    if "json" in others:
        bodies.append(("[1]", "application/json"))
    return bodies


@pytest.mark.parametrize("row", CHANGED, ids=lambda row: row.route)
def test_nothing_that_is_sent_is_a_fault_of_the_service(matrix: Matrix, row: policy.RouteRule):
    wrong = []
    for turn, route in enumerate(OF_ROW[row.route], start=CHANGED.index(row)):
        path = route.path_in(matrix.world)
        for person in _who_sends(matrix, row, turn):
            bodies = _bodies(person, path, row, turn)
            for method, (body, content_type) in product(sorted(row.methods - set(READING)), bodies):
                with taken_back() as written:
                    answer = person.send(method, path, body, content_type)
                saved = answer.status_code == 400 and written - OF_COMING - NOTES
                if answer.status_code >= 500 or saved:
                    found = f"{answer.status_code} {answer.exc_info and answer.exc_info[0]} {sorted(written)}"
                    wrong.append(f"{method} {path} ({route.view}) by {person.name}, {body[:30]!r}: {found}")
    assert wrong == []


# ---- by name: what once was a 500


def _values(matrix: Matrix, *names: str) -> list[str]:
    return [str(matrix.world.values[name]) for name in names]


NEW_PAGE = ("content_type_app_name", "content_type_model_name", "parent_page_id")
INCOMPLETE = [
    ("POST", "wagtailadmin_pages:edit", ("page_id",), ""),
    ("POST", "wagtailadmin_pages:add", NEW_PAGE, ""),
    ("POST", "wagtailadmin_pages:preview_on_edit", ("page_id",), "title=x"),
    ("POST", "wagtailadmin_pages:preview_on_add", NEW_PAGE, "title=x"),
    ("POST", "wagtailadmin_pages:revisions_revert", ("page_id", "revision_id"), ""),
    ("POST", "wagtailadmin_pages:copy", ("page_id",), ""),
    ("POST", "wagtailadmin_pages:copy", ("page_id",), f"new_parent_page={CANARY}"),
    ("POST", "wagtailadmin_pages:move", ("page_id",), f"new_parent_page={CANARY}"),
    ("POST", "wagtailadmin_pages:unpublish", ("page_id",), "next=nowhere"),
    ("POST", "wagtailadmin_choose_page_external_link", (), ""),
    ("POST", "wagtail_localize:upload_pofile", ("translation_id",), ""),
    ("PUT", "wagtail_localize:edit_string_translation", ("translation_id", "string_segment_id"), ""),
]


@pytest.mark.parametrize(("method", "view", "parameters", "body"), INCOMPLETE, ids=lambda value: str(value)[:40])
def test_a_form_that_arrives_incomplete_is_told_so_and_nothing_is_saved(
    matrix: Matrix, caplog, method: str, view: str, parameters: tuple[str, ...], body: str
):
    path = reverse(view, args=_values(matrix, *parameters))
    with taken_back() as written, caplog.at_level(logging.WARNING):
        answer = matrix.people["editor"].send(method, path, body)
    assert answer.status_code == 400
    assert "The form arrived incomplete" in answer.content.decode()
    assert CANARY not in answer.content.decode()
    assert not written - OF_COMING - NOTES
    assert [record.message for record in caplog.records if record.levelno > logging.WARNING] == []
    assert CANARY not in "".join(record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    "path",
    ["/cms/redirects/import/", "/cms/redirects/import/process/", "/cms/failwhale/"]
    + [f"/cms/snippets/choose/content/{name}/create/" for name in ("hotline", "glossaryterm", "searchanswer")]
    + ["/cms/snippets/choose/builder/formdefinition/", "/cms/snippets/choose/builder/formdefinition/create/"],
)
def test_what_nobody_needs_is_shut(matrix: Matrix, path: str):
    for name in ("editor", "coordinator", "operator"):
        for method in ("GET", "POST"):
            with taken_back():
                assert matrix.people[name].send(method, path).status_code == 404
