"""The recipients that a stored tip reached, for the person who wrote it: offices and roles, never anybody's name.

Only a notice that has somebody to go to counts. What the procedure wanted is not what happened.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise

from notifications.briefs.further import READER_PURPOSES
from notifications.briefs.models import FurtherReport
from notifications.directory.models import Role
from notifications.outbox.models import Notice
from notifications.outbox.states import NoticeState

from .deciding import RECEIVED
from .models import Tip


@dataclass(frozen=True)
class NotifiedRecipients:
    """The outcome of notifying, in words.

    `reached`: who has a notice of their own, the unit first; `added`: who has an open notice to which this was added,
    without a mail of its own so far. `unreached`: for whom nobody was found; `instead`: who was notified in their
    place.
    `held_back`: too much came in, and the unit looks at it before others are notified.
    """

    reached: tuple[str, ...]
    unreached: tuple[str, ...]
    instead: tuple[str, ...]
    added: tuple[str, ...] = ()
    held_back: bool = False

    @property
    def nobody(self) -> bool:
        return not self.reached and not self.instead and not self.added


def get_notified_recipients(tip: Tip, kind: str = RECEIVED) -> NotifiedRecipients:
    """Read from the notices who was notified when it was sent (RECEIVED), or of the newest addition (ADDED)."""
    # Of RECEIVED there may be two: one that was held back, and the unit's decision to notify the others.
    events = list(tip.events.filter(kind=kind).order_by("-at"))
    if not events:
        return NotifiedRecipients((), (), ())
    keys = [event.pk for event in (events if kind == RECEIVED else events[:1])]
    ring = list(_sent_or_open(event_id__in=keys, chases__isnull=True))
    reached = [notice for notice in ring if notice.contact_id]
    unreached = [notice for notice in ring if not notice.contact_id]
    added: list[Notice] = []
    for report in FurtherReport.objects.filter(event_id__in=keys).defer("brief"):
        chase = list(_sent_or_open(chase_id=report.notice_id))
        readers = [notice for notice in chase if notice.contact_id and notice.purpose in READER_PURPOSES]
        # The open notice lost its reader meanwhile: nobody reads what was added.
        if not readers:
            unreached += [notice for notice in chase if notice.pk == report.notice_id]
        # A mail of its own went out for it, so for the sender it is as good as a notice.
        elif report.alarmed_at:
            reached += readers
        else:
            added += readers
    instead: list[Notice] = []
    ring = unreached
    # Down the chain, ring by ring: a coordinator's call may itself have found nobody.
    while ring:
        ring = list(_sent_or_open(chases__in=[notice.pk for notice in ring]))
        instead += [notice for notice in ring if notice.contact_id]
        ring = [notice for notice in ring if not notice.contact_id]
    return NotifiedRecipients(
        _words(tip, reached),
        _words(tip, unreached),
        _words(tip, instead),
        _words(tip, added),
        tip.held_back and kind == RECEIVED,
    )


def _sent_or_open(**which: object) -> Iterable[Notice]:
    """Return notices without those that were withdrawn before anybody was sent anything."""
    found = Notice.objects.filter(**which).exclude(state=NoticeState.CANCELLED, sent_at__isnull=True)
    return found.only("pk", "role", "purpose", "contact_id").order_by("owed_at")


def _words(tip: Tip, notices: Iterable[Notice]) -> tuple[str, ...]:
    units_first = sorted(notices, key=lambda notice: notice.role != Role.MOBILE_UNIT)
    return tuple(dict.fromkeys(_name(tip, notice.role) for notice in units_first))


def _name(tip: Tip, role: str) -> str:
    if role == Role.MOBILE_UNIT:
        return tip.unit.name
    label: str | Promise = Role(role).label if role in Role.values else role
    return str(label)
