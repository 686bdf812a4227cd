"""People and notices for this room's tests. All of them are made up."""

import weakref
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from access.models import MobileUnit, Municipality, PoliceDirectorate, Region
from notifications import signals
from notifications.directory.models import Contact, DutyShift, Partner, Role
from notifications.outbox.actions import create_notice
from notifications.outbox.models import Attempt, AttemptOutcome, Notice
from notifications.outbox.states import NoticeState

from ..composing import BriefRow, compose

PIN = "271828"
OTHER_PIN = "314159"
LADDER = [
    {"after_minutes": 10, "do": "remind"},
    {"after_minutes": 20, "do": "deputy"},
    {"after_minutes": 30, "do": "call", "repeat_minutes": 30},
]


@pytest.fixture(autouse=True)
def only_this_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the rooms above make of an answer is theirs to test."""
    for signal in (signals.notice_answered, signals.notice_opened, signals.notice_escalated):
        monkeypatch.setattr(signal, "receivers", [each for each in signal.receivers if _is_ours(each[1])])


def _is_ours(receiver: Any) -> bool:
    function = receiver() if isinstance(receiver, weakref.ReferenceType) else receiver
    return function is not None and function.__module__.startswith("notifications.")


def rows() -> list[BriefRow]:
    person, needs = {"sq": "Personi", "en": "The person"}, {"sq": "Nevojat", "en": "Needs"}

    def row(key: str, label: str, value: str, section: dict[str, str], *roles: str) -> BriefRow:
        shared = dict.fromkeys(roles, True)
        return BriefRow(key, {"sq": label, "en": label + " (en)"}, {"sq": value, "en": value}, shared, section)

    return [
        row("name", "Emri", "Kanarina Zogu", person, "police", "responsible_authority"),
        row("age", "Mosha", "16", person, "police", "responsible_authority", "cpu"),
        row("place", "Vendi i takimit", "Parku i qendrës", person, "police"),
        row("school", "Shkolla", "Shkolla e Re", needs, "cpu"),
        row("needs", "Nevoja të menjëhershme", "Ushqim, strehim, përkthyes", needs, "police", "cpu"),
        row("diary", "Shënime të njësisë", "vetëm për njësinë", needs),
    ]


@pytest.fixture
def place(db: None) -> Municipality:
    directorate = PoliceDirectorate.objects.create(slug="dvp-prove", name="DVP Provë", short_name="Provë")
    region = Region.objects.create(slug="prove", name="Provë", iso_code="AL-99")
    MobileUnit.objects.create(slug="prove", name="Njësia Provë", region=region, callback_phone="+355 00 000 000")
    return Municipality.objects.create(slug="prove", name="Provë", region=region, police_directorate=directorate)


@pytest.fixture
def other_place(place: Municipality) -> Municipality:
    return Municipality.objects.create(
        slug="tjeter", name="Tjetër", region=place.region, police_directorate=place.police_directorate
    )


@pytest.fixture
def make_contact(place: Municipality) -> Callable[..., Contact]:
    def make(role: str = Role.POLICE, *, pin: str = PIN, rank: int = 1, language: str = "sq") -> Contact:
        partner, _made = Partner.objects.get_or_create(
            slug=f"zyra-{role}",
            defaults={
                "role": role,
                "names": {"sq": f"Zyra {role}", "en": f"Office {role}"},
                "directorate": place.police_directorate if role == Role.POLICE else None,
                "municipality": place if role == Role.CPU else None,
            },
        )
        partner.regions.add(place.region)
        number = Contact.objects.count() + 1
        contact = Contact(partner=partner, name=f"Person {number}", email=f"p{number}@vatra.example", language=language)
        if pin:
            contact.set_pin(pin)
        contact.save()
        DutyShift.objects.create(
            partner=partner, contact=contact, rank=rank, starts_at=timezone.now() - timedelta(days=1)
        )
        return contact

    return make


@pytest.fixture
def make_notice(place: Municipality, make_contact: Callable[..., Contact]) -> Callable[..., Notice]:
    def make(role: str = Role.POLICE, *, contact: Contact | None = None, sent: bool = True, **given: Any) -> Notice:
        notice = create_notice(
            **{
                "event_id": uuid4(),
                "case_id": uuid4(),
                "case_reference": "7K2M9P",
                "role": role,
                "contact": contact or make_contact(role),
                "municipality": place,
                "brief": compose(role, rows()),
                "answer_minutes": 30,
                "ladder": LADDER,
                **given,
            }
        )
        return hand_over(notice) if sent else notice

    return make


def hand_over(notice: Notice) -> Notice:
    """As if the channel had taken it a moment ago."""
    now = timezone.now()
    Attempt.objects.create(
        notice=notice, number=1, token=1, channel="email", address="", finished_at=now, outcome=AttemptOutcome.ACCEPTED
    )
    Notice.objects.filter(pk=notice.pk).update(
        state=NoticeState.SENT, sent_at=now, attempts=1, token=1, next_attempt_at=None
    )
    notice.refresh_from_db()
    return notice


@pytest.fixture
def notice(make_notice: Callable[..., Notice]) -> Notice:
    return make_notice()


def get_path(notice: Notice, name: str = "") -> str:
    return f"/n/{notice.link_token}/{name}"
