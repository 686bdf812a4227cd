"""An office with a roster, and its people at their own links."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.test import Client
from django.utils import timezone

from audit.chain import SYSTEM
from notifications.directory.models import Contact, DutyShift, Partner
from tests.world.offices import PIN, Country, make_contact, make_country

from ..links import DUTY
from ..models import DutyLink


@dataclass
class Roster:
    """The police of Vlorë: Ana's and Beni's turns, two days from now on; Cela is a contact without a shift."""

    country: Country
    ana: Contact
    beni: Contact
    cela: Contact
    anas: DutyShift
    benis: DutyShift

    @property
    def office(self) -> Partner:
        return self.country.police


def make_roster(*, hours: int = 48) -> Roster:
    country = make_country()
    ana, beni, cela = (make_contact(country.police, name, pin=PIN, language="en") for name in ("Ana", "Beni", "Cela"))
    start = (timezone.now() + timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)
    return Roster(country, ana, beni, cela, give(ana, start), give(beni, start + timedelta(hours=12)))


def give(contact: Contact, start: datetime, *, hours: int = 12, rank: int = 1) -> DutyShift:
    return DutyShift.objects.create(
        partner=contact.partner, contact=contact, rank=rank, starts_at=start, ends_at=start + timedelta(hours=hours)
    )


class Visitor:
    """Somebody at their own page."""

    def __init__(self, contact: Contact, *, pin: str = PIN) -> None:
        link = DutyLink.objects.filter(contact=contact, ended_at=None).first()
        self.link = link or DUTY.make(DutyLink, contact, actor=SYSTEM)
        self.client, self.path = Client(), f"/n/d.{self.link.link_token}/"
        self.entered = self.client.post(self.path, {"pin": pin}).status_code

    def read(self) -> str:
        return self.client.get(self.path).content.decode()

    def send(self, **values: object) -> int:
        self.answer = self.client.post(self.path, {name: str(value) for name, value in values.items()})
        return self.answer.status_code

    def problems(self) -> str:
        found = re.search(r'class="error-summary.*?</ul>', self.answer.content.decode(), re.DOTALL)
        return found.group() if found else ""

    def ask_leave(self, start: datetime, end: datetime, kind: str = "holiday") -> int:
        return self.send(do="leave", starts_at=local(start), ends_at=local(end), kind=kind)


def local(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"
