"""The case's page says by which other ways a notice went out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.channels.base import Unreached
from notifications.outbox.models import Notice
from notifications.outbox.ways.models import DispatchState
from notifications.outbox.ways.receipts import record_receipt
from notifications.outbox.ways.sending import send_due_ways
from tests.world.notices import notify_officer, postbox, staffed
from tests.world.phones import add_way, phones

from ..timeline import notice_lines

__all__ = ["phones", "postbox", "staffed"]
pytestmark = pytest.mark.django_db


def lines():
    (line,) = notice_lines(Notice.objects.all(), now=timezone.now(), language="en")
    return [(way.channel, way.state) for way in line.ways]


def test_a_notice_that_takes_no_other_way_says_nothing_of_one(staffed, postbox, phones):
    notify_officer(staffed)
    assert lines() == []


def test_each_way_says_how_far_it_has_come(staffed, postbox, phones):
    add_way(staffed.officer)
    add_way(staffed.officer, "push", after_minutes=10)
    notify_officer(staffed)
    assert lines() == [("sms", DispatchState.WAITING), ("push", DispatchState.WAITING)]
    send_due_ways()
    assert lines() == [("sms", DispatchState.TAKEN), ("push", DispatchState.WAITING)]
    record_receipt(provider="phones", provider_id="id-1", delivered=True, at=timezone.now() + timedelta(seconds=1))
    assert lines()[0] == ("sms", DispatchState.DELIVERED)


def test_a_way_that_fails_and_is_tried_again_says_so(staffed, postbox, phones):
    add_way(staffed.officer)
    notify_officer(staffed)
    phones.failures["sms"] = Unreached("timeout")
    send_due_ways()
    assert lines() == [("sms", DispatchState.FAILED)]
