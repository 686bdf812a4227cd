"""Outreach visits as choices of a form's question: by their key, labelled by day, zone and municipality."""

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.utils import timezone

from access.languages import DEFAULT_LANGUAGE
from access.models import Municipality, User
from case_forms.form_builder.sources import Attributes, Rows, register_list
from case_forms.zones.models import Zone
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import Submission, SubmissionQuerySet

FORM = "outreach_visit"
DAYS = 90  # an identification follows a visit within days; an older one is not what it came from
MAX_VISITS = 60  # opened for the place that their label says; the others are found by day, hour and unit

log = structlog.get_logger(__name__)


class OutreachVisits:
    """List of the visits of this person's units and regions. A log about a zone holds no names."""

    def rows(self, user: User | None) -> Rows:
        return [(key, {DEFAULT_LANGUAGE: parts["name"]}) for key, parts in _recent(user).items()]

    def attributes(self, user: User | None) -> Attributes:
        """Return the attributes of all visits; older ones by their day alone, without opening their answers."""
        if user is None:
            return {}
        all_visits = _visits(user).values_list("pk", "occurred_at")
        older = {str(pk): {"name": _day(occurred_at)} for pk, occurred_at in all_visits}
        return older | _recent(user)


def _visits(user: User) -> SubmissionQuerySet:
    found = Submission.objects.visible_to(user).filter(form_version__form__key=FORM, is_drill=False)
    return found.order_by("-occurred_at").distinct()


def _recent(user: User | None) -> Attributes:
    if user is None:
        return {}
    # read once for all visits: up to MAX_VISITS labels would each ask for a town and a zone otherwise
    towns = {town.slug: town for town in Municipality.objects.select_related("region")}
    zones = {str(pk): name for pk, name in Zone.objects.values_list("pk", "name")}
    since = timezone.now() - timedelta(days=DAYS)
    found = _visits(user).current().filter(occurred_at__gte=since)
    newest = {
        str(visit.pk): _parts(visit, towns, zones) for visit in found.only("id", "occurred_at", "answers")[:MAX_VISITS]
    }
    if len(newest) < MAX_VISITS:
        return newest
    others = found.values_list("pk", "occurred_at", "unit__name")
    return newest | {
        str(pk): {"name": f"{_day(at)}, {timezone.localtime(at):%H:%M} · {unit}"}
        for pk, at, unit in others
        if str(pk) not in newest
    }


def _day(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%d.%m.%Y}"


def _parts(visit: Submission, towns: dict[str, Municipality], zones: dict[str, str]) -> dict[str, str]:
    """Return a visit's name and place: the zone's name, else the note about it.

    One whose answers don't open is named by its day alone.
    """
    day = _day(visit.occurred_at)
    try:
        answers: dict[str, Any] = dict(visit.answers)
    except (SealBroken, KeyRingError) as error:
        log.error("submission_unreadable", submission=str(visit.pk), code=type(error).__name__)
        return {"name": day}
    town = towns.get(str(answers.get("municipality")))
    zone = zones.get(str(answers.get("zone")), "") or str(answers.get("zone_note") or "")[:60]
    place = ", ".join(filter(None, (zone, town.name if town else "")))
    where = {"municipality": town.slug, "region": town.region.slug} if town else {}
    return {"name": f"{day} · {place}" if place else day, **where}


register_list("outreach_visits", OutreachVisits())
