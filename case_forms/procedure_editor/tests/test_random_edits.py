"""Whatever is sent to the editor is a named problem or a saved draft, never a fault of the service.

`make test-all` tries ten times as many: 2,000 edits.
"""

import copy
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access.models import User
from case_forms.form_builder.edits import EditRefused, compute_sha, edited
from case_forms.procedures.actions import replace_draft
from case_forms.procedures.definition import parse_procedure
from case_forms.procedures.models import Procedure
from tests.world.procedures import small_procedure

from ..diff import Comparison
from ..edits import must_be_usable
from ..problems import place_problems
from ..reading import Page, published_forms
from .editors import editor, published_procedure

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

PLAIN = small_procedure() | {
    "settings": {"s": {"label": {"sq": "a", "en": "b"}, "choices": [{"value": "x"}], "default": "x", "basis": ""}},
    "calendars": {"c": {"label": {"sq": "a", "en": "b"}, "hours": {"monday": [["08:00", "16:00"]]}}},
    "chains": {"default": ["municipality", "operator"]},
}


def pointers(value: Any, path: str = "") -> list[str]:
    found = [path]
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in entries:
        found += pointers(part, f"{path}/{str(name).replace('~', '~0').replace('/', '~1')}")
    return found


PATHS = st.sampled_from(pointers(PLAIN)) | st.text(max_size=12).map(lambda text: f"/{text}")
WORDS = st.sampled_from(
    ["remind", "call", "police", "notify", "quick", "monday", "24:00", "always", "\x00", "ë", "%(x)s"]
)
SCALARS = st.none() | st.booleans() | st.integers(-5, 10**12) | st.floats(allow_nan=False) | st.text(max_size=8) | WORDS
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["do", "key", "var", "and", "if", "in", "label", "sq", "en", "age_on", "some", "value"])
            | st.text(max_size=5),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
CHANGES = st.one_of(
    st.fixed_dictionaries({"op": st.sampled_from(["add", "replace"]), "path": PATHS, "value": VALUES}),
    st.fixed_dictionaries({"op": st.just("remove"), "path": PATHS}),
    st.fixed_dictionaries({"op": st.just("move"), "path": PATHS, "from": PATHS}),
)


@pytest.fixture
def forms(db: None) -> dict[str, Any]:
    published_procedure()
    return published_forms()


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(changes=st.lists(CHANGES, min_size=1, max_size=4))
def test_every_edit_is_refused_in_words_or_shown(forms: dict[str, Any], changes: list[dict[str, Any]]) -> None:
    sent = json.dumps({"base": compute_sha(PLAIN), "changes": changes})
    try:
        new = edited(PLAIN, sent, must_be_usable)
    except EditRefused:
        return
    procedure = parse_procedure(new)
    page = Page(procedure, forms, "en")
    assert page.build_head().html
    groups = page.build_groups()
    known = {part.path for group in groups for part in group.parts} | {""}
    for problem in place_problems("small_procedure", new, "en"):
        assert problem["part"] in known
        assert problem["message"]
    Comparison(parse_procedure(PLAIN), procedure, forms, "en").find()


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_every_file_is_refused_beside_its_field_or_taken_in(forms: dict[str, Any], content: bytes) -> None:
    ana = _somebody()
    procedure = Procedure.objects.get()
    whole = copy.deepcopy(procedure.working_copy())
    answer = ana.post(f"{procedure.pk}/import/", file=SimpleUploadedFile("p.json", content))
    assert answer.status_code == 422
    assert Procedure.objects.get().working_copy() == whole


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    name=st.sampled_from(["rules", "facts", "ladders", "chains", "deadlines", "settings", "calendars"]), value=VALUES
)
def test_every_file_of_a_damaged_procedure_is_refused_or_opens(forms: dict[str, Any], name: str, value: Any) -> None:
    ana = _somebody()
    procedure = Procedure.objects.get()
    content = json.dumps(small_procedure() | {name: value}).encode()
    answer = ana.post(f"{procedure.pk}/import/", file=SimpleUploadedFile("p.json", content))
    assert answer.status_code in (302, 422)
    for address in (f"edit/{procedure.pk}/", f"{procedure.pk}/versions/", f"{procedure.pk}/versions/compare/", ""):
        assert ana.get(address).status_code == 200
    replace_draft(procedure=procedure, definition=small_procedure(), by=ana.user, origin="json")


def _nested(levels: int) -> Any:
    found: Any = {"var": "result"}
    for _level in range(levels):
        found = {"!": found}
    return found


TURN = {
    "key": "turn",
    "title": {"sq": "a", "en": "b"},
    "on": "status_changed",
    "words": {"sq": "a", "en": "b"},
    "then": [{"do": "update_case", "status": {"var": "new_status"}}],
}
# What an edit may come with, by name: where, what, and the problem's code; "" where the edit itself is refused.
NAMED: list[tuple[str, str, Any, str]] = [
    ("an expression nested too deep to be read", "/rules/0/when", _nested(200), ""),
    ("an expression nested too deep to be evaluated", "/rules/0/when", _nested(45), "bad_expression"),
    ("an expression of too many parts", "/rules/0/when", {"and": [{"var": "result"}] * 2_500}, "bad_expression"),
    ("a rule that sets itself off", "/rules/-", TURN, "goes_round"),
    ("a role that there is not", "/rules/0/then/1/role", "mayor", "unknown_role"),
    ("minutes out of order", "/ladders/quick/1/after_minutes", 5, "not_increasing"),
    ("a ladder without a call", "/ladders/quick", [{"after_minutes": 10, "do": "remind"}], "does_not_call"),
]


@pytest.mark.parametrize(("path", "value", "code"), [each[1:] for each in NAMED], ids=[each[0] for each in NAMED])
def test_what_can_not_stand_is_named_and_never_submitted(
    forms: dict[str, Any], path: str, value: Any, code: str
) -> None:
    ana, procedure = _somebody(), Procedure.objects.get()
    before = procedure.working_copy()
    is_new = path.endswith("/-")
    change = {"op": "add" if is_new else "replace", "path": path.replace("/-", f"/{len(before['rules'])}")}
    answer = ana.autosave(procedure, {**change, "value": value})
    if code:
        problems = answer.json()["problems"]
        assert [each["is_blocking"] for each in problems if each["code"] == code], [each["code"] for each in problems]
    else:
        assert answer.status_code == 400
        assert answer.json()["error_message"]
        assert Procedure.objects.get().working_copy() == before
        return
    assert ana.get(f"edit/{procedure.pk}/").status_code == 200
    assert ana.submit(procedure).status_code in (200, 302)
    assert Procedure.objects.get().current_workflow_state is None


def _somebody() -> Any:
    found = User.objects.filter(username="ana").first()
    if found is None:
        return editor("ana")
    from django.test import Client

    from .editors import Editor

    client = Client()
    client.force_login(found)
    return Editor(found, client)
