"""Fixtures for tests: a region with its offices, a unit with a worker, a small form and a small procedure.

For tests only. Nothing here depends on seeded data.
"""

import copy
import itertools
import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from access.models import Assignment, FieldToken, MobileUnit, Municipality, PoliceDirectorate, Region, StaffRole, User
from notifications.directory.models import Contact, DutyShift, Partner, Role

from .form_builder.actions import publish_form, save_definition
from .form_builder.definition import AnyItem, parse_form
from .form_builder.models import FormVersion
from .procedures.actions import publish_procedure, save_procedure
from .procedures.models import ProcedureVersion
from .submissions.actions import Received, receive_submission

PIN = "428173"
# unique within one process, so that tests may create as many of each as they like
_numbers = itertools.count(1)


@dataclass
class Place:
    """A region with one municipality and its police directorate."""

    region: Region
    directorate: PoliceDirectorate
    municipality: Municipality


def make_place(name: str = "") -> Place:
    """Create a region with one municipality and its directorate."""
    number = next(_numbers)
    slug = name or f"place-{number}"
    region = Region.objects.create(slug=slug, name=slug.title(), iso_code=f"R{number}", is_outreach=True)
    directorate = PoliceDirectorate.objects.create(slug=f"dvp-{slug}", name=f"DVP {slug}", short_name=f"DVP {slug}")
    municipality = Municipality.objects.create(
        slug=f"b-{slug}", name=f"Bashkia {slug}", region=region, police_directorate=directorate
    )
    return Place(region, directorate, municipality)


def make_user(role: str, *, unit: MobileUnit | None = None, region: Region | None = None, **more: Any) -> User:
    """Create an account with one assignment, which began yesterday."""
    user = User.objects.create_user(username=f"user{next(_numbers)}", **more)
    # since yesterday, so that a test doesn't depend on the time of day
    starts_on = timezone.localdate() - timedelta(days=1)
    Assignment.objects.create(user=user, role=role, unit=unit, region=region, starts_on=starts_on)
    return user


def make_unit_with_worker(place: Place) -> tuple[MobileUnit, User]:
    """Create a mobile unit of the region and a worker who reads English."""
    unit = MobileUnit.objects.create(
        slug=f"unit-{next(_numbers)}",
        name=f"Njësia {place.region.name}",
        region=place.region,
        callback_phone="+355691112233",
    )
    return unit, make_user(StaffRole.WORKER, unit=unit, language="en")


def make_coordinator(place: Place) -> User:
    return make_user(StaffRole.COORDINATOR, region=place.region, language="en")


def make_office(
    role: str,
    *,
    directorate: PoliceDirectorate | None = None,
    municipality: Municipality | None = None,
    region: Region | None = None,
    contacts: int = 2,
) -> Partner:
    """Create an office with so many contacts on duty, the first of rank 1."""
    number = next(_numbers)
    office = Partner.objects.create(
        slug=f"{role.replace('_', '-')}-{number}",
        role=role,
        names={"sq": f"Zyra {number}", "en": f"Office {number}"},
        directorate=directorate,
        municipality=municipality,
        is_demo=True,
    )
    if region is not None:
        office.regions.add(region)
    for rank in range(1, contacts + 1):
        contact = Contact(
            partner=office,
            name=f"Contact {number}-{rank}",
            email=f"c{number}-{rank}@office.example",
            phone=f"+35569{number:04d}{rank:03d}",
            is_demo=True,
        )
        contact.set_pin(PIN)
        contact.save()
        DutyShift.objects.create(
            partner=office, contact=contact, rank=rank, starts_at=timezone.now() - timedelta(days=1), is_demo=True
        )
    return office


def make_offices(place: Place) -> dict[str, Partner]:
    """Create everybody whom the small procedure notifies: {role: office}."""
    return {
        Role.POLICE.value: make_office(Role.POLICE, directorate=place.directorate),
        Role.RESPONSIBLE_AUTHORITY.value: make_office(Role.RESPONSIBLE_AUTHORITY),
        Role.CPU.value: make_office(Role.CPU, municipality=place.municipality),
        Role.COORDINATOR.value: make_office(Role.COORDINATOR, region=place.region, contacts=1),
        Role.PROTECTION_SERVICE.value: make_office(Role.PROTECTION_SERVICE),
    }


# ---- forms ----


def texts(words: str) -> dict[str, str]:
    return {"sq": f"{words} (sq)", "en": words}


def question(key: str, type_name: str, **more: Any) -> dict[str, Any]:
    asked = {"item": "question", "key": key, "type": type_name, "label": texts(key), "sensitivity": "personal"}
    return {**asked, "required": False, **more}


def choices(*values: str) -> list[dict[str, Any]]:
    return [{"value": value, "label": texts(value)} for value in values]


def stored_questions(definition: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every question of a form as it is stored, those inside repeats included."""
    return [located.question.stored for located in parse_form(definition).iter_questions()]


def parse_items(*items: dict[str, Any]) -> tuple[AnyItem, ...]:
    """Return items as a parsed form has them."""
    return parse_form({"sections": [{"items": list(items)}]}).sections[0].items


SMALL_FORM: dict[str, Any] = {
    "format": 1,
    "key": "small_identification",
    "kind": "identification",
    "title": texts("Small identification"),
    "languages": ["sq", "en"],
    "sections": [
        {
            "key": "place",
            "title": texts("Place"),
            "items": [
                question("municipality", "municipality", required=True),
                question("danger", "yes_no_unknown", default="unknown", shared_with={"police": True}),
                {
                    "item": "note",
                    "key": "danger_note",
                    "text": texts("Call 129"),
                    "relevant": {"==": [{"var": "danger"}, "yes"]},
                },
            ],
        },
        {
            "key": "person",
            "title": texts("Person"),
            "items": [
                question("birth_date", "date"),
                question("age_stated", "integer", min=0, max=120, relevant={"!": {"answered": ["birth_date"]}}),
                question("first_name", "text", shared_with={"police": {"==": [{"var": "danger"}, "yes"]}, "cpu": True}),
                question(
                    "result", "select_one", required=True, choices=choices("potential_victim", "at_risk", "not_victim")
                ),
                question(
                    "story",
                    "long_text",
                    sensitivity="special",
                    required={"==": [{"var": "result"}, "potential_victim"]},
                    constraint={"expr": {"!=": [{"var": "story"}, "x"]}, "message": texts("Write more than that.")},
                ),
                question(
                    "needs", "select_many", choices=choices("shelter", "doctor"), shared_with={"coordinator": True}
                ),
                question("weight", "decimal", min=0),
                question("seen_at", "datetime"),
                question("alone", "boolean"),
                question("phone", "phone"),
                question("signs", "indicators"),
            ],
        },
        {
            "key": "others",
            "title": texts("Others"),
            "relevant": {"!=": [{"var": "result"}, "not_victim"]},
            "items": [
                {
                    "item": "repeat",
                    "key": "companions",
                    "label": texts("Companion"),
                    "max": 5,
                    "items": [
                        question("companion_name", "text", required=True, shared_with={"police": True}),
                        question("companion_child", "yes_no_unknown"),
                        question("companion_note", "text", relevant={"==": [{"var": "companion_child"}, "yes"]}),
                    ],
                }
            ],
        },
    ],
}

FOLLOW_UP_FORM: dict[str, Any] = {
    "format": 1,
    "key": "small_follow_up",
    "kind": "referral",
    "title": texts("Small follow-up"),
    "languages": ["sq", "en"],
    "sections": [
        {
            "key": "all",
            "title": texts("All"),
            "items": [
                question("case_ref", "case_reference", required=True),
                question("to_org", "partner"),
                question("service", "select_many", choices=choices("shelter", "legal")),
                question("new_status", "select_one", choices=choices("victim", "at_risk", "wrong_status")),
                question("assessed", "boolean"),
            ],
        }
    ],
}

SMALL_PROCEDURE: dict[str, Any] = {
    "format": 1,
    "key": "small_procedure",
    "title": texts("Small procedure"),
    "basis": texts("For tests"),
    "facts": [
        {
            "key": "age",
            "label": {"sq": "mosha", "en": "the age"},
            "value": {
                "if": [
                    {"answered": ["birth_date"]},
                    {"age_on": [{"var": "birth_date"}, {"var": "_occurred_on"}]},
                    {"answered": ["age_stated"]},
                    {"var": "age_stated"},
                    None,
                ]
            },
        },
        {"key": "child", "value": {"or": [{"==": [{"var": "age"}, None]}, {"<": [{"var": "age"}, 18]}]}},
    ],
    "deadlines": {
        "police_report": {
            "label": texts("Police told"),
            "amber_minutes": 30,
            "red_minutes": 60,
            "breach_minutes": 1440,
            "basis": "test",
            "confidence": "proposal",
        },
        "assessment": {"label": texts("Assessment"), "breach_minutes": 1440, "basis": "test", "confidence": "proposal"},
        "answer": {"label": texts("Service answers"), "red_minutes": 1440, "basis": "test", "confidence": "proposal"},
    },
    "ladders": {
        "quick": [
            {"after_minutes": 10, "do": "remind"},
            {"after_minutes": 20, "do": "deputy"},
            {"after_minutes": 30, "do": "call", "repeat_minutes": 30},
        ]
    },
    "rules": [
        {
            "key": "tell",
            "title": texts("Tell"),
            "on": "submission_received",
            "forms": ["small_identification"],
            "when": {"==": [{"var": "result"}, "potential_victim"]},
            "words": texts("A potential victim: a case is opened and the police are told."),
            "then": [
                {
                    "do": "open_case",
                    "status": {"var": "result"},
                    "municipality": {"var": "municipality"},
                    "child_track": {"var": "child"},
                },
                {
                    "do": "notify",
                    "role": "police",
                    "answer_minutes": 30,
                    "deadline": "police_report",
                    "ladder": "quick",
                    "urgent": {"==": [{"var": "danger"}, "yes"]},
                },
                {"do": "notify", "role": "responsible_authority", "ladder": "quick", "document": True},
            ],
        },
        {
            "key": "tell_cpu",
            "title": texts("Child"),
            "on": "submission_received",
            "forms": ["small_identification"],
            "when": {"and": [{"==": [{"var": "result"}, "potential_victim"]}, {"var": "child"}]},
            "words": texts("A child, or perhaps a child."),
            "then": [
                {"do": "notify", "role": "cpu", "answer_minutes": 60, "ladder": "quick"},
                {"do": "deadline", "key": "assessment"},
            ],
        },
        {
            "key": "follow_up",
            "title": texts("Follow-up"),
            "on": "submission_received",
            "forms": ["small_follow_up"],
            "words": texts("The form belongs to the case."),
            "then": [{"do": "attach_case", "case": {"var": "case_ref"}}],
        },
        {
            "key": "new_status",
            "title": texts("New status"),
            "on": "submission_received",
            "forms": ["small_follow_up"],
            "when": {"answered": ["new_status"]},
            "words": texts("The status changes."),
            "then": [{"do": "update_case", "status": {"var": "new_status"}, "child_track": False}],
        },
        {
            "key": "assessed",
            "title": texts("Assessed"),
            "on": "submission_received",
            "forms": ["small_follow_up"],
            "when": {"var": "assessed"},
            "words": texts("The assessment was made."),
            "then": [
                {"do": "meet_deadline", "key": "assessment"},
                {"do": "update_case", "formal_identification": "offered"},
            ],
        },
        {
            "key": "refer",
            "title": texts("Refer"),
            "on": "submission_received",
            "forms": ["small_follow_up"],
            "when": {"answered": ["to_org"]},
            "words": texts("The service is asked."),
            "then": [
                {
                    "do": "refer",
                    "partner": {"var": "to_org"},
                    "services": {"var": "service"},
                    "answer_minutes": 1440,
                    "deadline": "answer",
                    "ladder": "quick",
                }
            ],
        },
    ],
}


def small_form() -> dict[str, Any]:
    """Return a copy of the small identification form, free to be changed."""
    return copy.deepcopy(SMALL_FORM)


def small_procedure() -> dict[str, Any]:
    return copy.deepcopy(SMALL_PROCEDURE)


def publish(definition: dict[str, Any]) -> FormVersion:
    return publish_form(form=save_definition(key=definition["key"], definition=definition))


def enact(definition: dict[str, Any], *, since: datetime | None = None) -> ProcedureVersion:
    """Publish a procedure that has been in force for a while."""
    procedure = save_procedure(key=definition["key"], definition=definition)
    return publish_procedure(procedure=procedure, in_force_from=since or timezone.now() - timedelta(days=1))


# ---- all of it together ----


@dataclass
class Scene:
    """A place, its offices, a unit with a worker, the published small forms and the procedure in force."""

    place: Place
    offices: dict[str, Partner]
    unit: MobileUnit
    worker: User
    form: FormVersion
    follow_up: FormVersion
    procedure: ProcedureVersion

    def answers(self, **more: Any) -> dict[str, Any]:
        """Return answers that open a case of an adult; pass others to change or add, None to leave one out."""
        given = {
            "municipality": self.place.municipality.slug,
            "danger": "no",
            "age_stated": 30,
            "result": "potential_victim",
            "story": "Something was told.",
            **more,
        }
        return {key: value for key, value in given.items() if value is not None}

    def body(self, **answers: Any) -> dict[str, Any]:
        """Return the body of a POST /submissions."""
        return {
            "uuid": str(uuid.uuid4()),
            "form": self.form.form.key,
            "version": self.form.number,
            "occurred_at": timezone.now().isoformat(),
            "answers": self.answers(**answers),
        }

    def send(self, **answers: Any) -> Received:
        return receive_submission(
            uuid=uuid.uuid4(),
            form_key=self.form.form.key,
            version=self.form.number,
            occurred_at=timezone.now(),
            answers=self.answers(**answers),
            user=self.worker,
        )

    def follow(self, case_reference: str, **answers: Any) -> Received:
        return receive_submission(
            uuid=uuid.uuid4(),
            form_key=self.follow_up.form.key,
            version=self.follow_up.number,
            occurred_at=timezone.now(),
            answers={"case_ref": case_reference, **answers},
            user=self.worker,
        )

    def bearer(self, user: User | None = None) -> dict[str, str]:
        """Return headers with a field token for Django's test client."""
        return {"HTTP_AUTHORIZATION": f"Bearer {FieldToken.issue(user or self.worker)}"}


def make_scene(**offices: bool) -> Scene:
    """Create the whole scene. `police=False` and the like leave that role's contacts without a duty shift."""
    place = make_place()
    made = make_offices(place)
    for role, present in offices.items():
        if not present:
            DutyShift.objects.filter(partner=made[role]).delete()
    unit, worker = make_unit_with_worker(place)
    form, follow_up = publish(small_form()), publish(copy.deepcopy(FOLLOW_UP_FORM))
    return Scene(place, made, unit, worker, form, follow_up, enact(small_procedure()))


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
