"""Several calls of one chase: who keeps theirs, who is asked next, and what is done when no coordinator is on duty."""

import uuid
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from notifications.directory.models import Contact, DutyShift, Role
from notifications.outbox import alarm
from notifications.outbox.actions import create_notices
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.repeating import merge_repeated_notices
from notifications.outbox.requests import NoticeRequest
from notifications.outbox.sweep import resolve_again
from tests.world.notices import BRIEF, StaffedCountry, notify_officer
from tests.world.offices import make_contact, make_office, put_on_duty

from ..clock import advance
from ..digest import get_start_of_today, send_digests
from ..findings import get_stranded_notices

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("postbox")]
AGAIN = ({"after_minutes": 30, "do": "call", "repeat_minutes": 30},)


def at(notice: Notice, minutes: float) -> datetime:
    return notice.owed_at + timedelta(minutes=minutes)


def climb(notice: Notice, until: int, start: int = 10, every: int = 10) -> None:
    for minutes in range(start, until + 1, every):
        advance(at(notice, minutes))
        merge_repeated_notices(at(notice, minutes))
        send_due()


def call_each(notice: Notice, contacts: list[Contact]) -> list[Notice]:
    """As a case event does it: all of them at once, each with a clock."""
    event = uuid.uuid4()
    return create_notices(
        contacts,
        NoticeRequest(
            event_id=event,
            case_id=notice.case_id,
            case_reference=notice.case_reference,
            role=Role.COORDINATOR,
            municipality=notice.municipality,
            brief=BRIEF,
            answer_minutes=30,
            ladder=AGAIN,
            purpose=Purpose.CALL,
            chases=notice,
            at=notice.owed_at,
        ),
    )


def settled(notice: Notice) -> Notice:
    """Sent on by its recipient: over, as far as it goes itself."""
    now = notice.owed_at
    Notice.objects.filter(pk=notice.pk).update(
        state="declined",
        attempts=1,
        sent_at=now,
        opened_at=now,
        declined_at=now,
        next_attempt_at=None,
        next_step_at=None,
    )
    notice.refresh_from_db()
    return notice


def calls() -> dict[int | None, tuple[str, str]]:
    found = Notice.objects.filter(purpose=Purpose.CALL).order_by("owed_at")
    return {one.contact_id: (one.state, one.reason) for one in found}


def coordinators(count: int) -> list[Contact]:
    return [put_on_duty(make_office(Role.COORDINATOR, slug=f"coordinator-{n}")) for n in range(count)]


# ---- every coordinator is asked to call ----


def test_of_several_who_were_asked_to_call_each_stays_asked_and_hears_again(staffed: StaffedCountry) -> None:
    first = settled(notify_officer(staffed))
    asked = [staffed.coordinator, *coordinators(3)]
    call_each(first, asked)
    send_due()
    assert merge_repeated_notices(at(first, 1)) == 0
    climb(first, 90)
    standing = Notice.objects.open().filter(purpose=Purpose.CALL)
    assert {one.contact for one in standing} == set(asked)
    assert [one.number for one in standing] == [4, 4, 4, 4]
    assert not Notice.objects.filter(reason="replaced").exists()


def test_when_none_of_them_is_on_duty_any_more_the_next_one_is_asked_once_beside_them(staffed: StaffedCountry) -> None:
    first = settled(notify_officer(staffed))
    asked = [staffed.coordinator, *coordinators(2)]
    call_each(first, asked)
    send_due()
    DutyShift.objects.filter(contact__in=asked).delete()
    relief = put_on_duty(staffed.country.coordinator)
    climb(first, 90)
    standing = Notice.objects.open().filter(purpose=Purpose.CALL)
    assert {one.contact for one in standing} == {*asked, relief}
    assert (
        standing.get(contact=relief).number == 3
    )  # one of the three looks for somebody, so they hear it as often as one
    assert get_stranded_notices(timezone.now() + timedelta(days=1)) == []


def test_after_the_first_day_each_has_their_own_call_on_their_list(staffed: StaffedCountry) -> None:
    first = settled(notify_officer(staffed))
    asked = [staffed.coordinator, *coordinators(2)]
    call_each(first, asked)
    send_due()
    climb(first, 60 * 26, every=30)
    assert send_digests(get_start_of_today(at(first, 60 * 50)) + timedelta(hours=1)) == 3
    assert {one.contact for one in Notice.objects.filter(purpose=Purpose.DIGEST)} == set(asked)


def test_the_same_person_twice_is_folded_and_nobody_else(staffed: StaffedCountry) -> None:
    first = settled(notify_officer(staffed))
    other = coordinators(1)[0]
    for _time in range(2):
        call_each(first, [staffed.coordinator, other])
    assert merge_repeated_notices(at(first, 1)) == 2
    assert {one.contact for one in Notice.objects.open()} == {staffed.coordinator, other}


# ---- chosen by hand, beside a notice that has nobody ----


@pytest.mark.parametrize("somebody_on_duty", [True, False])
def test_a_coordinator_chosen_by_hand_keeps_their_call_while_the_other_ladder_goes_on(
    staffed: StaffedCountry, somebody_on_duty: bool
) -> None:
    if not somebody_on_duty:
        DutyShift.objects.filter(contact=staffed.coordinator).delete()
    DutyShift.objects.filter(partner=staffed.country.police).delete()
    first = notify_officer(staffed, contact=None)
    chosen = make_contact(make_office(Role.COORDINATOR, slug="far"))
    (call,) = call_each(first, [chosen])
    send_due()
    climb(first, 120)
    call.refresh_from_db()
    assert (call.state, call.reason, call.number) == ("sent", "", 5)  # each half hour, by its own clock alone
    others = Notice.objects.open().filter(purpose=Purpose.CALL).exclude(pk=call.pk)
    assert [one.contact for one in others] == ([staffed.coordinator] if somebody_on_duty else [])
    assert alarm.get_notices_for_nobody().exists() != somebody_on_duty


# ---- no coordinator on duty ----


def test_a_call_that_nobody_was_there_for_hands_its_clock_to_whoever_comes(staffed: StaffedCountry) -> None:
    first = settled(notify_officer(staffed))
    DutyShift.objects.filter(contact=staffed.coordinator).delete()
    call_each(first, [])
    relief = put_on_duty(staffed.country.coordinator)
    climb(first, 60, start=30)
    standing = Notice.objects.open().get(purpose=Purpose.CALL)
    assert (standing.contact, standing.number) == (relief, 2)
    assert standing.next_step_at is not None


def test_a_link_taken_back_ends_the_call_and_the_next_one_carries_the_clock(staffed: StaffedCountry) -> None:
    first = settled(notify_officer(staffed))
    other = coordinators(1)[0]
    call, _kept = call_each(first, [staffed.coordinator, other])
    send_due()
    Notice.objects.filter(pk=call.pk).update(link_revoked_at=at(first, 1))
    climb(first, 60, start=30)
    call.refresh_from_db()
    standing = Notice.objects.open().filter(purpose=Purpose.CALL)
    assert (call.state, call.reason) == ("closed", "replaced")
    assert {one.contact for one in standing} == {staffed.coordinator, other}
    assert all(one.next_step_at for one in standing)


def test_with_nobody_on_duty_the_standing_call_goes_on_and_the_operator_hears(staffed: StaffedCountry) -> None:
    first = notify_officer(staffed)
    send_due()
    climb(first, 30)
    DutyShift.objects.filter(contact=staffed.coordinator).delete()
    climb(first, 90, start=40)
    call = Notice.objects.get(purpose=Purpose.CALL, contact=staffed.coordinator)
    assert (call.state, call.number) == ("sent", 3)
    assert alarm.build_health_part(timezone.now())["cases"] == 1
    assert Notice.objects.without_recipient().count() == 1  # however often
    relief = put_on_duty(staffed.country.coordinator)
    assert resolve_again(at(first, 91)) == 1
    climb(first, 120, start=120)
    assert calls() == {staffed.coordinator.pk: ("closed", "replaced"), relief.pk: ("sent", "")}
    assert not alarm.get_notices_for_nobody().exists()


def test_who_comes_back_on_duty_isnt_called_by_a_second_call(staffed: StaffedCountry) -> None:
    first = notify_officer(staffed)
    send_due()
    climb(first, 30)
    DutyShift.objects.filter(contact=staffed.coordinator).delete()
    climb(first, 60, start=60)
    put_on_duty(staffed.country.coordinator, contact=staffed.coordinator)
    resolve_again(at(first, 61))
    assert [one.contact for one in Notice.objects.open().filter(purpose=Purpose.CALL)] == [staffed.coordinator]
    assert not alarm.get_notices_for_nobody().exists()


def test_duty_that_ends_after_the_first_day_is_loud_and_whoever_comes_next_is_called(staffed: StaffedCountry) -> None:
    first = notify_officer(staffed)
    send_due()
    climb(first, 60 * 26, every=30)
    morning = get_start_of_today(at(first, 60 * 50)) + timedelta(hours=1)
    assert send_digests(morning) == 1
    send_due()
    DutyShift.objects.filter(contact=staffed.coordinator).delete()
    for minutes in (0, 10, 20):
        now = morning + timedelta(days=1, minutes=minutes)
        advance(now)
        assert send_digests(now) == 0
    assert alarm.build_health_part(now)["cases"] == 1
    assert alarm.get_notices_for_nobody().count() == 1
    assert Notice.objects.open().filter(purpose=Purpose.DIGEST).exists()  # something is left on it
    assert get_stranded_notices(now) == []
    relief = put_on_duty(staffed.country.coordinator)
    assert resolve_again(now + timedelta(minutes=5)) == 1
    assert Notice.objects.open().filter(purpose=Purpose.CALL, contact=relief).exists()
    assert not alarm.get_notices_for_nobody().exists()
    assert send_digests(now + timedelta(minutes=10)) == 1
    assert Notice.objects.open().filter(purpose=Purpose.DIGEST).get().contact == relief
