"""Read the mailbox of the return paths by IMAP, each minute (EACH_MINUTE). Off without EMAIL_BOUNCE_MAILBOX."""

import imaplib
import re
import time
from contextlib import suppress
from datetime import datetime
from urllib.parse import unquote, urlsplit

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from .actions import NotYet, take_report
from .reports import MAX_BYTES

MAX_MAILS = 50  # in one pass; the rest is read a minute later
SECONDS = 20.0  # for all of them
TIMEOUT = 8.0  # for each answer of the server
UID = re.compile(rb"^[0-9]{1,10}$")

log = structlog.get_logger(__name__)


def read_mailbox(argument: str = "", *, now: datetime | None = None) -> int:
    """Take what came in since the last pass. Return how many attempts it has changed. No fault of the server raises.

    A mail that was taken is marked as seen, and so is one that says nothing; one that came too early stays unseen.
    """
    if not settings.EMAIL_BOUNCE_MAILBOX:
        return 0
    try:
        with _open_mailbox(settings.EMAIL_BOUNCE_MAILBOX) as box:
            return _read(box, now or timezone.now())
    except (OSError, imaplib.IMAP4.error, ValueError) as error:
        # Its own words may quote an address.
        log.error("bounce_mailbox_unread", code=type(error).__name__)
        return 0


def _open_mailbox(address: str) -> imaplib.IMAP4:
    """Open `imaps://user:password@host:993/folder`; `imap://` only on this very machine, where a relay has no TLS."""
    parts = urlsplit(address)
    host, folder = parts.hostname or "", unquote(parts.path.strip("/")) or "INBOX"
    if parts.scheme == "imaps":
        box: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, parts.port or 993, timeout=TIMEOUT)
    elif parts.scheme == "imap" and host in ("127.0.0.1", "::1", "localhost"):
        box = imaplib.IMAP4(host, parts.port or 143, timeout=TIMEOUT)
    else:
        raise ValueError("EMAIL_BOUNCE_MAILBOX")
    try:
        box.login(unquote(parts.username or ""), unquote(parts.password or ""))
        if box.select(f'"{folder}"')[0] != "OK":
            raise imaplib.IMAP4.error("no such folder")
    except BaseException:
        with suppress(OSError, imaplib.IMAP4.error):
            box.shutdown()
        raise
    return box


def _read(box: imaplib.IMAP4, now: datetime) -> int:
    until = time.monotonic() + SECONDS
    _status, found = box.uid("SEARCH", "UNSEEN")
    uids = [uid for uid in (found[0] or b"").split() if UID.match(uid)][:MAX_MAILS]
    changed = 0
    for uid in uids:
        if time.monotonic() >= until:
            break
        content = _fetch(box, uid)
        try:
            changed += take_report(content, at=now)
        except NotYet:
            continue
        except DatabaseError as error:
            # The next ones would fail as well, and this one is read again in a minute.
            log.error("bounce_not_recorded", code=type(error).__name__)
            break
        box.uid("STORE", uid.decode(), "+FLAGS", r"(\Seen)")
    return changed


def _fetch(box: imaplib.IMAP4, uid: bytes) -> bytes:
    """Fetch the beginning of a mail without marking it; b"" where the server gives none."""
    _status, data = box.uid("FETCH", uid.decode(), f"(BODY.PEEK[]<0.{MAX_BYTES}>)")
    return next((each[1] for each in data if isinstance(each, tuple) and isinstance(each[1], bytes)), b"")
