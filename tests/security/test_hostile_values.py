"""Every form of staff's own pages, filled with what nobody should type: refused or taken, and never a fault.

The fields and buttons are read from the page itself, so a new form is in as soon as it exists. What is not typed
(hidden fields, choices, the button) is sent as the page has it, or wrong as well: the first goes deep, the second is
refused.
In `make test` the values take turns, and of forms that are alike the first and the last are filled (tests/legs.py).
"""

from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from itertools import cycle, islice
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from access import policy
from tests.examples import FACTOR

from .conftest import Matrix
from .route_matrix.people import Person
from .route_matrix.writes import taken_back
from .test_malformed_requests import CHANGED
from .test_route_matrix import OF_ROW

pytestmark = pytest.mark.django_db

FIELD = [row for row in CHANGED if any(route.route.startswith("field/") for route in OF_ROW[row.route])]
LONG = "Ë" * 70_000
VALUES: dict[str, str] = {
    "nothing": "",
    "blanks": " \t\r\n ",
    "a NUL": "a\x00b",
    "a lone surrogate's look": "\ufffd\u202e{{ 7*7 }}<script>alert(1)</script>' OR 1=1 --",
    "very long": LONG,
    "a number beyond 64 bits": "9" * 40,
    "a negative number": "-1",
    "no number": "NaN",
    "the year 1": "0001-01-01T00:00",
    "the year 9999": "9999-12-31T23:59",
    "the day after the last": "10000-01-01",
    "31 February": "31.2.2026",
    "an id of nothing": str(UUID(int=0)),
    "digits that aren't ASCII": "١٢٣",
    "a list": "[1, null]",
}
TYPED = {"text", "search", "email", "tel", "url", "number", "date", "datetime-local", "time", "password", ""}


@dataclass
class FoundForm:
    """A form of a page. `fields`: (name, value, whether it is typed); `buttons`: (name, value)."""

    action: str
    fields: list[tuple[str, str, bool]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    areas: list[str] = field(default_factory=list)

    def fill(self, value: str, button: tuple[str, str] | None, *, all_of_it: bool) -> list[tuple[str, str]]:
        kept = [(name, value if typed or all_of_it else old) for name, old, typed in self.fields]
        return kept + ([button] if button else [])


class Forms(HTMLParser):
    """The forms of a page that are posted."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[FoundForm] = []
        self._form: FoundForm | None = None
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            is_posted = given.get("method", "").lower() == "post"
            self._form = FoundForm(given.get("action", "")) if is_posted else None
            if self._form is not None:
                self.found.append(self._form)
        elif self._form is not None:
            self._add(self._form, tag, given)

    def _add(self, form: FoundForm, tag: str, given: dict[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "")
        if tag == "option" and self._select:
            if given.get("value") and all(known != self._select for known, _value, _typed in form.fields):
                form.fields.append((self._select, given["value"], False))
        elif not name or name == "csrfmiddlewaretoken":
            return
        elif tag == "select":
            self._select = name
        elif tag == "textarea":
            form.fields.append((name, "", True))
            form.areas.append(name)
        elif tag == "button" or kind in ("submit", "button"):
            form.buttons.append((name, given.get("value", "")))
        elif tag == "input" and kind not in ("file", "reset", "image"):
            form.fields.append((name, given.get("value", ""), kind in TYPED))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""


def _read_forms(person: Person, path: str) -> list[FoundForm]:
    with taken_back():
        answer = person.send("GET", path)
    if answer.status_code != 200 or answer.streaming or "html" not in answer.headers.get("Content-Type", ""):
        return []
    found = [form for form in Forms(answer.content.decode(errors="replace")).found if form.action in ("", path)]
    return unlike(found) if FACTOR < 1 else found


def unlike(forms: list[FoundForm]) -> list[FoundForm]:
    """The first and last of those that differ in nothing but values: a page may have one for each of fifty offices."""
    alike: dict[object, list[FoundForm]] = {}
    for form in forms:
        shape = (form.action, *((name, typed) for name, _value, typed in form.fields), *form.buttons)
        alike.setdefault(shape, []).append(form)
    return [form for same in alike.values() for form in (same if len(same) < 3 else [same[0], same[-1]])]


def _who(matrix: Matrix, row: policy.RouteRule) -> list[Person]:
    wanted: list[str] = [name for name in ("worker", "coordinator") if row.is_open or name in row.roles]
    return [matrix.people[name] for name in wanted or sorted(row.roles)]


def _bodies(forms: list[FoundForm], values: list[str]) -> list[tuple[FoundForm, list[tuple[str, str]], str]]:
    """Return (form, what is sent, value) for each button with each value, first deep, then all of it wrong."""
    made = []
    for form in forms or [FoundForm("", [("id", "", True)])]:
        for value in values:
            # The first of the choices alone: whichever was chosen, what is typed beside it is the same.
            buttons: list[tuple[str, str] | None] = [*form.buttons] or [None]
            made += [(form, form.fill(value, button, all_of_it=False), value) for button in buttons]
            made.append((form, form.fill(value, buttons[0], all_of_it=True), value))
    return made


def _is_lost(form: FoundForm, answer: Any, value: str) -> bool:
    """Whether a page that asks for something again has lost what was written in a long field."""
    is_asked_again = answer.status_code == 422 and form.areas
    if not is_asked_again or not value.strip() or "\x00" in value:
        return False
    return escape(value) not in answer.content.decode(errors="replace").replace("&#39;", "&#x27;")


@pytest.mark.parametrize("row", FIELD, ids=lambda row: row.route)
def test_no_value_in_any_form_is_a_fault_of_the_service(matrix: Matrix, row: policy.RouteRule) -> None:
    wrong, named = [], list(VALUES.items())
    if FACTOR < 1:
        start = FIELD.index(row) * 4 % len(named)
        named = list(islice(cycle(named), start, start + 4))
    names = {value: name for name, value in named}
    for route in OF_ROW[row.route]:
        path = route.path_in(matrix.world)
        for person in _who(matrix, row):
            for form, body, value in _bodies(_read_forms(person, path), list(names)):
                with taken_back():
                    answer = person.send("POST", path, urlencode(body))
                if answer.status_code >= 500 or _is_lost(form, answer, value):
                    said = answer.exc_info and answer.exc_info[:2]
                    wrong.append(f"{path} ({route.view}) by {person.name}, {names[value]}, {body[-1]}: {said}")
    assert wrong == []


def test_forms_are_read_with_their_buttons_and_choices() -> None:
    html = (
        '<form method="post"><input name="a"><input type="hidden" name="h" value="1"><select name="s"><option value="">'
        '<option value="x"></select><textarea name="t"></textarea><button name="do" value="go"></button></form>'
        '<form method="get"><input name="b"></form>'
    )
    [form] = Forms(html).found
    assert form.fields == [("a", "", True), ("h", "1", False), ("s", "x", False), ("t", "", True)]
    assert form.fill("?", ("do", "go"), all_of_it=False)[-1] == ("do", "go")
    assert ("h", "?") in form.fill("?", None, all_of_it=True)


def test_of_forms_that_differ_in_values_alone_the_first_and_the_last_are_tried() -> None:
    one = '<form method="post"><input type="hidden" name="office" value="{}"><button></button></form>'
    rows = [one.format(office) for office in "abc"]
    other = '<form method="post"><input name="reason"></form>'
    tried = unlike(Forms("".join([*rows, other, other])).found)
    assert [[value for _name, value, _typed in form.fields] for form in tried] == [["a"], ["c"], [""], [""]]


def test_every_posting_page_of_the_field_is_tried() -> None:
    assert len(FIELD) > 50
    assert {"cases:status", "cases:rights", "finding:merge", "cases:referral_step"} <= {row.route for row in FIELD}
