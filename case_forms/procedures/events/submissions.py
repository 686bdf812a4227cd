"""Events about what staff send: forms of the field."""

from case_forms.expressions import KindInfo

from ..messages import gettext_noop
from .base import CASE_CONSENT, OCCURRED_ON, TODAY, EventKind, ScopeName

CASE_STATUS = ScopeName(
    "_case_status",
    KindInfo("choice"),
    gettext_noop("the status of the case; null when the submission names none"),
    lambda event: event.case_status,
)
CASE_CHILD = ScopeName(
    "_case_child",
    KindInfo("boolean"),
    gettext_noop("whether the case is followed as a child's; null when the submission names none"),
    lambda event: event.case_child,
)
CONSENT = ScopeName(
    CASE_CONSENT,
    KindInfo("object"),
    gettext_noop("by office, the bases on which a consent to be referred to it is on record; null without a case"),
    lambda event: event.case_consent,
)
FLAGS = ScopeName(
    "_case_flags",
    KindInfo("choices"),
    gettext_noop("the keys of the flags that the case had when it came in; null without a case"),
    lambda event: list(event.case_flags) if event.case_flags is not None else None,
)
FACTS = ScopeName(
    "_known",
    KindInfo("object"),
    gettext_noop("what is known about the person, by key; what this form says of it is counted in"),
    lambda event: dict(event.known or {}),
)


class SubmissionReceived(EventKind):
    code = "submission_received"
    words = gettext_noop("A form of a unit comes in: a new one, or one about a case that it names.")
    names = (TODAY, OCCURRED_ON, CASE_STATUS, CASE_CHILD, CONSENT, FLAGS, FACTS)
