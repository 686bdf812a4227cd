"""Events about consents: what the person said about one purpose and recipient."""

from case_forms.expressions import KindInfo

from ..messages import gettext_noop
from .base import ScopeName
from .later import OFFICE, ROLE, LaterEvent, read_subject

# As the consent form's question has them.
PURPOSES = frozenset(
    {"interview", "store_data", "police_report", "notify_responsible_authority", "refer_to", "formal_identification"}
    | {"statistics", "contact", "story_or_photo"}
)
PURPOSE = ScopeName(
    "_purpose",
    KindInfo("choice", choices=PURPOSES),
    gettext_noop("what the consent is for, as the consent form calls it"),
    read_subject("purpose"),
)
ABOUT = (*LaterEvent.names, ROLE, OFFICE, PURPOSE)


class ConsentGiven(LaterEvent):
    code = "consent_given"
    words = gettext_noop(
        "A consent form says yes to one purpose or recipient, and no newer answer has taken its place. Role and office"
        " are null where it names nobody."
    )
    names = ABOUT


class ConsentWithdrawn(LaterEvent):
    code = "consent_withdrawn"
    words = gettext_noop(
        "A consent is refused or withdrawn, on a consent form or on the case. Links that rested on it have ended by"
        " then."
    )
    names = ABOUT
