"""The e-mail channel, mortal."""

from notifications.channels.base import Letter
from notifications.channels.email import EmailChannel

from .dying import maybe_die


class MortalEmailChannel(EmailChannel):
    def send(self, letter: Letter) -> None:
        maybe_die("before_send")
        super().send(letter)
        maybe_die("after_send")
