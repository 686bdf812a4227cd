"""Locking a signal to change it, in the order in which everybody locks (notifications.outbox.locking).

Whoever answers a notice, and the clock, hold its chase and then write of the signal (`receivers`). So whoever changes a
signal locks the chases it stands in first, and with them those that it is about to join. The signal's own lock lets
others refer to it (FOR NO KEY UPDATE): an event about it can be written meanwhile.
"""

from collections.abc import Iterable
from uuid import UUID

from notifications.briefs.models import FurtherReport
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice

from .models import Signal


def lock_signal(signal_id: UUID, *, besides: Iterable[UUID] = ()) -> Signal:
    """Lock every chase in which this signal stands, and `besides`, then the signal, in the caller's transaction.

    Raises Signal.DoesNotExist.
    """
    own = Notice.objects.filter(case_id=signal_id).values_list("chase_id", flat=True)
    joined = FurtherReport.objects.filter(source_id=signal_id).values_list("notice_id", flat=True)
    lock_chases([*own, *joined, *besides])
    return Signal.objects.select_for_update(no_key=True).get(pk=signal_id)
