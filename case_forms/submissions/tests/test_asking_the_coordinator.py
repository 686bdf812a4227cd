"""A coordinator who is asked by the procedure is chased like everybody else who must answer."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from access.models import User
from audit.models import PutAside
from case_forms.cases.models import Case, Deadline
from notifications.escalation.clock import advance
from notifications.outbox.models import Notice, Purpose
from tests.seeds import lay_down_demo

from ..actions import receive_submission

pytestmark = pytest.mark.django_db

REFUSES = {
    "municipality": "lezhe",
    "immediate_danger": "no",
    "explained": "yes",
    "consent_to_store": "no",
    "police_contact_consent": "no",
    "age_in_doubt": "no",
    "age_basis": "document",
    "age_stated": 40,
    "signs_seen": ["never_alone"],
    "worker_decision": "potential_victim",
    "decision_reason": "Dikush e shoqëron kudo.",
    "signal_source": "self",
}


@pytest.fixture
def case(db: None) -> Case:
    lay_down_demo()
    received = receive_submission(
        uuid=uuid.uuid4(),
        form_key="initial_identification",
        version=1,
        occurred_at=timezone.now(),
        answers=REFUSES,
        user=User.objects.get(username="lezhe1"),
    )
    assert received.submission.case is not None
    return received.submission.case


def test_the_police_wait_and_the_coordinator_has_a_clock(case: Case) -> None:
    first = Notice.objects.filter(case_id=case.pk, chases=None)
    assert set(first.values_list("role", flat=True)) == {"coordinator", "responsible_authority"}
    assert Deadline.objects.get(case=case, key="coordinator_review").met_at is None


def test_silence_of_the_coordinator_goes_on_to_others_and_never_ends_without_a_next_step(case: Case) -> None:
    asked = Notice.objects.get(case_id=case.pk, role="coordinator", chases=None)
    for minutes in (16, 31, 46, 80, 120):
        advance(asked.owed_at + timedelta(minutes=minutes))
        chase = Notice.objects.filter(chase_id=asked.chase_id)
        assert chase.open().filter(next_step_at__isnull=False).exists(), minutes
        assert not PutAside.objects.exists(), minutes
    assert Notice.objects.filter(chase_id=asked.chase_id).exclude(purpose=Purpose.FIRST).exists()
    assert not Notice.objects.filter(case_id=case.pk, role="police").exists()
