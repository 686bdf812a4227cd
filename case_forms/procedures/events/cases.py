"""Events about a case itself: what rules do to it, and that people close it or open it again."""

from case_forms.expressions import KindInfo

from ..case_state import CaseState
from ..messages import gettext_noop
from .base import OCCURRED_ON, TODAY, EventKind, ScopeName
from .later import LaterEvent, read_subject
from .submissions import CASE_CHILD, CASE_STATUS, CONSENT, FLAGS

STATUS_BEFORE = ScopeName(
    "_status_before",
    KindInfo("choice"),
    gettext_noop("the status of the case before it changed"),
    lambda event: event.status_before,
)


class CaseOpened(EventKind):
    code = "case_opened"
    words = gettext_noop("A rule about a submission has opened a case. Form and answers are those of the submission.")
    is_caused = True
    names = (TODAY, OCCURRED_ON, CASE_STATUS, CASE_CHILD, FLAGS)

    @classmethod
    def follows(cls, before: CaseState | None, after: CaseState | None) -> bool:
        return before is None and after is not None


class StatusChanged(EventKind):
    code = "status_changed"
    words = gettext_noop(
        "Rules about a submission have changed the status of its case. Form and answers are those of the submission."
    )
    is_caused = True
    names = (TODAY, OCCURRED_ON, CASE_STATUS, CASE_CHILD, CONSENT, FLAGS, STATUS_BEFORE)

    @classmethod
    def follows(cls, before: CaseState | None, after: CaseState | None) -> bool:
        return before is not None and after is not None and before.status != after.status


CLOSING_REASON = ScopeName(
    "_closing_reason",
    KindInfo("choice"),
    gettext_noop("the code of the reason for closing the case, or for opening it again"),
    read_subject("reason"),
)


class CaseClosed(LaterEvent):
    code = "case_closed"
    words = gettext_noop(
        "A case is closed. Whoever is notified then gets the notice; duties that begin then start when it is"
        " opened again."
    )
    names = (*LaterEvent.names, CLOSING_REASON)


class CaseReopened(LaterEvent):
    code = "case_reopened"
    words = gettext_noop("A closed case is opened again.")
    names = (*LaterEvent.names, CLOSING_REASON)
