"""From when follow-ups are counted: the identification, until the person arrives at a protection service."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from case_forms.cases.models import Case, Deadline, Referral
from case_forms.procedures.deadline_warnings import find_warnings
from case_forms.procedures.decide import Event, decide
from case_forms.procedures.definition import parse_procedure
from case_forms.submissions.seeding.reference import procedure_files
from notifications.outbox.delivery import send_due
from tests.world.offices import make_staffed_office
from tests.world.procedures import deadline, enact, rule, small_procedure
from tests.world.scene import Scene, make_scene

from ..actions import Step, note_step
from ..models import StepKind, Way

pytestmark = pytest.mark.django_db
MONTH = 43200
KEYS = ("month_1", "month_3")


def follow_ups(on: str = "referral_arrived", role: str = "protection_service") -> dict[str, Any]:
    """A procedure whose follow-ups begin at the identification and are counted anew from a later event."""
    procedure = small_procedure()
    procedure["deadlines"] |= {
        "month_1": deadline("One month", red_minutes=MONTH),
        "month_3": deadline("Three months", red_minutes=3 * MONTH),
    }
    begun = [{"do": "deadline", "key": key} for key in KEYS]
    moved = [{"do": "deadline", "key": key, "restart": True} for key in KEYS]
    done = [{"do": "meet_deadline", "key": "month_1"}]
    procedure["rules"][0]["then"] += begun
    procedure["rules"] += [
        rule(
            "anew",
            "Anew",
            form="small_follow_up",
            words="Anew.",
            then=moved,
            on=on,
            when={"==": [{"var": "_role"}, role]},
        ),
        rule("met", "Met", form="small_follow_up", words="Met.", then=done, when={"var": "assessed"}),
    ]
    return procedure


def referred(procedure: dict[str, Any]) -> tuple[Scene, Referral]:
    scene = make_scene()
    enact(procedure, since=timezone.now())
    reference = scene.send().receipt["case"]
    scene.follow(reference, to_org=scene.offices["protection_service"].slug, service=["shelter"])
    send_due()
    return scene, Referral.objects.get()


def note(scene: Scene, referral: Referral, kind: str, at: datetime, **more: Any) -> None:
    said = Step(kind=kind, way=Way.PHONE, said_by="Voice", **more)
    note_step(referral=referral, step=said, by=scene.worker, at=at)


def due(key: str) -> datetime:
    found = Deadline.objects.unmet().get(key=key)
    assert found.red_at is not None
    return found.red_at


def test_they_count_from_the_identification_until_the_person_has_arrived() -> None:
    scene, referral = referred(follow_ups())
    begun = Case.objects.get().opened_at
    assert due("month_1") == begun + timedelta(minutes=MONTH)
    at = timezone.now() + timedelta(days=20)
    note(scene, referral, StepKind.ACCEPTED, at - timedelta(days=1))
    assert due("month_1") == begun + timedelta(minutes=MONTH)
    note(scene, referral, StepKind.ARRIVED, at)
    assert (due("month_1"), due("month_3")) == (at + timedelta(minutes=MONTH), at + timedelta(minutes=3 * MONTH))
    moved = Deadline.objects.get(key="month_1", ended_at__isnull=False)
    assert (moved.ended_at, moved.met_at, moved.next_mark_at) == (at, None, None)


def test_what_was_done_stays_done_and_a_second_service_moves_nothing() -> None:
    scene, referral = referred(follow_ups())
    scene.follow(referral.case.reference, assessed=True)
    at = timezone.now() + timedelta(days=40)
    note(scene, referral, StepKind.ARRIVED, at)
    assert not Deadline.objects.unmet().filter(key="month_1").exists()
    note(scene, referral, StepKind.FINISHED, at, reason="moved_to_service")
    other = make_staffed_office("protection_service")
    scene.follow(referral.case.reference, to_org=other.slug, service=["shelter"])
    second = Referral.objects.get(partner=other)
    note(scene, second, StepKind.ARRIVED, at + timedelta(days=30))
    assert due("month_3") == at + timedelta(minutes=3 * MONTH)
    assert Deadline.objects.filter(key="month_3").count() == 2


def test_the_start_is_the_procedures_to_say() -> None:
    scene, referral = referred(follow_ups(on="referral_ended"))
    at = timezone.now() + timedelta(days=90)
    note(scene, referral, StepKind.ARRIVED, at - timedelta(days=60))
    note(scene, referral, StepKind.FINISHED, at, reason="independent")
    assert due("month_1") == at + timedelta(minutes=MONTH)


def test_another_roles_arrival_moves_nothing() -> None:
    scene, referral = referred(follow_ups(role="health"))
    begun = Case.objects.get().opened_at
    note(scene, referral, StepKind.ARRIVED, timezone.now() + timedelta(days=9))
    assert due("month_1") == begun + timedelta(minutes=MONTH)


def test_a_clock_that_is_only_ever_counted_anew_is_warned_of_as_never_begun() -> None:
    procedure = follow_ups()
    procedure["rules"][0]["then"] = procedure["rules"][0]["then"][:-2]
    codes = {(found.path, found.code) for found in find_warnings(parse_procedure(procedure))}
    assert ("/deadlines/month_1", "never_starts") in codes


SHIPPED = [f"follow_up_{each}" for each in ("1_month", "3_months", "6_months", "12_months")]


@pytest.mark.parametrize(
    ("kind", "role", "reply", "is_moved"),
    [
        ("referral_arrived", "protection_service", None, True),
        ("referral_arrived", "health", None, False),
        ("referral_ended", "protection_service", "programme_finished", True),
        ("referral_ended", "protection_service", "recorded_by_mistake", False),
        ("referral_ended", "protection_service", "did_not_come", False),
        ("referral_ended", "legal_aid", "programme_finished", False),
    ],
)
def test_the_shipped_procedure_counts_from_an_arrival_or_a_real_end(
    kind: str, role: str, reply: str | None, is_moved: bool
) -> None:
    now = timezone.localtime()
    happened = Event(kind, "referral", {}, now, now, case_status="victim", subject={"role": role, "reply": reply})
    actions = decide(happened, procedure_files()[0]).actions
    moved = [action.params["key"] for action in actions if action.do == "deadline" and action.params.get("restart")]
    assert moved == (SHIPPED if is_moved else [])
