"""The clock of consents that were given until a day: when it has passed, the links that rested on them end."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from audit.put_aside import for_each_row, get_put_aside_keys
from notifications.escalation.passes import Clock, register_clock

from ..models import Case
from .ending import end_uncovered_links, lock_shared
from .ledger import lock_ledger
from .models import ConsentEntry

CLOCK = "case.consents"  # the name of the clock, and the kind under which a row is put aside
MAX_ENTRIES = 200  # in one pass


def advance(now: datetime) -> int:
    """End what rested on consents whose time is over, each by itself. Return how many."""
    keys = _find_due(now=now, aside=get_put_aside_keys(CLOCK, now))
    return for_each_row(CLOCK, keys, lambda key: _end(key, now), at=now)


def _find_due(now: datetime, aside: Collection[str]) -> QuerySet[ConsentEntry, UUID]:
    return (
        ConsentEntry.objects.filter(until__lte=now, ended_at__isnull=True)
        .exclude(pk__in=aside)
        .order_by("until")
        .values_list("pk", flat=True)[:MAX_ENTRIES]
    )


def _end(key: UUID, now: datetime) -> bool:
    with transaction.atomic():
        if not ConsentEntry.objects.filter(pk=key, ended_at__isnull=True).update(ended_at=now):
            return False
        cases = Case.objects.select_related("unit", "municipality", "procedure_version")
        case = cases.get(consents__pk=key)
        if case.merged_into_id is not None:
            # What rests on it is read in the case that stands for both.
            case = cases.get(pk=case.merged_into_id)
        lock_shared(case)
        lock_ledger(case)
        # A newer answer may have taken its place: the gate is asked about each link.
        end_uncovered_links(case, now)
    return True


def register() -> None:
    """Let the sweeper turn this clock. None of its rows can be without a next step: each is one moment."""
    register_clock(Clock(CLOCK, advance, lambda now: []))
