"""The order in which everybody locks rows; another one ends in a deadlock on PostgreSQL (docs/outbox.md).

    a change that waits -> rows of the directory or a place -> whole chases -> a tip or a case -> counts
    -> the audit chain

A chase is a first notice with all its follow-ups. All chases that a transaction will touch are locked in one statement,
oldest notice first, before it writes to the audit chain: whoever answers holds a chase and waits for the audit chain.
A row that others refer to (an office, a contact, a unit, a tip, a case) is locked FOR NO KEY UPDATE, so that a notice
can name it meanwhile.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import QuerySet

from .models import Notice


def lock_chases(firsts: Iterable[Notice | UUID | None]) -> None:
    """Lock every notice of these escalation chains.

    `firsts`: their first notices, or the chains' ids; None is passed over.
    """
    keys = {first.pk if isinstance(first, Notice) else first for first in firsts} - {None}
    if keys:
        # For the locks alone; the order makes two callers lock the same rows in the same order.
        list(_find_locked(chases=list(keys)))


def lock_chase(notice: Notice) -> list[Notice]:
    """Lock and return every notice of this one's escalation chain, oldest first."""
    # The first notice is the oldest, so the caller finds it at the beginning.
    found = Notice.objects.select_for_update().filter(chase_id=notice.chase_id)
    return list(found.order_by("owed_at", "pk"))


def _find_locked(chases: Collection[UUID | None]) -> QuerySet[Notice, UUID]:
    return (
        Notice.objects.select_for_update()
        .filter(chase_id__in=chases)
        .order_by("owed_at", "pk")
        .values_list("pk", flat=True)
    )
