"""The loop behind `manage.py point_in_time`: a base, then each few seconds what has changed, a new base each day.

It ends only when it is told to. Whatever fails is noted, and tried again; where the thread is broken (a gap in
PostgreSQL's log, a disk that was full half way) with a new base.
"""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from config.health import POINT_IN_TIME
from notifications.outbox.models import Heartbeat
from vault.keyring import KeyRingError

from ..archive import Damaged, NotOpened
from ..database import CannotCopy
from ..making import NoBackup, claim, get_recipients
from . import FOLDER
from .pages import Unreadable
from .sources import GapInLog, open_source
from .taking import Taker
from .writing import Journal

BASE_EVERY = timedelta(days=1)
REPORT_SECONDS = 20.0
RETRY_SECONDS = 30.0
RUNS = "It runs already on this machine. Nothing was changed."
FAILURES = (NoBackup, CannotCopy, Unreadable, Damaged, NotOpened, OSError, DatabaseError, KeyRingError)
WORDED = (NoBackup, CannotCopy, Unreadable, Damaged)

log = structlog.get_logger(__name__)


@dataclass
class State:
    """What is reported. `error`: a code, "" while it goes well."""

    point: datetime | None = None
    error: str = ""
    based_at: datetime | None = None
    reported: float = -1e9


def run(folder: Path, is_over: threading.Event, *, seconds: float, days: int, say: Callable[[str], object]) -> None:
    """Write until `is_over`; `say` takes the words of a failure that is ours to word.

    Raises NoBackup when it can't begin at all: no recipient, or it runs already.
    """
    recipients = get_recipients()
    with (
        claim("point-in-time", RUNS),
        _work_folder() as work,
        open_source(work) as source,
        _taking(folder, days) as taker,
    ):
        journal, state = Journal(folder, recipients, source, work), State()
        while not is_over.is_set():
            began = time.monotonic()
            was_base = _turn(journal, state, taker, days, say)
            taken = time.monotonic() - began
            _report(state, taker)
            pause = seconds - taken if was_base else max(seconds - taken, taken / source.share - taken)
            is_over.wait(RETRY_SECONDS if state.error else max(pause, 0.0))


def _turn(journal: Journal, state: State, taker: Taker | None, days: int, say: Callable[[str], object]) -> bool:
    """Write what is due. Returns whether that was a base."""
    is_due = state.based_at is None or timezone.now() - state.based_at >= BASE_EVERY
    try:
        piece = journal.begin() if is_due else journal.go_on()
        if is_due:
            state.based_at = timezone.now()
            journal.remove_old(days)
    except GapInLog:
        state.based_at, state.error = None, "gap"
    except FAILURES as error:
        code = getattr(error, "code", type(error).__name__)
        if state.error != code:
            log.error("point_in_time_failed", code=code)
            if isinstance(error, WORDED):
                say(str(error))
        state.error = code
        if isinstance(error, DatabaseError):
            connection.close()
    else:
        state.point, state.error = journal.point, ""
        if taker is not None and journal.point is not None:
            taker.add(piece, journal.point)
    return is_due


def _report(state: State, taker: Taker | None) -> None:
    """Note how it is, now and then: each note is itself a change of the database."""
    if time.monotonic() - state.reported < REPORT_SECONDS:
        return
    facts = {
        "point": state.point.isoformat() if state.point else None,
        "elsewhere": taker.point.isoformat() if taker and taker.point else None,
        "error": (state.error or (taker.error if taker else ""))[:40],
    }
    with suppress(DatabaseError):
        Heartbeat.beat(POINT_IN_TIME, facts)
    state.reported = time.monotonic()


@contextmanager
def _taking(folder: Path, days: int) -> Iterator[Taker | None]:
    if not settings.BACKUP_TO:
        yield None
        return
    taker = Taker(settings.BACKUP_TO, folder / FOLDER, folder, days=days)
    taker.start()
    try:
        yield taker
    finally:
        taker.stop()
        taker.join(10)


@contextmanager
def _work_folder() -> Iterator[Path]:
    """A folder of its own in DATA_DIR, empty: what an earlier process left there has gaps."""
    path = Path(settings.DATA_DIR) / "point-in-time"
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True, mode=0o700)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
