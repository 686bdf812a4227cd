"""The pages of a procedure: reading, saving, versions, for those who may."""

import json
import re
from typing import Any

import pytest

from access.models import StaffRole
from case_forms.procedures.definition import parse_procedure
from case_forms.procedures.events.registry import EVENTS
from case_forms.procedures.models import Procedure
from tests.world.procedures import small_procedure

from ..sentences import ProcedureWords
from .editors import Editor, editor, published_procedure

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def procedure() -> Procedure:
    return published_procedure()


@pytest.fixture
def ana(procedure: Procedure) -> Editor:
    return editor("ana")


def text(response: Any) -> str:
    """The words of a page, without markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_the_page_tells_each_rule_as_a_sentence_without_json(ana: Editor, procedure: Procedure) -> None:
    page = ana.get(f"{procedure.pk}/")
    assert page.status_code == 200
    words = text(page)
    assert "When “Small identification” comes in, and: “Result” is “Potential victim”" in words
    assert "Notifies: anti-trafficking police officer" in words
    assert "starts the deadline: Police told; answer within 30 minutes." in words
    assert "a reminder after 10 minutes" in words
    assert '"do"' not in words
    assert '"when"' not in words


def test_whoever_may_only_read_sees_the_page_and_no_way_to_edit(procedure: Procedure) -> None:
    operator = editor("olta", StaffRole.OPERATOR, group="Operators")
    assert operator.get("").status_code == 200
    page = operator.get(f"{procedure.pk}/")
    assert page.status_code == 200
    assert f"edit/{procedure.pk}/" not in page.content.decode()
    assert operator.get(f"edit/{procedure.pk}/").status_code in (403, 404)
    assert operator.get(f"{procedure.pk}/versions/").status_code in (403, 404)


def test_the_editor_opens_with_all_parts(ana: Editor, procedure: Procedure) -> None:
    page = ana.get(f"edit/{procedure.pk}/")
    assert page.status_code == 200
    for pointer in ("/rules/0", "/deadlines/police_report", "/ladders/quick", "/facts/0"):
        assert f'data-part="{pointer}"' in page.content.decode()


def test_an_autosave_keeps_the_draft_and_sends_only_the_sentences_that_changed(
    ana: Editor, procedure: Procedure
) -> None:
    page = ana.get(f"edit/{procedure.pk}/").content.decode()
    known = ",".join(re.findall(r'data-sha="(\w+)"', page))
    change = {"op": "replace", "path": "/ladders/quick/2/after_minutes", "value": 40}
    answer = ana.autosave(procedure, change, known=known).json()
    assert answer["success"]
    sent = {part["path"] for part in answer["parts"] if "html" in part}
    assert "/ladders/quick" in sent
    assert "/deadlines/assessment" not in sent
    assert Procedure.objects.get().working_copy()["ladders"]["quick"][2]["after_minutes"] == 40
    assert Procedure.objects.get().definition["ladders"]["quick"][2]["after_minutes"] == 30


def test_a_second_tab_that_was_overtaken_is_told_so_and_overwrites_nothing(ana: Editor, procedure: Procedure) -> None:
    from .editors import get_base

    seen = get_base(procedure)
    assert ana.autosave(procedure, {"op": "replace", "path": "/title/en", "value": "Ours"}).json()["success"]
    late = ana.autosave(procedure, {"op": "replace", "path": "/title/en", "value": "Theirs"}, base=seen)
    assert late.status_code == 400
    assert late.json()["error_code"] == "invalid_revision"
    assert Procedure.objects.get().working_copy()["title"]["en"] == "Ours"


def test_problems_name_their_part(ana: Editor, procedure: Procedure) -> None:
    change = {"op": "replace", "path": "/rules/0/then/1/role", "value": "mayor"}
    answer = ana.autosave(procedure, change).json()
    problem = next(each for each in answer["problems"] if each["code"] == "unknown_role")
    assert (problem["part"], problem["path"], problem["is_blocking"]) == ("/rules/0", "/rules/0/then/1/role", True)


@pytest.mark.parametrize("code", sorted(EVENTS))
def test_each_event_begins_a_sentence_of_its_own(code: str) -> None:
    procedure = parse_procedure({**small_procedure(), "rules": [{"key": "one", "on": code, "forms": [], "then": []}]})
    beginning = ProcedureWords(procedure, {}, "en").begin(procedure.rules[0])
    assert ("any form" in beginning) is EVENTS[code].has_form
    assert not beginning.startswith("When: ")


@pytest.mark.parametrize(
    ("days", "begun"),
    [(-3, "3 days before the date “seen_on” in any form"), (0, "On the date"), (1, "1 day after the date")],
)
def test_a_rule_about_a_date_says_how_many_days_before_or_after(days: int, begun: str) -> None:
    rule = {"key": "one", "on": "date_reached", "date": "seen_on", "days": days, "then": []}
    procedure = parse_procedure({**small_procedure(), "rules": [rule]})
    assert ProcedureWords(procedure, {}, "en").begin(procedure.rules[0]).startswith(begun)


def test_flags_and_whose_duty_a_deadline_is_are_read_in_words(ana: Editor, procedure: Procedure) -> None:
    label = {"sq": "I duhet përkthyes", "en": "Needs an interpreter"}
    ana.autosave(
        procedure,
        {"op": "add", "path": "/flags", "value": {"interpreter": {"label": label}}},
        {"op": "add", "path": "/rules/0/then/-", "value": {"do": "set_flag", "flag": "interpreter"}},
        {"op": "add", "path": "/deadlines/assessment/owner", "value": "mobile_unit"},
        {"op": "add", "path": "/deadlines/assessment/form", "value": "small_follow_up"},
    )
    words = text(ana.get(f"edit/{procedure.pk}/"))
    assert "Flags that a case can have Needs an interpreter" in words
    assert "Sets the flag: Needs an interpreter" in words
    assert "Whose duty it is" in words
    assert "The form that answers it Small follow-up" in words


def test_the_questions_of_forms_come_when_they_are_asked_for(ana: Editor, procedure: Procedure) -> None:
    answer = ana.get(f"{procedure.pk}/scopes/").json()
    assert set(answer["forms"]) == {"small_identification", "small_follow_up"}
    assert "municipalities" in answer["lists"]


def test_a_file_that_is_taken_out_can_be_taken_in(ana: Editor, procedure: Procedure) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    taken = ana.get(f"{procedure.pk}/export.json").content
    definition = json.loads(taken)
    definition["title"]["en"] = "From a file"
    file = SimpleUploadedFile("p.json", json.dumps(definition).encode())
    assert ana.post(f"{procedure.pk}/import/", file=file).status_code == 302
    assert Procedure.objects.get().working_copy()["title"]["en"] == "From a file"


def test_a_file_of_something_else_is_refused_beside_the_field(ana: Editor, procedure: Procedure) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    for content in (b"[]", b"{", b'{"format": 1, "key": "other"}', b"\xff"):
        refused = ana.post(f"{procedure.pk}/import/", file=SimpleUploadedFile("p.json", content))
        assert refused.status_code == 422
    assert Procedure.objects.get().working_copy() == procedure.working_copy()


def test_the_history_opens_and_an_older_revision_can_be_taken_up_again(ana: Editor, procedure: Procedure) -> None:
    for words in ("One", "Two"):
        ana.autosave(procedure, {"op": "replace", "path": "/title/en", "value": words})
    ana.save(procedure, {"op": "replace", "path": "/title/en", "value": "Three"})
    stored = Procedure.objects.get()
    first = stored.revisions.order_by("pk").first()
    assert ana.get(f"history/{procedure.pk}/").status_code == 200
    assert ana.get(f"history/{procedure.pk}/revisions/{first.pk}/revert/").status_code == 200
    assert ana.get(f"history/{procedure.pk}/revisions/compare/earliest...latest/").status_code == 200
