"""Notices to the officer of Vlorë, and a channel that keeps what it was given."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from notifications.channels.base import ChannelError, Message
from notifications.directory.models import Contact, Role
from notifications.outbox.actions import create_notice
from notifications.outbox.models import Notice
from notifications.outbox.requests import NoticeRequest
from tests.world.offices import Country, make_country, put_on_duty

from .procedures import build_ladder

BRIEF = {"sections": [{"title": {"sq": "Rasti", "en": "Case"}, "rows": []}]}
LADDER = tuple(build_ladder())


@dataclass
class StaffedCountry:
    """A country whose police of Vlorë and coordinator are on duty."""

    country: Country
    officer: Contact
    deputy: Contact
    coordinator: Contact


def make_staffed_country() -> StaffedCountry:
    country = make_country()
    officer, deputy = put_on_duty(country.police, rank=1), put_on_duty(country.police, rank=2)
    return StaffedCountry(country, officer, deputy, put_on_duty(country.coordinator, language="en"))


def notify_officer(staffed: StaffedCountry, **changes: Any) -> Notice:
    """Create a notice about a new case for the officer; `changes` replace fields of the request."""
    event = uuid.uuid4()
    request: dict[str, Any] = {
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
    return create_notice(NoticeRequest(**{**request, **changes}))


@dataclass
class Postbox:
    """What the channel of a test took, and the failures it is to have: {address: failure}, or `closed` for opening."""

    letters: list[Message] = field(default_factory=list)
    failures: dict[str, ChannelError] = field(default_factory=dict)
    closed: ChannelError | None = None
    opened: int = 0
    hook: Callable[[Message], Any] | None = None

    def empty(self) -> None:
        """Forget all letters and failures."""
        self.__init__()  # type: ignore[misc]


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

    def send(self, message: Message) -> None:
        assert self.is_open
        if POSTBOX.hook is not None:
            POSTBOX.hook(message)
        failure = POSTBOX.failures.get(message.address)
        if failure is not None:
            raise failure
        POSTBOX.letters.append(message)

    def close(self) -> None:
        self.is_open = False


# ---- fixtures: a conftest.py imports those that its tests need ----


@pytest.fixture
def staffed(db: None) -> StaffedCountry:
    return make_staffed_country()


@pytest.fixture
def postbox(settings: Any) -> Postbox:
    """An empty box in place of the e-mail channel."""
    settings.NOTIFICATION_CHANNELS = {"email": f"{__name__}.{PostboxChannel.__name__}"}
    POSTBOX.empty()
    return POSTBOX
