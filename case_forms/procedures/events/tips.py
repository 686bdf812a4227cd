"""Events about tips: what the public writes. A tip has no case; a worker begins an identification from it."""

from ..messages import gettext_noop
from .base import EventKind

NO_CASE = gettext_noop("A tip has no case. Only a notice can be created here.")


class TipReceived(EventKind):
    # The code that is stored in procedures and tips' events; a tip was once called a signal (ADR 84).
    code = "signal_received"
    words = gettext_noop("Somebody of the public sends a tip.")
    has_case = False
    impossible = NO_CASE
    is_public = True


class TipAdded(EventKind):
    code = "signal_added"
    words = gettext_noop("Somebody adds to a tip that they sent before.")
    has_case = False
    impossible = NO_CASE
    is_public = True
