"""What the bulk workers do each minute: begin what is due, mail what went wrong, and report to `/readyz`.

The mail says that a drill went wrong and leads to the page, which asks for the second factor. It names no region, no
role and no day: whoever reads that mail and isn't meant to would know where nobody is reached.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils import timezone, translation

from access.models import Assignment, Region, StaffRole, User
from access.staff_mail import send_staff_mail
from audit.put_aside import for_each_row
from notifications.outbox.alarm import get_operators_to_mail
from notifications.outbox.models import Heartbeat
from notifications.texts.in_force import Wording
from notifications.texts.service_mails import word_bad_drill

from .models import FAULTS, DrillPlan, DrillRun, DrillState
from .running import begin_waiting, note_missed, plan_due

DRILLS = "drills"  # a part of Heartbeat
FRESH = timedelta(minutes=15)
TRY_AGAIN = timedelta(minutes=5)  # when no mail went out
KEPT = timedelta(days=2 * 366)  # results: two years, to compare a month with the same one before


def each_minute(argument: str = "", *, now: datetime | None = None) -> None:
    """Begin, alarm and report, each by itself (settings.EACH_MINUTE)."""
    moment = now or timezone.now()
    steps = {
        "drill.missed": note_missed,
        "drill.plan": plan_due,
        "drill.begin": begin_waiting,
        "drill.alarm": send_alarms,
        "drill.report": report,
    }
    for_each_row("housekeeping", steps, lambda name: steps[name](moment), at=moment)


def send_alarms(now: datetime) -> int:
    """Mail the coordinators of each region whose drill went wrong, once for each drill. Return how many mails went out.

    Where a region has no coordinator with an address, the operators get it: somebody must.
    """
    due = list(DrillRun.objects.filter(alarm_at__lte=now).select_related("region").order_by("alarm_at"))
    mailed = 0
    for run in due:
        # Of two workers one mails it; where no mail goes out, it is due again in a while.
        claimed = DrillRun.objects.filter(pk=run.pk, alarm_at=run.alarm_at).update(alarm_at=now + TRY_AGAIN)
        if claimed and (sent := _mail(run, get_coordinators(run.region) or get_operators_to_mail())):
            DrillRun.objects.filter(pk=run.pk).update(alarm_at=None)
            mailed += sent
    return mailed


def get_coordinators(region: Region) -> list[User]:
    """Return the region's coordinators of today with an e-mail address."""
    today = Assignment.objects.current().filter(role=StaffRole.COORDINATOR, region=region).values("pk")
    return list(User.objects.filter(is_active=True, assignments__in=today).exclude(email="").distinct().order_by("pk"))


def _mail(run: DrillRun, people: Iterable[User]) -> int:
    sent = 0
    for person in people:
        with translation.override(person.language):
            words = word_bad_drill(state=run.state, page=settings.PUBLIC_URL + reverse("drills"))
            subject, body = words.compose(Wording(person.language, timezone.now()))
        sent += send_staff_mail(subject, body, person.email, "mail_of_a_drill_failed", person=person.pk)
    return sent


def report(now: datetime) -> None:
    """Write down what `/readyz` says of drills."""
    states = DrillRun.objects.newest().filter(region__is_outreach=True).values_list("state", flat=True)
    counts = {state.value: 0 for state in (DrillState.FAILED, DrillState.MISSED, DrillState.UNANSWERED)}
    for state in states:
        if state in counts:
            counts[state] += 1
    planned = DrillPlan.objects.filter(is_on=True, region__is_outreach=True).count()
    without = Region.objects.filter(is_outreach=True).count() - planned
    facts = {**counts, "planned": planned, "without_plan": without}
    Heartbeat.objects.update_or_create(part=DRILLS, defaults={"at": now, "facts": facts})


def describe_health(beats: Mapping[str, Heartbeat], now: datetime) -> dict[str, Any]:
    """Return the part of `/readyz`: ill when a region's last drill failed or wasn't held, or nobody looked.

    A region without a plan is counted and isn't ill: whether to hold drills there is its coordinators' decision.
    """
    beat = beats.get(DRILLS)
    facts: dict[str, Any] = beat.facts if beat else {}
    is_fresh = beat is not None and now - beat.at <= FRESH
    age = round(max((now - beat.at).total_seconds(), 0.0), 1) if beat else None
    return {"ok": is_fresh and not any(facts.get(state) for state in FAULTS), "age_s": age, **facts}


def tidy(_argument: Any = None) -> int:
    """Delete the results of drills of long ago (settings.HOUSEKEEPING). Return how many drills that were."""
    old = DrillRun.objects.ended().filter(ended_at__lt=timezone.now() - KEPT)
    # A region's last one says how things stand, however old it is.
    keys = set(old.values_list("pk", flat=True)) - set(DrillRun.objects.newest().values_list("pk", flat=True))
    count = len(keys)
    DrillRun.objects.filter(pk__in=keys).delete()
    return count


def get_newest_bad(regions: Iterable[Region]) -> list[DrillRun]:
    """Return the last drill of each of these regions where it went wrong or not everybody opened it."""
    newest = DrillRun.objects.newest().filter(region__in=regions).exclude(state=DrillState.PASSED)
    return list(newest.select_related("region").order_by(F("region__name")))
