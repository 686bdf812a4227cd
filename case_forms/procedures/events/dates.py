"""The event of a date that was answered."""

from ..messages import gettext_noop
from .later import LaterEvent


class DateReached(LaterEvent):
    code = "date_reached"
    words = gettext_noop(
        "A date that a form of the case gave is reached, or so many days before or after it. The rule names the"
        " question (`date`) and the days (`days`); of several answers the newest counts."
    )
