"""What is common to events that come later, because of what rules about a submission have done."""

from typing import Any, ClassVar

from case_forms.expressions import KindInfo

from ..messages import gettext_noop
from .base import OCCURRED_ON, TODAY, Event, EventKind, ScopeName
from .submissions import CASE_CHILD, CASE_STATUS, CONSENT, FACTS, FLAGS


def read_subject(name: str) -> Any:
    """Return a function that reads one part of what an event is about; null for an event that hasn't it."""

    def read(event: Event) -> Any:
        return event.subject.get(name)

    return read


ROLE = ScopeName(
    "_role", KindInfo("choice"), gettext_noop("the role of whoever the notice went to"), read_subject("role")
)
REPLY = ScopeName(
    "_reply",
    KindInfo("choice"),
    gettext_noop("the code of the reason or outcome that the recipient chose; null without one"),
    read_subject("reply"),
)
OFFICE = ScopeName(
    "_office", KindInfo("choice"), gettext_noop("the office's key in the directory"), read_subject("office")
)
TASK = ScopeName("_task", KindInfo("choice"), gettext_noop("the key of the deadline or task"), read_subject("task"))
IS_LATE = ScopeName(
    "_is_late",
    KindInfo("boolean"),
    gettext_noop("whether it was done after its last mark"),
    read_subject("is_late"),
)


class LaterEvent(EventKind):
    """An event of a case that comes in a transaction of its own, at any time after the submission it goes back to.

    It is decided under the case's own version of the procedure, on the answers of that submission.
    """

    is_caused = True
    is_later = True
    # What every such event offers; a subclass adds its own.
    names: ClassVar[tuple[ScopeName, ...]] = (TODAY, OCCURRED_ON, CASE_STATUS, CASE_CHILD, CONSENT, FLAGS, FACTS)
