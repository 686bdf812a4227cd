"""Guessing a PIN is slow, per link and per address, and every failure sounds the same."""

import base64
import html
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from access.limits import Busy
from access.models import Assignment, StaffRole, User
from access.rate_limits import get_network
from audit.models import AuditEntry
from notifications.directory.models import Contact, Leave
from notifications.escalation.clock import advance
from notifications.outbox.models import Notice
from notifications.outbox.resolving import get_contact_it_is_about, resolve_for
from notifications.outbox.sweep import resolve_again
from vault.rotation import rotate
from vault.seal import fingerprint
from vault.tests.spoiling import spoil

from ..models import BriefSession, PinTry
from ..pin import enter_pin, wrong_pins
from .conftest import OTHER_PIN, PIN, get_path

pytestmark = pytest.mark.django_db
START = timezone.now()


@pytest.fixture(autouse=True)
def start_now(monkeypatch: pytest.MonkeyPatch) -> None:
    # Not when the file was imported: in a long run a pause that began then would be over.
    monkeypatch.setitem(globals(), "START", timezone.now())


def enter(notice: Notice, pin: str = OTHER_PIN, *, minutes: float = 0, address: str = "192.0.2.1") -> bool:
    at: datetime = START + timedelta(minutes=minutes)
    return enter_pin(notice=notice, pin=pin, address=address, at=at) is not None


def fail(notice: Notice, times: int, *, minutes: float = 0, address: str = "192.0.2.1") -> None:
    for number in range(times):
        assert not enter(notice, minutes=minutes + number / 100, address=address)


def age(*notices: Notice) -> None:
    """Make them notices of two days ago, which have no tries of their own any more."""
    for each in notices:
        each.owed_at = START - timedelta(days=2)
        each.sent_at = each.sent_at and each.owed_at
        each.save()


def test_five_wrong_pins_pause_the_link_for_a_quarter_of_an_hour_even_for_the_right_one(notice: Notice) -> None:
    fail(notice, 5)

    assert not enter(notice, PIN, minutes=1)
    assert not enter(notice, PIN, minutes=14.9)
    assert PinTry.objects.count() == 5
    assert enter(notice, PIN, minutes=15.1)


def test_our_own_overload_is_nobodys_wrong_pin(notice: Notice, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_args: object, **_more: object) -> bool:
        raise Busy

    with monkeypatch.context() as overloaded:
        overloaded.setattr("notifications.briefs.pin._matches", busy)
        for _try in range(6):
            with pytest.raises(Busy):
                enter(notice, PIN)
    assert not PinTry.objects.exists()
    assert enter(notice, PIN)


def test_the_pause_grows(notice: Notice) -> None:
    fail(notice, 5)
    fail(notice, 5, minutes=1500)  # a day later: ten in one day would pause all links of the contact

    assert not enter(notice, PIN, minutes=1500 + 29, address="192.0.2.2")
    assert enter(notice, PIN, minutes=1500 + 31, address="192.0.2.2")


def test_four_wrong_pins_do_not_pause(notice: Notice) -> None:
    fail(notice, 4)

    assert enter(notice, PIN, minutes=0.1)


def test_a_right_pin_starts_a_new_round(notice: Notice) -> None:
    fail(notice, 4)
    assert enter(notice, PIN, minutes=1)
    fail(notice, 4, minutes=2)

    assert enter(notice, PIN, minutes=3)


def test_twenty_wrong_pins_take_the_link_back_and_wake_the_chase(notice: Notice) -> None:
    for around in range(4):
        fail(notice, 5, minutes=1500 * around)

    notice.refresh_from_db()
    assert notice.link_revoked_at is not None
    assert notice.next_step_at == notice.link_revoked_at
    assert notice.ladder[notice.ladder_step]["do"] == "deputy"
    assert AuditEntry.objects.get(action="brief.link_revoked").detail == {"why": "too_many_tries"}
    assert not enter(notice, PIN, minutes=9000)


def test_a_network_that_tries_many_contacts_is_paused_for_all_of_them(
    make_notice: Callable[..., Notice], make_contact: Callable[..., Contact]
) -> None:
    notices = [make_notice(contact=make_contact(role)) for role in ("police", "cpu", "coordinator", "mobile_unit") * 2]
    age(notices[5])
    for number, each in enumerate(notices[:5]):
        fail(each, 4, address=f"192.0.2.{number}")

    assert not enter(notices[5], PIN, minutes=1, address="192.0.2.77")
    assert enter(notices[5], PIN, minutes=1, address="198.51.100.9")
    assert enter(notices[0], PIN, minutes=17)


def test_a_colleague_who_opened_something_from_there_is_not_shut_out(
    make_notice: Callable[..., Notice], make_contact: Callable[..., Contact]
) -> None:
    mine = make_notice(contact=make_contact())
    assert enter(mine, PIN, minutes=-60)
    for number, role in enumerate(("cpu", "coordinator", "mobile_unit", "police", "responsible_authority")):
        fail(make_notice(contact=make_contact(role)), 4, minutes=number / 10)
    older = make_notice(contact=make_contact("cpu"))
    age(older)

    assert not enter(older, PIN, minutes=2)
    assert enter(mine, PIN, minutes=2, address="192.0.2.200")


def test_an_ipv6_neighbour_is_the_same_network(notice: Notice, make_notice: Callable[..., Notice]) -> None:
    enter(notice, address="2001:db8:1:2::1")
    enter(notice, address="2001:db8:1:2:ffff::9", minutes=1)
    enter(notice, address="2001:db8:1:3::1", minutes=2)
    enter(notice, address="::ffff:192.0.2.1", minutes=3)
    enter(notice, address="192.0.2.9", minutes=4)

    assert PinTry.objects.values("address_hash").distinct().count() == 3


def test_wrong_pins_of_one_contact_are_counted_over_all_links_and_networks(
    make_notice: Callable[..., Notice], make_contact: Callable[..., Contact]
) -> None:
    contact = make_contact()
    notices = [make_notice(contact=contact) for _number in range(12)]
    age(notices[11])
    for number, each in enumerate(notices[:10]):
        assert not enter(each, minutes=number, address=f"203.0.{number}.1")

    assert not enter(notices[11], PIN, minutes=11, address="198.51.100.1")
    assert enter(notices[11], PIN, minutes=26 * 60, address="198.51.100.1")


def test_where_the_contact_opened_something_before_strangers_cannot_pause_them(
    make_notice: Callable[..., Notice], make_contact: Callable[..., Contact]
) -> None:
    contact = make_contact()
    notices = [make_notice(contact=contact) for _number in range(12)]
    assert enter(notices[0], PIN, minutes=-60, address="198.51.100.1")
    for number, each in enumerate(notices[1:11]):
        enter(each, minutes=number, address=f"203.0.{number}.1")

    age(notices[11])
    assert not enter(notices[11], PIN, minutes=12, address="203.0.99.1")
    assert enter(notices[11], PIN, minutes=12, address="198.51.100.200")


@pytest.mark.usefixtures("own_data_keys")
def test_a_known_network_stays_known_when_the_ring_turns(
    make_notice: Callable[..., Notice], make_contact: Callable[..., Contact], settings: Any
) -> None:
    first, second = ("net1:" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
    settings.VAULT_KEYS = [first, *settings.VAULT_KEYS]
    contact = make_contact()
    assert enter(make_notice(contact=contact), PIN, address="198.51.100.1")
    settings.VAULT_KEYS = [second.replace("net1", "net2"), *settings.VAULT_KEYS]
    rotate()
    settings.VAULT_KEYS = settings.VAULT_KEYS[:1]
    for number in range(10):
        enter(make_notice(contact=contact), minutes=number, address=f"203.0.{number}.1")
    older = make_notice(contact=contact)
    age(older)
    assert not enter(older, PIN, minutes=12, address="203.0.99.1")
    assert enter(older, PIN, minutes=12, address="198.51.100.200")


@pytest.mark.usefixtures("own_data_keys")
def test_what_was_hashed_with_the_rings_key_is_known_still(
    make_notice: Callable[..., Notice], make_contact: Callable[..., Contact]
) -> None:
    contact = make_contact()
    assert enter(make_notice(contact=contact), PIN, address="198.51.100.1")
    PinTry.objects.update(address_hash=fingerprint(b"network\x00198.51.100.0/24"))
    for number in range(10):
        enter(make_notice(contact=contact), minutes=number, address=f"203.0.{number}.1")
    older = make_notice(contact=contact)
    age(older)
    assert enter(older, PIN, minutes=12, address="198.51.100.200")


def test_a_new_pin_ends_the_pause(make_notice: Callable[..., Notice], make_contact: Callable[..., Contact]) -> None:
    contact = make_contact()
    for number in range(10):
        enter(make_notice(contact=contact), minutes=number, address=f"203.0.{number}.1")
    contact.set_pin("730594")
    contact.save()
    older = make_notice(contact=contact)
    age(older)

    assert enter(older, "730594", minutes=12)


@pytest.mark.parametrize("network", ["203.0.99.1", "198.51.100.1"])
def test_guesses_elsewhere_never_shut_out_the_right_pin_at_a_fresh_notice(
    make_notice: Callable[..., Notice], make_contact: Callable[..., Contact], network: str
) -> None:
    contact = make_contact()
    for number in range(10):
        enter(make_notice(contact=contact), minutes=number, address=f"203.0.{number}.1")
    for each in (make_notice(contact=make_contact(role)) for role in ("cpu", "coordinator", "mobile_unit") * 3):
        fail(each, 3, minutes=11, address="203.0.99.1")
    fresh = make_notice(contact=contact)
    assert enter(fresh, PIN, minutes=12, address=network)
    # That the contact opened something there is known from now on: older links open, too.
    older = make_notice(contact=contact)
    age(older)
    assert enter(older, PIN, minutes=13, address=network)


def test_guesses_at_a_fresh_notice_leave_every_other_network_three_tries(notice: Notice) -> None:
    fail(notice, 5, address="203.0.113.1")

    assert not enter(notice, PIN, minutes=1, address="203.0.113.9")
    assert enter(notice, PIN, minutes=1, address="198.51.100.1")


def test_a_fresh_notice_is_no_way_to_guess_on(notice: Notice) -> None:
    for network in range(4):
        fail(notice, 3, address=f"203.0.{network}.1")
    # Ten tries in all, from however many networks; then the contact's own count holds.
    assert PinTry.objects.count() == 10
    assert not enter(notice, PIN, minutes=1, address="198.51.100.1")


def test_where_the_contact_opened_something_no_guesses_at_the_same_notice_shut_them_out(
    make_notice: Callable[..., Notice], make_contact: Callable[..., Contact]
) -> None:
    contact = make_contact()
    assert enter(make_notice(contact=contact), PIN, minutes=-60, address="198.51.100.1")
    fresh = make_notice(contact=contact)
    for network in range(4):
        fail(fresh, 3, address=f"203.0.{network}.1")

    assert not enter(fresh, PIN, minutes=1, address="203.0.99.1")
    assert enter(fresh, PIN, minutes=1, address="198.51.100.1")


def test_the_page_says_that_it_is_paused_to_those_for_whom_it_is(notice: Notice, client: Client) -> None:
    for _try in range(5):
        client.post(get_path(notice), {"pin": OTHER_PIN}, REMOTE_ADDR="203.0.113.1")
    assert client.get(get_path(notice), REMOTE_ADDR="203.0.113.1").context["paused_until"]
    assert client.get(get_path(notice), REMOTE_ADDR="198.51.100.1").context["paused_until"] is None
    answer = client.post(get_path(notice), {"pin": "000001"}, REMOTE_ADDR="198.51.100.1")
    assert (answer.status_code, answer.context["paused_until"]) == (403, None)
    assert client.post(get_path(notice), {"pin": PIN}, REMOTE_ADDR="198.51.100.1").status_code == 303


def test_the_coordinator_is_asked_once_to_phone_the_contact_and_the_chase_goes_on(
    make_notice: Callable[..., Notice], make_contact: Callable[..., Contact]
) -> None:
    contact, coordinator = make_contact(), make_contact("coordinator")
    notices = [make_notice(contact=contact) for _number in range(12)]
    for number, each in enumerate(notices):
        enter(each, minutes=number, address=f"203.0.{number}.1")

    call = Notice.objects.get(case_reference="PIN")
    assert call.contact == coordinator
    assert contact.phone in str(call.brief)
    assert contact.name in str(call.brief)
    notices[9].refresh_from_db()
    assert notices[9].ladder[notices[9].ladder_step]["do"] == "deputy"
    assert AuditEntry.objects.filter(action="brief.contact_paused").count() == 1


def guess_at(make_notice: Callable[..., Notice], contact: Contact) -> None:
    for number in range(12):
        enter(make_notice(contact=contact), minutes=number, address=f"203.0.{number}.1")


def test_another_coordinator_is_asked_about_a_coordinators_own_pin(
    make_notice: Callable[..., Notice], make_contact: Callable[..., Contact]
) -> None:
    concerned, other = make_contact("coordinator"), make_contact("coordinator", rank=2)
    guess_at(make_notice, concerned)
    assert [call.contact for call in Notice.objects.filter(case_reference="PIN", chases=None)] == [other]


def test_an_alarm_goes_on_to_another_coordinator_and_never_to_the_one_it_is_about(
    make_notice: Callable[..., Notice], make_contact: Callable[..., Contact]
) -> None:
    concerned, asked = make_contact("coordinator"), make_contact("coordinator", rank=2)
    guess_at(make_notice, concerned)
    alarm = Notice.objects.get(case_reference="PIN", chases=None)
    assert alarm.contact == asked
    Leave.objects.create(  # and nobody but the one it is about is there
        contact=asked, starts_at=alarm.owed_at, ends_at=alarm.owed_at + timedelta(days=3)
    )
    third = make_contact("coordinator", rank=3)
    advance(alarm.owed_at + timedelta(minutes=61))
    deputy = Notice.objects.get(case_reference="PIN", purpose="deputy")
    assert deputy.contact == third
    assert concerned.name in str(deputy.brief)
    Leave.objects.create(contact=third, starts_at=alarm.owed_at, ends_at=alarm.owed_at + timedelta(days=3))
    for hours in (3, 6, 9):
        advance(alarm.owed_at + timedelta(hours=hours))
        resolve_again(alarm.owed_at + timedelta(hours=hours, minutes=1))
    told = set(Notice.objects.filter(case_reference="PIN").values_list("contact_id", flat=True))
    assert concerned.pk not in told
    nobody = Notice.objects.filter(case_reference="PIN", contact=None)
    assert nobody.filter(reason="no_contact").exists(), "loud, until somebody else comes on duty"
    fourth = make_contact("coordinator", rank=4)
    resolve_again(alarm.owed_at + timedelta(hours=12))
    assert not nobody.exists()
    assert concerned.name in str(Notice.objects.get(case_reference="PIN", contact=fourth).brief)


def test_an_alarm_that_can_not_be_opened_still_knows_whom_it_is_about(
    make_notice: Callable[..., Notice], make_contact: Callable[..., Contact]
) -> None:
    concerned, _asked = make_contact("coordinator"), make_contact("coordinator", rank=2)
    guess_at(make_notice, concerned)
    alarm = Notice.objects.get(case_reference="PIN", chases=None)
    spoil(alarm, "brief")
    broken = Notice.objects.get(pk=alarm.pk)
    assert get_contact_it_is_about(broken) == concerned
    found = resolve_for(broken, at=alarm.owed_at)
    assert concerned not in (found.contact, found.deputy, *found.coordinators)


def test_the_operators_are_mailed_once_when_no_other_coordinator_is_on_duty(
    make_notice: Callable[..., Notice],
    make_contact: Callable[..., Contact],
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    concerned = make_contact("coordinator")
    operator = User.objects.create_user("olta", email="olta@vatra.example")
    Assignment.objects.create(user=operator, role=StaffRole.OPERATOR, starts_on=timezone.localdate())
    with django_capture_on_commit_callbacks(execute=True):
        guess_at(make_notice, concerned)
    assert not Notice.objects.filter(case_reference="PIN").exists()
    told = [mail for mail in mailoutbox if mail.to == [operator.email]]
    assert len(told) == 1
    assert concerned.name not in told[0].body


@pytest.mark.parametrize(
    "pin",
    ["123456", "987654", "246802", "890123", "111111", "121212", "123123", "112233", "111222", "123321", "147258",
     "010185", "311299", "199012", "121990", "850101", "01011985", "19850101", "129129", "0011223344", "100200"],
)  # fmt: skip
def test_what_is_tried_first_is_refused(make_contact: Callable[..., Contact], pin: str) -> None:
    with pytest.raises(ValidationError):
        make_contact().set_pin(pin)


def test_a_part_of_the_phone_number_is_refused(make_contact: Callable[..., Contact]) -> None:
    contact = make_contact()
    contact.phone = "+355 69 473 8206"
    with pytest.raises(ValidationError):
        contact.set_pin("738206")


@pytest.mark.parametrize("pin", ["271828", "830274", "428173", "482915", "730594", "9473820615"])
def test_digits_that_mean_nothing_are_taken(make_contact: Callable[..., Contact], pin: str) -> None:
    contact = make_contact()
    contact.set_pin(pin)
    assert contact.check_pin(pin)


def test_addresses_are_kept_as_keyed_hashes_only(notice: Notice) -> None:
    enter(notice, address="192.0.2.77")

    tried = PinTry.objects.get()
    assert "192.0.2.77" not in tried.address_hash
    assert not AuditEntry.objects.filter(detail__icontains="192.0.2.77").exists()


def test_a_contact_without_a_pin_costs_the_same_work_and_opens_nothing(
    make_notice: Callable[..., Notice], make_contact: Callable[..., Contact], monkeypatch: pytest.MonkeyPatch
) -> None:
    worked = []
    monkeypatch.setattr("notifications.briefs.pin.make_password", worked.append)
    notice = make_notice(contact=make_contact(pin=""))

    assert not enter(notice, PIN)
    assert worked == [PIN]


def test_every_failure_sounds_the_same_and_says_whom_to_call(
    client: Client, make_notice: Callable[..., Notice], make_contact: Callable[..., Contact]
) -> None:
    def words(notice: Notice) -> str:
        response = client.post(
            get_path(notice) + "?lang=en", {"pin": OTHER_PIN}, REMOTE_ADDR=f"192.0.2.{notice.pk.int % 200}"
        )
        assert response.status_code == 403
        return response.content.decode().split("<main")[1].split("csrfmiddlewaretoken")[1].split(">", 1)[1]

    contact = make_contact()
    wrong, paused, without = make_notice(contact=contact), make_notice(contact=contact), None
    without = make_notice(contact=make_contact("cpu", pin=""))
    fail(paused, 5, address="192.0.2.250")

    said = {words(each).replace(each.link_token, "TOKEN") for each in (wrong, without)}

    assert len(said) == 1
    assert "call the number" in said.pop()
    assert "+355691112233" in client.get(get_path(paused), REMOTE_ADDR="192.0.2.250").content.decode()


def test_a_paused_page_says_the_same_to_the_right_pin_as_to_a_wrong_one(client: Client, notice: Notice) -> None:
    for _number in range(5):
        PinTry.objects.create(notice=notice, address_hash=get_network("127.0.0.1"), succeeded=False)
    pages = [client.post(get_path(notice), {"pin": pin}) for pin in (PIN, OTHER_PIN)]
    assert {page.status_code for page in pages} == {403}
    first, second = (page.content.decode().split("</form>")[-1] for page in pages)
    assert first == second


def test_a_link_taken_back_while_the_pin_is_compared_opens_nothing(
    notice: Notice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(self: Contact, pin: str) -> bool:
        Notice.objects.filter(pk=notice.pk).update(link_revoked_at=timezone.now())
        return True

    monkeypatch.setattr(Contact, "check_pin", meanwhile)

    assert not enter(notice, PIN)
    assert not BriefSession.objects.exists()


def test_a_try_counts_before_it_is_compared(notice: Notice, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def compare(self: Contact, pin: str) -> bool:
        seen.append(PinTry.objects.filter(succeeded=False).count())
        return True

    monkeypatch.setattr(Contact, "check_pin", compare)
    enter(notice, PIN)

    assert seen == [1]
    assert PinTry.objects.get().succeeded


def test_what_people_see_in_lists_holds_no_secret(notice: Notice) -> None:
    enter(notice, PIN)

    assert str(PinTry.objects.get()).startswith(notice.code)
    assert str(BriefSession.objects.get()).startswith(notice.code)


def test_while_the_link_is_paused_the_page_says_how_long_and_whom_to_call(notice: Notice, client: Client) -> None:
    address = get_path(notice) + "?lang=en"
    for _number in range(5):
        PinTry.objects.create(notice=notice, address_hash=get_network("127.0.0.1"), succeeded=False)
    ends = timezone.localtime(PinTry.objects.latest("at").at + timedelta(minutes=15)).strftime("%H:%M")
    for page in (client.get(address), client.post(get_path(notice), {"pin": PIN, "lang": "en"})):
        text = page.content.decode()
        assert "Too many wrong PINs" in text
        assert ends in text
        assert 'href="tel:+355691112233"' in text
        assert "Check the PIN" not in text
    assert PinTry.objects.count() == 5  # nothing was compared


def test_four_wrong_pins_say_nothing_of_a_pause(notice: Notice, client: Client) -> None:
    for _number in range(4):
        answer = client.post(get_path(notice), {"pin": OTHER_PIN, "lang": "en"})
    assert "Too many wrong PINs" not in answer.content.decode()
    assert "Check the PIN" in answer.content.decode()


def test_wrong_pins_are_counted_since_the_page_opened_last(notice: Notice) -> None:
    fail(notice, 5)
    assert wrong_pins([notice.pk])[notice.pk].tries == 5
    assert enter(notice, PIN, minutes=16)
    assert wrong_pins([notice.pk]) == {}
    fail(notice, 4, minutes=17)
    assert wrong_pins([notice.pk]) == {}
    fail(notice, 1, minutes=18)
    assert wrong_pins([notice.pk])[notice.pk].until == START + timedelta(minutes=18 + 15)


def test_a_brief_that_cannot_be_read_says_whom_to_call_and_takes_the_answer(notice: Notice, client: Client) -> None:
    spoil(notice, "brief")
    page = client.post(get_path(notice) + "?lang=en", {"pin": PIN}, follow=True)
    text = page.content.decode()
    assert page.status_code == 200
    assert "can't be shown" in html.unescape(text)
    assert 'href="tel:+355691112233"' in text
    client.post(get_path(notice, "reply/"), {"kind": "accepted"})
    assert Notice.objects.get(pk=notice.pk).state == "accepted"
