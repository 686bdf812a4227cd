"""Owing in tests: a country with everybody on duty, and a notice for the officer of Vlorë."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from notifications.channels.base import Letter
from notifications.channels.errors import ChannelError
from notifications.directory.models import Contact, Role
from notifications.directory.tests.offices import Country, make_country, put_on_duty

from ..actions import create_notice
from ..models import Notice

BRIEF = {"sections": [{"title": {"sq": "Rasti", "en": "Case"}, "rows": []}]}
LADDER = (
    {"after_minutes": 10, "do": "remind"},
    {"after_minutes": 20, "do": "deputy"},
    {"after_minutes": 30, "do": "call", "repeat_minutes": 30},
)


@dataclass
class Staffed:
    country: Country
    officer: Contact
    deputy: Contact
    coordinator: Contact


def make_staffed_country() -> Staffed:
    country = make_country()
    officer, deputy = put_on_duty(country.police, rank=1), put_on_duty(country.police, rank=2)
    return Staffed(country, officer, deputy, put_on_duty(country.coordinator, language="en"))


def owe_officer(staffed: Staffed, **changes: Any) -> Notice:
    event = uuid.uuid4()
    words: dict[str, Any] = {
        "event_id": event,
        "case_id": event,
        "case_reference": "7K2M9Q",
        "role": Role.POLICE,
        "contact": staffed.officer,
        "municipality": staffed.country.vlore,
        "brief": BRIEF,
        "answer_minutes": 30,
        "ladder": LADDER,
    }
    return create_notice(**{**words, **changes})


@dataclass
class Postbox:
    """What the channel of a test took, and the failures it is to have: {address: failure}, or `closed` for opening."""

    letters: list[Letter] = field(default_factory=list)
    failures: dict[str, ChannelError] = field(default_factory=dict)
    closed: ChannelError | None = None
    opened: int = 0
    hook: Any = None


POSTBOX = Postbox()


class PostboxChannel:
    """A channel into POSTBOX; the fixture `postbox` puts it in place of the e-mail channel."""

    def __init__(self) -> None:
        self.is_open = False

    def open(self) -> None:
        if self.is_open:
            return
        if POSTBOX.closed is not None:
            raise POSTBOX.closed
        POSTBOX.opened += 1
        self.is_open = True

    def send(self, letter: Letter) -> None:
        assert self.is_open
        if POSTBOX.hook is not None:
            POSTBOX.hook(letter)
        failure = POSTBOX.failures.get(letter.address)
        if failure is not None:
            raise failure
        POSTBOX.letters.append(letter)

    def close(self) -> None:
        self.is_open = False
