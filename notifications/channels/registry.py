"""The registry of channels: settings.NOTIFICATION_CHANNELS, {name: dotted path of the class}."""

from django.conf import settings
from django.utils.module_loading import import_string

from .base import Channel
from .errors import PayloadError


def channel_named(name: str) -> Channel:
    """Return a new instance of this channel. Raises PayloadError when the settings don't name it."""
    path = settings.NOTIFICATION_CHANNELS.get(name)
    if path is None:
        raise PayloadError("unknown_channel")
    channel: Channel = import_string(path)()
    return channel
