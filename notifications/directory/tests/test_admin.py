"""Keeping the directory: PINs go in and never come out, and each coordinator keeps their own regions."""

from datetime import date

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.test import Client

from access.models import Assignment, Municipality, PoliceDirectorate, Region, StaffRole, User
from audit.models import AuditEntry
from audit.tests.counting import denials

from ..models import Agreement, Contact, DutyShift, Partner, Role
from ..scope import get_partners
from .second_keeper import agree_to_all

pytestmark = pytest.mark.django_db
CONTACTS = "/cms/contact/"


@pytest.fixture
def north(db: None) -> Region:
    return area("veri")


@pytest.fixture
def south(db: None) -> Region:
    return area("jug")


def area(slug: str) -> Region:
    """A region with one municipality, a directorate, an office of each kind and a contact in each office."""
    region = Region.objects.create(slug=slug, name=slug.title(), iso_code=slug[:4])
    directorate = PoliceDirectorate.objects.create(slug=f"dvp-{slug}", name=f"DVP {slug}", short_name=slug)
    town = Municipality.objects.create(slug=slug, name=slug.title(), region=region, police_directorate=directorate)
    for role, given in (
        (Role.POLICE, {"directorate": directorate}),
        (Role.CPU, {"municipality": town}),
        (Role.COORDINATOR, {}),
    ):
        office = Partner.objects.create(slug=f"{role}-{slug}", role=role, names={"sq": f"{role} {slug}"}, **given)
        if role == Role.COORDINATOR:
            office.regions.add(region)
        Contact.objects.create(partner=office, name=f"{role} {slug}", email=f"{role}@{slug}.example")
    return region


def sign_in(client: Client, role: str, region: Region | None = None) -> User:
    user = User.objects.create_user(f"{role}-1", password="x", language="en")
    Assignment.objects.create(user=user, role=role, region=region)
    group, _made = Group.objects.get_or_create(name=role)
    group.permissions.set(
        Permission.objects.filter(content_type__app_label="directory").exclude(codename__startswith="delete")
        | Permission.objects.filter(codename="access_admin")
    )
    user.groups.add(group)
    client.force_login(user)
    return user


def filled(contact: Contact, **changed: str) -> dict[str, str]:
    return {
        "partner": str(contact.partner_id),
        "name": contact.name,
        "email": contact.email,
        "language": "sq",
        "is_active": "on",
        **changed,
    }


def test_a_new_pin_is_kept_as_a_hash_and_never_shown(client: Client, north: Region) -> None:
    user = sign_in(client, StaffRole.COORDINATOR, north)
    contact = Contact.objects.get(name="police veri")
    address = f"{CONTACTS}edit/{contact.pk}/"

    response = client.post(address, filled(contact, pin="271828", pin_again="271828"))

    assert response.status_code == 302
    contact.refresh_from_db()
    assert not contact.pin_hash, "one keeper alone sets no PIN"
    agree_to_all()
    contact.refresh_from_db()
    assert contact.check_pin("271828")
    assert contact.pin_set_at is not None
    html = client.get(address).content.decode()
    assert "271828" not in html
    assert contact.pin_hash not in html
    entry = AuditEntry.objects.get(action="directory.pin_set")
    assert (entry.target_id, entry.detail) == (str(contact.pk), {})
    asked = AuditEntry.objects.get(action="directory.change_asked")
    assert (asked.actor_id, asked.detail["fields"]) == (str(user.pk), ["pin"])


def test_an_empty_pin_keeps_the_one_there_is(client: Client, north: Region) -> None:
    sign_in(client, StaffRole.COORDINATOR, north)
    contact = Contact.objects.get(name="police veri")
    contact.set_pin("271828")
    contact.save()

    client.post(f"{CONTACTS}edit/{contact.pk}/", filled(contact, phone="+355 00"))
    agree_to_all()

    contact.refresh_from_db()
    assert contact.phone == "+355 00"
    assert contact.check_pin("271828")
    assert not AuditEntry.objects.filter(action="directory.pin_set").exists()
    assert AuditEntry.objects.get(action="directory.contact_changed").detail == {"fields": ["phone"]}


@pytest.mark.parametrize(
    ("pin", "again", "words"),
    [
        ("271828", "271829", "not the same"),
        ("271828", "", "not the same"),
        ("27182", "27182", "6 to 10 digits"),
        ("27182a", "27182a", "6 to 10 digits"),
        ("123456", "123456", "too easy"),
        ("777777", "777777", "too easy"),
    ],
)
def test_a_pin_that_will_not_do_is_explained_and_not_sent_back(
    client: Client, north: Region, pin: str, again: str, words: str
) -> None:
    sign_in(client, StaffRole.COORDINATOR, north)
    contact = Contact.objects.get(name="police veri")

    html = client.post(f"{CONTACTS}edit/{contact.pk}/", filled(contact, pin=pin, pin_again=again)).content.decode()

    assert words in html
    assert f'value="{pin}"' not in html
    contact.refresh_from_db()
    assert contact.pin_hash == ""


def test_a_coordinator_sees_the_contacts_of_their_regions_only(client: Client, north: Region, south: Region) -> None:
    sign_in(client, StaffRole.COORDINATOR, north)

    html = client.get(CONTACTS).content.decode()

    assert all(f"{role}@veri.example" in html for role in ("police", "cpu", "coordinator"))
    assert "jug.example" not in html


def test_another_regions_contact_is_not_there_and_the_reach_is_recorded(
    client: Client, north: Region, south: Region
) -> None:
    sign_in(client, StaffRole.COORDINATOR, north)
    theirs = Contact.objects.get(name="police jug")
    changed = filled(theirs, email="mine@veri.example", pin="271828", pin_again="271828")

    assert client.get(f"{CONTACTS}edit/{theirs.pk}/").status_code == 404
    assert client.post(f"{CONTACTS}edit/{theirs.pk}/", changed).status_code == 404
    assert client.get(f"{CONTACTS}history/{theirs.pk}/").status_code == 404

    theirs.refresh_from_db()
    assert (theirs.email, theirs.pin_hash) == ("police@jug.example", "")
    assert denials(target_id=str(theirs.pk)) == 3


def test_a_contact_cannot_be_moved_to_another_regions_office(client: Client, north: Region, south: Region) -> None:
    sign_in(client, StaffRole.COORDINATOR, north)
    mine, theirs = Contact.objects.get(name="police veri"), Partner.objects.get(slug="police-jug")

    response = client.post(f"{CONTACTS}edit/{mine.pk}/", filled(mine, partner=str(theirs.pk)))

    assert response.status_code == 200
    mine.refresh_from_db()
    assert mine.partner.slug == "police-veri"


def test_an_operator_keeps_nothing_of_it(client: Client, north: Region, south: Region) -> None:
    user = sign_in(client, StaffRole.OPERATOR)

    assert not get_partners(user).exists()
    for screen in ("contact", "partner", "dutyshift", "leave", "agreement"):
        assert client.get(f"/cms/{screen}/").status_code == 404, screen
        assert client.post(f"/cms/{screen}/new/", {}).status_code == 404, screen


def test_an_editor_keeps_nothing_of_it(client: Client, north: Region) -> None:
    user = sign_in(client, StaffRole.EDITOR)

    assert not get_partners(user).exists()
    assert client.get(CONTACTS).status_code == 404


def test_nothing_can_be_deleted_copied_or_traced(client: Client, north: Region) -> None:
    sign_in(client, StaffRole.COORDINATOR, north)
    contact = Contact.objects.get(name="police veri")

    for name in ("delete", "copy", "usage", "inspect"):
        assert client.get(f"{CONTACTS}{name}/{contact.pk}/").status_code == 404


def test_a_new_office_is_in_the_coordinators_own_region(client: Client, north: Region, south: Region) -> None:
    sign_in(client, StaffRole.COORDINATOR, north)
    written = {
        "name_sq": "Qendra e re",
        "name_en": "New centre",
        "slug": "qendra-re",
        "role": "protection_service",
        "regions": [str(south.pk)],
        "services": "shelter\n\n legal_aid ",
        "is_active": "on",
    }
    assert "must lie in your own regions" in client.post("/cms/partner/new/", written).content.decode()

    response = client.post("/cms/partner/new/", written | {"regions": [str(north.pk)]})

    assert response.status_code == 302
    assert not Partner.objects.filter(slug="qendra-re").exists()
    agree_to_all()
    office = Partner.objects.get(slug="qendra-re")
    assert office.names == {"sq": "Qendra e re", "en": "New centre"}
    assert office.services == ["shelter", "legal_aid"]
    html = client.get(f"/cms/partner/edit/{office.pk}/").content.decode()
    assert "New centre" in html
    assert "legal_aid" in html


def test_by_municipality_or_directorate_an_office_is_in_the_region_too(client: Client, north: Region) -> None:
    sign_in(client, StaffRole.COORDINATOR, north)
    Partner.objects.update(is_active=False)
    written = {"name_sq": "Z", "name_en": "Z", "role": "cpu", "is_active": "on"}
    town, directorate = Municipality.objects.get(), PoliceDirectorate.objects.get()

    by_town = client.post("/cms/partner/new/", written | {"slug": "z1", "municipality": str(town.pk)})
    by_directorate = client.post(
        "/cms/partner/new/", written | {"slug": "z2", "role": "police", "directorate": str(directorate.pk)}
    )

    assert (by_town.status_code, by_directorate.status_code) == (302, 302)
    assert agree_to_all() == 2
    assert set(Partner.objects.filter(is_active=True).values_list("slug", flat=True)) == {"z1", "z2"}


def test_a_shift_belongs_to_a_contact_of_its_own_office(client: Client, north: Region) -> None:
    sign_in(client, StaffRole.COORDINATOR, north)
    police, cpu = Contact.objects.get(name="police veri"), Contact.objects.get(name="cpu veri")
    shift = {"partner": str(police.partner_id), "rank": "1", "starts_at": "2026-11-24 08:00", "ends_at": ""}

    assert client.post("/cms/dutyshift/new/", shift | {"contact": str(cpu.pk)}).status_code == 200
    assert client.post("/cms/dutyshift/new/", shift | {"contact": str(police.pk)}).status_code == 302

    agree_to_all()
    assert DutyShift.objects.get().contact == police
    assert client.get("/cms/dutyshift/").status_code == 200


def test_an_agreement_is_kept_with_its_dates(client: Client, north: Region) -> None:
    sign_in(client, StaffRole.COORDINATOR, north)
    office = Partner.objects.get(slug="police-veri")

    client.post("/cms/agreement/new/", {"partner": str(office.pk), "reference": "12/2026", "signed_on": "2026-01-31"})
    assert not Agreement.objects.exists()
    assert agree_to_all() == 1

    assert Agreement.objects.get().signed_on == date(2026, 1, 31)
    assert "12/2026" in client.get("/cms/agreement/").content.decode()


def test_a_contact_without_a_pin_opens_nothing() -> None:
    contact = Contact(name="x")

    assert not contact.check_pin("")
    assert not contact.check_pin("271828")
    with pytest.raises(ValidationError):
        contact.set_pin("")
