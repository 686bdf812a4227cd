"""A region with its unit on duty, police and child protection, a public form, and a procedure about signals."""

import copy
import secrets
from dataclasses import dataclass
from typing import Any

from access.models import MobileUnit, User
from case_forms.form_builder.models import FormVersion
from case_forms.procedures.models import ProcedureVersion
from notifications.directory.models import DutyShift, Partner, Role
from notifications.outbox.models import Notice
from tests.world.forms import choices, publish, question, small_form, texts
from tests.world.offices import make_staffed_office
from tests.world.places import Place, make_coordinator, make_place, make_unit_with_worker
from tests.world.procedures import enact, small_procedure

from ..models import Tip
from ..public_actions import Origin, ReceivedTip, receive_tip

SECRET_WORDS = "Nobody but the unit reads this sentence."
IN_DANGER = {"==": [{"var": "danger_now"}, "yes"]}

PUBLIC_FORM: dict[str, Any] = {
    "format": 1,
    "key": "public_tip",
    "kind": "tip",
    "audience": "public",
    "title": texts("Ask or report"),
    "languages": ["sq", "en"],
    "sections": [
        {
            "key": "what",
            "title": texts("What"),
            "items": [
                question(
                    "kind", "select_one", choices=choices("question", "report"), shared_with={"mobile_unit": True}
                ),
                question(
                    "what",
                    "long_text",
                    required=True,
                    sensitivity="special",
                    max_length=4000,
                    keep_for=12,
                    shared_with={"mobile_unit": True, "police": IN_DANGER},
                ),
                question("danger_now", "yes_no_unknown", shared_with={"mobile_unit": True, "police": True}),
                question("child_involved", "yes_no_unknown", shared_with={"mobile_unit": True, "cpu": True}),
            ],
        },
        {
            "key": "where",
            "title": texts("Where"),
            "items": [
                question("municipality", "municipality", shared_with={"mobile_unit": True}),
                question("contact_ok", "boolean"),
                question("safe_contact_phone", "phone", relevant={"==": [{"var": "contact_ok"}, True]}, keep_for=6),
            ],
        },
    ],
}


def tip_rules() -> list[dict[str, Any]]:
    def rule(key: str, on: str, when: Any, *roles: str) -> dict[str, Any]:
        then = [
            {"do": "notify", "role": role, "ladder": "quick", "answer_minutes": 30, "urgent": IN_DANGER}
            for role in roles
        ]
        return {"key": key, "title": texts(key), "words": texts(key), "on": on, "when": when, "then": then}

    return [
        rule("signal_unit", "signal_received", True, "mobile_unit"),
        rule("signal_police", "signal_received", IN_DANGER, "police"),
        rule("signal_child", "signal_received", {"==": [{"var": "child_involved"}, "yes"]}, "cpu"),
        rule("signal_again", "signal_added", True, "mobile_unit"),
    ]


@dataclass
class TipScene:
    place: Place
    unit: MobileUnit
    worker: User
    coordinator: User
    offices: dict[str, Partner]
    form: FormVersion
    procedure: ProcedureVersion | None

    @property
    def origin(self) -> Origin:
        return Origin(region=self.place.region, unit=self.unit)

    def receive_above(self, **answers: Any) -> ReceivedTip:
        """One that came in above the hour's budget."""
        return self.receive(above=True, **answers)

    def receive(self, *, secret: bytes | None = None, above: bool = False, **answers: Any) -> ReceivedTip:
        given = {"what": SECRET_WORDS, **answers}
        return receive_tip(
            secret=secret or secrets.token_bytes(32),
            form_version=self.form,
            answers=given,
            origin=self.origin,
            language="en",
            is_above_budget=lambda: above,
        )


def make_tip_scene(*, rules: bool = True, procedure: bool = True, on_duty: bool = True) -> TipScene:
    place = make_place()
    unit, worker = make_unit_with_worker(place)
    offices = {
        Role.MOBILE_UNIT.value: make_staffed_office(Role.MOBILE_UNIT, region=place.region),
        Role.POLICE.value: make_staffed_office(Role.POLICE, directorate=place.directorate),
        Role.CPU.value: make_staffed_office(Role.CPU, municipality=place.municipality),
        Role.COORDINATOR.value: make_staffed_office(Role.COORDINATOR, region=place.region, contacts=1),
    }
    if not on_duty:
        DutyShift.objects.filter(partner=offices[Role.MOBILE_UNIT]).delete()
    publish(small_form())
    form = publish(copy.deepcopy(PUBLIC_FORM))
    definition = small_procedure()
    definition["rules"] = [
        rule for rule in definition["rules"] if set(rule.get("forms", ())) <= {"small_identification"}
    ]
    if rules:
        definition["rules"] += tip_rules()
    version = enact(definition) if procedure else None
    return TipScene(place, unit, worker, make_coordinator(place), offices, form, version)


def get_notices(tip: Tip) -> dict[str, Notice]:
    """{role: its first notice}"""
    return {notice.role: notice for notice in Notice.objects.filter(case_id=tip.pk, chases__isnull=True)}
