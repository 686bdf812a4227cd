"""Cases that a worker takes along on their phone: few, sealed there, and only for a while.

Only a case that they lead and that may be used: one that is closed, merged, handed over, forgotten or restricted drops
out by itself, the next time that the phone asks. Each asks the gate on a road of its own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from access.models import User, localize
from audit.chain import AuditEvent, get_actor, log_event, log_events
from case_forms.cases.consent.gate import may_leave
from case_forms.cases.days.scope import MINE, DayFilter, get_cases
from case_forms.cases.facts.reading import get_head
from case_forms.cases.models import Case
from case_forms.form_builder.sources import Lists
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .living import find_grant
from .models import MAX_ROAD_CASES, RoadCase

ROAD = "phone"  # of the gate for sharing: "phone" in data/sharing.json


class CannotTakeAlong(Exception):
    """The case can't be taken along. `code`: no_grant, not_yours, restricted, too_many."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class RoadLine:
    """A case that could be taken along, and the mark that says that it is."""

    case: Case
    mark: RoadCase | None
    may_go: bool


def list_followed(user: User) -> "QuerySet[Case]":
    """Return the open cases that this person leads, in units they work in, the newest first."""
    mine = get_cases(user, DayFilter(worker=MINE)).filter(unit__in=user.units().values("pk"), forgotten_at=None)
    return mine.order_by("-opened_at")


def list_marks(user: User, at: datetime | None = None) -> list[RoadCase]:
    """Return the marks that stand, the oldest first."""
    found = RoadCase.objects.standing(at or timezone.now()).filter(user=user).select_related("case")
    return list(found.order_by("marked_at"))


def build_lines(user: User, cases: list[Case]) -> list[RoadLine]:
    marks = {mark.case_id: mark for mark in list_marks(user)}
    return [RoadLine(case, marks.get(case.pk), may_leave(case, ROAD).is_allowed) for case in cases]


def take_along(*, case: Case, by: User) -> RoadCase:
    """Mark a case for the road; one that is marked begins its time anew. Audited. Raises CannotTakeAlong."""
    if find_grant(by) is None:
        raise CannotTakeAlong("no_grant")
    if not list_followed(by).filter(pk=case.pk).exists():
        raise CannotTakeAlong("not_yours")
    if not may_leave(case, ROAD).is_allowed:
        raise CannotTakeAlong("restricted")
    now = timezone.now()
    try:
        with transaction.atomic():
            # The person's row is the lock: two presses at once count each other.
            User.objects.select_for_update().get(pk=by.pk)
            RoadCase.objects.filter(user=by, ended_at=None, expires_at__lte=now).update(ended_at=now)
            others = RoadCase.objects.standing(now).filter(user=by).exclude(case=case)
            if others.count() >= MAX_ROAD_CASES:
                raise CannotTakeAlong("too_many")
            RoadCase.objects.filter(user=by, case=case, ended_at=None).update(ended_at=now)
            made = RoadCase.objects.create(user=by, case=case, marked_at=now)
            log_event("device.case_marked", actor=get_actor(by), target_kind="case", target_id=case.pk)
    except IntegrityError:
        return RoadCase.objects.get(user=by, case=case, ended_at=None)
    return made


def leave_here(*, case: Case, by: User) -> None:
    """Take the mark away. One that isn't marked stays so."""
    with transaction.atomic():
        if RoadCase.objects.filter(user=by, case=case, ended_at=None).update(ended_at=timezone.now()):
            log_event("device.case_unmarked", actor=get_actor(by), target_kind="case", target_id=case.pk)


def build_cases(user: User, language: str, at: datetime) -> list[dict[str, Any]]:
    """Return the facts of the marked cases that may still go, as the head of each case's page has them. Recorded."""
    marks = {mark.case_id: mark for mark in list_marks(user, at)}
    if not marks:
        return []
    cases = [case for case in list_followed(user).filter(pk__in=marks) if may_leave(case, ROAD).is_allowed]
    found = [
        {
            "reference": case.reference,
            "facts": _read_facts(case, user, language),
            "expires_at": marks[case.pk].expires_at,
        }
        for case in cases
    ]
    with transaction.atomic():
        log_events([AuditEvent("case.read", "case", case.pk, {"by": "phone"}) for case in cases], actor=get_actor(user))
    return found


def _read_facts(case: Case, user: User, language: str) -> list[dict[str, str]]:
    """Return the facts in words; none of a case that can't be opened now."""
    try:
        known = [(each.fact.label, each.in_words(language, Lists(user))) for each in get_head(case)]
    except (SealBroken, KeyRingError):
        return []
    return [{"label": str(localize(label, language)), "value": value} for label, value in known]
