"""The real facts: complete, correct where it matters, fit to be published, and left alone the second time."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from access.models import MobileUnit, Municipality, PoliceDirectorate, Region
from audit.models import AuditEntry
from case_forms import expressions
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.checker import check_definition
from case_forms.form_builder.definition import parse_form
from case_forms.form_builder.models import FormDefinition, FormVersion
from case_forms.procedures.models import ProcedureVersion
from notifications.directory.models import Contact, Partner, Role
from tests.world.forms import stored_questions

from ..seeding import reference
from ..seeding.reference import form_files, procedure_files, seed_groups, seed_reference

FORMS = {
    "initial_identification",
    "indicator_review",
    "consent",
    "police_report",
    "responsible_authority_notice",
    "cpu_referral",
    "best_interest",
    "risk_assessment",
    "formal_identification",
    "referral",
    "public_tip",
    "session_request",
    "outreach_visit",
    "session_report",
    "follow_up",
    "accompaniment",
    "safety_plan",
    "assistance_plan",
    "refusal",
    "social_service_notice",
    "service_request",
    "school_notice",
    "monthly_report",
    "activity_report",
    "case_meeting",
    "data_protection",
}
# those that are about the work, not about one case
OF_NO_CASE = {
    *("initial_identification", "public_tip", "session_request", "outreach_visit", "session_report"),
    *("monthly_report", "activity_report"),
}


@pytest.fixture(scope="module")
def seeded_once(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, int]]:
    """Seeds for the whole file; each test's own changes are rolled back to here."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield seed_reference()
        transaction.set_rollback(True)


@pytest.fixture
def seeded(seeded_once: dict[str, int], db: None) -> dict[str, int]:
    return seeded_once


def get_definition(key: str) -> dict[str, Any]:
    return next(definition for definition in form_files() if definition["key"] == key)


def get_question(form: str, key: str) -> dict[str, Any]:
    return next(asked for asked in stored_questions(get_definition(form)) if asked["key"] == key)


def test_there_are_twelve_regions_and_sixty_one_municipalities(seeded: dict[str, int]) -> None:
    assert (Region.objects.count(), PoliceDirectorate.objects.count()) == (12, 12)
    assert Municipality.objects.count() == 61


def test_the_five_mobile_units_have_their_dates(seeded: dict[str, int]) -> None:
    assert dict(MobileUnit.objects.values_list("slug", "working_since")) == {
        "vlore": "2013",
        "berat": "2020",
        "diber": "2020",
        "durres": "2020",
        "lezhe": "2022-05",
    }
    assert set(Region.objects.filter(is_outreach=True).values_list("slug", flat=True)) == set(
        MobileUnit.objects.values_list("region__slug", flat=True)
    )
    assert MobileUnit.objects.get(slug="vlore").name == "Njësia Lëvizëse Vlorë"


@pytest.mark.parametrize(
    ("municipality", "region", "directorate"),
    [
        ("kruje", "durres", "DVP Tiranë"),
        ("kavaje", "tirane", "DVP Durrës"),
        ("malesi-e-madhe", "shkoder", "DVP Shkodër"),
    ],
)
def test_a_police_area_is_not_a_region(
    seeded: dict[str, int], municipality: str, region: str, directorate: str
) -> None:
    place = Municipality.objects.get(slug=municipality)
    assert (place.region.slug, place.police_directorate.short_name) == (region, directorate)


def test_every_municipality_of_the_five_regions_has_its_police_and_its_child_protection_unit(
    seeded: dict[str, int],
) -> None:
    places = Municipality.objects.filter(region__is_outreach=True)
    assert places.count() == 22
    for place in places:
        assert Partner.objects.filter(role=Role.POLICE, directorate=place.police_directorate).count() == 1, place
        assert Partner.objects.filter(role=Role.CPU, municipality=place).count() == 1, place


def test_the_other_offices_are_there_too(seeded: dict[str, int]) -> None:
    assert Partner.objects.filter(role=Role.POLICE).count() == 6
    assert Partner.objects.filter(role=Role.RESPONSIBLE_AUTHORITY).count() == 1
    assert Partner.objects.filter(role=Role.PROTECTION_SERVICE).count() == 5
    assert Partner.objects.get(role=Role.COORDINATOR).regions.count() == 5


def test_reference_data_names_no_person(seeded: dict[str, int]) -> None:
    assert not Contact.objects.exists()
    assert not Partner.objects.filter(is_demo=True).exists()


def test_every_form_is_published(seeded: dict[str, int]) -> None:
    assert set(FormVersion.objects.newest().values_list("form__key", flat=True)) == FORMS
    assert seeded["form versions"] == len(FORMS)


@pytest.mark.parametrize("key", sorted(FORMS))
def test_a_form_has_no_problems_and_speaks_both_languages(key: str) -> None:
    definition = get_definition(key)
    assert check_definition(definition) == []
    assert set(definition["title"]) == {"sq", "en"}
    keys = [asked["key"] for asked in stored_questions(definition)]
    assert len(keys) == len(set(keys))
    assert len(keys) < 70


@pytest.mark.parametrize(
    "key",
    sorted(FORMS - OF_NO_CASE),
)
def test_a_follow_up_form_begins_by_naming_its_case(key: str) -> None:
    first = stored_questions(get_definition(key))[0]
    assert (first["key"], first["type"], first["required"]) == ("case_ref", "case_reference", True)


WHO = ("first_name", "last_name", "alias", "birth_date", "age_stated", "language")
CONTACT = ("safe_contact_how", "safe_contact_phone", "safe_contact_when", "safe_contact_code_word")
CHILD_IN_DANGER = {"immediate_danger": "yes", "treated_as_child": True, "_setting_child_in_danger": "identity"}


def shared(key: str, role: str, **answers: Any) -> bool:
    rule = get_question("initial_identification", key)["shared_with"].get(role, False)
    return rule is True or bool(rule and expressions.truthy(expressions.evaluate(rule, answers)))


@pytest.mark.parametrize("key", [*WHO, *CONTACT])
def test_the_police_read_a_name_only_with_consent_and_the_child_protection_unit_always(key: str) -> None:
    assert shared(key, "police", police_contact_consent="yes")
    for answer in ("without_name", "no", "unknown"):
        assert not shared(key, "police", police_contact_consent=answer)
        assert not shared(key, "police", police_contact_consent=answer, immediate_danger="yes")
    assert not shared(key, "police")
    assert shared(key, "cpu")


@pytest.mark.parametrize("key", WHO)
def test_of_a_child_in_danger_the_police_read_who_it_is_as_the_organisation_chose(key: str) -> None:
    assert shared(key, "police", police_contact_consent="no", **CHILD_IN_DANGER)
    for change in ({"_setting_child_in_danger": "place"}, {"treated_as_child": False}, {"immediate_danger": "no"}):
        assert not shared(key, "police", police_contact_consent="no", **{**CHILD_IN_DANGER, **change})


@pytest.mark.parametrize("key", CONTACT)
def test_how_to_reach_the_person_is_shared_with_the_police_by_consent_alone(key: str) -> None:
    assert not shared(key, "police", police_contact_consent="no", **CHILD_IN_DANGER)


@pytest.mark.parametrize("key", ["first_name", "last_name", "birth_date"])
def test_the_responsible_authority_reads_a_name_only_with_consent_to_that(key: str) -> None:
    assert shared(key, "responsible_authority", ra_name_consent="yes")
    for answer in ({}, {"ra_name_consent": "no"}, {"ra_name_consent": "unknown", "police_contact_consent": "yes"}):
        assert not shared(key, "responsible_authority", **answer)


def test_the_police_always_read_whether_an_interpreter_is_needed() -> None:
    assert shared("interpreter_needed", "police")


def test_the_code_word_and_the_safe_number_are_never_printed() -> None:
    never = {each["key"] for each in stored_questions(get_definition("initial_identification")) if "paper" in each}
    assert never == {"safe_contact_phone", "safe_contact_code_word"}


def required_in(answers: dict[str, Any]) -> list[str]:
    """The questions that must be answered, when these are the answers to all that decide it."""
    found = []
    for section in get_definition("initial_identification")["sections"]:
        if expressions.truthy(expressions.evaluate(section.get("relevant", True), answers)):
            for item in section["items"]:
                conditions = (item.get("relevant", True), item.get("required", False))
                if all(expressions.truthy(expressions.evaluate(each, answers)) for each in conditions):
                    found.append(item["key"])
    return found


def test_few_questions_must_be_answered_and_fewest_in_danger() -> None:
    adult = {"immediate_danger": "no", "age_in_doubt": "no", "age_basis": "stated", "treated_as_child": False}
    child = {"immediate_danger": "no", "age_in_doubt": "yes", "treated_as_child": True}
    assert required_in(adult) == [
        *("municipality", "immediate_danger", "explained", "consent_to_store", "police_contact_consent"),
        *("age_in_doubt", "age_basis", "age_stated", "worker_decision", "decision_reason", "signal_source"),
    ]
    assert "age_stated" not in required_in({**adult, "birth_date": "1990-05-05"})
    assert len(required_in(child)) == 9
    assert required_in({**child, "immediate_danger": "yes", "urgent_notice": "potential_victim"}) == [
        *("municipality", "immediate_danger", "urgent_notice", "explained", "police_contact_consent", "age_in_doubt")
    ]
    assert len(required_in({**adult, "immediate_danger": "yes", "urgent_notice": "at_risk"})) == 8


def test_an_urgent_notice_is_two_pages_long() -> None:
    pages = [
        section["key"]
        for section in get_definition("initial_identification")["sections"]
        if expressions.truthy(
            expressions.evaluate(
                section.get("relevant", True), {"urgent_notice": "potential_victim", "treated_as_child": True}
            )
        )
    ]
    assert pages == ["danger", "consent"]


def test_who_does_not_want_to_be_stored_is_not_asked_who_they_are() -> None:
    for key in ("first_name", "last_name", "alias", "safe_contact_phone"):
        asked = get_question("initial_identification", key)["relevant"]
        answers = {"consent_to_store": "no", "safe_contact_how": ["call"], "treated_as_child": False}
        assert not expressions.truthy(expressions.evaluate(asked, answers)), key
        assert expressions.truthy(expressions.evaluate(asked, {**answers, "consent_to_store": "unknown"})), key
        assert expressions.truthy(expressions.evaluate(asked, {**answers, "treated_as_child": True})), key


@pytest.mark.parametrize("key", ["whereabouts", "whereabouts_point", "whereabouts_when"])
def test_the_police_read_where_the_person_is_with_consent_or_in_danger(key: str) -> None:
    asked = get_question("initial_identification", key)
    assert asked["sensitivity"] == "special"
    assert set(asked["shared_with"]) == {"police", "cpu"}
    reads = asked["shared_with"]["police"]
    danger = {"immediate_danger": "yes", "treated_as_child": False}
    for answers in (
        {"police_contact_consent": "yes"},
        {**danger, "police_contact_consent": "without_name"},
        {**danger, "police_contact_consent": "unknown"},
        {**danger, "police_contact_consent": "no", "treated_as_child": True},
    ):
        assert expressions.truthy(expressions.evaluate(reads, answers))
    assert not expressions.truthy(expressions.evaluate(reads, {**danger, "police_contact_consent": "no"}))
    for answers in (
        {},
        {"immediate_danger": "unknown"},
        {"immediate_danger": "no", "police_contact_consent": "unknown"},
    ):
        assert not expressions.truthy(expressions.evaluate(reads, answers))


def test_what_is_shared_reads_without_speaking_to_the_worker() -> None:
    """Labels that speak to the worker ("you", "your") have words of their own for recipients."""
    spoken = re.compile(r"\b(you|your|we|our)\b|\b(juaj|ju|tuaj)\b", re.IGNORECASE)
    for definition in form_files():
        if definition.get("audience") == "public":
            continue
        for located in parse_form(definition).iter_questions():
            question, section = located.question, located.section
            if not question.shared_with:
                continue
            texts = [question.recipient_label or question.label, section.recipient_title or section.title]
            for words in (text for each in texts for text in each.values()):
                assert not spoken.search(words), (definition["key"], question.key, words)


def test_the_review_of_indicators_is_shared_with_nobody() -> None:
    assert not any("shared_with" in asked for asked in stored_questions(get_definition("indicator_review")))


def test_nothing_personal_is_marked_public() -> None:
    for definition in form_files():
        for asked in stored_questions(definition):
            assert asked["sensitivity"] != "public"
    for key in ("first_name", "last_name", "birth_date", "decision_reason"):
        assert get_question("initial_identification", key)["sensitivity"] in ("personal", "special")
    assert get_question("indicator_review", "narrative")["sensitivity"] == "special"


def test_the_procedure_is_in_force(seeded: dict[str, int]) -> None:
    version = ProcedureVersion.objects.in_force()
    assert version.procedure.key == "sop_dcm_499_2018"
    assert version.definition["title"]["en"] == "SOP (DCM 499/2018)"


def test_a_second_run_changes_nothing_and_is_quick(seeded: dict[str, int]) -> None:
    entries = AuditEntry.objects.count()
    started = time.process_time()
    assert not any(seed_reference().values())
    assert time.process_time() - started < 30  # seconds of work: only what runs away takes so long
    assert AuditEntry.objects.count() == entries


def test_what_people_changed_is_left_alone(seeded: dict[str, int]) -> None:
    place = Municipality.objects.get(slug="kruje")
    place.police_directorate = PoliceDirectorate.objects.get(slug="dvp-durres")
    place.save()
    changed = get_definition("outreach_visit")
    changed["title"]["sq"] = "Ditari ynë"
    save_definition(key="outreach_visit", definition=changed)
    seed_reference()
    place.refresh_from_db()
    assert place.police_directorate.slug == "dvp-durres"
    assert FormDefinition.objects.get(key="outreach_visit").working_copy()["title"]["sq"] == "Ditari ynë"
    assert FormVersion.objects.filter(form__key="outreach_visit").count() == 1


def test_a_form_published_by_a_person_is_left_alone(
    seeded: dict[str, int], django_user_model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator = django_user_model.objects.create(username="koordinatorja")
    changed = get_definition("outreach_visit")
    changed["title"]["sq"] = "Ditari ynë"
    publish_form(form=save_definition(key="outreach_visit", definition=changed, by=coordinator), by=coordinator)
    assert seed_reference()["form versions"] == 0
    assert FormVersion.objects.newest().get(form__key="outreach_visit").definition["title"]["sq"] == "Ditari ynë"


def test_a_newer_file_renews_a_form_and_a_procedure_nobody_has_changed(
    seeded: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    newer_forms, newer_procedures = form_files(), procedure_files()
    newer_forms[0]["title"]["en"] += " (revised)"
    newer_procedures[0]["title"]["en"] += " (revised)"
    monkeypatch.setattr(reference, "form_files", lambda: newer_forms)
    monkeypatch.setattr(reference, "procedure_files", lambda: newer_procedures)
    made = seed_reference()
    assert (made["form versions"], made["procedure versions"]) == (1, 1)
    assert FormVersion.objects.filter(form__key=newer_forms[0]["key"]).count() == 2
    assert ProcedureVersion.objects.in_force().number == 2


def test_the_groups_open_the_admin_and_no_case(seeded: dict[str, int]) -> None:
    assert seed_groups() == 0
    for name in ("Editors", "Moderators", "Coordinators", "Operators"):
        rights = set(Group.objects.get(name=name).permissions.values_list("content_type__app_label", "codename"))
        assert ("wagtailadmin", "access_admin") in rights, name
        assert not {app for app, _codename in rights} & {"cases", "intake", "outbox", "briefs", "audit", "vault"}, name
    operators = set(Group.objects.get(name="Operators").permissions.values_list("codename", flat=True))
    assert {"add_mobileunit", "change_municipality"} <= operators
    assert not {"add_contact", "change_partner", "add_dutyshift"} & operators
    # Accounts are kept under cms/staff/ (docs/adr/0050): Wagtail's own screens and bulk actions ask for these rights.
    assert not {"add_user", "change_user", "delete_user", "change_group"} & operators


def test_an_installation_from_before_loses_the_rights_to_change_accounts_by_hand(seeded: dict[str, int]) -> None:
    operators = Group.objects.get(name="Operators")
    operators.permissions.add(*Permission.objects.filter(codename__in=["change_user", "delete_user"]))
    seed_groups()
    assert not operators.permissions.filter(codename__endswith="_user").exists()
