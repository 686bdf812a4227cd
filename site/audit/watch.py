"""Watch the chain: a little each minute, all of it again and again; and note outside the database what was there.

Each minute (`watch_chain`): 1 what is new since the last time is read and its end noted; 2 of the pass over the whole
chain, which begins an hour after the last one ended well, as much as fits into two seconds. A chain of a million
entries is read whole in ten such looks or so, one of twenty million takes hours (docs/adr/0201). No lock is taken, so
nobody who writes waits. How far it has come, the note and what was found stand in a file beside the data
(`AUDIT_WATCH_FILE`), signed with the chain's key: whoever can write only to the database can neither cut off entries
that were noted nor claim that all of it has been read. `verify_audit` reads on from the same note, which is the
verified head (`audit.verified_head`).

A chain that was broken once stays reported as broken until a whole pass is well again, or an operator says that the
database was restored from a copy (`verify_audit --after-restore`), which stands in the chain itself.
"""

import fcntl
import hmac
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_noop

from vault.keyring import KeyRingError

from .chain import log_event
from .keys import chain_keys
from .models import ChainHead
from .verification import (
    ChainReport,
    Note,
    Notes,
    Progress,
    Reader,
    Step,
    check_noted,
    get_head_notes,
    merge_notes,
)

SECONDS_A_LOOK = 2.0
PASS_EACH = timedelta(hours=1)
PURPOSE = "watch"
UNSTORED = frozenset({"read_at"})
NOTE_SPOILT = gettext_noop("the note beside the database was changed")

log = structlog.get_logger(__name__)


@dataclass
class Watch:
    """What is remembered. Times as ISO 8601; `tail`: up to where new entries were read; `whole`: the pass that runs.

    `since`: from when on entries are noted here. `broken`, `reason`: the first entry that didn't fit, 0 for none.
    `spoilt`: the file wasn't as it was written; then only an operator ends it. `read_at`: when new entries were read to
    their end in this look, "" when they weren't. It isn't stored: the release before would refuse a file with it.
    """

    since: str = ""
    tail: dict[str, Any] = field(default_factory=dict)
    read_at: str = ""
    whole: dict[str, Any] | None = None
    began_at: str = ""
    verified_at: str = ""
    verified: int = 0
    broken: int = 0
    reason: str = ""
    spoilt: bool = False

    def facts(self) -> dict[str, Any]:
        """Return the state for whoever asks how the chain is: codes, numbers and times."""
        return {
            "verified_at": self.verified_at,
            "verified": self.verified,
            "noted": self.tail.get("number", 0),
            "read_at": self.read_at,
            "passing": self.whole["number"] if self.whole else 0,
            "began_at": self.began_at if self.whole else "",
            "since": self.since,
            "broken": self.broken,
            "reason": self.reason,
        }


class WatchedElsewhere(Exception):
    """Raised when another process is looking at this moment."""


def watch_chain(now: datetime | None = None, *, seconds: float = SECONDS_A_LOOK) -> Watch:
    """Look once, for `seconds` at most. Return what is known after it.

    Raises WatchedElsewhere, KeyRingError, OSError, DatabaseError.
    """
    moment = now or timezone.now()
    with _lock_file():
        watch = _load_or_begin(moment)
        until = time.monotonic() + seconds
        _read_new_entries(watch, moment, until)
        _read_whole_chain(watch, moment, until)
        _store(watch)
    return watch


def get_last_watch() -> Watch | None:
    """Return what was found last, without looking. None before the first look, or when the file can't be read."""
    try:
        return _read(_path())
    except (OSError, KeyRingError, ValueError):
        return None


def reset_watch(*, actor: Any, at: datetime | None = None) -> None:
    """Drop what was noted before, because the database was restored from a copy; that stands in the chain."""
    with _lock_file():
        earlier = _load_or_begin(timezone.now())
        head = ChainHead.objects.filter(pk=1).first() or ChainHead()
        log_event("audit.restored", actor=actor, noted=earlier.tail.get("number", 0), found=head.number)
        _store(Watch(since=(at or timezone.now()).isoformat()))


def note_verified(earlier: Watch, report: ChainReport, end: Progress, *, is_whole: bool, now: datetime) -> bool:
    """Note what `verify_audit` found (`audit.verified_head`), which began when `earlier` was known.

    False, and nothing is noted, when the note was changed or begun anew meanwhile. Raises WatchedElsewhere,
    KeyRingError, OSError.
    """
    with _lock_file():
        watch = _load_or_begin(now)
        if watch.spoilt or watch.since != (earlier.since or watch.since):
            return False
        if not report.ok:
            _report_broken(watch, report)
        elif is_whole and end.number >= watch.tail.get("number", 0):
            watch.whole = None
            _note_whole(watch, end, now)
        elif end.number > watch.tail.get("number", 0):
            watch.tail, watch.read_at = asdict(end), now.isoformat()
        _store(watch)
    return True


def _read_new_entries(watch: Watch, now: datetime, until: float) -> None:
    """Follow the end of the chain and note it. What was noted must still be there, and follow."""
    reader = Reader(Progress(**watch.tail))
    if reader.progress.number and (fault := check_noted(reader.progress)):
        _report_broken(watch, fault)
        return
    while True:
        step = reader.step()
        if step.report is not None and not step.report.ok:
            _report_broken(watch, step.report)
        elif step.report is not None:
            watch.read_at = now.isoformat()
        # Up to the last entry that fits: the note never moves over one that doesn't.
        watch.tail = asdict(step.progress)
        if step.report is not None or time.monotonic() > until:
            return


def _read_whole_chain(watch: Watch, now: datetime, until: float) -> None:
    if watch.whole is None:
        # A broken chain is read again at once, so that it is reported as well as soon as it is.
        if watch.verified_at and now - datetime.fromisoformat(watch.verified_at) < PASS_EACH and not watch.broken:
            return
        watch.whole, watch.began_at = asdict(Progress()), now.isoformat()
    # Notes are read before the entries: an entry that is appended meanwhile is no missing one.
    reader = Reader(Progress(**watch.whole), notes=merge_notes(_get_note(watch), get_head_notes()))
    while time.monotonic() < until:
        step = reader.step()
        watch.whole = asdict(step.progress)
        if step.report is not None:
            _finish_pass(watch, step, step.report, now)
            return


def _finish_pass(watch: Watch, step: Step, report: ChainReport, now: datetime) -> None:
    watch.whole = None
    if not report.ok:
        _report_broken(watch, report)
        return
    _note_whole(watch, step.progress, now)


def _note_whole(watch: Watch, end: Progress, now: datetime) -> None:
    """Note that the chain fits from its first entry to this one."""
    watch.verified_at, watch.verified = now.isoformat(), end.number
    watch.tail, watch.read_at = asdict(end), now.isoformat()
    if not watch.spoilt:
        watch.broken, watch.reason = 0, ""


def _get_note(watch: Watch) -> Notes:
    number = watch.tail.get("number", 0)
    return {number: (Note(watch.tail["hash"]),)} if number else {}


def _report_broken(watch: Watch, report: ChainReport) -> None:
    watch.whole = None
    watch.broken, watch.reason = report.broken or 0, report.reason
    log.error("audit_chain_broken", entry=watch.broken, reason=watch.reason)


# ---- the file


def _path() -> Path:
    return Path(settings.AUDIT_WATCH_FILE)


@contextmanager
def _lock_file() -> Iterator[None]:
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A file of its own: the note is replaced at each writing, and a lock on it would go with the old one.
    handle = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            # The kernel drops the lock when the process ends, however it ends.
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WatchedElsewhere from None
        yield
    finally:
        os.close(handle)


def _load_or_begin(now: datetime) -> Watch:
    try:
        found = _read(_path())
    except ValueError:
        watch = Watch(since=now.isoformat(), spoilt=True)
        _report_broken(watch, ChainReport(0, "", 1, NOTE_SPOILT))
        return watch
    return found or Watch(since=now.isoformat())


def _read(path: Path) -> Watch | None:
    """Read the file. Raises ValueError when it isn't what was written."""
    if not path.exists():
        return None
    signature, _newline, body = path.read_text().partition("\n")
    # By any key: the one that signed the file may have been followed by another since.
    if not any(hmac.compare_digest(signature, _sign(body, key.id)) for key in chain_keys().keys):
        raise ValueError(NOTE_SPOILT)
    stored = json.loads(body)
    # What a later release may have written beside it: this one was put back.
    return Watch(**{each.name: stored[each.name] for each in fields(Watch) if each.name in stored})


def _store(watch: Watch) -> None:
    path = _path()
    body = json.dumps({name: value for name, value in asdict(watch).items() if name not in UNSTORED})
    unfinished = path.with_suffix(".unfinished")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(f"{_sign(body, chain_keys().primary.id)}\n{body}")
        file.flush()
        os.fsync(file.fileno())
    # Written whole and flushed first, so that a crash leaves the old file or the new one, never a part.
    unfinished.replace(path)


def _sign(body: str, key_id: str) -> str:
    return hmac.digest(chain_keys().get(key_id).subkey(PURPOSE), body.encode(), "sha256").hex()
