"""An emergency adds somebody beside whoever is told, for a day; it never replaces, and no one person reads by it."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from access.models import Assignment, Municipality, StaffRole, User
from approvals.requests import Decision
from audit.models import AuditEntry
from notifications.escalation import beside
from notifications.outbox.actions import create_notice, mark_opened
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.requests import NoticeRequest

from ..changes.actions import DIRECTORY, ask_for_change
from ..changes.emergency import LASTS, end_due
from ..changes.mails import send_again
from ..changes.models import Act
from ..changes.needs import takes_two
from ..changes.values import ChangeRequest, get_kind, get_values
from ..models import Contact, ContactWay, DirectoryChange, DutyShift, Partner, Role
from ..resolve import resolve
from .second_keeper import agree_to_all, second_keeper
from .test_admin import CONTACTS, filled
from .test_editing import police, typed
from .test_two_keepers import EVIL, keeper, north, on_duty, south, told_now

pytestmark = pytest.mark.django_db
__all__ = ["keeper", "north", "south"]


@pytest.fixture
def officer(keeper: User) -> Contact:
    """The officer on duty, with a PIN."""
    found = police()
    found.set_pin("271828")
    found.save()
    on_duty(found)
    return found


@pytest.fixture
def colleague(officer: Contact) -> Contact:
    made = Contact(partner=officer.partner, name="Kolegu", email="kolegu@veri.example")
    made.set_pin("314159")
    made.save()
    return made


def notify(contact: Contact, **given: object) -> Notice:
    return create_notice(
        NoticeRequest(
            event_id=uuid4(),
            case_id=uuid4(),
            case_reference="7K2M9",
            role=Role.POLICE,
            contact=contact,
            municipality=Municipality.objects.get(slug="veri"),
            brief={"sections": []},
            **given,  # type: ignore[arg-type]
        )
    )


def add_shift(client: Client, contact: Contact, **given: str) -> DirectoryChange | None:
    """Ask for a shift of this contact as an emergency; None where it was refused."""
    starts = typed(timezone.now() - timedelta(minutes=5))
    page = {"partner": str(contact.partner_id), "contact": str(contact.pk), "rank": "1", "starts_at": starts}
    client.post("/cms/dutyshift/new/", {**page, "at_once": "on", **given})
    return DirectoryChange.objects.waiting().filter(at_once=True).first()


def add_number(client: Client, contact: Contact, **given: str) -> DirectoryChange | None:
    page = {
        "contact": str(contact.pk),
        "channel": "sms",
        "address": "+355691234567",
        "sent_for": "all",
        "after_minutes": "0",
        "is_active": "on",
    }
    client.post("/cms/contactway/new/", {**page, "at_once": "on", **given})
    return DirectoryChange.objects.waiting().filter(at_once=True).first()


def tell(now: object = None) -> list[str]:
    """Turn the clock; the addresses that were told beside the first."""
    beside.advance(now or timezone.now())  # type: ignore[arg-type]
    return [notice.contact.email for notice in Notice.objects.filter(purpose=Purpose.DEPUTY) if notice.contact]


# ---- S1 ----


def test_one_coordinator_with_cant_wait_redirects_no_officers_brief(client: Client, officer: Contact) -> None:
    taken = filled(officer, email=EVIL, pin="830274", pin_again="830274", at_once="on")

    client.post(f"{CONTACTS}edit/{officer.pk}/", taken)

    officer.refresh_from_db()
    assert officer.email == "police@veri.example"
    assert officer.check_pin("271828")
    assert told_now() == "police@veri.example"
    assert DirectoryChange.objects.get().at_once is False, "it waits, as it does without the tick"


@pytest.mark.parametrize(
    ("address", "given"),
    [
        ("/cms/contact/new/", {"name": "Unë", "email": EVIL, "pin": "830274", "pin_again": "830274", "language": "sq"}),
        ("/cms/dutyshift/end/{shift}/", {}),
        ("/cms/dutyshift/edit/{shift}/", {"contact": "{colleague}", "rank": "1", "starts_at": "1.1.2026 08:00"}),
        ("/cms/partner/edit/{office}/", {"role": "police", "slug": "x"}),
    ],
)
def test_nothing_else_is_done_at_once(
    client: Client, officer: Contact, colleague: Contact, address: str, given: dict[str, str]
) -> None:
    keys = {"shift": DutyShift.objects.get().pk, "office": officer.partner_id, "colleague": colleague.pk}
    words = {name: value.format(**keys) for name, value in given.items()}
    page = {"partner": str(officer.partner_id), "is_active": "on", **words, "at_once": "on"}

    client.post(address.format(**keys), page)

    assert not DirectoryChange.objects.filter(at_once=True).exists()
    assert told_now() == "police@veri.example"
    assert Contact.objects.filter(email=EVIL).count() == 0


def test_also_the_action_itself_refuses_to_replace(keeper: User, officer: Contact) -> None:
    before = get_values(officer)
    officer.email = EVIL
    wanted = ChangeRequest(get_kind(officer), Act.CHANGE, officer, {"email": before["email"]}, {"email": EVIL})
    with pytest.raises(ValidationError):
        ask_for_change(wanted=wanted, by=keeper, at_once=True)
    assert not DirectoryChange.objects.exists()


# ---- what it does: the officer's phone is lost at three in the morning ----


def test_a_colleague_is_told_within_a_pass_and_the_officer_goes_on_being_told(
    client: Client, officer: Contact, colleague: Contact, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    open_one = notify(officer)
    operator = User.objects.create_user("op", email="op@vatra.example")
    Assignment.objects.create(user=operator, role=StaffRole.OPERATOR)
    with django_capture_on_commit_callbacks(execute=True):
        change = add_shift(client, colleague)

    assert change is not None
    told = resolve(role=Role.POLICE, municipality=Municipality.objects.get(slug="veri"), at=timezone.now())
    assert (told.contact, told.deputy) == (officer, colleague)
    assert tell() == ["kolegu@veri.example"], "what was open already"
    new = notify(officer)
    assert sorted(tell()) == ["kolegu@veri.example"] * 2, "and what is new, each once"
    assert sorted(tell()) == ["kolegu@veri.example"] * 2
    for notice in (open_one, new):
        before, notice.next_step_at = notice.next_step_at, None
        notice.refresh_from_db()
        assert (notice.is_open, notice.next_step_at) == (True, before), "the first one's clock goes on"
    assert {"police@veri.example", "kolegu@veri.example", "op@vatra.example"} <= {
        to for m in mail.outbox for to in m.to
    }


def test_the_deputy_of_the_roster_stays_the_deputy(client: Client, officer: Contact, colleague: Contact) -> None:
    deputy = Contact.objects.create(partner=officer.partner, name="Zëvendësi", email="z@veri.example")
    DutyShift.objects.create(partner=officer.partner, contact=deputy, rank=2, starts_at=timezone.now())
    add_shift(client, colleague)
    told = resolve(role=Role.POLICE, municipality=Municipality.objects.get(slug="veri"), at=timezone.now())
    assert (told.contact, told.deputy) == (officer, deputy)


def test_what_was_opened_a_drill_and_what_the_colleague_has_are_left_alone(
    client: Client, officer: Contact, colleague: Contact
) -> None:
    mark_opened(notice=notify(officer), at=timezone.now())
    notify(officer, is_drill=True)
    first = notify(officer)
    notify(colleague, purpose=Purpose.DEPUTY, chases=first)
    add_shift(client, colleague)
    assert beside.advance(timezone.now()) == 0


def test_where_nobody_is_on_duty_the_added_one_is(client: Client, officer: Contact, colleague: Contact) -> None:
    DutyShift.objects.update(ends_at=timezone.now() - timedelta(hours=1))
    add_shift(client, colleague)
    assert told_now() == "kolegu@veri.example"


def test_a_shift_without_an_end_ends_after_a_day(client: Client, officer: Contact, colleague: Contact) -> None:
    change = add_shift(client, colleague, ends_at=typed(timezone.now() + timedelta(days=9)))
    assert change is not None
    shift = DutyShift.objects.get(is_beside=True)
    assert shift.ends_at is not None
    assert timezone.now() + timedelta(hours=23) < shift.ends_at <= timezone.now() + LASTS
    later = shift.ends_at + timedelta(seconds=1)
    notify(officer)
    assert tell(later) == [], "also where no clock has ended it"


def test_it_ends_by_itself_loudly_and_what_was_sent_stays_with_whoever_has_it(
    client: Client, keeper: User, officer: Contact, colleague: Contact
) -> None:
    first = notify(officer)
    change = add_shift(client, colleague)
    assert change is not None
    tell()
    send_again(now=timezone.now() + timedelta(minutes=3))
    mail.outbox.clear()
    keeper.email = "keeper@vatra.example"
    keeper.save()

    end_due(now=change.asked_at + LASTS - timedelta(minutes=1))
    change.refresh_from_db()
    assert change.decision == Decision.WAITING
    end_due(now=change.asked_at + LASTS)
    end_due(now=change.asked_at + LASTS)

    change.refresh_from_db()
    assert (change.decision, change.decided_by) == (Decision.ENDED, None)
    assert AuditEntry.objects.filter(action="directory.emergency_ended").count() == 1
    send_again(now=change.asked_at + LASTS + timedelta(minutes=5))
    written = {to: letter.body for letter in mail.outbox for to in letter.to}
    assert {"keeper@vatra.example", "kolegu@veri.example", "police@veri.example"} <= set(written)
    assert "24" in written["keeper@vatra.example"]
    sent = Notice.objects.get(purpose=Purpose.DEPUTY)
    assert sent.is_open
    assert sent.link_revoked_at is None
    first.refresh_from_db()
    assert first.is_open
    html = client.get(f"/cms/directory-changes/{change.pk}/").content.decode()
    assert "ended by itself" in html.lower()
    assert add_shift(client, colleague) is None, "and the same person doesn't add it anew"


def test_what_another_coordinator_agreed_to_does_not_end(client: Client, officer: Contact) -> None:
    change = add_number(client, officer)
    assert change is not None
    agree_to_all()
    end_due(now=change.asked_at + LASTS)
    assert ContactWay.objects.get().is_active


def test_a_number_ends_with_the_emergency_and_needs_the_pin_before_it_counts(client: Client, officer: Contact) -> None:
    change = add_number(client, officer)
    assert change is not None
    way = ContactWay.objects.get()
    assert (way.is_active, way.confirmed_at) == (True, None)
    assert told_now() == "police@veri.example"
    end_due(now=change.asked_at + LASTS)
    way.refresh_from_db()
    assert (way.is_active, way.end_reason) == (False, "emergency_over")


def test_whoever_entered_the_pin_chooses_no_address_alone(client: Client, keeper: User, officer: Contact) -> None:
    client.post(f"{CONTACTS}edit/{officer.pk}/", filled(officer, pin="830274", pin_again="830274"))
    agree_to_all()
    Contact.objects.update(reachable_at=timezone.now())
    assert add_number(client, officer) is None
    assert not ContactWay.objects.exists()
    other = Client()
    other.force_login(_with_rights(second_keeper(keeper), keeper))
    assert add_number(other, officer) is not None, "a colleague may: they don't know it"


def _with_rights(user: User, of: User) -> User:
    user.groups.set(of.groups.all())
    return user


@pytest.mark.parametrize("channel", ["webhook", "mailkey"])
def test_an_emergency_adds_no_system_and_no_key(client: Client, officer: Contact, channel: str) -> None:
    assert add_number(client, officer, channel=channel, address="https://evil.example/in") is None


@pytest.mark.parametrize("lacks", ["pin", "test", "active", "mine"])
def test_only_somebody_who_counts_is_added(
    client: Client, keeper: User, officer: Contact, colleague: Contact, lacks: str
) -> None:
    changed = {
        "pin": {"pin_hash": ""},
        "test": {"reachable_at": None},
        "active": {"is_active": False},
        "mine": {"email": "Me@vatra.example"},
    }
    Contact.objects.filter(pk=colleague.pk).update(**changed[lacks])  # type: ignore[arg-type]
    keeper.email = "me@vatra.example"
    keeper.save()
    assert add_shift(client, colleague) is None
    assert DutyShift.objects.count() == 1


def test_one_at_a_time(client: Client, officer: Contact, colleague: Contact) -> None:
    assert add_shift(client, colleague) is not None
    add_number(client, officer)
    assert DirectoryChange.objects.filter(at_once=True).count() == 1
    assert not ContactWay.objects.exists()


def test_undone_by_another_it_is_over_now(client: Client, keeper: User, officer: Contact, colleague: Contact) -> None:
    change = add_shift(client, colleague)
    assert change is not None
    DIRECTORY.decide(change=change, agree=False, by=second_keeper(keeper))
    notify(officer)
    assert tell(timezone.now() + timedelta(minutes=2)) == []


def test_the_shift_that_was_added_is_changed_by_two_only(client: Client, officer: Contact, colleague: Contact) -> None:
    add_shift(client, colleague)
    shift = DutyShift.objects.get(is_beside=True)
    assert shift.partner == Partner.objects.get(slug="police-veri")
    before = {"ends_at": shift.ends_at}
    shift.ends_at = None
    wanted = ChangeRequest(get_kind(shift), Act.CHANGE, shift, before, {"ends_at": None})
    assert takes_two(wanted, now=timezone.now())
