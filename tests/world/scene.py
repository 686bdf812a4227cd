"""The parts put together: a Scene is one region and its whole chain, a World two regions with people of each kind."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from access.models import FieldToken, MobileUnit, StaffRole, User
from case_forms.cases.models import Case
from case_forms.form_builder.models import FormVersion
from case_forms.procedures.models import ProcedureVersion
from case_forms.submissions.actions import Received, receive_submission
from notifications.directory.models import Contact, DutyShift, Partner, Role
from tests.rows import remembered
from tests.world.consents import record_consent
from tests.world.offices import make_office, make_offices, put_on_duty

from .forms import follow_up_form, identification_form, outreach_form, publish, small_follow_up, small_form
from .places import PASSWORD, Place, make_place, make_unit, make_unit_with_worker, make_user
from .procedures import enact, small_procedure, world_procedure


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
        """Answers that open a case of an adult; give others to change or add, None to leave one out."""
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
        """The body of a POST /submissions."""
        return {
            "uuid": str(uuid.uuid4()),
            "form": self.form.form.key,
            "version": self.form.number,
            "occurred_at": timezone.now().isoformat(),
            "answers": self.answers(**answers),
        }

    def send(self, **answers: Any) -> Received:
        """Submit an identification as the worker."""
        return self._submit(self.form, self.answers(**answers))

    def follow(self, case_reference: str, **answers: Any) -> Received:
        """Submit a follow-up about this case as the worker; to refer, with the person's consent for that service."""
        case = Case.objects.filter(reference=case_reference).first()
        office = Partner.objects.filter(slug=answers.get("to_org", "")).first()
        if case is not None and office is not None:
            record_consent(case, partner=office)
        return self._submit(self.follow_up, {"case_ref": case_reference, **answers})

    def _submit(self, form: FormVersion, answers: dict[str, Any]) -> Received:
        return receive_submission(
            uuid=uuid.uuid4(),
            form_key=form.form.key,
            version=form.number,
            occurred_at=timezone.now(),
            answers=answers,
            user=self.worker,
        )

    def bearer(self, user: User | None = None) -> dict[str, str]:
        """Headers for Django's test client."""
        return {"HTTP_AUTHORIZATION": f"Bearer {FieldToken.issue(user or self.worker)}"}


@remembered
def make_scene(**offices: bool) -> Scene:
    """`police=False` and the like leave that role's contacts without a duty shift."""
    place = make_place()
    made = make_offices(place)
    for role, present in offices.items():
        if not present:
            DutyShift.objects.filter(partner=made[role]).delete()
    unit, worker = make_unit_with_worker(place)
    form, follow_up = publish(small_form()), publish(small_follow_up())
    return Scene(place, made, unit, worker, form, follow_up, enact(small_procedure()))


@dataclass
class World:
    """`worker` and `colleague` are in `unit` (Vlorë), `stranger` in another unit, `other_coordinator` in its region.

    Everybody is named after what they are here and has the same PASSWORD. `version` is of the identification form.
    """

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

    def identify_child(self) -> Case:
        """Open a case as the worker's form about a child does when it is sent: far quicker than by way of its pages."""
        answers = {
            "result": "potential_victim",
            "age": 12,
            "guardian": "no",
            "account": "A story",
            "consent": "unknown",
        }
        received = receive_submission(
            uuid=uuid.uuid4(),
            form_key=self.version.form.key,
            version=self.version.number,
            occurred_at=timezone.now(),
            answers={"municipality": "vlore", **answers},
            user=self.worker,
        )
        return Case.objects.get(reference=received.receipt["case"])


@remembered
def make_world() -> World:
    vlore, lezhe = make_place("vlore", "Vlorë"), make_place("lezhe", "Lezhë")
    unit, other_unit = make_unit(vlore), make_unit(lezhe)
    police = make_office(Role.POLICE, slug="police-vlore", directorate=vlore.directorate)
    version = publish(identification_form())
    publish(outreach_form())
    publish(follow_up_form())
    enact(world_procedure())

    def person(username: str, role: str, **where: Any) -> User:
        return make_user(role, username=username, password=PASSWORD, language="en", **where)

    return World(
        unit=unit,
        other_unit=other_unit,
        worker=person("worker", StaffRole.WORKER, unit=unit),
        colleague=person("colleague", StaffRole.WORKER, unit=unit),
        stranger=person("stranger", StaffRole.WORKER, unit=other_unit),
        coordinator=person("coordinator", StaffRole.COORDINATOR, region=vlore.region),
        other_coordinator=person("other_coordinator", StaffRole.COORDINATOR, region=lezhe.region),
        editor=person("editor", StaffRole.EDITOR),
        officer=put_on_duty(police),
        version=version,
    )
