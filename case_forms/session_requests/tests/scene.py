"""The shipped form that asks for a session, published, with a region that has a unit and one that has none."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from access.models import MobileUnit, User
from case_forms.form_builder.models import FormVersion
from tests.world.forms import publish
from tests.world.places import Place, make_coordinator, make_place, make_unit_with_worker

from ..actions import ReceivedRequest, receive_request

FORM = Path(__file__).parents[2] / "form_builder" / "data" / "forms" / "session_request.json"
NAME = "Arjeta Kanarina, mësuese"
ANSWERS = {
    "asker": "teacher",
    "institution": "Shkolla “Prova”",
    "audience": "high_school",
    "people": 28,
    "weeks": "java e parë e marsit",
    "contact_name": NAME,
    "contact_how": "phone",
    "contact_phone": "+355691234567",
}


def load_form() -> dict[str, Any]:
    return dict(json.loads(FORM.read_text(encoding="utf-8")))


@dataclass
class RequestScene:
    place: Place
    unit: MobileUnit
    worker: User
    coordinator: User
    form: FormVersion
    elsewhere: Place  # a region without a unit

    def answers(self, **given: Any) -> dict[str, Any]:
        return {**ANSWERS, "municipality": self.place.municipality.slug, **given}

    def receive(self, *, secret: bytes | None = None, at: Any = None, **given: Any) -> ReceivedRequest:
        return receive_request(
            secret=secret or secrets.token_bytes(32),
            form_version=self.form,
            answers=self.answers(**given),
            language="sq",
            at=at,
        )


def make_request_scene() -> RequestScene:
    place = make_place()
    unit, worker = make_unit_with_worker(place)
    return RequestScene(place, unit, worker, make_coordinator(place), publish(load_form()), make_place("tjeter"))
