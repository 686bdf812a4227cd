"""Notices that a mail log says went out and that the restored database doesn't know, or would send again.

A notice's Message-ID carries its id (`outbox.messages.build_message_id`), and mail servers log it. Nothing is guessed:
what the log doesn't hold can't be listed, and an SMS or a call leaves no such trace.
"""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from notifications.outbox.models import Notice
from notifications.outbox.states import NoticeState

TIME_LENGTH = 32
PAGE = 500
WAITING = (NoticeState.OWED, NoticeState.SENDING, NoticeState.FAILED)


@dataclass(frozen=True)
class Gone:
    """A notice in the log. `at`: the line's beginning, as the mail server wrote the time."""

    notice: UUID
    at: str


def compare(path: Path) -> tuple[list[Gone], list[Gone]]:
    """Return (notices that the database doesn't know, those that it still owes and will send again).

    Reads plain and gzipped logs. Raises OSError.
    """
    met: dict[UUID, Gone] = {}
    for gone in _iter_log(path):
        met.setdefault(gone.notice, gone)
    states: dict[UUID, str] = {}
    ids = list(met)
    for start in range(0, len(ids), PAGE):
        states |= dict(Notice.objects.filter(pk__in=ids[start : start + PAGE]).values_list("pk", "state"))
    unknown = [gone for key, gone in met.items() if key not in states]
    again = [gone for key, gone in met.items() if states.get(key) in WAITING]
    return unknown, again


def _iter_log(path: Path) -> Iterator[Gone]:
    domain = re.escape(settings.MESSAGE_ID_DOMAIN)
    pattern = re.compile(rf"<([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})(?:\.\d+)?@{domain}>", re.IGNORECASE)
    with gzip.open(path, "rt", errors="replace") if path.suffix == ".gz" else path.open(errors="replace") as file:
        for line in file:
            for found in pattern.finditer(line):
                yield Gone(UUID(found[1]), line[:TIME_LENGTH].strip())
