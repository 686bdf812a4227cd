import uuid
from datetime import timedelta
from unittest import mock

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import AuditEntry
from notifications.directory.models import DutyShift, Role
from tests.world.notices import LADDER, notify_officer

from .. import actions
from ..actions import build_link, cancel, hash_link_token, mark_opened
from ..escalation_policy import LadderUnusable
from ..models import Attempt, Notice, Purpose
from ..requests import NoticeRequest

pytestmark = pytest.mark.django_db


def test_a_notice_is_owed_with_its_clock_its_link_and_its_audit_entry(staffed, settings):
    notice = notify_officer(staffed, marks={"amber_minutes": 30, "breach_minutes": 1440})
    assert (notice.state, notice.attempts, notice.partner) == ("owed", 0, staffed.country.police)
    assert notice.next_step_at - notice.owed_at == timedelta(minutes=10)
    assert notice.answer_by - notice.owed_at == timedelta(minutes=30)
    assert notice.amber_at - notice.owed_at == timedelta(minutes=30)
    assert (notice.red_at, notice.breach_at - notice.owed_at) == (None, timedelta(days=1))
    assert notice.ladder == list(LADDER)
    assert notice.next_attempt_at is not None
    fresh = Notice.objects.get()
    assert build_link(fresh) == f"{settings.PUBLIC_URL}/n/{fresh.link_token}/"
    assert (len(fresh.link_token), fresh.link_hash) == (43, hash_link_token(fresh.link_token))
    entry = AuditEntry.objects.get(action="notice.owed")
    assert (entry.target_id, entry.detail["role"]) == (str(notice.pk), "police")


def test_the_links_token_stands_nowhere_in_plain(staffed):
    notice = notify_officer(staffed)
    row = Notice.objects.filter(pk=notice.pk).values().get()
    assert notice.link_token not in str(row)


def test_a_request_names_nothing_of_its_brief_where_it_is_written_out(staffed):
    request = NoticeRequest(
        event_id=uuid.uuid4(),
        case_id=uuid.uuid4(),
        case_reference="7K2M9Q",
        role=Role.POLICE,
        municipality=staffed.country.vlore,
        brief={"sections": [{"title": {"en": "Kanarina"}}]},
    )
    assert "Kanarina" not in repr(request)


def test_owing_the_same_recipient_the_same_event_twice_owes_once(staffed):
    event = uuid.uuid4()
    first, second = notify_officer(staffed, event_id=event), notify_officer(staffed, event_id=event)
    assert first.pk == second.pk
    assert AuditEntry.objects.filter(action="notice.owed").count() == 1
    assert notify_officer(staffed, event_id=event, contact=staffed.deputy).pk != first.pk


def test_a_refused_twin_leaves_its_transaction_usable(staffed):
    event = uuid.uuid4()
    first = notify_officer(staffed, event_id=event)
    with transaction.atomic():
        assert notify_officer(staffed, event_id=event).pk == first.pk
        notify_officer(staffed)
    assert Notice.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_another_broken_constraint_is_not_taken_for_a_twin(staffed):
    first = notify_officer(staffed)
    with (
        mock.patch.object(actions.secrets, "token_urlsafe", return_value=first.link_token),
        pytest.raises(IntegrityError),
    ):
        notify_officer(staffed)


def test_without_a_contact_the_state_is_loud_and_the_coordinator_is_told(staffed):
    notice = notify_officer(staffed, contact=None, partner=staffed.country.police)
    assert (notice.state, notice.reason, notice.partner) == ("failed", "no_contact", staffed.country.police)
    assert notice.next_attempt_at is not None
    fallback = Notice.objects.get(purpose=Purpose.FALLBACK)
    assert (fallback.chases, fallback.contact, fallback.role) == (notice, staffed.coordinator, Role.COORDINATOR)
    assert (fallback.language, fallback.ladder, fallback.state) == ("en", [], "owed")
    assert fallback.answer_by is not None
    assert "7K2M9Q" in str(fallback.brief)


def test_a_second_fallback_of_the_same_notice_is_the_first_one(staffed):
    notice = notify_officer(staffed, contact=None)
    again = notify_officer(
        staffed, role=Role.COORDINATOR, contact=staffed.coordinator, purpose=Purpose.FALLBACK, chases=notice
    )
    assert Notice.objects.get(purpose=Purpose.FALLBACK) == again


def test_without_any_coordinator_both_notices_stay_open_and_loud(staffed):
    DutyShift.objects.all().delete()
    notify_officer(staffed, contact=None, answer_minutes=None)
    assert set(Notice.objects.values_list("purpose", "state", "reason")) == {
        ("first", "failed", "no_contact"),
        ("fallback", "failed", "no_contact"),
    }


def test_two_offices_without_anybody_are_two_notices_of_one_event(staffed):
    event = uuid.uuid4()
    for partner in (staffed.country.police, staffed.country.police_sarande):
        notify_officer(staffed, event_id=event, contact=None, partner=partner)
    assert Notice.objects.filter(event_id=event).count() == 2


def test_a_ladder_that_could_not_be_climbed_is_refused(staffed):
    with pytest.raises(LadderUnusable):
        notify_officer(staffed, ladder=[{"after_minutes": 5, "do": "shout"}])
    assert not Notice.objects.exists()


def test_opening_is_told_once(staffed, django_capture_on_commit_callbacks):
    notice, heard = notify_officer(staffed), []
    Notice.objects.filter(pk=notice.pk).update(state="sent", attempts=1, sent_at=timezone.now(), next_attempt_at=None)
    with mock.patch("notifications.signals.notice_opened.send", lambda **words: heard.append(words)):
        assert mark_opened(notice=notice, at=timezone.now()) is True
        assert mark_opened(notice=notice, at=timezone.now()) is False
    assert (notice.state, len(heard)) == ("opened", 1)
    assert notice.next_step_at is not None  # opened is not answered: the clock goes on
    assert AuditEntry.objects.filter(action="notice.opened").count() == 1


def test_opening_takes_the_notice_from_whoever_is_sending_it(staffed):
    notice = notify_officer(staffed)
    Notice.objects.filter(pk=notice.pk).update(
        state="sending", attempts=1, token=1, lease_until=timezone.now(), next_attempt_at=None
    )
    mark_opened(notice=notice, at=timezone.now())
    assert (notice.state, notice.token, notice.lease_until) == ("opened", 2, None)
    assert notice.sent_at is not None


def test_a_link_passed_on_by_hand_leaves_an_attempt_row(staffed):
    notice = notify_officer(staffed)
    mark_opened(notice=notice, at=timezone.now())
    attempt = Attempt.objects.get()
    assert (attempt.channel, attempt.outcome, attempt.token) == ("hand", "accepted", notice.token)
    assert (notice.state, notice.attempts) == ("opened", 1)


def test_a_settled_notice_and_one_for_nobody_are_not_opened(staffed):
    cancelled, nobody = notify_officer(staffed), notify_officer(staffed, contact=None)
    cancel(notice=cancelled, reason="withdrawn")
    assert mark_opened(notice=cancelled, at=timezone.now()) is False
    assert mark_opened(notice=nobody, at=timezone.now()) is False


def test_cancelling_ends_everything_that_was_to_come(staffed):
    notice = notify_officer(staffed)
    assert cancel(notice=notice, reason="withdrawn") is True
    assert (notice.state, notice.reason, notice.token) == ("cancelled", "withdrawn", 1)
    assert (notice.next_attempt_at, notice.next_step_at, notice.lease_until) == (None, None, None)
    assert notice.link_revoked_at is not None
    assert cancel(notice=notice, reason="again") is False
    assert AuditEntry.objects.filter(action="notice.cancelled").count() == 1


def test_what_chases_a_withdrawn_notice_is_withdrawn_with_it(staffed):
    first = notify_officer(staffed)
    reminder = notify_officer(staffed, purpose=Purpose.REMINDER, chases=first, ladder=())
    call = notify_officer(staffed, purpose=Purpose.CALL, chases=reminder, contact=staffed.coordinator)
    other = notify_officer(staffed)
    assert cancel(notice=reminder, reason="withdrawn") is True
    first.refresh_from_db()
    assert first.state == "owed"
    cancel(notice=first, reason="withdrawn")
    for notice in (first, reminder, call, other):
        notice.refresh_from_db()
    assert [notice.state for notice in (first, reminder, call, other)] == ["cancelled"] * 3 + ["owed"]
