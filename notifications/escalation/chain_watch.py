"""Watch the audit chain each minute: the part of `/readyz`, an alarm when it is broken, and the mail of the day.

1. `audit.watch.watch_chain` reads what is new and, once an hour, all of it. What it found stands in a Heartbeat.
   So do sealed cells that are older than they were (`vault.witness`): each is also named in the chain. And, each hour,
   rows that no entry explains: contacts, ways, roles, second factors, published versions (`audit.sealed_rows`).
2. Broken: operators and auditors are written to: at once, each hour, after the first day once a day.
3. Once a day, from eight on, the auditors get the head: `<number>:<16 digits>`. Whoever holds one of these mails can
   show later that nothing before it was cut off, without trusting this machine. With fewer than two auditors the
   operators get it too.
"""

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.models import Assignment, StaffRole, User
from audit.chain import get_head_note, log_event
from audit.sealed_rows import find_unexplained
from audit.watch import Watch, WatchedElsewhere, watch_chain
from notifications.outbox.alarm import HOURLY, get_operators_to_mail
from notifications.outbox.escalation_policy import FIRST_DAY
from notifications.outbox.models import Heartbeat
from vault import witness
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .digest import get_start_of_today
from .rounds import RETRY_AFTER, claim_round, is_due_since, mail_each

CHAIN = "audit_chain"  # parts of Heartbeat
ALARMED = "audit_chain.alarmed"
MAILED = "audit_chain.mailed"
ROWS_EACH = timedelta(hours=1)
MAX_NAMED = 20  # rows in a mail and on the page
BROKEN = _("Vatra: the record or sealed data was changed")
TODAY = _("Vatra: the audit chain today")

log = structlog.get_logger(__name__)


def each_minute(argument: str = "") -> None:
    """Check the chain, alarm and mail what is due; the bulk workers do that each minute (settings.EACH_MINUTE)."""
    now = timezone.now()
    try:
        found = watch_chain(now).facts()
        # Where there was more to read than there was time for, the last end counts.
        found["read_at"] = found["read_at"] or _get_earlier_findings().get("read_at", "")
    except WatchedElsewhere:
        return  # another process is at it, and writes down what it finds
    except (KeyRingError, OSError, ValueError) as error:
        log.error("audit_chain_not_read", code=type(error).__name__)
        found = {**_get_earlier_findings(), "error": type(error).__name__}
    found |= _check_sealed_cells(now) | _check_rows(now)
    Heartbeat.beat(CHAIN, found)
    if found["broken"] or found.get("error") or found["put_back"] or found["rows"]:
        alarm(found, now)
    else:
        # Without the row the next alarm is due at once.
        Heartbeat.objects.filter(part=ALARMED).delete()
    send_head_of_the_day(now)


def _check_sealed_cells(now: datetime) -> dict[str, Any]:
    """Compare a further part of the sealed cells with the versions seen before; log those that were put back."""
    earlier = {
        name: value
        for name, value in _get_earlier_findings().items()
        if name.startswith("cells_") or name == "put_back"
    }
    try:
        seen = witness.step(now=now.timestamp())
    except (OSError, sqlite3.Error) as error:
        log.error("sealed_cells_not_read", code=type(error).__name__)
        # Earlier findings stay: a witness that can't be read is no all-clear.
        return {"put_back": 0, **earlier, "cells_error": type(error).__name__}
    if seen is None:
        return {"put_back": 0, **earlier}
    for place in seen.new:
        log.error("sealed_cell_put_back", cell=place)
        table, column, row = place.split("/", 2)
        log_event("vault.put_back", target_kind=table[:32], target_id=row, column=column)
    ended = datetime.fromtimestamp(seen.ended, tz=UTC).isoformat() if seen.ended else ""
    first = seen.put_back[: witness.AT_MAX_NAMED]
    return {"put_back": len(seen.put_back), "cells_first": first, "cells_at": ended, "cells_error": ""}


def _check_rows(now: datetime) -> dict[str, Any]:
    """Once an hour, and each minute while some are found, compare rows with the chain; log those it doesn't explain."""
    earlier = {name: value for name, value in _get_earlier_findings().items() if name.startswith("rows")}
    at = earlier.get("rows_at", "")
    if at and not earlier.get("rows") and now - datetime.fromisoformat(at) < ROWS_EACH:
        return earlier
    try:
        found = [str(each) for each in find_unexplained()]
    except (KeyRingError, SealBroken) as error:
        log.error("rows_not_compared", code=type(error).__name__)
        # Earlier findings stay: rows that can't be compared are no all-clear.
        return {"rows": 0, "rows_first": [], **earlier, "rows_error": type(error).__name__}
    for each in set(found) - set(earlier.get("rows_first", [])):
        log.error("row_unexplained", row=each)
    return {"rows": len(found), "rows_first": found[:MAX_NAMED], "rows_at": now.isoformat(), "rows_error": ""}


def _get_earlier_findings() -> dict[str, Any]:
    beat = Heartbeat.objects.filter(part=CHAIN).first()
    return {**Watch().facts(), **(beat.facts if beat else {})}


def alarm(found: dict[str, Any], now: datetime) -> int:
    """Mail operators and auditors, unless that was done lately. Return how many mails went out."""
    if not claim_round(ALARMED, now, _is_due_again):
        return 0
    people = {person.pk: person for person in [*get_auditors_to_mail(), *get_operators_to_mail()]}
    words = {
        "entry": found["broken"],
        "reason": found["reason"],
        "error": found.get("error", ""),
        "put_back": found.get("put_back", 0),
        "cells": found.get("cells_first", []),
        "rows": found.get("rows", 0),
        "named": found.get("rows_first", []),
    }
    return mail_each(ALARMED, people.values(), lambda _person: _word(BROKEN, "chain_broken", words), now)


def send_head_of_the_day(now: datetime) -> int:
    """Mail the head of the chain to the auditors, unless they had it today. Return how many mails went out."""
    eight = get_start_of_today(now)
    if now < eight or not claim_round(MAILED, now, lambda beat, at: is_due_since(beat, at, eight)):
        return 0
    people = {person.pk: person for person in get_auditors_to_mail()}
    # Against somebody with the key and the database only these mails are left, so two people keep them (docs/adr/0063).
    if len(people) < 2:
        people |= {person.pk: person for person in get_operators_to_mail()}
    facts = Heartbeat.objects.get(part=CHAIN).facts if Heartbeat.objects.filter(part=CHAIN).exists() else {}
    verified_at = facts.get("verified_at") or ""
    words = {
        "head": get_head_note(),
        "verified": facts.get("verified", 0),
        "verified_at": datetime.fromisoformat(verified_at) if verified_at else None,
        "broken": facts.get("broken", 0),
    }
    return mail_each(MAILED, people.values(), lambda _person: _word(TODAY, "chain_of_the_day", words), now)


def _word(subject: Promise, template: str, words: dict[str, Any]) -> tuple[str, str]:
    # In the code, as mails about accounts are: these say whether our own people can be trusted, who word the others.
    return str(subject), render_to_string(f"escalation/{template}.txt", dict(words))


def get_auditors_to_mail() -> list[User]:
    """Return today's auditors who have an e-mail address."""
    today = Assignment.objects.current().filter(role=StaffRole.AUDITOR).values("pk")
    return list(User.objects.filter(is_active=True, assignments__in=today).exclude(email="").distinct().order_by("pk"))


def _is_due_again(beat: Heartbeat, now: datetime) -> bool:
    since = datetime.fromisoformat(beat.facts.get("since") or now.isoformat())
    if beat.facts.get("unheard"):
        return now - beat.at >= RETRY_AFTER
    return now - beat.at >= (HOURLY if now - since < FIRST_DAY else FIRST_DAY)
