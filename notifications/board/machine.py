"""What a notice needs to go out: queues, providers, clocks and processes, drills, the watch outside."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Min
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_q.brokers import get_broker
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from access.models import Region
from audit.models import PutAside
from notifications.drills.models import BAD, FAULTS, DrillPlan, DrillRun
from notifications.escalation.chain_watch import CHAIN
from notifications.escalation.findings import AUDIT, FINDINGS
from notifications.escalation.means_watch import MEANS
from notifications.escalation.outlook_watch import ROSTER
from notifications.escalation.outside_watch import PART as OUTSIDE
from notifications.escalation.outside_watch import describe_outside_watch
from notifications.outbox.labels import channel_label
from notifications.outbox.models import Attempt, AttemptOutcome, Heartbeat
from notifications.outbox.queueing import BULK, CROWDED, URGENT, queue_length

from .tiles import Line, State, measure_age, word_age

LATELY = timedelta(days=7)  # what providers did before that says nothing of now
FAILURES = (AttemptOutcome.REFUSED, AttemptOutcome.UNREACHED, AttemptOutcome.BOUNCED)
QUEUE_LATE = {URGENT: 10.0, BULK: 300.0}  # seconds that a task may wait before it is said to be late

# Each part that beats: its name, and after how long its silence is bad. As `/readyz` judges them (config.health).
PARTS: tuple[tuple[str, Any, timedelta], ...] = (
    ("canary.urgent", lambda: _("Worker that sends notices"), timedelta(seconds=60)),
    ("canary.bulk", lambda: _("Worker for documents and tidying"), timedelta(minutes=15)),
    ("sweeper", lambda: _("Sweeper, with every clock"), timedelta(seconds=30)),
    (FINDINGS, lambda: _("Look for what is overdue"), timedelta(seconds=60)),
    (AUDIT, lambda: _("Look for what has no next step"), timedelta(minutes=5)),
    (ROSTER, lambda: _("Look at the duty roster"), timedelta(minutes=15)),
    (MEANS, lambda: _("Look at keys and phones"), timedelta(minutes=15)),
    (CHAIN, lambda: _("Check of the record"), timedelta(hours=3)),
)


def read_queues(beats: Mapping[str, Heartbeat], now: datetime) -> list[Line]:
    """Return how many tasks wait for each cluster, and for how long the oldest has."""
    probes: dict[str, Any] = beats["sweeper"].facts.get("probes", {}) if "sweeper" in beats else {}
    error = probes.get("broker", {}).get("error", "")
    lines = []
    for cluster, name in ((URGENT, _("Notices")), (BULK, _("Documents and tidying"))):
        # Asking one that hangs costs seconds, and this page renews itself: the sweeper's probe has asked just now.
        waiting = None if error else queue_length(cluster)
        if waiting is None:
            words = _("can't be asked; the sweeper sends notices itself")
            lines.append(Line(name, words, State.BAD, error))
            continue
        age = measure_age(read_oldest_task(cluster, now), now) if waiting else None
        is_late = waiting >= CROWDED[cluster] or (age is not None and age > QUEUE_LATE[cluster])
        words = ngettext("%(n)s task waits", "%(n)s tasks wait", waiting) % {"n": waiting} if waiting else _("empty")
        more = _("the oldest for %(age)s") % {"age": word_age(age)} if age is not None else ""
        lines.append(Line(name, words, State.LATE if is_late else State.OK, more))
    return lines


def read_oldest_task(cluster: str, now: datetime) -> datetime | None:
    """Return when the task that waits longest came in; None where it was taken meanwhile, or can't be read."""
    if not settings.BROKER_URL.startswith("orm://"):
        return _read_head_of_redis(cluster)
    moment = OrmQ.objects.filter(key=cluster, lock__lte=now).aggregate(at=Min("lock"))["at"]
    return moment if moment is None or timezone.is_aware(moment) else timezone.make_aware(moment)


def _read_head_of_redis(cluster: str) -> datetime | None:
    broker = get_broker(cluster)
    head = broker.connection.lindex(broker.list_key, 0)
    if head is None:
        return None
    try:
        started = SignedPackage.loads(head).get("started")
    except Exception:  # noqa: BLE001  # whatever stands at its head, the board goes on
        return None
    return started if isinstance(started, datetime) else None


def read_providers(beats: Mapping[str, Heartbeat], now: datetime) -> list[Line]:
    """Return for each way when a message was last taken, when one last failed, and since when it fails."""
    lines = [_describe_channel(channel, now) for channel in settings.NOTIFICATION_CHANNELS]
    probes: dict[str, Any] = beats["sweeper"].facts.get("probes", {}) if "sweeper" in beats else {}
    for probe, name in (("smtp", _("Mail server, greeted")), ("gateways", _("Gateways, connected to"))):
        if probe in probes:
            error, failing = probes[probe]["error"], probes[probe]["failing_s"]
            words = _("fails for %(age)s") % {"age": word_age(failing)} if error else _("reached")
            lines.append(Line(name, words, State.BAD if error else State.OK, error))
    return lines


def _describe_channel(channel: str, now: datetime) -> Line:
    lately = Attempt.objects.filter(channel=channel, started_at__gte=now - LATELY)
    newest = lately.order_by("-started_at")
    taken_at = newest.filter(outcome=AttemptOutcome.ACCEPTED).values_list("started_at", flat=True).first()
    # One outcome after another, each by its index: of all at once SQLite would sort a week of attempts.
    lasts = [newest.filter(outcome=each).values_list("started_at", "error_code").first() for each in FAILURES]
    last = max((each for each in lasts if each is not None), default=None)
    name = channel_label(channel).capitalize()
    if taken_at is None and last is None:
        return Line(name, _("not used for a week"), State.IDLE)
    parts = []
    if taken_at is not None:
        parts.append(_("last taken %(age)s ago") % {"age": word_age(measure_age(taken_at, now))})
    if last is not None:
        age = word_age(measure_age(last[0], now))
        parts.append(_("last failure %(age)s ago (%(code)s)") % {"age": age, "code": last[1] or "–"})
    if last is None or (taken_at is not None and last[0] <= taken_at):
        return Line(name, _("works"), State.OK, " · ".join(parts))
    failures = lately.filter(outcome__in=FAILURES, started_at__gt=taken_at or now - LATELY)
    began = failures.aggregate(at=Min("started_at"))["at"]
    words = _("fails for %(age)s") % {"age": word_age(measure_age(began, now))}
    return Line(name, words, State.BAD, " · ".join(parts))


def read_parts(beats: Mapping[str, Heartbeat], now: datetime, *, sees_aside: bool) -> list[Line]:
    """Return when each process and each clock last showed that it works."""
    lines = [_describe_part(beats.get(part), name(), fresh, now) for part, name, fresh in PARTS]
    lines += _describe_means(beats[MEANS].facts if MEANS in beats else {})
    findings: dict[str, Any] = beats[FINDINGS].facts if FINDINGS in beats else {}
    stranded = beats[AUDIT].facts.get("stranded", 0) if AUDIT in beats else 0
    if stranded:
        words = ngettext("%(n)s without a next step", "%(n)s without a next step", stranded) % {"n": stranded}
        lines.append(Line(_("Clocks"), words, State.BAD))
    if findings.get("put_aside"):
        lines += _describe_aside(findings["put_aside"], sees_aside=sees_aside)
    return lines


def _describe_means(facts: Mapping[str, Any]) -> list[Line]:
    """Return lines about contacts' keys and coordinators' phones; none where there is nothing to say."""
    lines = []
    if ended := facts.get("keys_ended", 0):
        words = ngettext("%(n)s contact’s has ended", "%(n)s contacts’ have ended", ended) % {"n": ended}
        lines.append(Line(_("Keys for e-mails"), words, State.LATE, _("their e-mails go out readable")))
    if soon := facts.get("keys_soon", 0):
        words = ngettext("%(n)s contact’s ends soon", "%(n)s contacts’ end soon", soon) % {"n": soon}
        lines.append(Line(_("Keys for e-mails"), words, State.IDLE))
    if settings.VAPID_PRIVATE_KEY and (without := facts.get("without_phone", 0)):
        words = ngettext(
            "%(n)s coordinator has none that is woken", "%(n)s coordinators have none that is woken", without
        ) % {"n": without}
        lines.append(Line(_("Phones of coordinators"), words, State.IDLE, _("they are mailed")))
    return lines


def _describe_part(beat: Heartbeat | None, name: str, fresh: timedelta, now: datetime) -> Line:
    if beat is None:
        return Line(name, _("never heard of"), State.BAD)
    age = measure_age(beat.at, now)
    is_well = now - beat.at <= fresh
    return Line(name, _("%(age)s ago") % {"age": word_age(age)}, State.OK if is_well else State.BAD)


def _describe_aside(count: int, *, sees_aside: bool) -> list[Line]:
    """Return a line that says how many rows failed, and of which kinds."""
    kinds = PutAside.objects.order_by("kind").values_list("kind", flat=True).distinct()
    words = ngettext("%(n)s failed, tried again later", "%(n)s failed, tried again later", count) % {"n": count}
    address = reverse("put_aside") if sees_aside else ""
    return [Line(_("Failed tasks"), words, State.LATE, ", ".join(kinds[:8]), address)]


def read_outside(beats: Mapping[str, Heartbeat], now: datetime) -> list[Line]:
    """Return whether the watch outside is reached."""
    name = _("Watch outside")
    part = describe_outside_watch(beats, now).get(OUTSIDE)
    if part is None:
        return [Line(name, _("none is set: when this server falls silent, nobody outside notices"), State.UNSET)]
    if part["ok"] and not part["error"]:
        return [Line(name, _("reached %(age)s ago") % {"age": word_age(part["age_s"])})]
    words = _("can't be reached for %(age)s") % {"age": word_age(part["failing_s"])}
    return [Line(name, words, State.LATE if part["ok"] else State.BAD, part["error"])]


def read_drills(regions: Sequence[Region], now: datetime) -> list[Line]:
    """Return how the last drill of each region went."""
    keys = [region.pk for region in regions]
    newest = {run.region_id: run for run in DrillRun.objects.newest().filter(region__in=keys)}
    planned = set(DrillPlan.objects.filter(region__in=keys, is_on=True).values_list("region", flat=True))
    return [_describe_drill(region, newest.get(region.pk), region.pk in planned, now) for region in regions]


def _describe_drill(region: Region, run: DrillRun | None, is_planned: bool, now: datetime) -> Line:
    address = reverse("drills_of_region", args=[region.slug])
    more = "" if is_planned else _("none is planned")
    if run is None:
        return Line(region.name, _("none yet"), State.OK if is_planned else State.IDLE, more, address)
    state = State.BAD if run.state in FAULTS else State.LATE if run.state in BAD else State.OK
    ago = _("%(age)s ago") % {"age": word_age(measure_age(run.ended_at, now))}
    return Line(region.name, run.get_state_display(), state, " · ".join(part for part in (ago, more) if part), address)
