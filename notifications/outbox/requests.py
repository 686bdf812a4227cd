"""The request with which a room asks for somebody to be notified."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from access.models import MobileUnit, Municipality
from notifications.directory.models import Contact, ContactWay, Partner

from .models import Notice, Purpose


@dataclass(frozen=True, kw_only=True)
class NoticeRequest:
    """One recipient to notify about one event of a case or tip.

    `contact` None: the directory named nobody; `partner` is then the office, where it is known.
    `answer_minutes`: by when an answer is expected. `ladder`: the procedure's steps when none comes (see
    `escalation_policy`); a first notice always gets one that ends in a repeated call, a notice that follows up on
    another has none unless given. `marks`: {"amber_minutes", "red_minutes", "breach_minutes"} of the sender's clock.
    `unit` and `chain`: whose notice it is, and along which links somebody is looked for; `home`: the case's own
    municipality, when it is another one than `municipality`. Each is by default that of the notice it follows up on.
    `way`: the only one it takes, to try it; by e-mail and the contact's other ways unless given. `at`: when it was
    asked for; now unless given.
    """

    event_id: UUID
    case_id: UUID
    case_reference: str
    role: str
    municipality: Municipality
    brief: Mapping[str, Any] = field(repr=False)  # sealed once it is stored: no log or traceback may spell it out
    contact: Contact | None = None
    partner: Partner | None = None
    answer_minutes: float | None = None
    ladder: Iterable[Mapping[str, Any]] = ()
    marks: Mapping[str, Any] = field(default_factory=dict)
    needs_document: bool = False
    is_drill: bool = False
    purpose: str = Purpose.FIRST
    chases: Notice | None = None
    unit: MobileUnit | None = None
    chain: Sequence[str] = ()
    home: Municipality | None = None
    way: ContactWay | None = None
    at: datetime | None = None

    def to(self, contact: Contact | None) -> "NoticeRequest":
        """Return the same request for another contact."""
        return replace(self, contact=contact)

    @property
    def office(self) -> Partner | None:
        """The recipient's office: as it was given, else the contact's."""
        return self.partner or (self.contact.partner if self.contact else None)

    @property
    def own_event_id(self) -> UUID:
        """The event id that makes the row unique.

        A fallback's comes from the notice it is about, not from its event.
        """
        if self.purpose == Purpose.FALLBACK and self.chases is not None:
            # One event may notify several roles, and each may have nobody: with the event's own id, the coordinator's
            # fallback for the second role would count as a repetition of the first.
            return uuid5(self.chases.pk, "fallback")
        return self.event_id

    @property
    def has_clock(self) -> bool:
        """Whether the notice escalates when no answer comes: not a test, nor a follow-up without steps of its own."""
        return self.purpose != Purpose.TEST and (self.chases is None or bool(self.ladder))
