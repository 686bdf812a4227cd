"""Two units with a case each of a person who may be the same, and everybody who may have to do with them."""

import copy
import uuid
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.utils import timezone

from access.models import MobileUnit, StaffRole, User
from case_forms.cases.models import Case
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.actions import receive_submission
from notifications.directory.models import Role
from tests.world.forms import publish, question, small_form
from tests.world.offices import make_staffed_office
from tests.world.places import Place, make_coordinator, make_place, make_unit, make_user
from tests.world.scene import Scene, make_scene

# A child for the whole of this year and the next one, and of an age that ANNA's fits.
BORN = f"{timezone.localdate().year - 16}-06-01"
ANA = {"first_name": "Ana", "last_name": "Hoxha", "birth_date": BORN, "age_stated": None}
ANNA = {"first_name": "Hodja Anna", "last_name": None, "age_stated": 16}


@dataclass
class Two:
    """`here` and `there`: two units in two regions, each with two workers and a coordinator."""

    scene: Scene
    there_place: Place
    there: MobileUnit
    worker: User
    mate: User
    coordinator: User
    other_worker: User
    other_mate: User
    other_coordinator: User

    @property
    def here(self) -> MobileUnit:
        return self.scene.unit

    def send(self, by: User, confirmed: Any = (), **answers: Any) -> Case:
        """Send an identification, and return its case."""
        received = receive_submission(
            uuid=uuid.uuid4(),
            form_key=self.scene.form.form.key,
            version=self.scene.form.number,
            occurred_at=timezone.now(),
            answers=self.scene.answers(**answers),
            user=by,
            confirmed=confirmed,
        )
        case = received.submission.case
        assert case is not None
        return case


def make_two() -> Two:
    scene = make_scene()
    scene.form = with_names()
    elsewhere = make_place("lezhe", "Lezhë")
    there = make_unit(elsewhere)

    def worker(unit: MobileUnit) -> User:
        return make_user(StaffRole.WORKER, unit=unit, language="en", first_name="Vera")

    made = Two(
        scene=scene,
        there_place=elsewhere,
        there=there,
        worker=scene.worker,
        mate=worker(scene.unit),
        coordinator=make_coordinator(scene.place),
        other_worker=worker(there),
        other_mate=worker(there),
        other_coordinator=make_coordinator(elsewhere),
    )
    make_staffed_office(Role.COORDINATOR, region=elsewhere.region, contacts=1)
    for place in (scene.place, elsewhere):
        make_staffed_office(Role.MOBILE_UNIT, region=place.region, contacts=1)
    return made


def with_names() -> FormVersion:
    """Publish the small identification with a surname and with the question for its case."""
    definition = copy.deepcopy(small_form())
    definition["sections"][1]["items"][2:2] = [question("last_name", "text")]
    definition["sections"][0]["items"].append(question("case_ref", "case_reference"))
    return publish(definition)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
