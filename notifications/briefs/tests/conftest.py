"""People and notices for this room's tests. All of them are made up."""

import weakref
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from access.models import Municipality
from notifications import signals
from notifications.directory.models import Contact, Partner, Role
from notifications.outbox.actions import create_notice
from notifications.outbox.models import Attempt, AttemptOutcome, Notice
from notifications.outbox.requests import NoticeRequest
from notifications.outbox.states import NoticeState
from tests.world import offices
from tests.world.offices import make_office, put_on_duty
from tests.world.places import make_municipality, make_place, make_unit

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
    """A municipality whose region has a unit with a number to call."""
    made = make_place("prove", "Provë")
    make_unit(made)
    return made.municipality


@pytest.fixture
def other_place(place: Municipality) -> Municipality:
    """Another municipality under the same police."""
    return make_municipality("tjeter", "Tjetër", region=place.region, directorate=place.police_directorate)


@pytest.fixture
def make_contact(place: Municipality) -> Callable[..., Contact]:
    """Give the role's office, one for each role, a further contact on duty."""

    def make(role: str = Role.POLICE, *, pin: str = PIN, rank: int = 1, language: str = "sq") -> Contact:
        office = Partner.objects.filter(role=role).first() or make_office(
            role,
            slug=role,  # the office's name, too
            region=place.region,
            directorate=place.police_directorate if role == Role.POLICE else None,
            municipality=place if role == Role.CPU else None,
        )
        return put_on_duty(office, rank=rank, contact=offices.make_contact(office, pin=pin, language=language))

    return make


@pytest.fixture
def make_notice(place: Municipality, make_contact: Callable[..., Contact]) -> Callable[..., Notice]:
    def make(role: str = Role.POLICE, *, contact: Contact | None = None, sent: bool = True, **given: Any) -> Notice:
        notice = create_notice(
            NoticeRequest(
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
        )
        return mark_sent(notice) if sent else notice

    return make


def mark_sent(notice: Notice) -> Notice:
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
