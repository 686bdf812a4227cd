"""Mails to a contact that are no notices go out encrypted where the contact has a key, and readable where not."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from access.models import Region, StaffRole
from config.sandbox import push_service
from notifications.channels import vapid
from notifications.channels.mail_keys.reading import read_key
from notifications.texts.service_mails import word_own_page
from tests.world.mail_keys import get_public, make_openpgp, open_openpgp

from ..models import Contact, ContactWay, DirectoryChange, Role
from ..own_duty.mails import mail_page, send_due
from ..ways.mailing import send_to_contact
from ..ways.phones import add_phone
from .second_keeper import second_keeper
from .test_admin import CONTACTS, area, filled, sign_in
from .test_editing import police

pytestmark = pytest.mark.django_db


def give_key(contact: Contact, **more: Any) -> Any:
    """Give this contact a key that counts; return what opens its mails."""
    holder = make_openpgp()
    key = read_key(get_public(holder))
    values = {"confirmed_at": timezone.now(), "mail_key": key.text, **more}
    ContactWay.objects.create(contact=contact, channel="mailkey", address=key.fingerprint, **values)
    return holder


@pytest.fixture
def officer(client: Client) -> Contact:
    region = area("veri")
    Region.objects.update(is_outreach=True)
    second_keeper(sign_in(client, StaffRole.COORDINATOR, region))
    return police()


def open_mail(holder: Any, to: str) -> str:
    (found,) = [each for each in mail.outbox if each.to == [to]]
    assert "Vatra" not in found.message()["Subject"]
    return open_openpgp(found.message().as_bytes(), holder).text


def test_the_mails_about_ones_own_shifts_are_encrypted(officer: Contact) -> None:
    holder = give_key(officer)
    mail_page(officer, now=timezone.now())
    assert send_due(timezone.now()) == 1
    assert "lista e shërbimit" in open_mail(holder, officer.email)


def test_that_a_phone_was_added_is_encrypted(officer: Contact, tmp_path, django_capture_on_commit_callbacks) -> None:
    holder = give_key(officer)
    phone = push_service.make_phone(tmp_path, "https://push.example/", vapid.get_public_key())
    values = {"endpoint": phone["endpoint"], **phone["keys"]}
    with django_capture_on_commit_callbacks(execute=True):
        add_phone(contact=officer, name="Telefoni im", values=values, at=timezone.now())
    assert "“Telefoni im”" in open_mail(holder, officer.email)


def test_a_change_of_the_directory_is_encrypted_to_the_person_concerned_alone(
    client: Client, officer: Contact, django_capture_on_commit_callbacks
) -> None:
    holder = give_key(officer)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{CONTACTS}edit/{officer.pk}/", filled(officer, email="new@asp.example"), follow=True)
    assert DirectoryChange.objects.get().mailed_at is not None
    assert "Ende nuk ka ndryshuar asgjë" in open_mail(holder, officer.email)
    others = [each for each in mail.outbox if each.to != [officer.email]]
    assert others
    assert all("/cms/" in each.body for each in others)


@pytest.mark.parametrize(
    "more", [{"is_active": False}, {"confirmed_at": None}], ids=["a key that has ended", "a key that was never tested"]
)
def test_without_a_key_that_counts_it_is_readable(officer: Contact, more: dict[str, Any]) -> None:
    give_key(officer, **more)
    assert send_to_contact(officer.pk, officer.email, "en", lambda: word_own_page(office="North", page=""))
    assert "North" in mail.outbox[-1].body


def test_a_key_that_can_not_be_used_ends_and_the_mail_goes_out_readable(officer: Contact) -> None:
    assert officer.partner.role == Role.POLICE
    give_key(officer, mail_key="-----BEGIN PGP PUBLIC KEY BLOCK-----\nbroken\n")
    assert send_to_contact(officer.pk, officer.email, "en", lambda: word_own_page(office="North", page=""))
    assert "North" in mail.outbox[-1].body
    way = ContactWay.objects.get()
    assert (way.is_active, way.end_reason) == (False, "key_unusable")


def test_whoever_is_no_contact_gets_it_readable(officer: Contact) -> None:
    give_key(officer)
    assert send_to_contact(None, "c@vatra.example", "en", lambda: word_own_page(office="North", page=""))
    assert "North" in mail.outbox[-1].body
