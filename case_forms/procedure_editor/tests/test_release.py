"""Rules that a release brings for a procedure that was changed: offered, added as a draft, or not for us."""

import copy
from typing import Any
from unittest import mock

import pytest

from audit.models import AuditEntry
from case_forms.procedures import release
from case_forms.procedures.definition import parse_procedure
from case_forms.procedures.models import DeclinedRule, Procedure, ProcedureVersion
from case_forms.simulation import seeding
from case_forms.simulation.models import Scenario
from case_forms.submissions.seeding import reference
from tests.world.forms import texts
from tests.world.procedures import deadline, rule, small_procedure

from .editors import Editor, editor, published_procedure
from .test_pages import text
from .test_two_people import FASTER, approve

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

DESK = {
    **rule("desk", "Tell the consular desk", form="small_identification", words="The consular desk is told.", then=[]),
    "when": {"and": [{"var": "is_foreign"}, {"==": [{"var": "_setting_desk"}, "yes"]}]},
    "then": [
        {"do": "notify", "role": "responsible_authority", "ladder": "desk", "answer_minutes": 60},
        {"do": "deadline", "key": "desk"},
    ],
}
LATE = rule("late", "A second new rule", form="no_such_form", words="Said.", then=[])


def shipped() -> dict[str, Any]:
    """The small procedure as a later release ships it: two rules more, with what the first needs."""
    found = copy.deepcopy(small_procedure())
    found["rules"].insert(1, copy.deepcopy(DESK))
    found["rules"].append(copy.deepcopy(LATE))
    found["facts"] = [*found.get("facts", []), {"key": "is_foreign", "value": True}]
    found["settings"] = {
        "desk": {
            "label": texts("Consular desk"),
            "choices": [{"value": "yes", "label": texts("Yes")}, {"value": "no", "label": texts("No")}],
            "default": "yes",
            "basis": "Draft SOP 2025",
            "confidence": "proposal",
        }
    }
    found["deadlines"]["desk"] = {
        **deadline("Consular desk", breach_minutes=1440),
        "owner": "coordinator",
        "ladder": "desk",
        "basis": "Vienna Convention, article 36",
        "confidence": "source",
    }
    found["ladders"]["desk"] = [{"after_minutes": 30, "do": "call", "repeat_minutes": 60}]
    return found


@pytest.fixture
def procedure() -> Procedure:
    return published_procedure()


@pytest.fixture
def ana(procedure: Procedure) -> Editor:
    return editor("ana")


@pytest.fixture
def besa(procedure: Procedure) -> Editor:
    return editor("besa")


@pytest.fixture(autouse=True)
def installed() -> Any:
    """The release whose procedure has two rules more."""
    known = {"small_procedure": parse_procedure(shipped())}
    with mock.patch.object(release, "get_shipped", known.get):
        yield known


def draft() -> dict[str, Any]:
    return Procedure.objects.get().working_copy()


def keys() -> list[str]:
    return [each["key"] for each in draft()["rules"]]


def test_the_pages_say_how_many_rules_the_release_brings(ana: Editor, procedure: Procedure) -> None:
    for address in (f"edit/{procedure.pk}/", f"{procedure.pk}/"):
        page = text(ana.get(address))
        assert "This release brings 2 rules that your procedure doesn't have." in page
    assert "2 rules" in text(ana.get(""))
    ours = draft()
    page = text(ana.get(f"{procedure.pk}/release/"))
    assert "2 rules that you don't have" in page
    for said in ("Tell the consular desk", "Vienna Convention, article 36", "Draft SOP 2025", "no_such_form"):
        assert said in page
    assert draft() == ours


def test_what_is_chosen_is_in_the_draft_with_what_it_needs_and_takes_two_people(
    ana: Editor, besa: Editor, procedure: Procedure
) -> None:
    theirs = approve(procedure, ana, besa, FASTER).definition
    before = [each["key"] for each in theirs["rules"]]
    answer = ana.post(f"{procedure.pk}/release/", go="draft", rule=["desk"])
    assert answer.status_code == 302
    assert answer.url.endswith("#rule-desk")
    assert keys() == [before[0], "desk", *before[1:]]
    now = draft()
    assert now["ladders"]["desk"] == shipped()["ladders"]["desk"]
    assert now["deadlines"]["desk"] == shipped()["deadlines"]["desk"]
    assert [now["facts"][-1]["key"], *now["settings"]] == ["is_foreign", "desk"]
    # What they had changed themselves is as they left it, and still what decides.
    assert now["ladders"]["quick"] == theirs["ladders"]["quick"]
    assert ProcedureVersion.objects.in_force().definition == theirs
    entry = AuditEntry.objects.get(action="procedure.draft_replaced")
    assert entry.detail["origin"] == "release"
    ana.submit(procedure)
    besa.decide(procedure, "approve")
    assert "desk" in [each.key for each in ProcedureVersion.objects.in_force().parsed.rules]
    assert "This release brings 1 rule that" in text(ana.get(f"edit/{procedure.pk}/"))


def test_a_part_of_the_same_name_stays_as_it_is_here_and_the_page_says_so(ana: Editor, procedure: Procedure) -> None:
    own = [{"after_minutes": 5, "do": "call", "repeat_minutes": 5}]
    ana.save(procedure, {"op": "add", "path": "/ladders/desk", "value": own})
    assert "Yours differs, and stays" in text(ana.get(f"{procedure.pk}/release/"))
    ana.post(f"{procedure.pk}/release/", go="draft", rule=["desk"])
    assert draft()["ladders"]["desk"] == own


def test_not_for_us_is_remembered_with_who_and_why_and_changes_nothing(
    ana: Editor, besa: Editor, procedure: Procedure
) -> None:
    ours = draft()
    ana.post(f"{procedure.pk}/release/", go="decline", rule=["desk"], reason="We phone the desk ourselves.")
    assert draft() == ours
    said = DeclinedRule.objects.get()
    assert (said.rule, said.by, said.reason) == ("desk", ana.user, "We phone the desk ourselves.")
    entry = AuditEntry.objects.get(action="procedure.rule_declined")
    assert "phone" not in str(entry.detail)
    page = text(besa.get(f"{procedure.pk}/release/"))
    assert "1 rule that you don't have" in page
    assert "We phone the desk ourselves." in page
    assert "This release brings 1 rule" in text(besa.get(f"edit/{procedure.pk}/"))
    besa.post(f"{procedure.pk}/release/", go="again:desk")
    assert not DeclinedRule.objects.exists()
    assert "2 rules that you don't have" in text(besa.get(f"{procedure.pk}/release/"))


def test_a_declined_rule_that_a_later_release_changes_is_offered_again_with_the_answer_of_then(
    ana: Editor, procedure: Procedure, installed: dict[str, Any]
) -> None:
    ana.post(f"{procedure.pk}/release/", go="decline", rule=["desk"], reason="Not yet.")
    later = shipped()
    later["rules"][1]["then"][0]["answer_minutes"] = 30
    installed["small_procedure"] = parse_procedure(later)
    page = text(ana.get(f"{procedure.pk}/release/"))
    assert "2 rules that you don't have" in page
    assert "The rule reads otherwise since." in page
    assert "Not yet." in page


def test_a_rule_that_somebody_removed_is_not_called_new(ana: Editor, besa: Editor, procedure: Procedure) -> None:
    ana.post(f"{procedure.pk}/release/", go="draft", rule=["desk"])
    approve(procedure, ana, besa)
    position = keys().index("desk")
    approve(procedure, ana, besa, {"op": "remove", "path": f"/rules/{position}"})
    assert "This release brings 1 rule" in text(ana.get(f"edit/{procedure.pk}/"))
    page = text(ana.get(f"{procedure.pk}/release/"))
    assert "1 rule that was removed here" in page
    assert "Your procedure had it until version 2." in page
    assert "Version 3" in page
    assert "ana" in page
    # It can be had all the same, or answered.
    ana.post(f"{procedure.pk}/release/", go="decline", rule=["desk"], reason="Removed on purpose.")
    assert "removed here" not in text(ana.get(f"{procedure.pk}/release/"))


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"go": "draft"}, "Choose at least one rule."),
        ({"go": "draft", "rule": ["no_such_rule", "\x00"]}, "Choose at least one rule."),
        ({"go": "decline", "rule": ["desk"], "reason": "  "}, "Say why it is not for you."),
        ({"go": "decline", "reason": "x"}, "Choose at least one rule."),
        ({"go": "decline", "rule": ["desk"], "reason": "x" * 2_001}, "A reason has at most 2,000 characters."),
        ({"go": "again:no_such_rule"}, "Choose at least one rule."),
        ({}, "Choose at least one rule."),
    ],
)
def test_what_can_not_be_done_is_said_and_nothing_typed_is_lost(
    ana: Editor, procedure: Procedure, sent: dict[str, Any], words: str
) -> None:
    ours = draft()
    answer = ana.post(f"{procedure.pk}/release/", **sent)
    assert answer.status_code == 422
    assert words in text(answer)
    if "desk" in sent.get("rule", ()):
        assert 'id="offer-desk" checked' in answer.content.decode()
    assert draft() == ours
    assert not DeclinedRule.objects.exists()


def test_while_it_waits_for_approval_nothing_is_added(ana: Editor, besa: Editor, procedure: Procedure) -> None:
    ana.submit(procedure, FASTER)
    submitted = draft()
    answer = besa.post(f"{procedure.pk}/release/", go="draft", rule=["desk"])
    assert answer.status_code == 302
    assert "awaiting approval" in text(besa.get(f"{procedure.pk}/release/"))
    assert draft() == submitted


def test_a_procedure_that_was_made_here_has_nothing_to_offer(
    ana: Editor, procedure: Procedure, installed: dict[str, Any]
) -> None:
    installed.clear()
    assert "This procedure was made here" in text(ana.get(f"{procedure.pk}/release/"))
    assert "This release brings" not in text(ana.get(f"edit/{procedure.pk}/"))


def test_whoever_only_reads_procedures_is_not_asked(procedure: Procedure) -> None:
    reader = editor("ola", "operator", group="Operators")
    assert "This release brings" not in text(reader.get(f"{procedure.pk}/"))
    assert reader.get(f"{procedure.pk}/release/").status_code in (302, 403, 404)
    assert reader.post(f"{procedure.pk}/release/", go="draft", rule=["desk"]).status_code in (302, 403, 404)
    assert "desk" not in keys()


# ---- scenarios ----

STORY = {"form": "initial_identification", "municipality": "vlore", "at": "2026-03-11T10:00", "acts": []}
FILE = {
    "procedure": "small_procedure",
    "scenarios": [
        {
            "key": key,
            "title": texts(key.title()),
            "story": STORY,
            "expectations": [{"expect": "nobody_told"}],
            "rules": rules,
        }
        for key, rules in (("plain", []), ("of_desk", ["desk"]))
    ],
}


@pytest.fixture
def scenario_file() -> Any:
    with mock.patch.object(seeding, "_read_file", return_value=FILE):
        yield


def scenario_keys() -> list[str]:
    return list(Scenario.objects.order_by("key").values_list("key", flat=True))


@pytest.mark.usefixtures("scenario_file")
def test_a_scenario_comes_with_its_rule_and_never_before_it(ana: Editor, besa: Editor, procedure: Procedure) -> None:
    seeding.seed_scenarios()
    assert scenario_keys() == ["plain"]
    assert "Of_Desk" in text(ana.get(f"{procedure.pk}/release/"))
    ana.post(f"{procedure.pk}/release/", go="draft", rule=["desk"])
    added = Scenario.objects.get(key="of_desk")
    assert (added.is_seeded, added.is_approved, added.changed_by) == (True, False, ana.user)
    # Another start in between changes nothing; the second person's approval takes it over.
    seeding.seed_scenarios()
    assert not Scenario.objects.get(key="of_desk").is_approved


@pytest.mark.usefixtures("scenario_file")
def test_a_scenario_that_two_people_deleted_does_not_come_back_with_a_rule(ana: Editor, procedure: Procedure) -> None:
    seeding.add_shipped_scenarios(procedure="small_procedure", rules=["desk"], by=ana.user)
    gone = Scenario.objects.get(key="of_desk")
    gone.deleted_at, gone.is_approved = gone.changed_at, False
    gone.save()
    ana.post(f"{procedure.pk}/release/", go="draft", rule=["desk"])
    assert not Scenario.objects.working().filter(key="of_desk").exists()


def test_an_upgrade_leaves_a_changed_procedure_and_offers_what_it_lacks(
    ana: Editor, besa: Editor, procedure: Procedure, installed: dict[str, Any]
) -> None:
    theirs = approve(procedure, ana, besa, FASTER).definition
    with mock.patch.object(reference, "procedure_files", return_value=[shipped()]):
        assert reference.seed_procedures() == 0
    assert ProcedureVersion.objects.in_force().definition == theirs
    assert [each.key for each in release.find_offers(Procedure.objects.get(), theirs).new] == ["desk", "late"]
