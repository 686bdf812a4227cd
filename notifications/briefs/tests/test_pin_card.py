"""The card that is handed over with a PIN."""

import io
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pypdf import PdfReader

from access.models import Assignment, MobileUnit, Municipality, Region, StaffRole, User
from access.policy import COORDINATOR, READ, row_for
from audit.models import AuditEntry
from notifications.directory.models import Contact, Role

from ..pin_card import render_card
from .conftest import PIN

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact(make_contact: Callable[..., Contact]) -> Contact:
    return make_contact(Role.CPU)


def keeper(client: Client, role: str, region: Region | None) -> User:
    user = User.objects.create_user(f"keeper-{role}", password="x", language="en")
    Assignment.objects.create(user=user, role=role, region=region)
    user.user_permissions.set(Permission.objects.filter(codename="access_admin"))
    client.force_login(user)
    return user


def get_text(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def address(contact: Contact) -> str:
    return f"/cms/contact/card/{contact.pk}/"


def test_the_card_says_who_we_are_the_numbers_and_how_a_link_begins(contact: Contact, settings: object) -> None:
    rendered = render_card(contact)
    text = get_text(rendered.pdf)
    assert rendered.pages == 1
    assert "Qendra Psiko-Sociale “Vatra”" in text
    assert f"{settings.PUBLIC_URL}/n/" in text  # type: ignore[attr-defined]
    assert "Njësia Provë +355691112233" in text
    assert contact.name in text
    assert "Zyra cpu" in text


def test_the_card_is_in_the_contacts_language(contact: Contact) -> None:
    contact.language = "en"
    text = get_text(render_card(contact).pdf)
    assert "Psycho-Social Centre “Vatra”" in text
    assert "How it works" in text


def test_the_card_holds_no_pin_and_nothing_of_it(contact: Contact) -> None:
    pdf = render_card(contact).pdf
    assert PIN not in get_text(pdf)
    assert contact.pin_hash not in get_text(pdf)


def test_without_any_number_there_is_a_line_to_write_one_on(contact: Contact) -> None:
    MobileUnit.objects.update(callback_phone="")
    assert "Telefoni i njësisë (shkruajeni këtu)" in get_text(render_card(contact).pdf)


def test_many_numbers_and_a_long_name_still_fit_one_sheet(contact: Contact) -> None:
    region = MobileUnit.objects.get().region
    for n in range(7):
        MobileUnit.objects.create(slug=f"u{n}", name=f"Njësia {n}", region=region, callback_phone=f"+355 69 00 00 {n}")
    contact.name, contact.duty = "Emër " * 24, "Detyrë " * 17
    assert render_card(contact).pages == 1


def test_a_keeper_prints_the_card_and_that_is_recorded(client: Client, contact: Contact, place: Municipality) -> None:
    user = keeper(client, StaffRole.COORDINATOR, place.region)
    response = client.get(address(contact))
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    assert "no-store" in response["Cache-Control"]
    entry = AuditEntry.objects.get(action="directory.pin_card_printed")
    assert (entry.actor_id, entry.target_id, entry.detail) == (str(user.pk), str(contact.pk), {})


def test_another_regions_contact_has_no_card_here_and_the_reach_is_recorded(client: Client, contact: Contact) -> None:
    elsewhere = Region.objects.create(slug="larg", name="Larg", iso_code="AL-98")
    contact.partner.regions.clear()
    keeper(client, StaffRole.COORDINATOR, elsewhere)
    assert client.get(address(contact)).status_code == 404
    assert AuditEntry.objects.filter(action="access.denied", target_id=str(contact.pk)).exists()


def test_who_has_left_has_no_card(client: Client, contact: Contact, place: Municipality) -> None:
    Contact.objects.update(is_active=False)
    keeper(client, StaffRole.COORDINATOR, place.region)
    assert client.get(address(contact)).status_code == 404


def test_only_keepers_come_to_the_card_and_only_to_read(client: Client, contact: Contact, place: Municipality) -> None:
    row = row_for(None, "cms/contact/card/<int:contact_id>/")
    assert row is not None
    assert (row.roles, row.methods) == (COORDINATOR, READ)
    for role in (StaffRole.EDITOR, StaffRole.OPERATOR):
        keeper(client, role, None)
        assert client.get(address(contact)).status_code == 404
    client.logout()
    assert client.get(address(contact)).status_code == 302
    keeper(client, StaffRole.COORDINATOR, place.region)
    assert client.post(address(contact)).status_code == 405
