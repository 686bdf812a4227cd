"""The e-mail channel, mortal."""

from notifications.channels.base import Message
from notifications.channels.email import EmailChannel

from .dying import maybe_die


class MortalEmailChannel(EmailChannel):
    def send(self, message: Message) -> None:
        maybe_die("before_send")
        super().send(message)
        maybe_die("after_send")
