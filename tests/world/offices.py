"""Offices that receive notices, their contacts, and who is on duty."""

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from access.models import Municipality, Region
from notifications.directory.models import Contact, DutyShift, Partner, Role

from .places import Place, make_directorate, make_municipality, make_place

PIN = "428173"
_numbers = itertools.count(1)


def make_office(role: str, *, slug: str = "", region: Region | None = None, **fields: Any) -> Partner:
    """Create an office without contacts. Its area: `region`, or `directorate` or `municipality` among the fields."""
    slug = slug or f"{role.replace('_', '-')}-{next(_numbers)}"
    office = Partner.objects.create(
        slug=slug, role=role, names={"sq": f"Zyra {slug}", "en": f"Office {slug}"}, **fields
    )
    if region is not None:
        office.regions.add(region)
    return office


def make_staffed_office(role: str, *, contacts: int = 2, **more: Any) -> Partner:
    """Create an office with so many contacts on duty, the first of rank 1. Each has the PIN."""
    office = make_office(role, **more)
    for rank in range(1, contacts + 1):
        put_on_duty(office, rank=rank, contact=make_contact(office, pin=PIN))
    return office


def make_contact(office: Partner, name: str = "Contact", *, language: str = "sq", pin: str = "") -> Contact:
    number = Contact.objects.count() + 1
    contact = Contact(
        partner=office,
        name=f"{name} {number:03}",  # of one length, so that no name is a part of another
        email=f"contact{number:03}@partner.example",
        phone=f"+35569000{number:04}",
        language=language,
    )
    if pin:
        contact.set_pin(pin)
    contact.save()
    return contact


def put_on_duty(
    office: Partner,
    *,
    rank: int = 1,
    since: datetime | None = None,
    until: datetime | None = None,
    contact: Contact | None = None,
    language: str = "sq",
) -> Contact:
    """Give a contact, else a new one, a shift that began yesterday unless `since` says otherwise."""
    contact = contact or make_contact(office, language=language)
    start = since or timezone.now() - timedelta(days=1)
    DutyShift.objects.create(partner=office, contact=contact, rank=rank, starts_at=start, ends_at=until)
    return contact


def make_offices(place: Place) -> dict[str, Partner]:
    """Create everybody whom the small procedure notifies: {role: office}."""
    return {
        Role.POLICE.value: make_staffed_office(Role.POLICE, directorate=place.directorate),
        Role.RESPONSIBLE_AUTHORITY.value: make_staffed_office(Role.RESPONSIBLE_AUTHORITY),
        Role.CPU.value: make_staffed_office(Role.CPU, municipality=place.municipality),
        Role.COORDINATOR.value: make_staffed_office(Role.COORDINATOR, region=place.region, contacts=1),
        Role.PROTECTION_SERVICE.value: make_staffed_office(Role.PROTECTION_SERVICE),
    }


@dataclass
class Country:
    """A region of three municipalities under two police directorates, with offices and nobody on duty yet."""

    vlore: Municipality
    himare: Municipality  # in the region of Vlorë, but under the police of Sarandë
    sarande: Municipality
    police: Partner
    police_sarande: Partner
    cpu: Partner
    coordinator: Partner
    authority: Partner
    service: Partner


def make_country() -> Country:
    vlore = make_place("vlore", "Vlorë")
    region, directorate = vlore.region, make_directorate("sarande", "Sarandë")
    return Country(
        vlore=vlore.municipality,
        himare=make_municipality("himare", "Himarë", region=region, directorate=directorate),
        sarande=make_municipality("sarande", "Sarandë", region=region, directorate=directorate),
        police=make_office(Role.POLICE, slug="police-vlore", directorate=vlore.directorate),
        police_sarande=make_office(Role.POLICE, slug="police-sarande", directorate=directorate),
        cpu=make_office(Role.CPU, slug="cpu-vlore", municipality=vlore.municipality),
        coordinator=make_office(Role.COORDINATOR, slug="coordinator-vlore", region=vlore.region),
        authority=make_office(Role.RESPONSIBLE_AUTHORITY, slug="responsible-authority"),
        service=make_office(Role.PROTECTION_SERVICE, slug="shelter"),
    )
