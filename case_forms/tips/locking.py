"""Locking a tip to change it, in the order in which everybody locks (notifications.outbox.locking).

Whoever answers a notice, and the clock, hold its chase and then write to the tip (`receivers`). So whoever changes a
tip locks the chases it stands in first, and with them those that it is about to join. The tip's own lock lets
others refer to it (FOR NO KEY UPDATE): an event about it can be written meanwhile.
"""

from collections.abc import Iterable
from uuid import UUID

from notifications.briefs.models import FurtherReport
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice

from .models import Tip


def lock_tip(tip_id: UUID, *, besides: Iterable[UUID] = ()) -> Tip:
    """Lock every chase in which this tip stands, and `besides`, then the tip, in the caller's transaction.

    Raises Tip.DoesNotExist.
    """
    own = Notice.objects.filter(case_id=tip_id).values_list("chase_id", flat=True)
    joined = FurtherReport.objects.filter(source_id=tip_id).values_list("notice_id", flat=True)
    lock_chases([*own, *joined, *besides])
    return Tip.objects.select_for_update(no_key=True).get(pk=tip_id)
