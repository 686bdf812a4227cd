"""What a coordinator is to decide is chased like every duty, and the chase ends with the decision and nothing else."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from access.models import User
from notifications.escalation import clock as notice_clock
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import OPEN
from tests.world.notices import postbox
from tests.world.places import make_coordinator
from tests.world.scene import Scene, make_scene

from ... import deadline_clock
from ...models import ASKING, CLOSING_ASKED, STATUS_ASKED, Case, Deadline
from ...statuses.actions import decide_status, propose_status, withdraw_status
from ..actions import ask_to_close, decide_closing, withdraw_closing
from ..open_ends import find_open_ends
from .test_closing import enact_small, open_case, wanted

__all__ = ["postbox"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("postbox")]


@pytest.fixture
def scene(db: None) -> Scene:
    found = make_scene()
    enact_small()
    return found


@pytest.fixture
def coordinator(scene: Scene) -> User:
    return make_coordinator(scene.place)


@pytest.fixture
def case(scene: Scene) -> Case:
    return open_case(scene)


def get_task(case: Case, key: str) -> Deadline:
    return Deadline.objects.get(case=case, key=key)


def pass_days(days: float) -> datetime:
    """Let the clocks of duties and of notices go on, an hour at a time."""
    moment = timezone.now()
    for hour in range(round(days * 24)):
        moment = timezone.now() + timedelta(hours=hour)
        deadline_clock.advance(moment)
        notice_clock.advance(moment)
    return moment


def list_asked(case: Case) -> list[str]:
    """The purposes of what went out about this case's tasks and is open, the oldest first."""
    open_ones = Notice.objects.filter(case_id=case.pk, state__in=OPEN, role="coordinator")
    return list(open_ones.order_by("owed_at").values_list("purpose", flat=True))


def test_the_coordinator_is_told_at_once_and_called_when_nobody_decides_for_three_days(
    scene: Scene, case: Case, coordinator: User
) -> None:
    ask_to_close(case=case, wanted=wanted(case), by=scene.worker)
    pass_days(0.1)
    assert Purpose.DUTY in list_asked(case)
    pass_days(3)
    assert Purpose.CALL in list_asked(case)


@pytest.mark.parametrize("agree", [True, False])
def test_the_chase_ends_with_the_decision(scene: Scene, case: Case, coordinator: User, agree: bool) -> None:
    closing = ask_to_close(case=case, wanted=wanted(case), by=scene.worker)
    pass_days(0.1)
    decide_closing(closing=closing, agree=agree, by=coordinator, seen=find_open_ends(case).fingerprint)
    task = get_task(case, CLOSING_ASKED)
    assert task.met_at is not None
    assert not Notice.objects.filter(chase_id=task.chase_id, state__in=OPEN).exists()


def test_the_chase_ends_when_it_is_withdrawn_and_begins_anew_when_it_is_asked_again(
    scene: Scene, case: Case, coordinator: User
) -> None:
    withdraw_closing(closing=ask_to_close(case=case, wanted=wanted(case), by=scene.worker), by=scene.worker)
    assert get_task(case, CLOSING_ASKED).met_at is not None
    ask_to_close(case=case, wanted=wanted(case), by=scene.worker)
    assert Deadline.objects.unmet().filter(case=case, key=CLOSING_ASKED).count() == 1


def test_what_is_asked_is_no_open_end_of_the_case_and_nobody_marks_it_as_done(scene: Scene, case: Case) -> None:
    before = find_open_ends(case).fingerprint
    ask_to_close(case=case, wanted=wanted(case), by=scene.worker)
    assert find_open_ends(case).fingerprint == before
    assert {CLOSING_ASKED, STATUS_ASKED} <= ASKING


def test_a_proposed_status_is_chased_until_it_is_decided_or_withdrawn(
    scene: Scene, case: Case, coordinator: User
) -> None:
    change = propose_status(case=case, wanted="at_risk", reason="A mistake.", by=scene.worker)
    assert get_task(case, STATUS_ASKED).owner == "coordinator"
    withdraw_status(change=change, by=scene.worker)
    assert not Deadline.objects.unmet().filter(case=case, key=STATUS_ASKED).exists()
    again = propose_status(case=case, wanted="at_risk", reason="A mistake.", by=scene.worker)
    decide_status(change=again, agree=True, by=coordinator)
    assert not Deadline.objects.unmet().filter(case=case, key=STATUS_ASKED).exists()
