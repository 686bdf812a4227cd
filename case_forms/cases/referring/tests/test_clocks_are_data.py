"""The clocks of a referral stand in the shipped procedure, as proposals; versions from before keep the code's."""

from typing import Any

import pytest
from django.utils import timezone

from access.languages import in_each_language
from case_forms.cases.models import Deadline
from case_forms.procedures.checker import check_procedure
from case_forms.procedures.clocks import OF_REFERRALS
from case_forms.procedures.deadline_warnings import find_warnings
from case_forms.procedures.definition import parse_procedure
from case_forms.submissions.seeding.reference import procedure_files
from notifications.directory.models import Role
from tests.world.procedures import enact, small_procedure
from tests.world.scene import make_scene

from .. import arrival
from ..models import StepKind
from .test_steps import note, referred, soon

pytestmark = pytest.mark.django_db

# The two that ran before they stood in a procedure. Minutes until the unit is told.
OF_THE_CODE: dict[str, tuple[int, Any]] = {
    key: (int(arrival.DUE_AFTER[key].total_seconds() // 60), arrival.STEPS[key])
    for key in (arrival.ARRIVAL, arrival.NEXT_SERVICE)
}


def shipped() -> Any:
    (definition,) = [each for each in procedure_files() if each["key"] == "sop_dcm_499_2018"]
    return definition


def test_the_shipped_procedure_has_each_clock_of_a_referral_as_a_proposal_with_its_basis() -> None:
    procedure = parse_procedure(shipped())
    for key, (minutes, steps) in OF_THE_CODE.items():
        written = procedure.deadlines[key]
        # The same hours as a version from before gets, so that an open case is chased alike under both.
        assert (written.owner, written.red_minutes) == (Role.MOBILE_UNIT, minutes)
        assert procedure.ladders[written.ladder].stored_steps == [dict(step) for step in steps]
        assert written.confidence == "proposal"
        assert written.basis
        assert written.label["en"] == in_each_language(arrival.LABELS[key])["en"]
    about = {warning.path.removeprefix("/deadlines/") for warning in find_warnings(procedure)}
    assert not about & {*OF_THE_CODE}


def test_a_coordinator_changes_the_hours_as_of_any_other_deadline() -> None:
    definition = shipped()
    for key in OF_THE_CODE:
        definition["deadlines"][key]["red_minutes"] = 45
    assert check_procedure(definition) == []
    assert {parse_procedure(definition).deadlines[key].red_minutes for key in OF_THE_CODE} == {45}


def test_a_version_from_before_keeps_the_hours_of_the_code() -> None:
    scene = make_scene()
    assert not OF_REFERRALS & small_procedure()["deadlines"].keys()
    enact(small_procedure(), since=timezone.now())
    referral = referred(scene)
    due = soon()
    note(referral, scene, StepKind.AGREED, due_at=due)
    duty = Deadline.objects.get(key=arrival.ARRIVAL)
    assert (duty.owner, duty.red_at) == (Role.MOBILE_UNIT, due + arrival.DUE_AFTER[arrival.ARRIVAL])
