"""The figures of `/metrics`, read from the database when they are asked for, in some twenty queries.

Nothing is held in a process: each answer says the same, whichever process gives it, and after a restart too. A figure
that can't be read is left out and counted (`vatra_sections_failed`); the others are given. No label holds a person, a
code or a place: roles, states, ways, parts, and machines of ours.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from case_forms.cases.models import Deadline, DeadlineKind
from case_forms.submissions.models import Submission
from config.health import describe_parts, is_ready
from notifications.board.machine import read_oldest_task
from notifications.escalation.leading import count_standing_by
from notifications.outbox.models import Attempt, AttemptOutcome, Heartbeat, Notice, Purpose
from notifications.outbox.queueing import BULK, URGENT, queue_length
from notifications.outbox.states import OPEN
from notifications.outbox.worker_signs import read_machines

from . import stored
from .certificate import measure_days_left
from .counting import PAGE, REFUSED, SERVED
from .models import RequestCount
from .samples import get_days_until_full, read_growth

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
LATELY = timedelta(minutes=15)
MARKS = ("amber", "red", "breach")
MEGABYTE = 2**20

log = structlog.get_logger(__name__)


def write_metrics() -> bytes:
    """Read every figure and write them in Prometheus's text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ServiceCollector())
    return generate_latest(registry)


class ServiceCollector(Collector):
    """Reads the figures when a registry collects them."""

    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        failed = 0
        for section in SECTIONS:
            try:
                # Read as a whole before anything of it is given out.
                yield from list(section(now))
            except (DatabaseFailure, OSError, ValueError, KeyError, TypeError) as error:
                log.error("metrics_section_failed", section=section.__name__, code=type(error).__name__)
                failed += 1
        yield _gauge("vatra_sections_failed", "Groups of figures that could not be read just now.", failed)


def read_parts(now: datetime) -> Iterator[Metric]:
    """Whether each part of `/readyz` is well, and the figures that its parts hold."""
    parts = describe_parts(now)
    yield _gauge("vatra_ready", "1 while notices can go out (/readyz).", int(is_ready(parts)))
    well = GaugeMetricFamily("vatra_part_ok", "1 while a part of /readyz is well.", labels=["part"])
    for key, facts in sorted(parts.items()):
        well.add_metric([key], int(facts["ok"]))
    yield well
    for name, words, part, entry, factor in PART_FIGURES:
        value = parts.get(part, {}).get(entry)
        if value is not None:
            yield _gauge(name, words, float(value) * factor)


# name, what it says, part of `/readyz`, its entry, and what makes its unit ours
PART_FIGURES: tuple[tuple[str, str, str, str, float], ...] = (
    (
        "vatra_outbox_overdue_seconds",
        "How long the notice that is due longest has waited.",
        "outbox",
        "oldest_due_s",
        1,
    ),
    ("vatra_stranded_rows", "Open notices and duties without a next step.", "outbox", "stranded", 1),
    ("vatra_nobody_notified_cases", "Cases for which nobody could be found.", "nobody_told", "cases", 1),
    ("vatra_put_aside_rows", "Tasks that failed and are tried again later.", "put_aside", "rows", 1),
    ("vatra_on_duty", "People on duty now who can be reached.", "contacts", "on_duty", 1),
    ("vatra_mail_failing_seconds", "For how long the mail server has not been reached.", "smtp", "failing_s", 1),
    ("vatra_disk_free_bytes", "Free space where data is written.", "disk", "free_mb", MEGABYTE),
    ("vatra_backup_age_seconds", "Age of the last backup.", "backup", "age_h", 3600),
    ("vatra_backup_proven_seconds", "Age of the last backup restored to try it.", "backup", "proven_d", 86400),
    ("vatra_point_in_time_age_seconds", "Since the last moment that can be restored.", "point_in_time", "age_s", 1),
    ("vatra_point_in_time_elsewhere_seconds", "The same, elsewhere.", "point_in_time", "elsewhere_s", 1),
    ("vatra_chain_verified_seconds", "Since the whole record was last verified.", "audit_chain", "age_s", 1),
    ("vatra_chain_broken_entries", "Entries of the record that do not fit.", "audit_chain", "broken", 1),
    ("vatra_sealed_put_back", "Sealed values that are older than they were.", "sealed_cells", "put_back", 1),
    ("vatra_rows_unexplained", "Rows that the record does not explain.", "sealed_rows", "unexplained", 1),
)


def read_notices(now: datetime) -> Iterator[Metric]:
    """Open notices by role, state and step of their escalation; no drills, tests or daily lists."""
    rows: list[Any] = list(
        Notice.objects.counted()
        .filter(state__in=OPEN)
        .exclude(purpose__in=(Purpose.DIGEST, Purpose.TEST))
        .order_by()
        .values("role", "state", "ladder_step")
        .annotate(amount=Count("pk"), oldest=Min("owed_at"), step_at=Min("next_step_at"))
    )
    amount = GaugeMetricFamily("vatra_notices_open", "Open notices.", labels=["role", "state"])
    ladder = GaugeMetricFamily(
        "vatra_notices_on_step", "Open notices by the next step of their escalation.", labels=["step"]
    )
    oldest = GaugeMetricFamily(
        "vatra_notice_unanswered_seconds", "Age of the oldest notice that nobody has answered.", labels=["role"]
    )
    for (role, state), count in sorted(_sum(rows, "role", "state").items()):
        amount.add_metric([role, state], count)
    for (step,), count in sorted(_sum(rows, "ladder_step").items()):
        ladder.add_metric([str(step)], count)
    for role in sorted({row["role"] for row in rows}):
        since = min(row["oldest"] for row in rows if row["role"] == role)
        oldest.add_metric([role], _seconds(now, since))
    steps = [row["step_at"] for row in rows if row["step_at"] is not None]
    late = max((_seconds(now, at) for at in steps), default=0.0)
    yield from (amount, ladder, oldest)
    yield _gauge("vatra_step_overdue_seconds", "How late the next step of an escalation is.", late)


def read_attempts(now: datetime) -> Iterator[Metric]:
    """Attempts to send of the last quarter of an hour, by way and result."""
    metric = GaugeMetricFamily(
        "vatra_attempts_lately", "Attempts to send in the last 15 minutes.", labels=["channel", "result"]
    )
    # Named one by one, so that the index on (outcome, started_at) is used.
    lately = Attempt.objects.filter(outcome__in=AttemptOutcome.values, started_at__gte=now - LATELY)
    found = {
        (row["channel"], row["outcome"]): row["amount"]
        for row in lately.order_by().values("channel", "outcome").annotate(amount=Count("pk"))
    }
    for channel in settings.NOTIFICATION_CHANNELS:
        for outcome in AttemptOutcome.values:
            metric.add_metric([channel, outcome], found.get((channel, outcome), 0))
    yield metric


def read_duties(now: datetime) -> Iterator[Metric]:
    """Duties and tasks of open cases that have passed a mark."""
    late = GaugeMetricFamily("vatra_duties_late", "Duties and tasks past a mark.", labels=["kind", "mark"])
    oldest = GaugeMetricFamily(
        "vatra_duty_late_seconds", "How long ago the oldest duty or task passed a mark.", labels=["kind", "mark"]
    )
    for mark in MARKS:
        rows = Deadline.objects.running().filter(**{f"{mark}_at__lte": now}).order_by().values("kind")
        found = {row["kind"]: row for row in rows.annotate(amount=Count("pk"), since=Min(f"{mark}_at"))}
        for kind in DeadlineKind.values:
            late.add_metric([kind, mark], found[kind]["amount"] if kind in found else 0)
            oldest.add_metric([kind, mark], _seconds(now, found[kind]["since"]) if kind in found else 0.0)
    yield from (late, oldest)


def read_queues(now: datetime) -> Iterator[Metric]:
    """What waits for each cluster of workers. A broker that can't be asked gives no figure."""
    waiting = GaugeMetricFamily("vatra_queue_tasks", "Tasks that wait.", labels=["cluster"])
    oldest = GaugeMetricFamily("vatra_queue_oldest_seconds", "How long the oldest task has waited.", labels=["cluster"])
    for cluster in (URGENT, BULK):
        amount = queue_length(cluster)
        if amount is None:
            continue
        at = read_oldest_task(cluster, now) if amount else None
        waiting.add_metric([cluster], amount)
        oldest.add_metric([cluster], _seconds(now, at) if at else 0.0)
    yield from (waiting, oldest)


def read_intake(now: datetime) -> Iterator[Metric]:
    """What comes in, and what was refused because the server was busy."""
    lately = Submission.objects.filter(received_at__gte=now - LATELY, is_drill=False)
    yield _gauge("vatra_submissions_lately", "Forms received in the last 15 minutes.", lately.count())
    requests = CounterMetricFamily(
        "vatra_requests", "Requests by lane, served or refused because all were busy.", labels=["lane", "result"]
    )
    pages = CounterMetricFamily("vatra_pages", "Public pages, from memory (hit) or built.", labels=["result"])
    for row in RequestCount.objects.order_by("name", "label"):
        if row.name in (SERVED, REFUSED):
            requests.add_metric([row.label, row.name], row.total)
        elif row.name == PAGE:
            pages.add_metric([row.label], row.total)
    yield from (requests, pages)


def read_machines_and_certificate(now: datetime) -> Iterator[Metric]:
    """The workers of each machine, and how long the certificate is still good."""
    beats: dict[Any, Heartbeat] = Heartbeat.objects.in_bulk()
    workers = GaugeMetricFamily("vatra_workers", "Workers that gave a sign just now.", labels=["machine", "cluster"])
    silent = GaugeMetricFamily(
        "vatra_worker_sign_seconds", "Since the last sign of a machine's workers.", labels=["machine", "cluster"]
    )
    for state in read_machines(beats, now):
        workers.add_metric([state.machine, state.cluster], state.alive)
        silent.add_metric([state.machine, state.cluster], _seconds(now, state.last_at))
    yield from (workers, silent)
    yield _gauge("vatra_sweepers_standing_by", "Sweepers ready to take over.", count_standing_by(beats, now))
    days = measure_days_left(beats, now)
    if days is not None:
        yield _gauge("vatra_certificate_seconds", "For how long the certificate is still good.", days * 86400)


def read_stored(now: datetime) -> Iterator[Metric]:
    """What is stored of each kind that is tidied, what doesn't fit, what was removed; and when the disk is full."""
    beats: dict[Any, Heartbeat] = Heartbeat.objects.filter(part__startswith=stored.PREFIX).in_bulk()
    figures = stored.read_figures(beats)
    for name, words, entry in STORED_FIGURES:
        metric = GaugeMetricFamily(name, words, labels=["kind"])
        for kind, facts in figures.items():
            if facts.get(entry) is not None:
                metric.add_metric([kind], facts[entry])
        yield metric
    removed = CounterMetricFamily(
        "vatra_removed", "Rows and files that were removed when their time was over.", labels=["kind"]
    )
    age = GaugeMetricFamily("vatra_tidied_seconds", "Since the clean-up of a kind last ran.", labels=["kind"])
    for kind, facts in figures.items():
        removed.add_metric([kind], facts.get("removed_total", 0))
        if "tidied_at" in facts:
            age.add_metric([kind], _seconds(now, datetime.fromisoformat(facts["tidied_at"])))
    yield from (removed, age)
    days = get_days_until_full(read_growth())
    if days is not None:
        yield _gauge("vatra_disk_full_seconds", "When the disk is full, as it has gone lately.", days * 86400)


STORED_FIGURES = (
    ("vatra_stored_rows", "Rows, or files where there are no rows.", "rows"),
    ("vatra_stored_bytes", "Bytes of them.", "bytes"),
    ("vatra_stored_strays", "Files without a row.", "strays"),
    ("vatra_stored_missing", "Rows whose file is gone.", "missing"),
)

SECTIONS: tuple[Callable[[datetime], Iterator[Metric]], ...] = (
    read_parts,
    read_notices,
    read_attempts,
    read_duties,
    read_queues,
    read_intake,
    read_machines_and_certificate,
    read_stored,
)


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


def _seconds(now: datetime, since: datetime) -> float:
    return max((now - since).total_seconds(), 0.0)


def _sum(rows: list[dict[str, Any]], *keys: str) -> dict[tuple[Any, ...], int]:
    found: dict[tuple[Any, ...], int] = {}
    for row in rows:
        key = tuple(row[each] for each in keys)
        found[key] = found.get(key, 0) + row["amount"]
    return found
