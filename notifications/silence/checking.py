"""Compare the stored rows with the record, again and again, and compute anew what differs.

A pass goes over all notices of the quarters that can be chosen, and then over the rows, in looks of half a second a
minute; the next one begins an hour after it ended. What differs is said on the report, in the log and in the record.
"""

import time
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from access.key_lists import name_keys
from audit.chain import log_event
from notifications.outbox.models import Notice

from .counting import MAX_TOUCHED, MONTH
from .models import CountState, OfficeAsked, UnrecordedNotice
from .quarters import list_quarters
from .record import AT_ONCE, get_asking_notices, read_asked
from .stored import catch_up, find_changes, read_touched, store

COUNT_SECONDS, COMPARE_SECONDS = 2.0, 0.5  # each minute
PASS_EACH = timedelta(hours=1)

log = structlog.get_logger(__name__)


def each_minute(argument: str = "", *, now: datetime | None = None) -> None:
    """Count what is new; then compare a part (settings.EACH_MINUTE)."""
    if catch_up(seconds=COUNT_SECONDS):
        compare(now or timezone.now(), seconds=COMPARE_SECONDS)


def compare(now: datetime, *, seconds: float) -> None:
    """Go on with the pass that runs, or begin one where it is time; for some seconds at most."""
    until = time.monotonic() + seconds
    state = CountState.objects.get(pk=1)
    if state.passed_at is None and state.compared_at is not None and now - state.compared_at < PASS_EACH:
        return
    while _compare_notices(state, now) or _compare_rows(state, now):
        if time.monotonic() > until:
            break
    else:
        state.passed_at, state.passed, state.passed_row, state.compared_at = None, None, 0, now
    state.save(update_fields=["passed_at", "passed", "passed_row", "compared_at"])


def _compare_notices(state: CountState, now: datetime) -> bool:
    """Compare what the next notices say. False when there are none."""
    oldest = list_quarters(timezone.localdate(now))[-1].bounds[0] - MONTH
    since, key = state.passed_at or oldest, state.passed or UUID(int=0)
    notices = get_asking_notices().filter(owed_at__gte=since).filter(Q(owed_at__gt=since) | Q(pk__gt=key))
    part = list(notices.order_by("owed_at", "pk").values_list("owed_at", "pk", "chase_id")[:AT_ONCE])
    if part:
        _compare_chains({chain for _at, _key, chain in part if chain is not None}, now)
        state.passed_at, state.passed, _chain = part[-1]
    else:
        state.passed_at = since
    return bool(part)


def _compare_rows(state: CountState, now: datetime) -> bool:
    """Look for rows of chains that there are not. False when no more rows are left."""
    rows = OfficeAsked.objects.filter(pk__gt=state.passed_row).order_by("pk")
    keys = list(rows.values_list("pk", "chain")[: 4 * AT_ONCE])
    chains = {chain for _key, chain in keys}
    known = set(Notice.objects.filter(pk__in=name_keys(chains)).values_list("pk", flat=True))
    if chains - known:
        _compare_chains(chains - known, now)
    if keys:
        state.passed_row = keys[-1][0]
    return bool(keys)


def _compare_chains(chains: set[UUID], now: datetime) -> None:
    # At first without the one lock that SQLite has for writing: nearly always nothing differs.
    changes = find_changes(chains, read_asked(chains))
    suspects = changes.differing | {row.chain for row in changes.unrecorded}
    if changes.recorded:
        suspects |= set(UnrecordedNotice.objects.filter(pk__in=changes.recorded).values_list("chain", flat=True))
    if suspects:
        _mend(suspects, now)


@transaction.atomic
def _mend(chains: set[UUID], now: datetime) -> None:
    """Have the rows of these chains say what the record says, and say so where they didn't."""
    # Whoever counts waits meanwhile, or a row that is just counted would seem to differ.
    state = CountState.objects.select_for_update().get(pk=1)
    found = read_asked(chains)
    # What was written since it was counted is no difference: it is counted next.
    known = chains - read_touched(state.number, at_most=2 * MAX_TOUCHED).chains
    found.asked = [row for row in found.asked if row.chain in known]
    found.unrecorded = [row for row in found.unrecorded if row.chain in known]
    differed = store(known, found)
    if differed:
        CountState.objects.filter(pk=1).update(differed_at=now)
        log.error("answers_differed", chains=len(differed))
        log_event("silence.differed", target_kind="silence", chains=len(differed))
