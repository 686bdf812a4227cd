"""What is asked about before sending: what may be a slip is corrected or confirmed; what can't be is refused."""

import copy
import json
import uuid
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from access.models import FieldToken
from case_forms.cases.models import Case
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.definition import parse_form
from case_forms.form_builder.definition.limits import MAX_WARNINGS
from case_forms.procedures.actions import publish_procedure, save_procedure
from case_forms.procedures.models import ProcedureVersion
from case_forms.questions.tests.sources import FixedSource
from tests.world.forms import identification_form, publish, small_follow_up, small_form, stored_questions, texts
from tests.world.scene import Scene, World, make_scene, make_world

from ..actions import ConfirmationNeeded, receive_submission, submit_draft
from ..confirmations import MAX_CASES, MOST_CONFIRMED, OF_A_DRILL, confirmed_in_words, get_settings, to_confirm
from ..drafts import actions
from ..models import Draft, Submission
from ..seeding.reference import form_files, procedure_files
from ..validation.validate import CheckContext
from .page import Page, follow

pytestmark = pytest.mark.django_db
OLD = {
    "key": "very_old",
    "when": {">": [{"var": "age"}, 100]},
    "message": texts("More than a hundred years old?"),
    "question": "age",
}


@pytest.fixture
def world(db: Any) -> World:
    made = make_world()
    publish_form(form=save_definition(key="identification", definition={**identification_form(), "warnings": [OLD]}))
    return made


@pytest.fixture
def phone(world: World, client: Client) -> Client:
    client.force_login(world.worker)
    return client


def to_review(phone: Client, age: str) -> Page:
    page = follow(phone, phone.post("/field/forms/identification/start/"))
    page = follow(phone, page.press(municipality="vlore", result="potential_victim", age=age))
    return follow(phone, page.press(account="Dikush."))


def send(phone: Client, **sent: Any) -> Any:
    return phone.post(f"/field/drafts/{Draft.objects.get().pk}/", sent)


def test_nothing_is_asked_when_nothing_is_odd(phone: Client) -> None:
    page = to_review(phone, "30")
    assert page.soup.select_one(".to-confirm") is None
    assert send(phone).status_code == 302
    assert Submission.objects.get().confirmed is None


def test_what_may_be_a_slip_is_asked_with_the_way_to_correct_it(phone: Client) -> None:
    page = to_review(phone, "110")
    asked = page.soup.select_one(".to-confirm")
    assert asked is not None
    assert "More than a hundred years old?" in asked.get_text()
    link = asked.select_one("a")
    assert link is not None
    assert str(link["href"]).endswith("/person/#q-age")


def test_it_is_not_sent_before_it_is_confirmed_and_the_confirmation_is_kept(phone: Client, world: World) -> None:
    to_review(phone, "110")
    refused = Page(phone, send(phone))
    assert refused.status == 422
    assert refused.summary() == [("confirm-very_old", "More than a hundred years old?")]
    assert not Submission.objects.exists()
    assert send(phone, confirmed="very_old").status_code == 302
    sent = Submission.objects.get()
    kept: Any = sent.confirmed
    assert [(entry["warning"], entry["by"]) for entry in kept] == [("very_old", str(world.worker.pk))]
    assert sent.case is not None
    read = phone.get(f"/field/cases/{sent.case.reference}/submissions/{sent.pk}/")
    assert "More than a hundred years old?" in read.content.decode()


def test_confirming_something_else_confirms_nothing(phone: Client) -> None:
    to_review(phone, "110")
    assert Page(phone, send(phone, confirmed=["another", ""])).status == 422
    assert not Submission.objects.exists()


def test_what_is_confirmed_and_not_asked_is_not_kept(phone: Client) -> None:
    to_review(phone, "30")
    assert send(phone, confirmed="very_old").status_code == 302
    assert Submission.objects.get().confirmed is None


def test_a_draft_of_the_version_before_is_asked_nothing_new(phone: Client, world: World) -> None:
    draft = actions.start_draft(
        form_version=world.version,
        unit=world.unit,
        owner=world.worker,
        answers={"municipality": "vlore", "result": "potential_victim", "age": 110, "account": "Dikush."},
    )
    assert submit_draft(draft=draft, user=world.worker).created


# ---- programs ----


@pytest.fixture
def scene() -> Scene:
    made = make_scene()
    asked = {"key": "very_old", "when": {">": [{"var": "age_stated"}, 100]}, "message": texts("So old?")}
    made.form = publish({**small_form(), "warnings": [{**asked, "question": "age_stated"}]})
    return made


def post(scene: Scene, body: dict[str, Any]) -> Any:
    token = FieldToken.issue(scene.worker)
    return Client().post(
        "/api/field/v1/submissions",
        json.dumps(body),
        content_type="application/json",
        HTTP_AUTHORIZATION=f"Bearer {token}",
    )


def get_body(scene: Scene, **answers: Any) -> dict[str, Any]:
    return {
        "uuid": str(uuid.uuid4()),
        "form": scene.form.form.key,
        "version": scene.form.number,
        "occurred_at": timezone.now().isoformat(),
        "answers": scene.answers(**answers),
    }


def test_the_api_answers_what_is_to_be_confirmed_and_takes_the_confirmation(scene: Scene) -> None:
    body = get_body(scene, age_stated=110)
    refused = post(scene, body)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:vatra:problem:confirm")
    assert refused.json()["confirm"] == [{"key": "very_old", "path": "/answers/age_stated", "message": "So old?"}]
    assert not Submission.objects.exists()
    taken = post(scene, {**body, "confirmed": ["very_old"]})
    assert taken.status_code == 201
    again = post(scene, {**body, "confirmed": ["very_old"]})
    assert (again.status_code, again.json()) == (200, taken.json())


@pytest.mark.parametrize("form", [each for each in form_files() if each.get("warnings")], ids=lambda form: form["key"])
def test_the_api_takes_every_confirmation_that_a_shipped_form_asks_for(
    scene: Scene, form: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = parse_form(form)
    monkeypatch.setattr("case_forms.submissions.confirmations._holds", lambda *_condition: True)
    monkeypatch.setattr(
        "case_forms.submissions.reception.to_confirm", lambda _form, *about: to_confirm(parsed, {}, *about[1:])
    )
    body = get_body(scene, age_stated=20)
    asked = post(scene, body).json()["confirm"]
    assert {each["key"] for each in asked} == {each.key for each in parsed.warnings}
    assert post(scene, {**body, "confirmed": [each["key"] for each in asked]}).status_code == 201


def test_the_api_takes_as_many_confirmations_as_it_may_ask_for_at_once(scene: Scene) -> None:
    always, question = {"==": [1, 1]}, texts("So?")
    keys = [f"{'k' * 61}_{number:02}" for number in range(MAX_WARNINGS)]
    asking = [{"key": key, "when": always, "message": question} for key in keys]
    reference = scene.send(age_stated=20).receipt["case"]
    Case.objects.filter(reference=reference).update(is_drill=True)
    scene.form = publish({**small_follow_up(), "warnings": asking})
    body = {**get_body(scene), "answers": {"case_ref": reference}}
    asked = [each["key"] for each in post(scene, body).json()["confirm"]]
    assert asked == [OF_A_DRILL, *keys]
    assert len(asked) + MAX_CASES == MOST_CONFIRMED
    assert post(scene, {**body, "confirmed": asked}).status_code == 201


@pytest.mark.parametrize("confirmed", ["very_old", [1], ["Not A Key"], ["k"] * (MOST_CONFIRMED + 1)])
def test_the_api_refuses_confirmations_of_another_shape(scene: Scene, confirmed: Any) -> None:
    refused = post(scene, {**get_body(scene, age_stated=110), "confirmed": confirmed})
    assert refused.status_code == 422
    assert {error["path"] for error in refused.json()["errors"]} == {"/confirmed"}


def test_a_drill_is_asked_nothing(scene: Scene) -> None:
    received = receive_submission(
        uuid=uuid.uuid4(),
        form_key=scene.form.form.key,
        version=scene.form.number,
        occurred_at=timezone.now(),
        answers=scene.answers(age_stated=110),
        user=scene.worker,
        is_drill=True,
    )
    assert received.created


def test_a_form_that_names_a_drill_goes_out_as_an_exercise_only_once_that_is_confirmed(scene: Scene) -> None:
    reference = scene.send(age_stated=20).receipt["case"]
    Case.objects.filter(reference=reference).update(is_drill=True)
    with pytest.raises(ConfirmationNeeded) as needed:
        scene.follow(reference)
    assert [each.key for each in needed.value.asked] == ["drill_case"]
    received = receive_submission(
        uuid=uuid.uuid4(),
        form_key=scene.follow_up.form.key,
        version=scene.follow_up.number,
        occurred_at=timezone.now(),
        answers={"case_ref": reference},
        user=scene.worker,
        confirmed=["drill_case"],
    )
    assert "drill" in confirmed_in_words(received.submission, "en")[0]
    assert "stërvitje" in confirmed_in_words(received.submission, "sq")[0]


def test_a_condition_that_cannot_be_worked_out_is_asked_about() -> None:
    definition = {
        **small_form(),
        "warnings": [{"key": "w", "when": {"no_such_operator": []}, "message": texts("?")}],
    }
    assert [each.key for each in get_asked(definition, {"age_stated": 3})] == ["w"]


def test_questions_read_what_the_case_holds(scene: Scene) -> None:
    follow_up = copy.deepcopy(scene.follow_up.definition)
    rule = {"!": [{"in": ["small_identification", {"var": "_case_forms"}]}]}
    held = {"key": "no_identification", "when": rule, "message": texts("The case holds no identification.")}
    again = {
        "key": "second_time",
        "when": {"in": ["small_follow_up", {"var": "_case_forms"}]},
        "message": texts("Again?"),
    }
    scene.follow_up = publish({**follow_up, "warnings": [held, again]})
    reference = scene.send(age_stated=20).receipt["case"]
    assert scene.follow(reference).created
    with pytest.raises(ConfirmationNeeded) as needed:
        scene.follow(reference)
    assert [each.key for each in needed.value.asked] == ["second_time"]


# ---- the forms we bring ----

(SOP,) = [each for each in procedure_files() if each["key"] == "sop_dcm_499_2018"]
NOT_ASKED = {
    "worker_decision": "potential_victim",
    "police_contact_consent": "unknown",
    "immediate_danger": "no",
    "signs_heard": ["debt"],
}


def get_asked(definition: dict[str, Any], answers: dict[str, Any]) -> list[Any]:
    context = CheckContext(FixedSource(), date(2026, 3, 1), date(2026, 3, 1), "en")
    return to_confirm(parse_form(definition), answers, context, None)


def seeded(key: str) -> dict[str, Any]:
    return next(definition for definition in form_files() if definition["key"] == key)


@pytest.mark.parametrize(
    ("form", "answers", "keys"),
    [
        ("initial_identification", {}, []),
        ("initial_identification", {"immediate_danger": "yes"}, ["danger_without_place"]),
        ("initial_identification", {"immediate_danger": "yes", "whereabouts": "Stacioni"}, []),
        ("initial_identification", {"birth_date": "1990-05-01", "age_stated": 15}, ["age_against_birth_date"]),
        ("initial_identification", {"birth_date": "2011-02-01", "age_stated": 15}, []),
        ("initial_identification", {"birth_date": "2010-02-01", "age_stated": 15}, []),
        ("initial_identification", {"birth_date": "2008-02-01", "age_stated": 17}, ["age_against_birth_date"]),
        ("initial_identification", {"age_in_doubt": "no", "age_stated": 16}, ["adult_said_child_by_age"]),
        ("initial_identification", {"age_in_doubt": "no", "age_stated": 19}, []),
        ("initial_identification", {"worker_decision": "potential_victim"}, ["no_sign_noted"]),
        ("initial_identification", {"worker_decision": "potential_victim", "signs_heard": ["debt"]}, []),
        (
            "initial_identification",
            {"refusal": ["police"], "police_contact_consent": "yes"},
            ["refusal_and_consent"],
        ),
        ("initial_identification", {"refusal": ["police"], "police_contact_consent": "no"}, []),
        # without a procedure in force it isn't known which rule holds
        ("initial_identification", NOT_ASKED, ["adult_not_asked_by_rule"]),
        ("initial_identification", {**NOT_ASKED, "worker_decision": "victim"}, ["adult_not_asked_by_rule"]),
        ("initial_identification", {**NOT_ASKED, "immediate_danger": "unknown"}, ["adult_not_asked_by_rule"]),
        # danger never waits for the question, nor does somebody who is or may be a child
        ("initial_identification", {**NOT_ASKED, "immediate_danger": "yes", "whereabouts": "Stacioni"}, []),
        ("initial_identification", {**NOT_ASKED, "treated_as_child": True}, []),
        ("initial_identification", {**NOT_ASKED, "worker_decision": "at_risk"}, []),
        ("initial_identification", {**NOT_ASKED, "police_contact_consent": "no"}, []),
        ("initial_identification", {**NOT_ASKED, "police_contact_consent": "without_name"}, []),
        ("referral", {"consent_basis": "consent_form"}, ["consent_form_missing"]),
        ("referral", {"consent_basis": "vital_interests"}, []),
        ("formal_identification", {"outcome": "confirmed", "document_ref": "12/2026"}, ["confirmed_changes_status"]),
        ("formal_identification", {"outcome": "not_confirmed"}, ["not_confirmed_without_document"]),
        ("formal_identification", {"outcome": "not_confirmed", "document_ref": "12/2026"}, []),
        ("formal_identification", {"outcome": "pending"}, []),
    ],
)
def test_our_forms_ask_about_contradictions(form: str, answers: dict[str, Any], keys: list[str]) -> None:
    assert [each.key for each in get_asked(seeded(form), answers)] == keys


@pytest.mark.parametrize(
    ("chosen", "danger", "key", "said"),
    [
        ("anonymous_alert", "no", "adult_not_asked", "notified at once, without the name"),
        ("anonymous_alert", "unknown", "adult_not_asked", "notified at once, without the name"),
        ("ask_supervisor", "no", "adult_not_asked_waits", "the coordinator is asked; until then the police are not"),
        ("ask_supervisor", "unknown", "adult_not_asked", "notified at once, without the name"),
        ("something_else", "no", "adult_not_asked_by_rule", "the organisation’s rule applies"),
    ],
)
def test_the_question_about_an_adult_not_asked_says_which_rule_holds(
    chosen: str, danger: str, key: str, said: str, world: World
) -> None:
    now = ProcedureVersion.objects.in_force()
    setting = SOP["settings"]["adult_not_asked"]
    other = {**setting["choices"][0], "value": "something_else"}
    settings = {"adult_not_asked": {**setting, "choices": [*setting["choices"], other], "value": chosen}}
    definition = {**now.definition, "settings": settings}
    publish_procedure(
        procedure=save_procedure(key=now.procedure.key, definition=definition), in_force_from=timezone.now()
    )
    (asked,) = get_asked(seeded("initial_identification"), {**NOT_ASKED, "immediate_danger": danger})
    assert (asked.key, asked.question) == (key, "police_contact_consent")
    assert said in asked.message
    # What phones are given, which ask without a network; nothing with a form whose questions read no setting.
    assert get_settings(parse_form(seeded("initial_identification")), None) == {"_setting_adult_not_asked": chosen}
    assert get_settings(parse_form(identification_form()), None) == {}


def test_the_identification_asks_for_the_decision_once() -> None:
    asked = {asked["key"]: asked for asked in stored_questions(seeded("initial_identification"))}
    review = {asked["key"]: asked for asked in stored_questions(seeded("indicator_review"))}
    assert review["indicators_assessment"]["read_only"] is True
    assert not {"indicators", "indicators_assessment"} & asked.keys()
    assert asked["worker_decision"]["required"] is True
    assert asked["session"]["type"] == "session"
    assert "session_id" not in asked


@pytest.mark.parametrize(
    ("form", "key", "value"),
    [
        ("initial_identification", "safe_contact_how", "no_contact"),
        ("initial_identification", "exploitation", "unknown"),
        ("indicator_review", "means_of_control", "unknown"),
        ("initial_identification", "others_present", "nobody"),
        ("initial_identification", "refusal", "nothing"),
        ("referral", "content_shared", "nothing_more"),
        ("risk_assessment", "threats_from", "nobody_known"),
        ("session_report", "follow_up", "none"),
    ],
)
def test_choices_that_contradict_all_others_stand_alone(form: str, key: str, value: str) -> None:
    asked = next(asked for asked in stored_questions(seeded(form)) if asked["key"] == key)
    assert [choice["value"] for choice in asked["choices"] if choice.get("exclusive")] == [value]
