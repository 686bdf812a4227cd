"""Health checks: what /healthz and /readyz answer. Asked each second, so it costs four small queries.

Nothing here reads the outbox: the sweeper checks it every few seconds and stores what it found (Heartbeat.facts, see
notifications.escalation.findings and .probes); this page reports it with its age.

`ok` of the whole means that the parts without which no notice goes out are well (NEEDED). With the broker down the
sweeper sends by itself, and no worker is needed. The other parts are watched too; when they fail the whole is
`degraded`, not unready: submissions and urgent notices go on, and taking the web server out of service would help
nobody.
"""

import os
import shutil
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from notifications.drills.watch import describe_health as describe_drills
from notifications.escalation.chain_watch import CHAIN
from notifications.escalation.clock_watch import describe_health as describe_clock
from notifications.escalation.findings import AUDIT, FINDINGS
from notifications.escalation.means_watch import describe_health as describe_means
from notifications.escalation.outlook_watch import ROSTER
from notifications.escalation.outside_watch import describe_outside_watch
from notifications.outbox.models import Heartbeat
from notifications.publish_webhooks.sending import describe_health as describe_publish_webhooks

from .watch.certificate import describe_health as describe_certificate
from .watch.media import describe_health as describe_media
from .watch.stored import describe_health as describe_stored

NEEDED = ("database", "migrations", "worker", "sweeper", "contacts")
WORKER_FRESH = timedelta(seconds=60)
BULK_FRESH = timedelta(minutes=15)
SWEEPER_FRESH = timedelta(seconds=30)
OVERDUE_SECONDS = 120.0
SMTP_FAILING_SECONDS = 10.0
# How old a finding may be before it means nothing, in seconds; the mail server is probed once a minute.
FOUND_FRESH = 60.0
AUDIT_FRESH = 300.0
ROSTER_FRESH = 15 * 60.0  # the bulk workers look at it every five minutes
CHAIN_FRESH = timedelta(hours=3)  # the chain is verified each minute to its end, and as a whole again and again
CHAIN_PASS = timedelta(days=31)  # so long may a whole pass over a very long chain take, while it goes on
PROBE_FRESH = {"cache": 60.0, "broker": 60.0, "smtp": 180.0, "gateways": 180.0}
BACKUP = "backup"  # the Heartbeat of the last backup, of the last try that failed, and of the last that was proven
BACKUP_FAILED = "backup.failed"
BACKUP_PROOF = "backup.proof"
BACKUP_ELSEWHERE = "backup.elsewhere"  # of the last one that has arrived at BACKUP_TO
POINT_IN_TIME = "point_in_time"  # up to which moment all can be restored

Parts = dict[str, dict[str, Any]]
NO_ALARM = {"ok": True, "cases": 0, "oldest_s": None}
Found = tuple[float, dict[str, Any]]  # age in seconds, facts


def readiness() -> tuple[bool, dict[str, Any]]:
    """Return (ready, body).

    The body: {"ok", "degraded", "parts": {name: {"ok", ...}}}; ages in seconds or null.
    """
    parts = describe_parts(timezone.now())
    ok = is_ready(parts)
    degraded = sorted(name for name, part in parts.items() if not part["ok"])
    return ok, {"ok": ok, "degraded": degraded, "parts": parts}


def is_ready(parts: Parts) -> bool:
    """Tell whether notices can go out. With the broker down the sweeper sends by itself."""
    needed = [name for name in NEEDED if name != "worker" or not parts.get("broker", {}).get("sweeper_sends")]
    return all(name in parts and parts[name]["ok"] for name in needed)


def describe_parts(now: datetime) -> Parts:
    """Return the state of every part; only the database's when that fails."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        parts: Parts = {"database": {"ok": True, "vendor": connection.vendor}}
        missing = missing_migrations()
        parts["migrations"] = {"ok": not missing, "missing": missing}
        # Before the migrations ran, the columns that the parts read may not exist.
        if not missing:
            beats = {beat.part: beat for beat in Heartbeat.objects.all()}
            parts |= _beats(beats, now)
            parts |= _findings(beats, now)
    except DatabaseError as error:
        return {"database": {"ok": False, "error": type(error).__name__}}
    return parts


@cache
def _get_last_migrations() -> frozenset[tuple[str, str]]:
    """Return the last migration of each app in the code.

    Reads every migration file, so once per process.
    """
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


@cache
def get_known_migrations() -> frozenset[str]:
    """Return every migration in the code, as app.name, with those that a squashed one replaces."""
    found = MigrationLoader(None).disk_migrations
    replaced = {name for migration in found.values() for name in migration.replaces}
    return frozenset(f"{app}.{name}" for app, name in found.keys() | replaced)


def get_last_migrations() -> frozenset[tuple[str, str]]:
    return _get_last_migrations()


def missing_migrations() -> list[str]:
    """Return the migrations that the code has and the database hasn't."""
    applied = set(MigrationRecorder(connection).applied_migrations())
    return sorted(f"{app}.{name}" for app, name in _get_last_migrations() - applied)


def _beats(beats: dict[str, Heartbeat], now: datetime) -> Parts:
    """Return the age of each part's last heartbeat."""
    named = {
        "worker": ("canary.urgent", WORKER_FRESH),
        "bulk_worker": ("canary.bulk", BULK_FRESH),
        "sweeper": ("sweeper", SWEEPER_FRESH),
    }
    return {entry: _age(_at(beats, part), fresh, now) for entry, (part, fresh) in named.items()}


def _at(beats: dict[str, Heartbeat], part: str) -> datetime | None:
    return beats[part].at if part in beats else None


def _age(at: datetime | None, fresh: timedelta, now: datetime) -> dict[str, Any]:
    """Judge a heartbeat by its age; one that never came isn't well."""
    if at is None:
        return {"ok": False, "age_s": None}
    return {"ok": now - at <= fresh, "age_s": round(max((now - at).total_seconds(), 0.0), 1)}


def _findings(beats: dict[str, Heartbeat], now: datetime) -> Parts:
    """Return the sweeper's findings as parts; a check that is missing or too old counts as failed."""
    age, found = _found(beats, FINDINGS, now)
    audited, audit = _found(beats, AUDIT, now)
    probed, sweeper = _found(beats, "sweeper", now)
    is_fresh = age <= FOUND_FRESH
    probes = {name: _probe(name, probed, sweeper.get("probes", {})) for name in PROBE_FRESH}
    # Where a gateway is described. Not needed: e-mail goes out all the same.
    gateways: Parts = {"gateways": probes["gateways"]} if settings.NOTIFICATION_GATEWAYS else {}
    stranded, overdue = audit.get("stranded", 0), found.get("overdue_s", 0.0)
    failing = max(found.get("smtp_failing_s", 0.0), probes["smtp"]["failing_s"])
    alarm = found.get("nobody_told", NO_ALARM)
    contacts, on_duty = found.get("contacts", 0), found.get("on_duty", 0)
    return {
        "outbox": {
            "ok": is_fresh and audited <= AUDIT_FRESH and stranded == 0 and overdue <= OVERDUE_SECONDS,
            "stranded": stranded,
            "oldest_due_s": overdue,
            "age_s": _seconds(age),
        },
        "nobody_told": {"ok": is_fresh and alarm["ok"], "cases": alarm["cases"], "oldest_s": alarm["oldest_s"]},
        "put_aside": {"ok": is_fresh and not found.get("put_aside"), "rows": found.get("put_aside", 0)},
        "contacts": {"ok": is_fresh and contacts > 0 and on_duty > 0, "contacts": contacts, "on_duty": on_duty},
        "roster": _roster(beats, now),
        "drills": describe_drills(beats, now),
        **describe_means(beats, now),
        "cache": probes["cache"],
        "broker": probes["broker"] | {"sweeper_sends": bool(probes["broker"]["error"])},
        "smtp": probes["smtp"]
        | {"ok": failing <= SMTP_FAILING_SECONDS and probes["smtp"]["age_s"] is not None, "failing_s": failing},
        **gateways,
        **describe_outside_watch(beats, now),
        **describe_publish_webhooks(beats, now),
        "audit_chain": _chain(beats, now),
        "sealed_cells": _cells(beats, now),
        "sealed_rows": _rows(beats, now),
        **describe_certificate(beats, now),
        "disk": _disk(),
        **describe_stored(beats, now),
        **describe_media(beats, now),
        **describe_clock(beats, now),
        "backup": describe_backup(beats, now),
        **describe_point_in_time(beats, now),
    }


def _roster(beats: dict[str, Heartbeat], now: datetime) -> dict[str, Any]:
    """Return what the roster lacks in the next 14 days; ill when a region has nobody at some time of 72 hours."""
    age, found = _found(beats, ROSTER, now)
    ok = age <= ROSTER_FRESH and not found.get("soon") and not found.get("nobody_72h")
    return {"ok": ok, "age_s": _seconds(age), **found}


def _found(beats: dict[str, Heartbeat], part: str, now: datetime) -> Found:
    """Return (age in seconds, facts) of a part's last report; (infinity, {}) without one."""
    if part not in beats:
        return float("inf"), {}
    return max((now - beats[part].at).total_seconds(), 0.0), beats[part].facts


def _probe(name: str, probed: float, results: dict[str, Any]) -> dict[str, Any]:
    """Return one probe's result. `age_s`: since it last came back; one that hangs fails after a while."""
    result = results.get(name)
    if result is None:
        return {"ok": False, "age_s": None, "failing_s": 0.0, "error": ""}
    age = result["age_s"] + probed
    return {
        "ok": result["ok"] and age <= PROBE_FRESH[name],
        "age_s": round(age, 1),
        "failing_s": result["failing_s"],
        "error": result["error"] or ("silent" if age > PROBE_FRESH[name] else ""),
    }


def _chain(beats: dict[str, Heartbeat], now: datetime) -> dict[str, Any]:
    """Report the audit chain: it fails when an entry doesn't fit, or when it wasn't verified as a whole lately.

    Twenty million entries take longer than three hours. So a pass that began lately, after one that ended well, is
    enough while the newest entries are verified to their end (docs/adr/0201).
    """
    facts = beats[CHAIN].facts if CHAIN in beats else {}
    verified = _age(_moment(facts.get("verified_at")), CHAIN_FRESH, now)
    is_going_on = (
        verified["age_s"] is not None
        and _age(_moment(facts.get("began_at")), CHAIN_PASS, now)["ok"]
        and _age(_moment(facts.get("read_at")), CHAIN_FRESH, now)["ok"]
    )
    broken, error = facts.get("broken", 0), facts.get("error", "")
    return {
        "ok": (verified["ok"] or is_going_on) and not broken and not error,
        "broken": broken,
        "entries": facts.get("verified", 0),
        "age_s": verified["age_s"],
        "error": error,
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _cells(beats: dict[str, Heartbeat], now: datetime) -> dict[str, Any]:
    """Report sealed values that are older than they were.

    A check of very many rows may take longer than an hour; so its age is reported, and isn't judged.
    """
    facts = beats[CHAIN].facts if CHAIN in beats else {}
    at, error = facts.get("cells_at"), facts.get("cells_error", "")
    age = _age(datetime.fromisoformat(at) if at else None, CHAIN_FRESH, now)["age_s"]
    return {
        "ok": not facts.get("put_back") and not error,
        "put_back": facts.get("put_back", 0),
        "age_s": age,
        "error": error,
    }


def _rows(beats: dict[str, Heartbeat], now: datetime) -> dict[str, Any]:
    """Report contacts, ways, roles, factors and versions that the record doesn't explain (`sealed_rows`)."""
    facts = beats[CHAIN].facts if CHAIN in beats else {}
    at, error = facts.get("rows_at"), facts.get("rows_error", "")
    age = _age(_moment(at), CHAIN_FRESH, now)["age_s"]
    return {
        "ok": not facts.get("rows") and not error,
        "unexplained": facts.get("rows", 0),
        "first": facts.get("rows_first", []),
        "age_s": age,
        "error": error,
    }


def _disk() -> dict[str, Any]:
    """Report the free space where data is written. Costs no query."""
    try:
        free = shutil.disk_usage(settings.DATA_DIR).free // 2**20
        writable = os.access(settings.DATA_DIR, os.W_OK)
    except OSError as error:
        return {"ok": False, "free_mb": None, "error": type(error).__name__}
    return {"ok": writable and free >= settings.DISK_MIN_MB, "free_mb": free}


def describe_backup(beats: dict[str, Heartbeat], now: datetime) -> dict[str, Any]:
    """Report the last backup: {"ok", "age_h", "error"}; with BACKUP_TO also "elsewhere_h", with
    BACKUP_DIR "proven_d" and "proof_error".

    It fails when it is too old (unless none is required: BACKUP_MAX_HOURS 0), when a later try failed, and when the
    last restore that was tried failed or is too long ago.
    """
    at, failed = _at(beats, BACKUP), beats.get(BACKUP_FAILED)
    hours = round((now - at).total_seconds() / 3600, 1) if at is not None else None
    asked_for = settings.BACKUP_MAX_HOURS
    error = str(failed.facts.get("code", "")) if failed is not None else ""
    ok = not error and (not asked_for or (hours is not None and hours <= asked_for))
    part: dict[str, Any] = {"ok": ok, "age_h": hours, "error": error}
    if settings.BACKUP_TO:
        there = _at(beats, BACKUP_ELSEWHERE)
        away = round((now - there).total_seconds() / 3600, 1) if there is not None else None
        ok = ok and (not asked_for or (away is not None and away <= asked_for))
        part |= {"ok": ok, "elsewhere_h": away}
    return part | _proof(beats, now, ok) if settings.BACKUP_DIR else part


def describe_point_in_time(beats: dict[str, Heartbeat], now: datetime) -> Parts:
    """Report up to when a moment can be restored: {"point_in_time": {"ok", "age_s", "elsewhere_s", "error"}}.

    Nothing where it is switched off (POINT_IN_TIME_SECONDS 0). `elsewhere_s` only with BACKUP_TO.
    """
    if not settings.POINT_IN_TIME_SECONDS:
        return {}
    facts = beats[POINT_IN_TIME].facts if POINT_IN_TIME in beats else {}
    limit = settings.POINT_IN_TIME_MAX_SECONDS
    ages = {"age_s": _since(facts.get("point"), now)}
    if settings.BACKUP_TO:
        ages["elsewhere_s"] = _since(facts.get("elsewhere"), now)
    ok = all(age is not None and age <= limit for age in ages.values())
    return {"point_in_time": {"ok": ok, **ages, "error": str(facts.get("error", ""))}}


def _since(moment: str | None, now: datetime) -> float | None:
    return round(max((now - datetime.fromisoformat(moment)).total_seconds(), 0.0), 1) if moment else None


def _proof(beats: dict[str, Heartbeat], now: datetime, ok: bool) -> dict[str, Any]:
    proven = beats.get(BACKUP_PROOF)
    days = round((now - proven.at).total_seconds() / 86400, 1) if proven is not None else None
    error = str(proven.facts.get("error", "")) if proven is not None else ""
    limit = settings.BACKUP_PROOF_MAX_DAYS
    fresh = not limit or (days is not None and days <= limit)
    return {"ok": ok and fresh and not error, "proven_d": days, "proof_error": error}


def _seconds(age: float) -> float | None:
    return round(age, 1) if age != float("inf") else None
