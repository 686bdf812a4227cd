"""The mails about somebody's own duty: when one is due, once for each, taken back when the roster changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import PutAside
from notifications.directory.models import Contact, DutyShift, Leave
from notifications.directory.roster import on_duty
from tests.world.offices import PIN, make_contact, make_country

from ..beginnings import find_beginnings
from ..links import LINK_TRIES, get_address
from ..mails import each_minute, note_beginnings, send_due
from ..models import DutyLink, DutyMail
from .world import Roster, give, make_roster

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def roster() -> Roster:
    return make_roster()


def pass_time(since: datetime, until: datetime, *, step: timedelta = timedelta(minutes=10)) -> None:
    """Let the minutes' job run every ten minutes."""
    now = since
    while now <= until:
        each_minute(now=now)
        now += step


def subjects(to: Contact) -> list[str]:
    return [each.subject for each in mail.outbox if each.to == [to.email]]


def test_some_hours_before_a_shift_its_contact_is_mailed_once(roster: Roster) -> None:
    start = roster.anas.starts_at
    pass_time(start - 10 * HOUR, start - django_settings.DUTY_MAIL_HOURS * HOUR)
    assert mail.outbox == []
    pass_time(start - django_settings.DUTY_MAIL_HOURS * HOUR + MINUTE, start + HOUR)
    (sent,) = mail.outbox
    assert sent.to == [roster.ana.email]
    assert sent.subject == f"You are on duty from {timezone.localtime(start):%H:%M}"
    assert roster.office.names["en"] in sent.body
    assert get_address(roster.ana) in sent.body
    assert "case" not in sent.body.casefold()


def test_a_shift_that_goes_on_is_not_said_again(roster: Roster) -> None:
    give(roster.ana, roster.anas.starts_at - 12 * HOUR)
    pass_time(roster.anas.starts_at - 11 * HOUR, roster.anas.starts_at + HOUR)
    assert subjects(roster.ana) == []


def test_a_deputy_who_becomes_the_first_is_told_and_not_the_other_way_round(roster: Roster) -> None:
    start = roster.anas.starts_at
    give(roster.beni, start, rank=2)
    give(roster.ana, start + 12 * HOUR, rank=2)
    pass_time(start - 5 * HOUR, start + 13 * HOUR)
    assert [each.split(" from")[0] for each in subjects(roster.beni)] == ["You are the deputy", "You are on duty"]
    assert len(subjects(roster.ana)) == 1


def test_whoever_comes_back_from_leave_in_a_shift_is_told_and_whoever_is_away_is_not(roster: Roster) -> None:
    start = roster.anas.starts_at
    Leave.objects.create(contact=roster.ana, starts_at=start - HOUR, ends_at=start + 3 * HOUR)
    pass_time(start - 6 * HOUR, start - 2 * HOUR)
    assert subjects(roster.ana) == []
    pass_time(start - HOUR + MINUTE, start + 2 * HOUR)
    assert subjects(roster.ana) == [f"You are on duty from {timezone.localtime(start + 3 * HOUR):%H:%M}"]


@pytest.mark.parametrize("why", ["inactive", "untested", "covered"])
def test_whoever_would_not_be_notified_is_not_told_that_they_are_on_duty(roster: Roster, why: str) -> None:
    if why == "inactive":
        Contact.objects.filter(pk=roster.ana.pk).update(is_active=False)
    elif why == "untested":
        Contact.objects.filter(pk=roster.ana.pk).update(reachable_at=None)
    else:
        give(roster.beni, roster.anas.starts_at, hours=6)
        give(roster.cela, roster.anas.starts_at, hours=6, rank=2)
    pass_time(roster.anas.starts_at - 5 * HOUR, roster.anas.starts_at - MINUTE)
    assert subjects(roster.ana) == []


@pytest.mark.parametrize("how", ["deleted", "moved", "given away", "leave"])
def test_a_shift_that_changed_before_its_mail_went_out_is_not_said(roster: Roster, how: str, settings: Any) -> None:
    start = roster.anas.starts_at
    note_beginnings(start - 2 * HOUR)
    assert DutyMail.objects.count() == 1
    change(roster, how)
    each_minute(now=start - 2 * HOUR)
    assert [each for each in subjects(roster.ana) if "does not" in each] == []
    said = subjects(roster.ana)
    assert said == ([f"You are on duty from {timezone.localtime(start + HOUR):%H:%M}"] if how == "moved" else [])


@pytest.mark.parametrize("how", ["deleted", "moved", "given away", "leave"])
def test_a_shift_that_changed_after_its_mail_went_out_is_said_again(roster: Roster, how: str) -> None:
    start = roster.anas.starts_at
    each_minute(now=start - 3 * HOUR)
    assert len(mail.outbox) == 1
    change(roster, how)
    pass_time(start - 3 * HOUR + MINUTE, start + HOUR)
    said = subjects(roster.ana)[1:]
    clock = f"{timezone.localtime(start):%H:%M}"
    assert said.count(f"Your duty does not begin at {clock}") == 1
    assert len(said) == (2 if how == "moved" else 1)


def test_what_was_taken_back_and_holds_again_is_said_again(roster: Roster) -> None:
    start = roster.anas.starts_at
    each_minute(now=start - 3 * HOUR)
    away = Leave.objects.create(contact=roster.ana, starts_at=start - HOUR, ends_at=start + HOUR)
    each_minute(now=start - 3 * HOUR + MINUTE)
    away.delete()
    each_minute(now=start - 3 * HOUR + 2 * MINUTE)
    words = [each.split(" from")[0].split(" at")[0] for each in subjects(roster.ana)]
    assert words[0] == words[-1] == "You are on duty"
    assert words.count("Your duty does not begin") == 1


def change(roster: Roster, how: str) -> None:
    if how == "deleted":
        roster.anas.delete()
    elif how == "moved":
        DutyShift.objects.filter(pk=roster.anas.pk).update(starts_at=roster.anas.starts_at + HOUR)
    elif how == "given away":
        DutyShift.objects.filter(pk=roster.anas.pk).update(contact=roster.cela)
    else:
        Leave.objects.create(
            contact=roster.ana, starts_at=roster.anas.starts_at - HOUR, ends_at=roster.anas.ends_at + HOUR
        )


def test_of_two_sweepers_that_look_at_once_one_sends(roster: Roster, monkeypatch: pytest.MonkeyPatch) -> None:
    now = roster.anas.starts_at - 2 * HOUR
    note_beginnings(now)
    note_beginnings(now)
    assert DutyMail.objects.count() == 1
    # The other one sends while this one has read its list.
    from .. import mails

    honest = mails._claim
    calls: list[int] = []

    def claim(row: DutyMail, at: datetime) -> bool:
        if not calls:
            calls.append(1)
            assert send_due(at) == 1
        return honest(row, at)

    monkeypatch.setattr(mails, "_claim", claim)
    assert send_due(now) == 0
    assert len(mail.outbox) == 1


def test_a_mail_server_that_is_away_delays_it_and_is_not_asked_without_end(roster: Roster, settings: Any) -> None:
    start = roster.anas.starts_at
    for number in range(9):
        person = make_contact(roster.office, f"Dita{number}", pin=PIN)
        give(person, start, rank=1 + number)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there
    each_minute(now=start - 3 * HOUR)
    tried = DutyMail.objects.exclude(tried_at=None).count()
    assert 1 <= tried <= 3
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    each_minute(now=start - 3 * HOUR + 3 * MINUTE)
    assert len(mail.outbox) == DutyMail.objects.count() >= 2
    assert not DutyMail.objects.filter(sent_at=None).exists()


def test_a_mail_that_never_went_out_before_the_shift_began_is_not_sent_afterwards(
    roster: Roster, settings: Any
) -> None:
    start = roster.anas.starts_at
    note_beginnings(start - HOUR)
    assert send_due(start + MINUTE) == 0


def test_one_row_that_can_not_be_written_keeps_no_other_back(roster: Roster) -> None:
    now = roster.anas.starts_at - 2 * HOUR
    DutyMail.objects.create(kind="nothing", key="bad", contact=roster.beni, made_at=now)
    each_minute(now=now)
    assert len(subjects(roster.ana)) == 1
    assert PutAside.objects.filter(kind="duty_mail.send").count() == 1


def test_nobody_is_mailed_when_the_setting_says_so(roster: Roster, settings: Any) -> None:
    settings.DUTY_MAIL_HOURS = 0
    pass_time(roster.anas.starts_at - 5 * HOUR, roster.anas.starts_at)
    assert mail.outbox == []


def test_without_a_pin_or_after_too_many_wrong_ones_the_mail_has_no_link(roster: Roster) -> None:
    Contact.objects.filter(pk=roster.ana.pk).update(pin_hash="")
    each_minute(now=roster.anas.starts_at - 2 * HOUR)
    get_address(roster.beni)
    DutyLink.objects.filter(contact=roster.beni).update(ended_at=timezone.now(), wrong_pins=LINK_TRIES)
    each_minute(now=roster.benis.starts_at - 2 * HOUR)
    assert len(mail.outbox) == 2
    assert all("/n/" not in each.body and "Ask your coordinator" in each.body for each in mail.outbox)


def test_in_the_night_in_which_the_clocks_change_the_hour_is_the_right_one(roster: Roster) -> None:
    start = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30 for the second time
    give(roster.cela, start)
    each_minute(now=start - 2 * HOUR)
    assert subjects(roster.cela) == ["You are on duty from 02:30"]
    assert "25.10.2026 02:30 (UTC+1)" in mail.outbox[-1].body


ORIGIN = datetime(2026, 10, 24, 12, tzinfo=UTC)
periods = st.tuples(st.integers(1, 20), st.integers(1, 12))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 2), periods, st.booleans()), max_size=7),
    st.lists(st.tuples(st.integers(0, 2), periods), max_size=3),
)
def test_whoever_is_notified_first_and_was_not_before_begins_and_nobody_else(
    db: None, shifts: Any, leaves: Any
) -> None:
    DutyShift.objects.all().delete()
    Leave.objects.all().delete()
    office = Contact.objects.first().partner if Contact.objects.exists() else make_country().police
    while office.contacts.count() < 3:
        make_contact(office, pin=PIN)
    people = list(office.contacts.order_by("pk"))
    for who, rank, (start, length), is_open in shifts:
        end = None if is_open else ORIGIN + (start + length) * HOUR
        DutyShift.objects.create(
            partner=office, contact=people[who], rank=rank, starts_at=ORIGIN + start * HOUR, ends_at=end
        )
    for who, (start, length) in leaves:
        Leave.objects.create(
            contact=people[who], starts_at=ORIGIN + start * HOUR, ends_at=ORIGIN + (start + length) * HOUR
        )
    found = {
        (each.begins_at, each.contact.pk) for each in find_beginnings(ORIGIN, ORIGIN + 34 * HOUR) if not each.is_deputy
    }
    expected = set()
    for hour in range(1, 34):
        moment = ORIGIN + hour * HOUR
        before, now = on_duty(office, moment - MINUTE), on_duty(office, moment)
        if now and now[0] not in before[:1]:
            expected.add((moment, now[0].pk))
    assert found == expected
