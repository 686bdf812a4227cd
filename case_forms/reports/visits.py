"""Outreach visits, read from the logs that units have submitted. Drills don't count.

A log is sealed, so each is opened to be counted: about a thousand a year for five units.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import structlog
from django.utils import timezone

from access.models import MobileUnit
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.models import Submission
from vault.keyring import KeyRingError
from vault.seal import SealBroken

log = structlog.get_logger(__name__)
KIND = "outreach"


@dataclass(frozen=True)
class Visit:
    """An outreach log: where and when, and what was counted. `people` by (sex, age group), `materials` by kind."""

    submission_id: UUID
    unit_id: int
    on: date
    received_at: datetime
    municipality: str
    zone: str = ""
    minutes: int = 0
    people: dict[tuple[str, str], int] = field(default_factory=dict)
    materials: dict[str, int] = field(default_factory=dict)


def get_visits(units: Iterable[MobileUnit], since: date, until: date) -> list[Visit]:
    """Return the visits of these units from one day to another, both included, the last first."""
    found = (visit for visit in _logs(units, since) if since <= visit.on <= until)
    return sorted(found, key=lambda visit: visit.on, reverse=True)


def _logs(units: Iterable[MobileUnit], since: date) -> Iterator[Visit]:
    forms = {version.form_id for version in FormVersion.objects.newest() if version.parsed_form.kind == KIND}
    # the day of the visit is sealed; a log is received on that day or later, so this leaves out none
    sent = Submission.objects.current().filter(
        unit__in=list(units), form_version__form__in=forms, is_drill=False, received_at__date__gte=since
    )
    for submission in sent.only("id", "unit_id", "occurred_at", "received_at", "answers").order_by("received_at"):
        try:
            answers: dict[str, Any] = submission.answers or {}
        except (SealBroken, KeyRingError) as error:  # one that can't be opened hides no other
            log.error("visit_unreadable", submission=str(submission.pk), code=type(error).__name__)
            continue
        yield _visit(submission, answers)


def _visit(submission: Submission, answers: dict[str, Any]) -> Visit:
    people: dict[tuple[str, str], int] = {}
    for row in _rows(answers, "people_met"):
        key = (str(row.get("people_sex", "unknown")), str(row.get("people_age_group", "unknown")))
        people[key] = people.get(key, 0) + _number(row.get("people_count"))
    materials: dict[str, int] = {}
    for row in _rows(answers, "materials"):
        kind = str(row.get("material", "other"))
        materials[kind] = materials.get(kind, 0) + _number(row.get("material_count"))
    return Visit(
        submission_id=submission.pk,
        unit_id=submission.unit_id,
        on=_day(answers.get("date")) or timezone.localdate(submission.occurred_at),
        received_at=submission.received_at,
        municipality=str(answers.get("municipality", "")),
        zone=str(answers.get("zone", "")),
        minutes=_number(answers.get("time_spent")),
        people=people,
        materials=materials,
    )


def _rows(answers: dict[str, Any], key: str) -> list[dict[str, Any]]:
    rows = answers.get(key)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _number(value: Any) -> int:
    # in Python True is an int
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
