"""What each recipient may read, and what nobody may."""

import uuid
from typing import Any

import pytest
from django.utils import timezone, translation

from access.languages import LANGUAGES
from case_forms.form_builder.brief_parts import get_part, is_read_by, parts_by_key
from case_forms.form_builder.definition import Form, Question
from case_forms.submissions.actions import receive_submission
from notifications.briefs.models import ProtocolNumber
from notifications.briefs.parts import parts
from notifications.briefs.replies import answer
from notifications.outbox.models import Notice
from tests.world.forms import publish, question, small_form, texts
from tests.world.scene import Scene, make_scene

from ..brief_content import (
    CASE_PARTS,
    WORDS,
    BriefFacts,
    _say,
    age_group,
    brief_for,
    case_rows,
    shared,
)
from ..models import Case

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def read(role: str) -> dict[str, dict[str, str]]:
    """{row key: value} of the brief of this role's notice."""
    brief = Notice.objects.get(role=role).brief
    return {row["key"]: row["value"] for section in brief["sections"] for row in section["rows"]}


def test_every_recipient_reads_the_facts_that_route_the_case(scene: Scene) -> None:
    reference = scene.send(danger="yes", age_stated=15).receipt["case"]
    for role in ("police", "responsible_authority", "cpu"):
        rows = read(role)
        assert rows["case.reference"]["en"] == reference
        assert rows["case.municipality"]["en"] == scene.place.municipality.name
        assert rows["case.age_group"]["en"].startswith("child")
        assert rows["case.callback"]["en"] == scene.unit.callback_phone
        assert rows["case.unit"]["en"] == scene.unit.name
        assert {"case.status", "case.occurred_at", "case.urgency"} <= set(rows)
    assert read("police")["case.urgency"]["en"] == "urgent"


def test_an_answer_is_shared_with_whom_its_question_names(scene: Scene) -> None:
    scene.send(danger="no", age_stated=15, first_name="Ana")
    assert read("police")["danger"]["en"] == "No"
    assert read("cpu")["first_name"]["en"] == "Ana"
    assert "danger" not in read("cpu")
    assert "first_name" not in read("responsible_authority")


def test_sharing_on_a_condition_follows_the_answers(scene: Scene) -> None:
    scene.send(danger="no", first_name="Ana")
    assert "first_name" not in read("police")
    ProtocolNumber.objects.all().delete()
    Notice.objects.all()._raw_delete(Notice.objects.db)
    scene.send(danger="yes", first_name="Ana")
    assert read("police")["first_name"]["en"] == "Ana"


def test_a_question_that_names_nobody_reaches_nobody(scene: Scene) -> None:
    scene.send(age_stated=15, story="CANARY", phone="0691234567")
    for notice in Notice.objects.all():
        assert "CANARY" not in str(notice.brief)
        assert "0691234567" not in str(notice.brief)


def test_rows_of_a_repeat_are_numbered(scene: Scene) -> None:
    scene.send(companions=[{"companion_name": "Besa"}, {"companion_name": "Drin"}])
    brief = Notice.objects.get(role="police").brief
    rows = {row["key"]: row for section in brief["sections"] for row in section["rows"]}
    assert rows["companions.1.companion_name"]["value"]["en"] == "Drin"
    assert rows["companions.1.companion_name"]["label"]["en"] == "Companion 2: Companion name"
    assert "companion_name" not in str(Notice.objects.get(role="responsible_authority").brief)


def test_a_drill_says_that_it_is_one(scene: Scene) -> None:
    receive_submission(
        uuid=uuid.uuid4(),
        form_key="small_identification",
        version=1,
        occurred_at=timezone.now(),
        answers=scene.answers(),
        user=scene.worker,
        is_drill=True,
    )
    assert "exercise" in read("police")["case.drill"]["en"]


def test_values_are_written_in_both_languages(scene: Scene) -> None:
    scene.send()
    assert all(set(value) == {"sq", "en"} for value in read("police").values())


@pytest.mark.parametrize(
    ("facts", "child_track", "group"),
    [
        ({"age": 17}, True, "child"),
        ({"age": 17}, False, "child"),
        ({"age": 30}, False, "adult"),
        ({"age": 30}, True, "as_child"),
        ({"age": None}, False, "unknown"),
        ({}, True, "unknown"),
        ({"age": True}, False, "unknown"),
        ({"age": "30"}, False, "unknown"),
    ],
)
def test_a_doubt_about_the_age_is_never_an_adult(facts: dict[str, Any], child_track: bool, group: str) -> None:
    assert age_group(facts, child_track=child_track) == group


def asked_as(**more: Any) -> Question:
    return Question.model_validate(question("x", "text", **more))


@pytest.mark.parametrize("rule", [1, "true", "yes", [True], None, False, {"no_such_operator": []}, {"==": [1, 2]}])
def test_only_the_word_true_or_a_condition_that_holds_shares(rule: Any) -> None:
    assert shared(asked_as(shared_with={"police": rule}), {}) == {}


def test_what_a_condition_shares_is_the_role_it_names() -> None:
    asked = asked_as(shared_with={"police": {"==": [{"var": "danger"}, "yes"]}, "cpu": True})
    assert shared(asked, {"danger": "yes"}) == {"police": True, "cpu": True}
    assert shared(asked, {"danger": "no"}) == {"cpu": True}
    assert shared(asked_as(), {"danger": "yes"}) == {}


def test_recipients_read_their_own_wording_where_the_form_has_one() -> None:
    definition = small_form()
    person = definition["sections"][1]
    person["recipient_title"] = texts("The unit's assessment")
    asked = next(item for item in person["items"] if item["key"] == "first_name")
    asked["recipient_label"] = texts("Given name")
    next(item for item in person["items"] if item["key"] == "weight")["shared_with"] = {"police": True}
    scene = make_scene()
    scene.form = publish(definition)
    scene.send(danger="yes", first_name="Ana", weight=61.5)
    brief = Notice.objects.get(role="police").brief
    under = {
        each["title"]["en"]: {row["key"]: row["label"]["en"] for row in each["rows"]} for each in brief["sections"]
    }
    assert under["Who the person is"]["first_name"] == "Given name"  # whatever the form's page is called
    assert "weight" in under["The unit's assessment"]
    assert "Person" not in under


def test_urgency_stands_above_the_sections_of_an_urgent_brief_alone(scene: Scene) -> None:
    scene.send(danger="yes")
    assert Notice.objects.get(role="police").brief["urgent"] is True
    assert "urgent" not in Notice.objects.get(role="responsible_authority").brief


# ---- what each row is for ----


def test_a_question_says_what_it_is_for_and_an_older_version_is_known_by_its_keys() -> None:
    assert get_part(Question(key="immediate_danger")) == "danger"
    assert get_part(Question(key="immediate_danger", brief_part="request")) == "request"
    assert get_part(Question(key="our_own_question", brief_part="place")) == "place"
    assert get_part(Question(key="our_own_question")) == ""


def test_a_school_is_told_only_what_has_a_place_in_its_brief() -> None:
    assert is_read_by(Question(key="do_not"), "school")
    assert is_read_by(Question(key="our_own_question", brief_part="watch"), "school")
    assert not is_read_by(Question(key="narrative"), "school")
    assert not is_read_by(Question(key="our_own_question"), "school")
    assert is_read_by(Question(key="our_own_question"), "cpu")


def test_every_part_that_the_seeded_keys_are_given_is_a_part_of_a_brief() -> None:
    assert set(parts_by_key().values()) <= set(parts())
    assert set(CASE_PARTS.values()) <= set(parts())


@pytest.mark.parametrize("role", ["school", "social_service", "health", "psychologist", "embassy_desk"])
def test_whoever_only_helps_does_not_read_that_it_is_a_trafficking_case(scene: Scene, role: str) -> None:
    scene.send(danger="yes", age_stated=15)
    rows = {row.key: row for row in case_rows(get_facts(Case.objects.get()), urgent=True)}
    readers = {key for key, row in rows.items() if row.shared_with.get(role)}
    assert "case.status" not in readers
    assert {"case.unit", "case.callback"} <= readers
    if role == "school":
        assert readers == {"case.unit", "case.callback", "case.drill"} & set(rows)


def test_the_shelter_and_the_authority_read_what_the_police_were_told_as_it_stands(scene: Scene) -> None:
    scene.send(danger="yes", age_stated=15)
    case = Case.objects.get()
    assert "on its way" in row_for(case, "protection_service", "case.police")
    police = Notice.objects.get(role="police")
    Notice.objects.filter(pk=police.pk).update(state="sent", sent_at=timezone.now(), attempts=1)
    assert "no answer yet" in row_for(case, "responsible_authority", "case.police")
    answer(notice=Notice.objects.get(pk=police.pk), kind="accepted")
    assert "accepted on" in row_for(case, "legal_aid", "case.police")
    Notice.objects.filter(case_id=case.pk).update(case_id=uuid.uuid4())
    assert row_for(case, "protection_service", "case.police") == "Not notified through this system"
    assert "case.police" not in {
        row["key"] for section in brief_for("police", get_facts(case))["sections"] for row in section["rows"]
    }


def test_what_the_police_declined_or_never_got_is_not_told_as_taken_on_or_on_its_way(scene: Scene) -> None:
    scene.send(danger="yes", age_stated=15)
    case = Case.objects.get()
    police = Notice.objects.filter(case_id=case.pk, role="police")
    police.update(state="failed", reason="no_contact")
    assert row_for(case, "protection_service", "case.police") == "Nobody at the police has been reached yet"
    police.update(state="sent", reason="", sent_at=timezone.now(), attempts=1)
    answer(notice=police.get(), kind="accepted")
    answer(notice=police.get(), kind="declined", reason="not_competent")
    assert "declined on" in row_for(case, "protection_service", "case.police")
    assert "accepted" not in row_for(case, "protection_service", "case.police")


def row_for(case: Case, role: str, key: str) -> str:
    brief = brief_for(role, get_facts(case))
    return next(row["value"]["en"] for section in brief["sections"] for row in section["rows"] if row["key"] == key)


def get_facts(case: Case) -> BriefFacts:
    return BriefFacts(
        case=case,
        municipality=case.municipality,
        unit=case.unit,
        occurred_at=timezone.now(),
        form=Form(),
        answers={},
        sources={},
    )


def test_what_is_never_printed_is_marked_in_the_brief(scene: Scene) -> None:
    form = small_form()
    asked = next(item for item in form["sections"][1]["items"] if item["key"] == "first_name")
    asked["paper"] = False
    scene.form = publish(form)
    scene.send(danger="yes", age_stated=15, first_name="Ana")
    brief = Notice.objects.get(role="cpu").brief
    marked = {row["key"]: row.get("paper") for section in brief["sections"] for row in section["rows"]}
    assert marked["first_name"] is False
    assert marked["case.reference"] is None


def test_each_word_of_a_brief_is_said_in_each_language_whichever_is_active() -> None:
    with translation.override("en"):
        _say.cache_clear()
        said = {key: _say(key) for key in WORDS}
    for language in LANGUAGES:
        with translation.override(language):
            assert {key: texts[language] for key, texts in said.items()} == {key: str(WORDS[key]) for key in WORDS}


def test_a_condition_that_is_none_shares_nothing_and_leaves_the_others_as_they_are() -> None:
    asked = Question(
        key="weight",
        shared_with={"police": {"no_such_operator": []}, "cpu": {"==": [{"var": "age"}, 15]}, "health": True},
    )
    assert shared(asked, {"age": 15}) == {"cpu": True, "health": True}
    assert shared(asked, {"age": 40}) == {"health": True}


def test_what_the_police_have_is_asked_for_each_brief_and_not_once_for_all(scene: Scene) -> None:
    scene.send(danger="yes", age_stated=15)
    case = Case.objects.get()
    facts = get_facts(case)
    Notice.objects.filter(role="police").update(state="sent", sent_at=timezone.now(), attempts=1)
    before = brief_for("legal_aid", facts)
    answer(notice=Notice.objects.get(role="police"), kind="accepted")
    after = brief_for("legal_aid", facts)
    assert before != after
