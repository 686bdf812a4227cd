"""Events about informative sessions. A session has no case and names nobody, so little can be done about one."""

from typing import ClassVar

from case_forms.expressions import KindInfo

from ..messages import gettext_noop
from .base import OCCURRED_ON, TODAY, EventKind, ScopeName
from .later import read_subject

AUDIENCE = ScopeName(
    "_session_audience", KindInfo("choice"), gettext_noop("for whom the session was"), read_subject("audience")
)
PLACE = ScopeName(
    "_session_place", KindInfo("choice"), gettext_noop("the kind of place where it was held"), read_subject("place")
)
PARTICIPANTS = ScopeName(
    "_session_participants", KindInfo("number"), gettext_noop("how many people came"), read_subject("participants")
)
DAYS_SINCE = ScopeName(
    "_session_days_since",
    KindInfo("number"),
    gettext_noop("how many days after the session that was recorded"),
    read_subject("days_since"),
)
ABOUT = (TODAY, OCCURRED_ON, AUDIENCE, PLACE, PARTICIPANTS, DAYS_SINCE)


class SessionEventKind(EventKind):
    """What is common to both: no case, and nobody outside is told of a session."""

    has_case = False
    told_roles = frozenset({"mobile_unit", "coordinator"})
    told_words = gettext_noop("Only the unit and its coordinators are told of a session.")
    form_kind = "session"
    names: ClassVar[tuple[ScopeName, ...]] = ABOUT


class SessionHeld(SessionEventKind):
    code = "session_held"
    words = gettext_noop(
        "A unit records that an informative session was held, and how many came. No form is sent then."
    )
    has_form = False
    possible_actions = frozenset({"create_task"})
    impossible = gettext_noop("A session has no case. Only a notice or a task can be created here.")


class SessionReported(SessionEventKind):
    code = "session_reported"
    words = gettext_noop(
        "The report of an informative session comes in. Form and answers are the report's. Tasks about the session"
        " have ended by then."
    )
    impossible = gettext_noop(
        "A session that is reported has no case and waits for nothing. Only a notice can be created here."
    )
