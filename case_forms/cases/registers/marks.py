"""The clock colours of rows that have no marks of their own: a case by its duties, a referral by its notice."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from ..models import Deadline


def of_cases(colour: str, now: datetime) -> Q:
    """Return the condition of open cases whose worst duty has this colour."""
    is_open = Q(closed_at__isnull=True)
    passed = {mark: Q(pk__in=_with_mark(mark, now)) for mark in ("breach", "red", "amber")}
    if colour == "green":
        # Not in any list: asked of each row, because an open case with no clock at all is green too.
        return is_open & ~Q(Exists(Deadline.objects.unmet().filter(_any_mark(now), case=OuterRef("pk"))))
    worse = ("breach", "red", "amber")[: ("breach", "red", "amber").index(colour)]
    condition = is_open & passed[colour]
    for mark in worse:
        condition &= ~Q(Exists(Deadline.objects.unmet().filter(**{f"{mark}_at__lte": now}, case=OuterRef("pk"))))
    return condition


def _with_mark(mark: str, now: datetime) -> "QuerySet[Any]":
    return Deadline.objects.unmet().order_by().filter(**{f"{mark}_at__lte": now}).values("case_id")


def _any_mark(now: datetime) -> Q:
    return Q(breach_at__lte=now) | Q(red_at__lte=now) | Q(amber_at__lte=now)
