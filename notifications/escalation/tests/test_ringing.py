"""The call step rings whoever was notified and hasn't answered, and asks a coordinator all the same."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.briefs.replies import answer
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Dispatch, Notice, Purpose
from notifications.outbox.ways.sending import send_due_ways
from tests.world.notices import notify_officer
from tests.world.phones import add_way

from ..clock import advance

pytestmark = pytest.mark.django_db


def climb(notice, minutes):
    for minute in minutes:
        advance(notice.owed_at + timedelta(minutes=minute))


@pytest.fixture
def ignored(staffed, postbox, phones):
    add_way(staffed.officer, "voice")
    notice = notify_officer(staffed, at=timezone.now() - timedelta(hours=2))
    send_due()
    return notice


def test_nobody_is_rung_beside_the_first_notice(ignored, phones):
    assert Dispatch.objects.count() == 0
    climb(ignored, (10, 20))
    assert Dispatch.objects.count() == 0


def test_the_call_step_rings_once_and_asks_the_coordinator_too(ignored, phones):
    climb(ignored, (10, 20, 30))
    assert send_due_ways() == 1
    (text,) = phones.texts("voice")
    assert "Shtypni 1" in text
    assert Notice.objects.filter(purpose=Purpose.CALL).count() == 1
    assert Dispatch.objects.count() == 1


def test_whoever_has_answered_is_not_rung(ignored, phones, staffed):
    climb(ignored, (10, 20))
    answer(notice=ignored, kind="declined", reason="not_on_duty")
    climb(ignored, (30, 40, 60))
    assert Dispatch.objects.count() == 0


def test_the_deputy_is_rung_as_well(ignored, phones, staffed):
    add_way(staffed.deputy, "voice", address="+355692222222")
    climb(ignored, (10, 20, 30))
    assert send_due_ways() == 2
