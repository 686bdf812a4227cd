"""A small world for the field pages' tests: two regions, a form with everything a page can show, a short procedure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from access.models import Assignment, MobileUnit, Municipality, PoliceDirectorate, Region, User
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.models import FormVersion
from case_forms.procedures.actions import publish_procedure, save_procedure
from notifications.directory.models import Contact, DutyShift, Partner, Role


def words(text: str) -> dict[str, str]:
    return {"sq": f"{text} (sq)", "en": text}


def question(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "item": "question",
        "key": key,
        "type": kind,
        "label": words(key.replace("_", " ").capitalize()),
        "sensitivity": "personal",
        **more,
    }


def choices(*values: str) -> list[dict[str, Any]]:
    return [{"value": value, "label": words(value.replace("_", " ").capitalize())} for value in values]


def identification() -> dict[str, Any]:
    """Three sections; the second only for children; a repeat; required-when; a default; a constraint."""
    return {
        "format": 1,
        "key": "identification",
        "kind": "identification",
        "title": words("Identification"),
        "languages": ["sq", "en"],
        "sections": [
            {
                "key": "person",
                "title": words("The person"),
                "intro": words("Ask gently."),
                "items": [
                    question("municipality", "municipality", required=True, shared_with={"police": True}),
                    question("result", "select_one", required=True, choices=choices("potential_victim", "none")),
                    question(
                        "age", "integer", hint=words("Whole years."), min=0, max=120, shared_with={"police": True}
                    ),
                    question(
                        "age_reason",
                        "text",
                        relevant={"!": [{"answered": ["age"]}]},
                        required={"==": [{"var": "result"}, "potential_victim"]},
                    ),
                    {
                        "item": "note",
                        "key": "child_note",
                        "text": words("A child protection worker is told."),
                        "relevant": {"and": [{"answered": ["age"]}, {"<": [{"var": "age"}, 18]}]},
                    },
                ],
            },
            {
                "key": "child",
                "title": words("The child"),
                "relevant": {"and": [{"answered": ["age"]}, {"<": [{"var": "age"}, 18]}]},
                "items": [question("guardian", "yes_no_unknown", required=True)],
            },
            {
                "key": "story",
                "title": words("What happened"),
                "items": [
                    question("account", "long_text", required=True),
                    question("consent", "yes_no_unknown", default="unknown"),
                    {
                        "item": "repeat",
                        "key": "others",
                        "label": words("Other people"),
                        "max": 3,
                        "items": [
                            question("other_name", "text", required=True),
                            question("is_armed", "boolean"),
                            question("weapon", "text", relevant={"var": "is_armed"}, required=True),
                        ],
                    },
                ],
            },
        ],
    }


def outreach() -> dict[str, Any]:
    return {
        "format": 1,
        "key": "outreach_log",
        "kind": "outreach",
        "title": words("Outreach log"),
        "languages": ["sq", "en"],
        "sections": [{"key": "log", "title": words("Log"), "items": [question("met", "integer", required=True)]}],
    }


def follow_up() -> dict[str, Any]:
    return {
        "format": 1,
        "key": "follow_up",
        "kind": "assessment",
        "title": words("Follow-up"),
        "languages": ["sq", "en"],
        "sections": [
            {
                "key": "which",
                "title": words("Which case"),
                "items": [
                    question("about_case", "case_reference", required=True),
                    question("note_text", "text", required=True),
                ],
            }
        ],
    }


def procedure() -> dict[str, Any]:
    return {
        "format": 1,
        "key": "sop",
        "title": words("Procedure"),
        "basis": words("A decision"),
        "facts": [{"key": "child", "value": {"and": [{"answered": ["age"]}, {"<": [{"var": "age"}, 18]}]}}],
        "deadlines": {
            "police_told": {
                "label": words("Police told"),
                "amber_minutes": 10,
                "red_minutes": 20,
                "breach_minutes": 30,
                "basis": "none",
                "confidence": "proposal",
            }
        },
        "ladders": {
            "urgent": [
                {"after_minutes": 10, "do": "remind"},
                {"after_minutes": 20, "do": "deputy"},
                {"after_minutes": 30, "do": "call", "repeat_minutes": 30},
            ]
        },
        "rules": [
            {
                "key": "none",
                "title": words("Not a victim"),
                "on": "submission_received",
                "forms": ["identification"],
                "when": {"==": [{"var": "result"}, "none"]},
                "words": words("No case was opened and nobody was told."),
                "then": [],
            },
            {
                "key": "open",
                "title": words("Open a case"),
                "on": "submission_received",
                "forms": ["identification"],
                "when": {"==": [{"var": "result"}, "potential_victim"]},
                "words": words("A potential victim was identified."),
                "then": [
                    {
                        "do": "open_case",
                        "status": "potential_victim",
                        "municipality": {"var": "municipality"},
                        "child_track": {"var": "child"},
                    },
                    {
                        "do": "notify",
                        "role": "police",
                        "answer_minutes": 30,
                        "deadline": "police_told",
                        "ladder": "urgent",
                    },
                ],
            },
            {
                "key": "join",
                "title": words("Join the case"),
                "on": "submission_received",
                "forms": ["follow_up"],
                "when": True,
                "words": words("A form about a case."),
                "then": [{"do": "attach_case", "case": {"var": "about_case"}}],
            },
        ],
    }


@dataclass
class World:
    """`worker` and `colleague` are in `unit` (Vlorë), `stranger` in another unit, `other_coordinator` in its region."""

    unit: MobileUnit
    other_unit: MobileUnit
    worker: User
    colleague: User
    stranger: User
    coordinator: User
    other_coordinator: User
    editor: User
    officer: Contact
    version: FormVersion


def build() -> World:
    areas = [_area("vlore", "Vlorë", "AL-12"), _area("lezhe", "Lezhë", "AL-08")]
    (unit, region), (other_unit, other_region) = areas
    partner = Partner.objects.create(
        slug="dvp-vlore",
        role=Role.POLICE,
        names={"sq": "Policia Vlorë", "en": "Vlorë police"},
        directorate=PoliceDirectorate.objects.get(slug="dvp-vlore"),
    )
    officer = Contact.objects.create(
        partner=partner, name="Oficer Demo", email="officer@police.example", phone="+355 69 000 0001"
    )
    DutyShift.objects.create(partner=partner, contact=officer, starts_at=timezone.now() - timedelta(days=1))
    versions = [
        publish_form(form=save_definition(key=form["key"], definition=form))
        for form in (identification(), outreach(), follow_up())
    ]
    publish_procedure(
        procedure=save_procedure(key="sop", definition=procedure()), in_force_from=timezone.now() - timedelta(days=1)
    )
    return World(
        unit=unit,
        other_unit=other_unit,
        worker=person("worker", role="worker", unit=unit),
        colleague=person("colleague", role="worker", unit=unit),
        stranger=person("stranger", role="worker", unit=other_unit),
        coordinator=person("coordinator", role="coordinator", region=region),
        other_coordinator=person("other_coordinator", role="coordinator", region=other_region),
        editor=person("editor", role="editor"),
        officer=officer,
        version=versions[0],
    )


def person(name: str, **assignment: Any) -> User:
    user = User.objects.create_user(name, password="a long pass phrase", language="en")
    Assignment.objects.create(user=user, starts_on=timezone.localdate() - timedelta(days=30), **assignment)
    return user


def _area(slug: str, name: str, code: str) -> tuple[MobileUnit, Region]:
    region = Region.objects.create(slug=slug, name=name, iso_code=code, is_outreach=True)
    directorate = PoliceDirectorate.objects.create(slug=f"dvp-{slug}", name=f"DVP {name}", short_name=name)
    Municipality.objects.create(slug=slug, name=name, region=region, police_directorate=directorate)
    return MobileUnit.objects.create(slug=f"nl-{slug}", name=f"Njësia {name}", region=region), region
