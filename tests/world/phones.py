"""Phones of contacts, and channels that keep what they were given for them."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.utils import timezone

from notifications.channels.base import ChannelError, Message, Taken
from notifications.directory.models import Contact, ContactWay

from .notices import Postbox

NUMBER = "+355691234567"


@dataclass
class Phones:
    """What the channels took, in that order: (channel, message). `failures`: {channel or address: failure}."""

    taken: list[tuple[str, Message]] = field(default_factory=list)
    failures: dict[str, ChannelError] = field(default_factory=dict)

    def texts(self, channel: str = "sms") -> list[str]:
        return [message.text for name, message in self.taken if name == channel]

    def empty(self) -> None:
        """Forget everything."""
        self.__init__()  # type: ignore[misc]


PHONES = Phones()


class _PhoneChannel:
    name = ""

    def open(self) -> None:
        """There is nothing to connect."""

    def send(self, message: Message) -> Taken:
        failure = PHONES.failures.get(self.name) or PHONES.failures.get(message.address)
        if failure is not None:
            raise failure
        PHONES.taken.append((self.name, message))
        return Taken(provider="phones", provider_id=f"id-{len(PHONES.taken)}")

    def close(self) -> None:
        """There is nothing to close."""


class SmsChannel(_PhoneChannel):
    name = "sms"


class PushChannel(_PhoneChannel):
    name = "push"


class VoiceChannel(_PhoneChannel):
    name = "voice"


class WebhookChannel(_PhoneChannel):
    name = "webhook"


def add_way(contact: Contact, channel: str = "sms", **fields: Any) -> ContactWay:
    """Give this contact a way that counts."""
    address = NUMBER if channel in ("sms", "voice") else "Telefoni im"
    values = {"address": address, "confirmed_at": timezone.now(), **fields}
    return ContactWay.objects.create(contact=contact, channel=channel, **values)


@pytest.fixture
def phones(postbox: Postbox, settings: Any) -> Phones:
    """Channels to phones beside the box of e-mails, with nothing in them."""
    channels = {each.name: f"{__name__}.{each.__name__}" for each in (SmsChannel, PushChannel, VoiceChannel)}
    settings.NOTIFICATION_CHANNELS = {**settings.NOTIFICATION_CHANNELS, **channels}
    PHONES.empty()
    return PHONES
