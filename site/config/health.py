"""Whether notices can go out: what /healthz and /readyz answer. Asked each second, so it costs a few small queries.

`ok` of the whole means that the parts without which no notice goes out are well: database, migrations, worker and
sweeper. `bulk_worker`, `outbox` and `nobody_told` (the operator's alarm) are watched too; when they are ill the whole
is `degraded`, not unready: submissions and urgent notices go on, and taking the web server out of service would help
nobody.
"""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Min, Q
from django.utils import timezone

from notifications.escalation.auditor import stranded
from notifications.outbox.alarm import alarm_part
from notifications.outbox.models import Heartbeat, Notice
from notifications.outbox.states import NoticeState

NEEDED = ("database", "migrations", "worker", "sweeper")
WORKER_FRESH = timedelta(seconds=60)
BULK_FRESH = timedelta(minutes=15)
SWEEPER_FRESH = timedelta(seconds=30)
OVERDUE = timedelta(minutes=2)

Parts = dict[str, dict[str, Any]]


def readiness() -> tuple[bool, dict[str, Any]]:
    """(ready, body). The body: {"ok", "degraded", "parts": {name: {"ok", ...}}}; ages in seconds or null."""
    parts = _parts(timezone.now())
    ok = all(name in parts and parts[name]["ok"] for name in NEEDED)
    degraded = sorted(name for name, part in parts.items() if not part["ok"])
    return ok, {"ok": ok, "degraded": degraded, "parts": parts}


def _parts(now: datetime) -> Parts:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        parts: Parts = {"database": {"ok": True, "vendor": connection.vendor}}
        missing = missing_migrations()
        parts["migrations"] = {"ok": not missing, "missing": missing}
        if not missing:
            parts |= _beats(now)
            parts["outbox"] = _outbox(now)
            parts["nobody_told"] = alarm_part(now)
    except DatabaseError as error:
        return {"database": {"ok": False, "error": type(error).__name__}}
    return parts


@cache
def _leaves() -> frozenset[tuple[str, str]]:
    """The last migration of each app, as the code has them. Reads every migration file: once a process."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def missing_migrations() -> list[str]:
    applied = set(MigrationRecorder(connection).applied_migrations())
    return sorted(f"{app}.{name}" for app, name in _leaves() - applied)


def _beats(now: datetime) -> Parts:
    beats = dict(Heartbeat.objects.values_list("part", "at"))
    named = {
        "worker": ("canary.urgent", WORKER_FRESH),
        "bulk_worker": ("canary.bulk", BULK_FRESH),
        "sweeper": ("sweeper", SWEEPER_FRESH),
    }
    return {entry: _age(beats.get(part), fresh, now) for entry, (part, fresh) in named.items()}


def _age(at: datetime | None, fresh: timedelta, now: datetime) -> dict[str, Any]:
    if at is None:
        return {"ok": False, "age_s": None}
    return {"ok": now - at <= fresh, "age_s": round(max((now - at).total_seconds(), 0.0), 1)}


def _outbox(now: datetime) -> dict[str, Any]:
    """`stranded`: open notices without a next step (a fault of ours). `oldest_due_s`: how long the longest waits."""
    sending = Q(state=NoticeState.SENDING)
    times = Notice.objects.due(now).aggregate(
        waiting=Min("next_attempt_at", filter=~sending), abandoned=Min("lease_until", filter=sending)
    )
    oldest = min((at for at in times.values() if at is not None), default=None)
    overdue = now - oldest if oldest is not None else timedelta()
    count = len(stranded(now))
    return {
        "ok": count == 0 and overdue <= OVERDUE,
        "stranded": count,
        "oldest_due_s": round(overdue.total_seconds(), 1),
    }
