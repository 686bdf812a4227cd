"""Take up what a dead process held (docs/outbox.md): record what a server had accepted, and end the leases of the rest.

Without it each of these would wait for its lease, 20 s, and be sent a second time though it had arrived.
"""

from collections.abc import Iterable
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction

from audit import clock
from notifications.channels.base import Taken

from . import journal
from .delivery import ClaimedNotice, record_results
from .journal import DISPATCH, NOTICE, Accepted, Entries
from .models import Attempt, AttemptOutcome, Notice
from .states import NoticeState
from .ways.models import Dispatch, DispatchState
from .ways.sending import Sending
from .ways.sending import record_results as record_results_of_ways

log = structlog.get_logger(__name__)


def recover() -> int:
    """Take up what dead processes of this machine left. Return how many sendings were recorded or set free.

    A journal that can't be dealt with holds up no other; its leases count. Raises OperationalError, InterfaceError: the
    database isn't there, and whoever starts next tries again.
    """
    done = 0
    for entries in journal.iter_of_the_dead():
        try:
            done += _take_up(entries)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("journal_not_taken_up")
    return done


def record_own() -> None:
    """Record what this process had handed over when the database failed it: its last batch wasn't recorded."""
    entries = journal.read_own()
    if entries is not None:
        _take_up(entries)
        journal.clear()


def _take_up(entries: Entries) -> int:
    recorded = _record_mails(entries.accepted[NOTICE]) + _record_ways(entries.accepted[DISPATCH])
    freed = _free(entries)
    if recorded or freed:
        log.warning("dead_process_taken_up", recorded=recorded, freed=freed)
    return recorded + freed


def _record_mails(accepted: dict[tuple[str, int], Accepted]) -> int:
    with transaction.atomic():
        found = _find_attempts({UUID(key) for key, _token in accepted}, accepted)
        batch = []
        for attempt, noted in found:
            attempt.outcome, attempt.finished_at = AttemptOutcome.ACCEPTED, noted.at
            attempt.texts, attempt.mail_key = noted.texts, noted.mail_key
            batch.append(ClaimedNotice(attempt.notice, attempt))
        if batch:
            record_results(batch)
    return len(batch)


def _find_attempts(
    notices: Iterable[UUID], accepted: dict[tuple[str, int], Accepted]
) -> list[tuple[Attempt, Accepted]]:
    """Return the attempts by e-mail that nobody has recorded yet, each with what was noted of it."""
    rows = (
        Attempt.objects.filter(notice__in=list(notices), dispatch=None, outcome=AttemptOutcome.STARTED)
        .select_related("notice")
        .defer("notice__brief", "notice__ladder")
        .order_by("notice_id")
    )
    by_key = {(row.notice_id.hex, row.token): row for row in rows}
    return [(row, accepted[key]) for key, row in by_key.items() if key in accepted]


def _record_ways(accepted: dict[tuple[str, int], Accepted]) -> int:
    with transaction.atomic():
        rows = (
            Attempt.objects.filter(dispatch__in=[UUID(key) for key, _token in accepted], outcome=AttemptOutcome.STARTED)
            .select_related("dispatch__way", "dispatch__notice")
            .defer("dispatch__notice__brief", "dispatch__notice__ladder")
            .order_by("notice_id")
        )
        batch = []
        for attempt in rows:
            assert attempt.dispatch is not None
            noted = accepted.get((attempt.dispatch.pk.hex, attempt.token))
            if noted is not None:
                sending = Sending([attempt.dispatch], [attempt], taken=Taken(noted.provider, noted.provider_id))
                sending.finish(AttemptOutcome.ACCEPTED)
                attempt.finished_at, attempt.texts = noted.at, noted.texts
                batch.append(sending)
        if batch:
            record_results_of_ways(batch)
    return len(batch)


def _free(entries: Entries) -> int:
    """End the leases of what was claimed and not accepted. Return how many. What wasn't committed matches nothing."""
    now, freed = clock.now(), 0
    for key, token in entries.claimed[NOTICE] - entries.accepted[NOTICE].keys():
        held = Notice.objects.filter(pk=UUID(key), token=token, state=NoticeState.SENDING, lease_until__gt=now)
        freed += held.update(lease_until=now)
    for key, token in entries.claimed[DISPATCH] - entries.accepted[DISPATCH].keys():
        waiting = Dispatch.objects.filter(pk=UUID(key), token=token, state=DispatchState.SENDING, lease_until__gt=now)
        freed += waiting.update(lease_until=now)
    return freed
