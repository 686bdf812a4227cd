"""Trying a form out beside the editor: what is shown, what is said of the rules and notices, and that nothing stays."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from case_forms.cases.facts.reading import clean_for
from case_forms.form_builder.definition import Choice
from case_forms.form_builder.fact_types import FACT_TYPES, FactType
from case_forms.form_builder.models import CaseFactType
from case_forms.form_builder.sources import Lists
from case_forms.procedures.actions import publish_procedure, save_procedure
from case_forms.procedures.models import ProcedureVersion
from case_forms.questions.base import CleanContext
from tests.world.forms import follow_up_form, form, identification_form, question, section, texts
from tests.world.procedures import world_procedure
from tests.world.scene import World, make_world

from ..invented import _invent_value

pytestmark = pytest.mark.django_db

CANARY = "kanarina-9917"
ADDRESS = "/cms/forms/try/"


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


RIGHTS = ("access_admin", "change_formdefinition")


@pytest.fixture
def desk(world: World, client: Client) -> Client:
    world.coordinator.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS))
    client.force_login(world.coordinator)
    return client


class Tried:
    """The reply to a trial."""

    def __init__(self, answer: Any) -> None:
        assert answer.status_code == 200, answer.status_code
        self.sent = answer.json()
        self.page = BeautifulSoup(self.sent["page"], "html.parser")
        self.report = BeautifulSoup(self.sent["report"], "html.parser")

    @property
    def section(self) -> str:
        return self.sent["section"]

    def words(self) -> str:
        main = self.page.select_one("main")
        assert main is not None
        return " ".join(main.get_text(" ").split())

    def said(self) -> str:
        return " ".join(self.report.get_text(" ").split())

    def seen(self, name: str) -> bool:
        entry = self.page.select_one(f'[data-item="{name}"]')
        return entry is not None and not entry.has_attr("hidden")

    def rule(self, where: str, kind: str) -> Any:
        """(outcome, text) of a rule in the report."""
        for line in self.report.select(".tried-rule"):
            text = " ".join(line.get_text(" ").split())
            if line.strong and " ".join(line.strong.get_text().split()) == where and kind in text:
                return line["class"][-1].removeprefix("tried-"), text
        raise AssertionError(f"no rule {kind} at {where}: {self.said()}")


def typed(**fields: Any) -> list[list[str]]:
    """Form fields as the browser lists them; a__b stands for a-b."""
    pairs = []
    for name, values in fields.items():
        for value in values if isinstance(values, list) else [values]:
            pairs.append([name.replace("__", "-"), value])
    return pairs


def attempt(client: Client, definition: Any, **more: Any) -> Any:
    return client.post(ADDRESS, json.dumps({"definition": definition, **more}), content_type="application/json")


def tried(client: Client, definition: Any, **more: Any) -> Tried:
    return Tried(attempt(client, definition, **more))


PERSON = typed(municipality="vlore", result="potential_victim", age="15")


# ---- the form ----


def test_the_form_begins_at_its_first_section(desk: Client) -> None:
    reply = tried(desk, identification_form())
    assert reply.section == "person"
    assert "The person" in reply.words()
    assert "Part 1 of 2" in reply.words()


def test_going_on_shows_the_next_section_that_applies(desk: Client) -> None:
    reply = tried(desk, identification_form(), section="person", fields={"person": PERSON}, press=["go", "next"])
    assert reply.section == "child"


def test_going_on_tells_what_is_missing_of_what_was_seen(desk: Client) -> None:
    fields = {"person": typed(shown=["municipality", "result"], age="15")}
    reply = tried(desk, identification_form(), section="person", fields=fields, press=["go", "next"])
    assert reply.section == "person"
    assert "There is a problem" in reply.words()


def test_what_was_typed_comes_back_in_the_page(desk: Client) -> None:
    reply = tried(desk, identification_form(), section="person", fields={"person": PERSON})
    age = reply.page.select_one("input[name=age]")
    assert age is not None
    assert age["value"] == "15"
    assert reply.seen("child_note")


def test_a_row_is_added_and_taken_away(desk: Client) -> None:
    fields = {"person": PERSON, "story": typed(account="x", others__count="1", others__0__other_name="A")}
    added = tried(desk, identification_form(), section="story", fields=fields, press=["add", "others"])
    assert added.page.select_one('[data-item="others-1-other_name"]') is not None
    removed = tried(desk, identification_form(), section="story", fields=fields, press=["remove", "others-0"])
    assert removed.page.select_one('[data-item="others-0-other_name"]') is None


def test_after_the_last_section_everything_can_be_looked_over(desk: Client) -> None:
    fields = {"person": typed(municipality="vlore", result="none", age="40"), "story": typed(account=CANARY)}
    reply = tried(desk, identification_form(), section="story", fields=fields, press=["go", "next"])
    assert reply.section == "_review"
    assert CANARY in reply.words()
    again = tried(desk, identification_form(), section="_review", fields=fields, press=["go", "to:person"])
    assert again.section == "person"


def test_the_form_is_shown_in_the_language_that_was_picked(desk: Client) -> None:
    assert "The person (sq)" in tried(desk, identification_form(), language="sq").words()


def test_the_page_brings_the_strict_policy_and_no_inline_script(desk: Client) -> None:
    reply = tried(desk, identification_form())
    policy = reply.page.select_one("meta[http-equiv=Content-Security-Policy]")
    assert policy is not None
    assert "script-src 'self';" in str(policy["content"])
    assert not reply.page.select("[style], [onclick], style")
    scripts = reply.page.select("script")
    assert scripts
    assert all(script.get("src") or script.get("type") == "application/json" for script in scripts)


# ---- the rules ----


def test_each_rule_says_whether_it_held_and_on_what(desk: Client) -> None:
    reply = tried(desk, identification_form(), section="person", fields={"person": PERSON})
    outcome, text = reply.rule("The child", "Asked when")
    assert outcome == "held"
    assert "less than 18" in text
    assert "Age: 15" in text
    assert reply.rule("Age reason", "Asked when")[0] == "failed"
    assert reply.rule("Age reason", "Must be answered when")[0] == "not_reached"


def test_a_rule_that_reads_nothing_answered_says_so(desk: Client) -> None:
    outcome, text = tried(desk, identification_form()).rule("The child", "Asked when")
    assert outcome == "failed"
    assert "Age: not answered" in text


def test_rules_in_rows_are_told_row_by_row(desk: Client) -> None:
    story = typed(others__count="2", others__0__other_name="A", others__0__is_armed="true", others__1__other_name="B")
    reply = tried(desk, identification_form(), section="story", fields={"story": story})
    assert reply.rule("Other people 1 › Weapon", "Asked when")[0] == "held"
    assert reply.rule("Other people 2 › Weapon", "Asked when")[0] == "failed"


def test_calculations_filters_constraints_and_sharing_show_what_came_of_them(desk: Client) -> None:
    definition = identification_form()
    definition["sections"][0]["items"] += [
        question("next_age", "calculated", calculation={"+": [{"var": "age"}, 1]}, result="integer"),
        question(
            "way",
            "select_one",
            choices=[{"value": "a", "label": texts("A")}, {"value": "b", "label": texts("B")}],
            choice_filter={"==": [{"var": "choice.value"}, "b"]},
        ),
        question(
            "nights",
            "integer",
            constraint={"expr": {"<": [{"var": "nights"}, {"var": "age"}]}, "message": texts("Fewer.")},
            shared_with={"police": {">": [{"var": "nights"}, 3]}},
        ),
    ]
    fields = {"person": [*PERSON, *typed(nights="5")]}
    reply = tried(desk, definition, section="person", fields=fields)
    assert "16" in reply.rule("Next age", "Calculated as")[1]
    assert "1 of 2 choices" in reply.rule("Way", "Offers choices")[1]
    assert reply.rule("Nights", "Fits when")[0] == "held"
    assert reply.rule("Nights", "Shared with")[0] == "held"
    fields = {"person": [*PERSON, *typed(nights="50")]}
    assert tried(desk, definition, section="person", fields=fields).rule("Nights", "Fits when")[0] == "failed"


# ---- who would be told ----


def test_the_rehearsal_shows_each_notice_with_exactly_what_its_role_would_read(desk: Client) -> None:
    fields = {"person": PERSON, "child": typed(guardian="no"), "story": typed(account=CANARY)}
    reply = tried(desk, identification_form(), section="story", fields=fields)
    assert "preview" in reply.said()
    (notice,) = reply.report.select(".tried-notice")
    labels = [label.get_text() for label in notice.select("dt")]
    assert {"Municipality", "Age"} <= set(labels)
    assert "Account" not in labels
    assert CANARY not in reply.said()
    assert "A potential victim was identified." in reply.said()


def test_a_form_for_the_public_is_rehearsed_as_a_message_without_a_case(desk: Client) -> None:
    told = {"do": "notify", "role": "mobile_unit", "ladder": "police"}
    rule = {
        "key": "signal",
        "title": texts("signal"),
        "words": texts("signal"),
        "on": "signal_received",
        "then": [told],
    }
    changed = world_procedure()
    changed["rules"] = [rule]
    changed["ladders"]["police"] = [{"after_minutes": 5, "do": "call", "repeat_minutes": 5}]
    publish_procedure(procedure=save_procedure(key="sop", definition=changed), in_force_from=timezone.now())
    asked = question("what", "text", shared_with={"mobile_unit": True})
    public = {
        **identification_form(),
        "audience": "public",
        "sections": [{"key": "a", "title": texts("a"), "items": [asked]}],
    }
    said = tried(desk, public, fields={"a": typed(what=CANARY)}).said()
    assert "Mobile unit on duty".lower() in said.lower()
    assert "No case is open" in said
    assert CANARY in said


def test_a_rule_may_say_that_nobody_is_told(desk: Client) -> None:
    fields = {"person": typed(municipality="vlore", result="none", age="40")}
    reply = tried(desk, identification_form(), fields=fields)
    assert "nobody was told" in reply.said()
    assert not reply.report.select(".tried-notice")


def test_answers_that_no_rule_speaks_about_tell_nobody(desk: Client) -> None:
    fields = {"person": typed(municipality="vlore", age="40")}
    reply = tried(desk, identification_form(), fields=fields)
    assert "nobody would be notified" in reply.said()
    assert not reply.report.select(".tried-notice")


def test_a_case_without_a_municipality_is_said_to_stop_the_procedure(desk: Client) -> None:
    reply = tried(desk, identification_form(), fields={"person": typed(result="potential_victim")})
    assert "needs a municipality" in reply.said()


def test_a_form_about_a_case_is_rehearsed_without_looking_at_any(desk: Client, world: World) -> None:
    reply = tried(desk, follow_up_form(), fields={"which": typed(about_case="7K2M9Q", note_text="x")})
    assert "A form about a case." in reply.said()
    assert "no case" not in reply.said()


def test_without_a_procedure_in_force_it_says_so(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProcedureVersion.objects, "in_force", _none_in_force)
    assert "No procedure is in force" in tried(desk, identification_form()).said()


def _none_in_force() -> None:
    raise ProcedureVersion.DoesNotExist


# ---- what isn't finished ----


def test_problems_are_said_and_what_can_be_shown_is_shown(desk: Client) -> None:
    definition = identification_form()
    items = definition["sections"][0]["items"]
    items[1]["choices"].append({"label": texts("No value yet")})
    items.append({"item": "question", "key": "half", "type": "rainbow", "label": {}})
    items[2]["min"] = "many"
    items[0]["label"] = {"sq": ""}
    reply = tried(desk, definition)
    assert "still to correct" in reply.said()
    assert reply.seen("municipality")
    assert reply.seen("age")
    assert reply.page.select_one('[data-item="half"]') is None


def test_a_condition_that_cannot_be_worked_out_asks_and_says_so(desk: Client) -> None:
    definition = identification_form()
    definition["sections"][1]["relevant"] = {"rainbow": []}
    reply = tried(desk, definition)
    assert reply.rule("The child", "this condition can't be read")[0] == "unsure"
    assert "Part 1 of 3" in reply.words()


@pytest.mark.parametrize("definition", [None, 5, "x", [], {}, {"sections": []}, {"format": 1, "sections": [5]}])
def test_what_is_no_form_shows_nothing_and_says_why(desk: Client, definition: Any) -> None:
    reply = tried(desk, definition)
    assert "There is nothing to show yet" in reply.words()
    assert "still to correct" in reply.said()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b"[" * 5000, b'{"language": 5}'])
def test_what_the_editor_never_sends_is_refused(desk: Client, body: bytes) -> None:
    assert desk.post(ADDRESS, body, content_type="application/json").status_code == 400


@pytest.mark.parametrize(
    "more",
    [
        {"fields": {"person": [["age"], 5, ["age", 5], None]}},
        {"fields": [1], "press": "next", "section": {}},
        {"press": ["go", "to:nowhere"], "section": "nowhere"},
        {"press": ["remove", "others"], "section": "story", "fields": {"story": [["others-count", "9" * 30]]}},
        {"press": ["add", "nothing-1-x"], "section": "story"},
        {"fields": {"person": [["_occurred_at", "tomorrow"]]}},
    ],
)
def test_whatever_is_typed_something_is_shown(desk: Client, more: dict[str, Any]) -> None:
    assert tried(desk, identification_form(), **more).words()


# ---- nothing stays ----


def counts() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


@pytest.fixture
def log() -> Iterator[list[str]]:
    """Everything any logger says."""
    lines: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.getMessage()} {record.__dict__}")

    handler, root = Collect(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(before)


def test_a_trial_leaves_nothing_behind(desk: Client, log: list[str]) -> None:
    tried(desk, identification_form())  # the first visit of this session
    session = dict(desk.session.items())
    before = counts()
    definition = identification_form()
    definition["title"] = texts(f"Secret {CANARY}")
    fields = {"person": PERSON, "child": typed(guardian="no"), "story": typed(account=CANARY)}
    for press in (["go", "next"], ["add", "others"], ["", ""]):
        reply = tried(desk, definition, section="story", fields=fields, press=press)
        assert CANARY in reply.sent["page"]
    assert counts() == before
    assert dict(desk.session.items()) == session
    assert CANARY not in "".join(log)


def test_a_trial_is_not_cached(desk: Client) -> None:
    assert "no-store" in attempt(desk, identification_form())["Cache-Control"]


def test_nothing_of_a_trial_shows_in_an_error(desk: Client, log: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_more: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("case_forms.form_preview.views.shown_for", fail)
    desk.raise_request_exception = False
    answer = attempt(desk, identification_form(), fields={"story": typed(account=CANARY)})
    assert answer.status_code == 500
    assert CANARY not in answer.content.decode() + "".join(log)


# ---- who may ----


def test_only_those_who_edit_forms_try_them(world: World, client: Client) -> None:
    assert attempt(client, identification_form()).status_code in (302, 403)
    may_see = Permission.objects.filter(codename="access_admin")
    for person in (world.worker, world.editor, world.coordinator):
        person.user_permissions.set(may_see)
        client.force_login(person)
        assert attempt(client, identification_form()).status_code in (302, 403, 404)


def test_looking_by_get_is_not_offered(desk: Client) -> None:
    assert desk.get(ADDRESS).status_code in (403, 404, 405)


def test_another_site_cannot_ask(desk: Client, world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.coordinator)
    assert attempt(client, identification_form()).status_code == 403


# ---- what is known of the case ----


def fact_form(**more: Any) -> dict[str, Any]:
    return form(
        "follow_up",
        "assessment",
        "Follow-up",
        section(
            "which",
            "Which case",
            *([question("about_case", "case_reference")] if more.pop("asks_for_a_case", True) else []),
            question("language", "text", filled_from_fact="spoken_language"),
            question("how_old_now", "integer", filled_from_fact="stated_age"),
            question("guardian", "text", relevant={"<": [{"var": "_known.stated_age"}, 18]}),
            question("work", "text", relevant={">=": [{"var": "_known.stated_age"}, 18]}),
        ),
    )


@pytest.fixture
def facts(db: Any) -> None:
    for key, kind, label, part in (
        ("spoken_language", "text", "Language", ""),
        ("stated_age", "integer", "Age", "age"),
    ):
        CaseFactType.objects.update_or_create(
            key=key, defaults={"type": kind, "label": texts(label), "identity_part": part, "is_lasting": True}
        )


def test_what_is_known_of_a_case_is_invented_and_marked_as_invented(desk: Client, facts: None) -> None:
    reply = tried(desk, fact_form())
    age = reply.page.select_one("input[name=how_old_now]")
    assert age is not None
    assert age["value"] == "16"
    assert "invented for this preview" in reply.words()
    assert "Known of the case: invented" in reply.said()
    assert "Age 16" in reply.said()
    assert reply.seen("guardian")
    assert not reply.seen("work")


def test_what_is_changed_in_the_preview_is_no_longer_called_invented(desk: Client, facts: None) -> None:
    reply = tried(desk, fact_form(), section="which", fields={"which": typed(language="Romani", how_old_now="17")})
    assert "invented for this preview" not in reply.words()
    assert reply.seen("guardian"), "conditions go on reading what is known"


def test_a_form_about_no_case_knows_nothing(desk: Client, facts: None) -> None:
    reply = tried(desk, fact_form(asks_for_a_case=False))
    assert "invented" not in reply.words()
    assert "Known of the case" not in reply.said()


@pytest.mark.parametrize("kind", FACT_TYPES)
def test_a_fact_of_each_type_is_invented_so_that_its_question_takes_it(kind: str) -> None:
    choices = (Choice(value="a", label={"sq": "a", "en": "a"}),) if kind in ("select_one", "select_many") else ()
    fact = FactType("x", {"sq": "x", "en": "x"}, kind, choices=choices)
    context = CleanContext(Lists(), today=timezone.localdate())
    value = _invent_value(fact, context)
    if kind not in ("municipality", "partner"):  # of a list that is empty here
        assert value is not None
    assert value is None or clean_for(fact.question, value, context) == value
