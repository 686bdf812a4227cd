"""The order in which rows are locked, by everybody; another one ends in a deadlock on PostgreSQL (docs/outbox.md).

    a change that waits -> rows of the directory or a place -> whole chases -> a signal or a case -> counts -> the chain

All chases that a transaction will touch are locked in one statement, oldest notice first, before it writes to the
chain: whoever answers holds a chase and waits for the chain. A row that others refer to (an office, a contact, a unit,
a signal, a case) is locked FOR NO KEY UPDATE, so that a notice can name it meanwhile.
"""

from collections.abc import Iterable
from uuid import UUID

from .models import Notice


def lock_chases(firsts: Iterable[Notice | UUID | None]) -> None:
    """Lock every notice of these chases. `firsts`: their first notices, or the chases' ids; None is passed over."""
    keys = {first.pk if isinstance(first, Notice) else first for first in firsts} - {None}
    if keys:
        found = Notice.objects.select_for_update().filter(chase_id__in=keys)
        list(found.order_by("owed_at", "pk").values_list("pk", flat=True))


def lock_chase(notice: Notice) -> list[Notice]:
    """Every notice of this one's chase, the first one first, locked in that order."""
    found = Notice.objects.select_for_update().filter(chase_id=notice.chase_id)
    return list(found.order_by("owed_at", "pk"))
