"""A small country for tests: two regions, three municipalities, and offices with people on duty."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from access.models import Municipality, PoliceDirectorate, Region

from ..models import Contact, DutyShift, Partner, Role


@dataclass
class Country:
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
    region = Region.objects.create(slug="vlore", name="Vlorë", iso_code="AL-12", is_outreach=True)
    first = PoliceDirectorate.objects.create(slug="dvp-vlore", name="DVP Vlorë", short_name="DVP Vlorë")
    second = PoliceDirectorate.objects.create(slug="dvp-sarande", name="DVP Sarandë", short_name="DVP Sarandë")
    vlore, himare, sarande = (
        Municipality.objects.create(slug=slug, name=name, region=region, police_directorate=directorate)
        for slug, name, directorate in (
            ("vlore", "Vlorë", first),
            ("himare", "Himarë", second),
            ("sarande", "Sarandë", second),
        )
    )
    coordinator = make_office("coordinator-vlore", Role.COORDINATOR)
    coordinator.regions.add(region)
    return Country(
        vlore=vlore,
        himare=himare,
        sarande=sarande,
        police=make_office("police-vlore", Role.POLICE, directorate=first),
        police_sarande=make_office("police-sarande", Role.POLICE, directorate=second),
        cpu=make_office("cpu-vlore", Role.CPU, municipality=vlore),
        coordinator=coordinator,
        authority=make_office("responsible-authority", Role.RESPONSIBLE_AUTHORITY),
        service=make_office("shelter", Role.PROTECTION_SERVICE),
    )


def make_office(slug: str, role: str, **area: object) -> Partner:
    return Partner.objects.create(slug=slug, role=role, names={"sq": f"Zyra {slug}", "en": f"Office {slug}"}, **area)


def make_contact(office: Partner, name: str = "Officer", *, language: str = "sq") -> Contact:
    number = Contact.objects.count() + 1
    return Contact.objects.create(
        partner=office,
        name=f"{name} {number}",
        email=f"contact{number}@partner.example",
        phone=f"+35569000{number:04}",
        language=language,
    )


def put_on_duty(
    office: Partner,
    *,
    rank: int = 1,
    since: datetime | None = None,
    until: datetime | None = None,
    contact: Contact | None = None,
    language: str = "sq",
) -> Contact:
    who = contact or make_contact(office, language=language)
    start = since or timezone.now() - timedelta(days=1)
    DutyShift.objects.create(partner=office, contact=who, rank=rank, starts_at=start, ends_at=until)
    return who
