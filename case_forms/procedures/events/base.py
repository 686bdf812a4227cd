"""An event that is decided about, and what each kind of event declares about itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from case_forms.expressions import KindInfo

from ..case_state import CaseState
from ..messages import gettext_noop

CASE_CONSENT = "_case_consent"


@dataclass(frozen=True)
class Event:
    """The event to decide about.

    Both times are aware, in the time zone whose calendar days count for ages and deadlines.
    """

    kind: str
    form: str
    answers: Mapping[str, Any] = field(repr=False)
    occurred_at: datetime
    received_at: datetime
    case_status: str | None = None
    case_child: bool | None = None  # None: no case is named
    # by office, the bases on which a consent to be referred to it is on record; None where nothing asks for it
    case_consent: Mapping[str, list[str]] | None = field(default=None, repr=False)
    case_flags: tuple[str, ...] | None = None  # the flags that rules have set on the case
    # the facts of the case by key, those of this form included; None where nothing asks for them
    known: Mapping[str, Any] | None = field(default=None, repr=False)
    status_before: str | None = None  # of an event that is a change of the case's status
    # What an event that comes later is about, in codes: {"role", "office", "reply", "task", "is_late"}.
    subject: Mapping[str, Any] = field(default_factory=dict)
    rule: str = ""  # the only rule that responds, by its key; "": all that listen

    @property
    def case(self) -> CaseState | None:
        """The case that the event is about, as it stands then."""
        return CaseState(self.case_status, bool(self.case_child)) if self.case_status is not None else None


@dataclass(frozen=True)
class ScopeName:
    """A name that an event offers to expressions beside the answers, with the kind of its values."""

    name: str
    info: KindInfo
    words: str
    read: Callable[[Event], Any] = field(repr=False)


# From the event, not from the clock: deciding the same event again gives the same result.
TODAY = ScopeName(
    "_today",
    KindInfo("date"),
    gettext_noop("the day on which it came in"),
    lambda event: event.received_at.date().isoformat(),
)
OCCURRED_ON = ScopeName(
    "_occurred_on",
    KindInfo("date"),
    gettext_noop("the day on which it happened"),
    lambda event: event.occurred_at.date().isoformat(),
)


class EventKind:
    """One kind of event: when it happens, and what rules about it may read and do.

    `code` is stored in rules as `on`. `words`: when it happens. `has_case`: whether an action may open, join or change
    a case then. `is_public`: whether its forms are those that the public fills in. `names`: what it offers to
    expressions beside the answers; a name that only other events offer is null.
    Of one without a case: `possible_actions` are the codes of actions that need one otherwise and can be done about it
    all the same, `impossible` says why others can't, `told_roles` who alone may be told (empty: any role), in the words
    of `told_words`, and without a document.
    `has_form`: whether a form comes with it; `form_kind`: the kind of its forms, "" for any.
    `is_caused`: nobody sends it; it follows from what the rules about another event have done. `is_later`: it comes
    some time after that, by what people do or by a clock.
    """

    code: ClassVar[str] = ""
    words: ClassVar[str] = ""
    has_case: ClassVar[bool] = True
    is_public: ClassVar[bool] = False
    has_form: ClassVar[bool] = True
    form_kind: ClassVar[str] = ""
    possible_actions: ClassVar[frozenset[str]] = frozenset()
    impossible: ClassVar[str] = ""
    told_roles: ClassVar[frozenset[str]] = frozenset()
    told_words: ClassVar[str] = ""
    is_caused: ClassVar[bool] = False
    is_later: ClassVar[bool] = False
    names: ClassVar[tuple[ScopeName, ...]] = (TODAY, OCCURRED_ON)

    @classmethod
    def allows(cls, code: str, *, needs_case: bool) -> bool:
        """Return whether an action of this code can be done about an event of this kind."""
        return cls.has_case or not needs_case or code in cls.possible_actions

    @classmethod
    def follows(cls, before: CaseState | None, after: CaseState | None) -> bool:
        """Return whether an event of this kind follows when rules have changed the case from `before` to `after`."""
        return False
