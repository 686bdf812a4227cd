from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisDown

from notifications.directory.models import DutyShift, Role
from tests.world.notices import notify_officer
from tests.world.offices import put_on_duty

from .. import queueing
from .. import sweep as sweeping
from ..actions import hash_link_token
from ..delivery import claim, send_due
from ..models import Notice, Purpose
from ..sweep import enqueue_due, fix_times_after_clock_change, resolve_again, sweep

pytestmark = pytest.mark.django_db


@pytest.fixture
def woken():
    """The ids of each wake-up that was sent."""
    calls = []
    with mock.patch.object(sweeping, "enqueue_delivery", calls.append):
        yield calls


def later(seconds):
    return timezone.now() + timedelta(seconds=seconds)


def test_a_lost_wake_up_is_found_after_two_seconds(staffed, woken):
    notice = notify_officer(staffed)
    assert (sweep(timezone.now()), woken) == (0, [])
    assert (sweep(later(3)), woken) == (1, [[str(notice.pk)]])


def test_a_holder_that_died_is_found_when_its_lease_runs_out(staffed, woken, settings):
    notice = notify_officer(staffed)
    claim(now=timezone.now())
    assert enqueue_due(later(settings.NOTICE_LEASE_SECONDS - 1)) == 0
    assert enqueue_due(later(settings.NOTICE_LEASE_SECONDS + 1)) == 1
    assert woken == [[str(notice.pk)]]


def test_dead_workers_are_not_buried_under_wake_ups(staffed, woken):
    notify_officer(staffed)
    with mock.patch.object(sweeping, "queue_length", return_value=1000):
        assert enqueue_due(later(3)) == 1
    assert woken == []
    with mock.patch.object(sweeping, "queue_length", return_value=None):
        enqueue_due(later(3))
    assert len(woken) == 1


def test_a_clock_set_back_keeps_nobody_waiting(staffed, postbox):
    owed, held = notify_officer(staffed), notify_officer(staffed)
    ahead = timezone.now() + timedelta(days=1)
    Notice.objects.filter(pk=owed.pk).update(state="failed", reason="refused", next_attempt_at=ahead)
    Notice.objects.filter(pk=held.pk).update(state="sending", lease_until=ahead, next_attempt_at=None)
    assert send_due() == 0
    assert fix_times_after_clock_change(timezone.now()) == 2
    assert send_due() == 2


def test_ordinary_waits_are_left_alone(staffed):
    notify_officer(staffed)
    Notice.objects.update(state="failed", reason="unsendable", next_attempt_at=later(3600))
    assert fix_times_after_clock_change(timezone.now()) == 0


def test_a_notice_without_recipient_gets_one_as_soon_as_the_roster_names_one(staffed, postbox):
    DutyShift.objects.filter(contact__partner=staffed.country.police).delete()
    notice = notify_officer(staffed, contact=None)
    old_link = notice.link_token
    assert resolve_again(later(11)) == 0
    assert resolve_again(later(12)) == 0  # asked again after half a minute
    officer = put_on_duty(staffed.country.police, language="en")
    assert resolve_again(later(60)) == 1
    notice = Notice.objects.get(pk=notice.pk)
    assert (notice.contact, notice.state, notice.reason, notice.language) == (officer, "owed", "", "en")
    assert notice.recipient_key == f"contact:{officer.pk}"
    assert notice.link_token != old_link
    assert notice.link_hash == hash_link_token(notice.link_token)
    assert send_due() == 2  # and the coordinator's fallback
    assert {letter.address for letter in postbox.letters} == {officer.email, staffed.coordinator.email}


def test_the_fallback_is_owed_once_however_often_nobody_is_found(staffed):
    DutyShift.objects.filter(contact__partner=staffed.country.police).delete()
    notify_officer(staffed, contact=None)
    for seconds in (11, 45, 80):
        resolve_again(later(seconds))
    assert Notice.objects.filter(purpose=Purpose.FALLBACK).count() == 1


def test_a_contact_who_left_between_owing_and_sending_is_replaced(staffed, postbox):
    notice = notify_officer(staffed)
    staffed.officer.is_active = False
    staffed.officer.save()
    send_due()
    assert resolve_again(later(1)) == 1
    assert send_due() == 1
    notice.refresh_from_db()
    assert (notice.contact, notice.state) == (staffed.deputy, "sent")


def test_who_is_told_already_is_not_told_twice(staffed):
    first = notify_officer(staffed)
    nobody = notify_officer(staffed, event_id=first.event_id, contact=None)
    assert resolve_again(later(11)) == 0
    nobody.refresh_from_db()
    assert (nobody.state, nobody.reason) == ("cancelled", "same_recipient")


def test_a_protection_service_is_resolved_again_by_its_office(staffed):
    service = staffed.country.service
    notice = notify_officer(staffed, role=Role.PROTECTION_SERVICE, contact=None, partner=service)
    person = put_on_duty(service)
    assert resolve_again(later(11)) == 1
    notice.refresh_from_db()
    assert notice.contact == person


def test_two_sweepers_give_a_notice_to_one_contact(staffed):
    notice = notify_officer(staffed, contact=None)
    stale = Notice.objects.get(pk=notice.pk)
    assert resolve_again(later(11)) == 1
    assert sweeping._assign_contact(stale, staffed.deputy, timezone.now()) is False
    notice.refresh_from_db()
    assert notice.contact == staffed.officer


def test_without_a_broker_the_sweeper_sends_by_itself(staffed, postbox, caplog):
    notices = [notify_officer(staffed) for _notice in range(3)]
    with mock.patch.object(queueing, "async_task", side_effect=RedisDown("x")):
        assert enqueue_due(later(3)) == 3
    assert len(postbox.letters) == 3
    assert set(Notice.objects.values_list("state", flat=True)) == {"sent"}
    assert "sweeper_sends" in caplog.text
    assert len(notices) == 3


def test_a_broker_that_hangs_is_asked_once_and_then_left_alone_for_a_while(staffed, monkeypatch):
    monkeypatch.setattr(queueing, "_broker_paused_until", 0.0)
    asked = []

    def hangs(*args, **kwargs):
        asked.append(args)
        clock.return_value += 3.0
        raise RedisDown("Timeout reading from socket")

    with mock.patch.object(queueing.time, "monotonic", return_value=1000.0) as clock:
        with mock.patch.object(queueing, "async_task", hangs):
            assert [queueing.enqueue_delivery(["x"]) for _time in range(5)] == [False] * 5
            assert len(asked) == 1
            clock.return_value += 11.0
            queueing.enqueue_delivery(["x"])
        assert len(asked) == 2
        assert queueing.queue_length("urgent") is None


def test_one_notice_that_cannot_be_resolved_keeps_no_other_from_it(staffed):
    bad, good = notify_officer(staffed, contact=None), notify_officer(staffed, contact=None)
    real = sweeping._assign_contact

    def give(notice, *args):
        if notice.pk == bad.pk:
            raise ValueError("spoilt")
        return real(notice, *args)

    with mock.patch.object(sweeping, "_assign_contact", give):
        assert resolve_again(later(11)) == 1
    good.refresh_from_db()
    assert good.state == "owed"
    assert resolve_again(later(12)) == 0
    assert resolve_again(later(400)) == 1


def test_who_is_found_after_a_week_gets_a_link_that_opens(staffed, settings):
    DutyShift.objects.filter(contact__partner=staffed.country.police).delete()
    notice = notify_officer(staffed, contact=None)
    Notice.objects.filter(pk=notice.pk).update(link_revoked_at=later(60))
    officer = put_on_duty(staffed.country.police)
    found_at = later(8 * 24 * 3600)
    assert resolve_again(found_at) == 1
    notice.refresh_from_db()
    assert (notice.contact, notice.link_revoked_at) == (officer, None)
    assert notice.link_expires_at == found_at + timedelta(hours=settings.BRIEF_LINK_HOURS)
