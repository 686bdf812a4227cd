from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from notifications import signals
from notifications.briefs.replies import answer
from notifications.directory.models import DutyShift, Role
from notifications.directory.tests.offices import put_on_duty
from notifications.escalation import clock
from notifications.escalation.auditor import stranded
from notifications.escalation.clock import advance
from notifications.outbox.delivery import drain
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.tests.owing import owe_officer

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(staffed, postbox):
    """The officer's notice, sent and not answered."""
    notice = owe_officer(staffed)
    drain()
    notice.refresh_from_db()
    return notice


@pytest.fixture
def heard():
    """What the clock told the rooms above: (step, words)."""
    steps = []

    def hear(notice, step, words, **kwargs):
        steps.append((step, [each["en"] for each in words]))

    signals.notice_escalated.connect(hear)
    yield steps
    signals.notice_escalated.disconnect(hear)


def at(notice, minutes):
    return notice.owed_at + timedelta(minutes=minutes)


def purposes():
    return list(Notice.objects.order_by("owed_at").values_list("purpose", flat=True))


def test_nothing_happens_before_its_time(sent):
    assert advance(at(sent, 9.9)) == 0
    assert purposes() == ["first"]


def test_the_ladder_is_climbed_step_by_step_and_the_call_is_repeated(staffed, sent, heard):
    for minutes in (10, 20, 30, 60, 90):
        assert advance(at(sent, minutes)) == 1
        assert advance(at(sent, minutes)) == 0
    assert purposes() == ["first", "reminder", "deputy", "call", "call", "call"]
    assert [step for step, _words in heard] == ["remind", "deputy", "call", "call", "call"]
    first, reminder, deputy, call, *_more = Notice.objects.order_by("owed_at")
    assert (first.state, first.ladder_step) == ("escalated", 5)
    assert first.escalated_at == at(sent, 20)
    assert (reminder.contact, reminder.chases, reminder.answer_by) == (staffed.officer, first, first.answer_by)
    assert deputy.contact == staffed.deputy
    assert deputy.answer_by - deputy.owed_at == first.answer_by - first.owed_at
    assert (call.contact, call.role) == (staffed.coordinator, Role.COORDINATOR)
    assert (reminder.brief, deputy.brief) == (first.brief, first.brief)


def test_a_call_names_whom_to_call_and_nothing_of_the_case(staffed, sent):
    advance(at(sent, 20))
    Notice.objects.filter(pk=sent.pk).update(ladder_step=2, next_step_at=at(sent, 30))
    advance(at(sent, 30))
    brief = str(Notice.objects.get(purpose=Purpose.CALL).brief)
    assert staffed.officer.phone in brief
    assert staffed.officer.name in brief
    assert sent.case_reference in brief
    assert "Rasti" not in str(Notice.objects.get(purpose=Purpose.CALL).brief["sections"][0]["title"])


def test_a_deputy_who_is_told_is_called_too(staffed, sent):
    for minutes in (10, 20, 30):
        advance(at(sent, minutes))
    brief = str(Notice.objects.get(purpose=Purpose.CALL).brief)
    assert brief.index(staffed.officer.phone) < brief.index(staffed.deputy.phone)


def test_a_reminder_is_a_letter_of_its_own_that_answers_the_first(sent, postbox):
    advance(at(sent, 10))
    drain()
    first, reminder = postbox.letters
    assert reminder.address == first.address
    assert reminder.headers["In-Reply-To"] == first.id
    assert reminder.id != first.id


def test_without_a_deputy_the_call_comes_at_once_and_says_so(staffed, sent, heard):
    DutyShift.objects.filter(contact=staffed.deputy).delete()
    advance(at(sent, 10))
    advance(at(sent, 20))
    assert purposes() == ["first", "reminder", "call"]
    assert heard[-1] == ("call", ["This notice was not accepted in time. Please call.", clock.NO_DEPUTY["en"]])
    assert clock.NO_DEPUTY["sq"] in str(Notice.objects.get(purpose=Purpose.CALL).brief)
    assert AuditEntry.objects.filter(action="notice.escalated", detail__no_deputy=True).count() == 1


def test_after_a_change_of_shift_whoever_is_on_duty_now_is_told(staffed, sent):
    DutyShift.objects.filter(contact__partner=staffed.country.police).delete()
    relief = put_on_duty(staffed.country.police)
    advance(at(sent, 10))
    advance(at(sent, 20))
    assert Notice.objects.get(purpose=Purpose.DEPUTY).contact == relief


def test_two_sweepers_take_a_step_once(staffed, sent):
    stale = Notice.objects.select_related("contact", "municipality", "partner").get(pk=sent.pk)
    assert advance(at(sent, 10)) == 1
    assert clock._take_step(stale, at(sent, 10)) is False
    assert purposes() == ["first", "reminder"]


def test_a_step_that_fails_half_way_is_taken_again(sent):
    with mock.patch.object(clock, "_tell", side_effect=RuntimeError), pytest.raises(RuntimeError):
        advance(at(sent, 10))
    assert purposes() == ["first"]
    assert advance(at(sent, 10)) == 1


def test_a_late_clock_catches_up_one_step_a_minute(sent):
    late = at(sent, 300)
    assert [advance(late + timedelta(seconds=seconds)) for seconds in (0, 1, 59, 60, 61, 120)] == [1, 0, 0, 1, 0, 1]
    assert purposes() == ["first", "reminder", "deputy", "call"]


def test_what_was_never_sent_is_pushed_instead_of_reminded(staffed, postbox):
    notice = owe_officer(staffed)
    far = at(notice, 60)
    Notice.objects.filter(pk=notice.pk).update(state="failed", reason="refused", attempts=9, next_attempt_at=far)
    assert advance(at(notice, 10)) == 1
    notice.refresh_from_db()
    assert (purposes(), notice.state, notice.next_attempt_at) == (["first"], "failed", at(notice, 10))
    assert advance(at(notice, 20)) == 1
    notice.refresh_from_db()
    assert purposes() == ["first", "deputy"]
    assert (notice.state, notice.escalated_at) == ("failed", at(notice, 20))  # still tried, and passed over


def test_a_notice_in_somebodys_hands_is_not_pushed(staffed):
    notice = owe_officer(staffed)
    lease = at(notice, 11)
    Notice.objects.filter(pk=notice.pk).update(
        state="sending", attempts=1, token=1, lease_until=lease, next_attempt_at=None
    )
    assert advance(at(notice, 10)) == 1
    notice.refresh_from_db()
    assert (notice.state, notice.next_attempt_at) == ("sending", None)


def test_a_notice_for_nobody_goes_past_the_reminder(staffed):
    notice = owe_officer(staffed, contact=None)
    assert advance(at(notice, 10)) == 1
    assert sorted(purposes()) == ["deputy", "fallback", "first"]  # whoever is on duty by now


def test_a_protection_service_is_chased_within_its_own_office(staffed, postbox):
    service = staffed.country.service
    person, second = put_on_duty(service), put_on_duty(service, rank=2)
    notice = owe_officer(staffed, role=Role.PROTECTION_SERVICE, contact=person)
    drain()
    Notice.objects.filter(pk=notice.pk).update(ladder_step=1, next_step_at=at(notice, 20))
    advance(at(notice, 20))
    assert Notice.objects.get(purpose=Purpose.DEPUTY).contact == second


def test_a_notice_without_a_time_to_answer_gives_its_chasers_none(staffed, postbox):
    notice = owe_officer(staffed, answer_minutes=None)
    drain()
    advance(at(notice, 10))
    assert Notice.objects.get(purpose=Purpose.REMINDER).answer_by is None


@pytest.mark.parametrize("who", ["first", "deputy"])
def test_accepting_any_notice_of_a_chase_ends_it(sent, who):
    for minutes in (10, 20, 30):
        advance(at(sent, minutes))
    drain()
    answer(notice=Notice.objects.get(purpose=who), kind="accepted")
    assert not Notice.objects.open().exists()
    assert advance(at(sent, 600)) == 0


def test_who_declines_is_followed_at_once_by_the_deputy_with_the_rest_of_the_ladder(staffed, sent):
    answer(notice=sent, kind="declined", reason="not_on_duty", at=at(sent, 5))
    heir = Notice.objects.get(purpose=Purpose.DEPUTY)
    assert (heir.contact, heir.chases, heir.owed_at) == (staffed.deputy, sent, at(sent, 5))
    assert heir.ladder == [{"after_minutes": 25, "do": "call", "repeat_minutes": 30}]
    assert stranded(timezone.now()) == []
    answer(notice=heir, kind="declined", reason="busy_elsewhere", at=at(sent, 7))
    call = Notice.objects.get(purpose=Purpose.CALL)
    assert (call.contact, call.next_step_at) == (staffed.coordinator, at(sent, 37))
    assert clock.DECLINED["en"] in str(call.brief)
    assert staffed.officer.phone in str(call.brief)


def test_a_declined_chase_is_heard_of_with_its_reason(sent, heard):
    answer(notice=sent, kind="declined", reason="not_on_duty")
    assert heard == [("deputy", [clock.DECLINED["en"]])]


def test_a_coordinator_who_declines_is_followed_by_the_other_one(staffed, sent):
    second = put_on_duty(staffed.country.coordinator, rank=2)
    answer(notice=sent, kind="declined", reason="not_on_duty")
    answer(notice=Notice.objects.get(purpose=Purpose.DEPUTY), kind="declined", reason="not_on_duty")
    answer(notice=Notice.objects.get(purpose=Purpose.CALL), kind="declined", reason="busy_elsewhere")
    assert [notice.contact for notice in Notice.objects.filter(purpose=Purpose.CALL).order_by("owed_at")] == [
        staffed.coordinator,
        second,
    ]


def test_nobody_reached_by_phone_is_a_call_again(staffed, sent):
    answer(notice=sent, kind="declined", reason="not_on_duty")
    answer(notice=Notice.objects.get(purpose=Purpose.DEPUTY), kind="declined", reason="not_on_duty")
    call = Notice.objects.get(purpose=Purpose.CALL)
    answer(notice=call, kind="accepted")
    answer(notice=call, kind="outcome", reason="not_reached")
    assert Notice.objects.filter(purpose=Purpose.CALL).open().count() == 1
    assert stranded(timezone.now()) == []


def test_a_declining_deputy_leaves_the_clock_with_the_first_notice(sent):
    advance(at(sent, 10))
    advance(at(sent, 20))
    answer(notice=Notice.objects.get(purpose=Purpose.DEPUTY), kind="declined", reason="not_on_duty", at=at(sent, 21))
    assert purposes() == ["first", "reminder", "deputy"]
    assert advance(at(sent, 21)) == 1
    assert purposes()[-1] == "call"
