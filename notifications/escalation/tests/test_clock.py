from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from access.languages import in_each_language
from audit.models import AuditEntry, PutAside
from notifications import signals
from notifications.briefs.replies import AnswerRefused, answer
from notifications.channels.base import Unreached
from notifications.directory.models import Agreement, AgreementRule, DutyShift, Role
from notifications.outbox.actions import mark_opened
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice, Purpose
from tests.world.notices import notify_officer
from tests.world.offices import put_on_duty
from vault.tests.spoiling import spoil

from .. import clock
from ..clock import advance
from ..findings import get_stranded_notices

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(staffed, postbox):
    """The officer's notice, sent and not answered."""
    notice = notify_officer(staffed)
    send_due()
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
        send_due()
    assert purposes() == ["first", "reminder", "deputy", "call"]
    assert [step for step, _words in heard] == ["remind", "deputy", "call", "call", "call"]
    first, reminder, deputy, call = Notice.objects.order_by("owed_at")
    assert (first.state, first.ladder_step) == ("escalated", 5)
    assert first.escalated_at == at(sent, 20)
    assert (reminder.contact, reminder.chases, reminder.answer_by) == (staffed.officer, first, first.answer_by)
    assert deputy.contact == staffed.deputy
    assert deputy.answer_by - deputy.owed_at == first.answer_by - first.owed_at
    assert (call.contact, call.role) == (staffed.coordinator, Role.COORDINATOR)
    assert (call.number, call.repeated_at, call.answer_by) == (3, at(sent, 90), at(sent, 120))
    assert (reminder.brief, deputy.brief) == (first.brief, first.brief)


def test_a_call_before_the_last_step_is_answered_until_the_next_one(staffed, postbox):
    steps = [
        {"after_minutes": 10, "do": "call"},
        {"after_minutes": 25, "do": "deputy"},
        {"after_minutes": 40, "do": "call", "repeat_minutes": 30},
    ]
    notice = notify_officer(staffed, ladder=steps)
    send_due()
    for minutes in (10, 25, 40):
        assert advance(at(notice, minutes)) == 1
    call = Notice.objects.get(purpose=Purpose.CALL)
    assert call.answer_by == at(notice, 40 + 30)
    assert not PutAside.objects.exists()


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
    send_due()
    first, reminder = postbox.letters
    assert reminder.address == first.address
    assert reminder.headers["In-Reply-To"] == first.id
    assert reminder.id != first.id


def test_without_a_deputy_the_call_comes_at_once_and_says_so(staffed, sent, heard):
    DutyShift.objects.filter(contact=staffed.deputy).delete()
    advance(at(sent, 10))
    advance(at(sent, 20))
    assert purposes() == ["first", "reminder", "call"]
    no_deputy = in_each_language(clock.NO_DEPUTY)
    assert heard[-1] == ("call", ["This notice was not accepted in time. Please call.", no_deputy["en"]])
    assert no_deputy["sq"] in str(Notice.objects.get(purpose=Purpose.CALL).brief)
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


def test_a_step_that_fails_half_way_is_put_aside_and_taken_again(sent):
    with mock.patch.object(clock, "_log_escalation", side_effect=RuntimeError):
        assert advance(at(sent, 10)) == 0
    assert purposes() == ["first", "call"]  # nothing is left of the reminder; somebody is asked to call meanwhile
    aside = PutAside.objects.get()
    assert (aside.kind, aside.row, aside.code) == ("notice.clock", str(sent.pk), "RuntimeError")
    assert advance(at(sent, 14)) == 0
    assert advance(at(sent, 15)) == 1
    assert purposes() == ["first", "call", "reminder"]
    assert not PutAside.objects.exists()


def make_unreadable(notice, what="brief"):
    """The sealed brief is damaged; or the ladder is one that nobody can climb."""
    if what == "ladder":
        Notice.objects.filter(pk=notice.pk).update(ladder=[{"after": 3}])
    else:
        spoil(notice, what)


@pytest.mark.parametrize("what", ["brief", "ladder"])
def test_one_notice_that_cannot_be_read_stops_no_other_clock(staffed, postbox, caplog, what):
    bad, *good = [notify_officer(staffed) for _notice in range(4)]
    send_due()
    for notice in (bad, *good):
        Notice.objects.filter(pk=notice.pk).update(ladder_step=1, next_step_at=at(notice, 20))
    make_unreadable(bad, what)
    assert advance(at(good[-1], 20)) == 3
    assert set(Notice.objects.filter(purpose=Purpose.DEPUTY).values_list("chases", flat=True)) == {
        notice.pk for notice in good
    }
    assert [aside.row for aside in PutAside.objects.all()] == [str(bad.pk)]
    assert str(bad.pk) in caplog.text
    assert staffed.officer.name not in caplog.text
    call = Notice.objects.get(purpose=Purpose.CALL)  # and it is in somebody's hands all the same
    assert (call.chases_id, call.contact) == (bad.pk, staffed.coordinator)
    assert staffed.officer.phone in str(call.brief)
    assert send_due() == 4
    assert get_stranded_notices(timezone.now() + timedelta(days=1)) == []


def test_the_call_about_what_cannot_be_read_is_repeated_and_there_is_one(staffed, postbox):
    bad = notify_officer(staffed)
    send_due()
    Notice.objects.update(ladder_step=1, next_step_at=at(bad, 20))
    make_unreadable(bad)
    for minutes in (20, 80, 140, 200):
        advance(at(bad, minutes))
        send_due()
    call = Notice.objects.get(purpose=Purpose.CALL)
    assert call.number >= 3
    assert len([letter for letter in postbox.letters if letter.address == staffed.coordinator.email]) == call.number


def test_a_late_clock_catches_up_one_step_a_minute(sent):
    late = at(sent, 300)
    assert [advance(late + timedelta(seconds=seconds)) for seconds in (0, 1, 59, 60, 61, 120)] == [1, 0, 0, 1, 0, 1]
    assert purposes() == ["first", "reminder", "deputy", "call"]


def test_what_was_never_sent_is_pushed_instead_of_reminded(staffed, postbox):
    notice = notify_officer(staffed)
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
    notice = notify_officer(staffed)
    lease = at(notice, 11)
    Notice.objects.filter(pk=notice.pk).update(
        state="sending", attempts=1, token=1, lease_until=lease, next_attempt_at=None
    )
    assert advance(at(notice, 10)) == 1
    notice.refresh_from_db()
    assert (notice.state, notice.next_attempt_at) == ("sending", None)


def test_a_notice_for_nobody_goes_past_the_reminder(staffed):
    notice = notify_officer(staffed, contact=None)
    assert advance(at(notice, 10)) == 1
    assert sorted(purposes()) == ["deputy", "fallback", "first"]  # whoever is on duty by now


def test_a_protection_service_is_chased_within_its_own_office(staffed, postbox):
    service = staffed.country.service
    person, second = put_on_duty(service), put_on_duty(service, rank=2)
    notice = notify_officer(staffed, role=Role.PROTECTION_SERVICE, contact=person)
    send_due()
    Notice.objects.filter(pk=notice.pk).update(ladder_step=1, next_step_at=at(notice, 20))
    advance(at(notice, 20))
    assert Notice.objects.get(purpose=Purpose.DEPUTY).contact == second


def test_a_notice_without_a_time_to_answer_gives_its_chasers_none(staffed, postbox):
    notice = notify_officer(staffed, answer_minutes=None)
    send_due()
    advance(at(notice, 10))
    assert Notice.objects.get(purpose=Purpose.REMINDER).answer_by is None


@pytest.mark.parametrize("who", ["first", "deputy"])
def test_accepting_any_notice_of_a_chase_ends_it(sent, who):
    for minutes in (10, 20, 30):
        advance(at(sent, minutes))
    send_due()
    answer(notice=Notice.objects.get(purpose=who), kind="accepted")
    assert not Notice.objects.open().exists()
    assert advance(at(sent, 600)) == 0


def test_who_declines_is_followed_at_once_by_the_deputy_with_the_rest_of_the_ladder(staffed, sent):
    answer(notice=sent, kind="declined", reason="not_on_duty", at=at(sent, 5))
    heir = Notice.objects.get(purpose=Purpose.DEPUTY)
    assert (heir.contact, heir.chases, heir.owed_at) == (staffed.deputy, sent, at(sent, 5))
    assert heir.ladder == [{"after_minutes": 25, "do": "call", "repeat_minutes": 30}]
    assert get_stranded_notices(timezone.now()) == []
    answer(notice=heir, kind="declined", reason="busy_elsewhere", at=at(sent, 7))
    call = Notice.objects.get(purpose=Purpose.CALL)
    assert (call.contact, call.next_step_at) == (staffed.coordinator, at(sent, 37))
    assert in_each_language(clock.DECLINED)["en"] in str(call.brief)
    assert staffed.officer.phone in str(call.brief)


def test_a_declined_chase_is_heard_of_with_its_reason(sent, heard):
    answer(notice=sent, kind="declined", reason="not_on_duty")
    assert heard == [("deputy", [in_each_language(clock.DECLINED)["en"]])]


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
    assert get_stranded_notices(timezone.now()) == []


def test_a_declining_deputy_leaves_the_clock_with_the_first_notice(sent):
    advance(at(sent, 10))
    advance(at(sent, 20))
    answer(notice=Notice.objects.get(purpose=Purpose.DEPUTY), kind="declined", reason="not_on_duty", at=at(sent, 21))
    assert purposes() == ["first", "reminder", "deputy"]
    assert advance(at(sent, 21)) == 1
    assert purposes()[-1] == "call"


def climb(notice, until, start=10, every=10):
    """The clock and the workers from one minute to another."""
    for minutes in range(start, until + 1, every):
        advance(at(notice, minutes))
        send_due()


def test_a_call_that_is_repeated_keeps_its_link_and_names_who_was_told_since(staffed, sent, postbox):
    climb(sent, 120)
    call = Notice.objects.get(purpose=Purpose.CALL)
    letters = [letter for letter in postbox.letters if letter.address == staffed.coordinator.email]
    assert [letter.subject for letter in letters] == [
        f"Vatra: please call, {call.code}",
        *(f"Vatra: please call, {call.code} (call {number})" for number in (2, 3, 4)),
    ]
    assert len({letter.id for letter in letters}) == 4
    assert all(call.link_token in letter.text for letter in letters)
    assert call.link_expires_at - call.repeated_at >= timedelta(hours=168)


def test_a_second_reminder_is_the_first_one_again(staffed, postbox):
    ladder = [{"after_minutes": minutes, "do": "remind"} for minutes in (5, 10, 15)]
    notice = notify_officer(staffed, ladder=ladder)
    send_due()
    climb(notice, 15, start=5, every=5)
    reminder = Notice.objects.get(purpose=Purpose.REMINDER)
    assert (reminder.number, reminder.attempts) == (3, 3)
    assert [letter.subject for letter in postbox.letters][1:] == [
        f"Vatra: kujtesë për njoftimin {notice.code}",
        f"Vatra: kujtesa 2 për njoftimin {notice.code}",
        f"Vatra: kujtesa 3 për njoftimin {notice.code}",
    ]


def test_a_call_goes_on_to_the_coordinator_who_is_on_duty_now(staffed, sent):
    climb(sent, 30)
    DutyShift.objects.filter(contact=staffed.coordinator).delete()
    relief = put_on_duty(staffed.country.coordinator)
    climb(sent, 60, start=60)
    old, new = Notice.objects.filter(purpose=Purpose.CALL).order_by("owed_at")
    assert (old.state, old.reason, new.contact, new.state) == ("closed", "replaced", relief, "sent")
    with pytest.raises(AnswerRefused) as refused:
        answer(notice=old, kind="accepted")
    assert refused.value.code == "replaced"
    assert get_stranded_notices(timezone.now() + timedelta(days=1)) == []


def test_a_call_that_carries_the_clock_hands_it_to_the_next_coordinator(staffed, sent):
    answer(notice=sent, kind="declined", reason="not_on_duty", at=at(sent, 1))
    answer(notice=Notice.objects.get(purpose=Purpose.DEPUTY), kind="declined", reason="not_on_duty", at=at(sent, 2))
    send_due()
    DutyShift.objects.filter(contact=staffed.coordinator).delete()
    relief = put_on_duty(staffed.country.coordinator)
    climb(sent, 100)
    carrier = Notice.objects.open().get(next_step_at__isnull=False)
    assert (carrier.contact, carrier.purpose, carrier.number) == (relief, "call", 3)


def test_a_call_that_was_opened_and_not_answered_is_asked_again_and_can_be_answered_at_any_time(staffed, sent):
    climb(sent, 30)
    call = Notice.objects.get(purpose=Purpose.CALL)
    mark_opened(notice=call, at=at(sent, 31))
    advance(at(sent, 60))
    call.refresh_from_db()
    assert (call.state, call.number) == ("owed", 2)
    send_due()
    call.refresh_from_db()
    assert call.state == "opened"
    advance(at(sent, 90))
    answer(notice=call, kind="accepted", at=at(sent, 90))
    assert send_due() == 0


def test_a_repeated_call_begins_its_waiting_anew_when_the_server_fails(staffed, sent, postbox):
    climb(sent, 90)
    postbox.failures = {staffed.coordinator.email: Unreached("rcpt_451", connection_lost=False)}
    advance(at(sent, 120))
    send_due()
    call = Notice.objects.get(purpose=Purpose.CALL)
    assert (call.state, call.attempts, call.number) == ("failed", 4, 4)
    assert call.next_attempt_at - timezone.now() < timedelta(seconds=3)
    before = call.sent_at
    advance(at(sent, 150))  # not sent yet: the same mail is due, not another one
    call.refresh_from_db()
    assert (call.number, call.sent_at) == (4, before)


def test_after_the_first_day_the_calls_stop_and_the_clock_goes_on_daily(staffed, sent):
    climb(sent, 60 * 24 * 3, every=30)
    call = Notice.objects.get(purpose=Purpose.CALL)
    sent.refresh_from_db()
    assert 45 <= call.number <= 47  # every 30 minutes from the first half hour on
    assert call.repeated_at < at(sent, 24 * 60)
    assert timedelta(0) < sent.next_step_at - at(sent, 60 * 24 * 3) <= timedelta(days=1)


def test_who_declines_what_cannot_be_read_is_heard_and_the_coordinator_is_asked_to_call(staffed, sent):
    make_unreadable(sent)
    answer(notice=sent, kind="declined", reason="not_on_duty", at=at(sent, 1))
    sent.refresh_from_db()
    call = Notice.objects.open().get()
    assert (sent.state, call.purpose, call.contact) == ("declined", "call", staffed.coordinator)
    assert call.next_step_at is not None
    assert get_stranded_notices(timezone.now() + timedelta(days=1)) == []


def test_an_agreement_that_ends_meanwhile_leaves_the_officer_theirs_and_calls_instead_of_the_deputy(staffed, postbox):
    AgreementRule.objects.create(role=Role.POLICE, is_on=True)
    agreement = Agreement.objects.create(partner=staffed.country.police)
    notice = notify_officer(staffed)
    send_due()
    agreement.withdrawn_on = timezone.localdate(at(notice, 0)) - timedelta(days=1)
    agreement.save()
    assert advance(at(notice, 10)) == 1
    assert advance(at(notice, 20)) == 1
    send_due()
    assert purposes() == ["first", "reminder", "call"]
    first, reminder, call = Notice.objects.order_by("owed_at")
    assert (first.contact, reminder.contact, call.contact) == (staffed.officer, staffed.officer, staffed.coordinator)
    said = " ".join(row["value"]["en"] for section in call.brief["sections"] for row in section["rows"])
    assert "There is no further deputy" in said
    assert "No agreement in force covers Office police-vlore" in said
