"""Drill: one synthetic, marked case through the whole real path, timed step by step.

The answers come from `data/drill.json`; whatever else the newest form version requires is filled with the plainest
allowed answer, so a drill goes on working when coordinators change the form. Drill cases, their submissions and notices
carry `is_drill` and are counted nowhere.
"""

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from access.languages import DEFAULT_LANGUAGE
from access.models import MobileUnit, Municipality, Region, User
from case_forms.form_builder.definition import Form, Question
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists
from case_forms.questions import registry
from case_forms.questions.indicators import by_id
from notifications.directory.models import Role
from notifications.outbox.models import Attempt, AttemptOutcome, Notice

from .actions import Received, receive_submission
from .drill_ending import end_drill
from .validation.validate import check_answers

SCRIPT = Path(__file__).parent / "data" / "drill.json"
POLL_SECONDS = 0.02
MAX_ROUNDS = 40
OF_ONES_OWN = ("session", "outreach_visit", "colleague")


class DrillImpossible(Exception):
    """The drill can't start; the text says what is missing, and `code` the same for the page of drills."""

    def __init__(self, text: str, code: str = "no_answers") -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Step:
    """A measured step. `at_ms`: milliseconds after "Submit"."""

    name: str  # submitted, committed, claimed, smtp_accepted, and sms_accepted, push_accepted ... by other ways
    role: str | None
    at_ms: int

    def as_dict(self) -> dict[str, Any]:
        return {"name": self.name, "role": self.role, "at_ms": self.at_ms}


@dataclass
class DrillReport:
    """The measurements of a drill. Times are milliseconds after "Submit"."""

    region: str
    case: str
    ok: bool = False
    steps: list[Step] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "region": self.region,
            "case": self.case,
            "drill": True,
            "ok": self.ok,
            "steps": [step.as_dict() for step in self.steps],
        }


def run_drill(*, region_slug: str, limit_seconds: float = 5.0, keep_open: bool = False) -> DrillReport:
    """Submit a drill case in this region and watch its notices until all are sent or the time is over.

    `ok` means that SMTP accepted the police notice within `limit_seconds`. Unless `keep_open`, the drill's notices are
    withdrawn afterwards, so that nobody is chased for a drill. Raises DrillImpossible.
    """
    region = Region.objects.filter(slug=region_slug).first()
    if region is None:
        known = ", ".join(Region.objects.filter(is_outreach=True).values_list("slug", flat=True))
        raise DrillImpossible(f"There is no region {region_slug!r}. Regions with a mobile unit: {known or 'none yet'}.")
    started = timezone.now()
    received = submit_drill(region, uuid.uuid4())
    committed = timezone.now()
    report = DrillReport(region=region_slug, case=received.receipt["case"] or "")
    report.steps = [Step("submitted", None, 0), Step("committed", None, _ms(started, committed))]
    notices = [notice["id"] for notice in received.receipt["notices"]]
    _watch(notices, until=time.monotonic() + limit_seconds)
    report.steps += _get_steps(notices, started)
    report.ok = any(
        step.name == "smtp_accepted" and step.role == Role.POLICE and step.at_ms <= limit_seconds * 1000
        for step in report.steps
    )
    if not keep_open and received.submission.case is not None:
        end_drill(received.submission.case.pk, timezone.now())
    return report


def submit_drill(region: Region, submission: uuid.UUID) -> Received:
    """Submit a drill's form under this id, as a worker of the region would. Raises DrillImpossible."""
    unit, worker = unit_and_worker(region)
    script = json.loads(SCRIPT.read_text())
    version = FormVersion.objects.newest().filter(form__key=script["form"]).first()
    if version is None:
        raise DrillImpossible(f"The form {script['form']!r} is not published.", "no_form")
    municipality = get_seat(region)
    occurred_at = timezone.now()
    answers = drill_answers(version.parsed_form, script, municipality=municipality.slug, occurred_at=occurred_at)
    return receive_submission(
        uuid=submission,
        form_key=script["form"],
        version=version.number,
        occurred_at=occurred_at,
        answers=answers,
        user=worker,
        unit=unit,
        is_drill=True,
    )


def drill_answers(
    form: Form, script: dict[str, Any], *, municipality: str, occurred_at: datetime, sources: Lists | None = None
) -> dict[str, Any]:
    """Return answers that this form accepts: the script's, then the plainest allowed one for each required question.

    `sources`: the lists as somebody sees them, whose own records an answer may name.
    Raises DrillImpossible when a required question can't be filled this way.
    """
    groups = {repeat.key: repeat for repeat in form.iter_repeats()}
    sources = sources or Lists()
    day = timezone.localdate(occurred_at)
    answers = {key: value for key, value in script["answers"].items() if key in form.answer_keys}
    for item in form.outer_items:
        if isinstance(item, Question) and item.type == "municipality" and not item.is_filtered:
            answers[item.key] = municipality
    # one error a round: an answer filled in may make other questions apply or no longer apply
    for _round in range(MAX_ROUNDS):
        checked = check_answers(
            form, answers, sources=sources, today=day, occurred_on=day, language=DEFAULT_LANGUAGE, strict=True
        )
        if not checked.errors:
            return answers
        error = checked.errors[0]
        row, key, scope = _answered_at(error.path, answers, checked.answers, groups)
        if error.code == "not_relevant":
            row.pop(key, None)
        elif error.code == "too_few" and key in groups:
            row[key] = [{} for _ in range(groups[key].min)]
        elif error.code == "required" and (question := form.get_question(key)) and key not in row:
            row[key] = _plainest(question, script["text"], sources, occurred_at, scope)
        else:
            raise DrillImpossible(f"The drill has no allowed answer for the question {key!r} ({error.code}).")
    raise DrillImpossible("The form asks for more required answers than a drill fills.")


def _answered_at(
    path: str, answers: dict[str, Any], accepted: dict[str, Any], groups: Mapping[str, Any]
) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """Return (the answers or the row that a path points into, the key there, what expressions read there)."""
    row, scope = answers, dict(accepted)
    key, *steps = path.removeprefix("/answers/").split("/")
    while key in groups and len(steps) > 1:
        row = row[key][int(steps[0])]
        scope |= {**row, "_position": int(steps[0]) + 1}
        key, *steps = steps[1:]
    return row, key, scope


def _plainest(question: Question, text: str, sources: Lists, occurred_at: datetime, scope: Mapping[str, Any]) -> Any:
    kind = question.type
    offered = [value for value, _label in registry.get(kind).choices(question, DEFAULT_LANGUAGE, sources, scope)]
    if kind in ("select_one", "select_many", "municipality", "zone", "partner", *OF_ONES_OWN, "matrix"):
        if not offered:
            raise DrillImpossible(f"The question {question.key!r} offers nothing to choose.")
        preferred = next((value for value in ("unknown", "AL", "other") if value in offered), offered[0])
        if kind == "matrix":
            return {row.value: preferred for row in question.rows}
        return [preferred] if kind == "select_many" else preferred
    day = timezone.localdate(occurred_at).isoformat()
    smallest = question.min if question.has("min") else 0
    plain = {
        **dict.fromkeys(("text", "long_text", "other_specify", "hidden"), text),
        **dict.fromkeys(("integer", "decimal", "scale", "duration"), smallest),
        **dict.fromkeys(("date", "approximate_date"), day),
        "boolean": False,
        "yes_no_unknown": "unknown",
        "datetime": occurred_at.isoformat(),
        "time": question.min if question.has("min") else "12:00",
        "phone": "+355690000000",
        "email": "drill@example.org",
        "ranking": offered,
        "signature": {"name": text},
        "indicators": {next(iter(by_id())): {"answer": "unknown"}},
        "indicator_assessment": {"decision": "no_indication", "reason": text},
    }
    if kind not in plain:
        raise DrillImpossible(f"The drill can't answer the question {question.key!r} of type {kind!r}.")
    return plain[kind]


def unit_and_worker(region: Region) -> tuple[MobileUnit, User]:
    """Return an active unit of the region that has a worker today, and that worker. Raises DrillImpossible."""
    for unit in region.units.filter(is_active=True):
        worker = User.objects.filter(
            is_active=True, assignments__in=unit.assignments.current().filter(role="worker")
        ).first()
        if worker is not None:
            return unit, worker
    raise DrillImpossible(f"No mobile unit of {region} has a worker today.", "no_worker")


def get_seat(region: Region) -> Municipality:
    """Return the municipality named like the region, else any of its own. Raises DrillImpossible."""
    seat = region.municipalities.filter(slug=region.slug).first() or region.municipalities.first()
    if seat is None:
        raise DrillImpossible(f"{region} has no municipality.", "no_municipality")
    return seat


def _watch(notice_ids: list[str], *, until: float) -> None:
    while time.monotonic() < until:
        # a notice without a contact is never sent: no use in waiting for it
        if not Notice.objects.filter(id__in=notice_ids, sent_at__isnull=True, contact__isnull=False).exists():
            return
        time.sleep(POLL_SECONDS)


def _get_steps(notice_ids: list[str], started: datetime) -> list[Step]:
    steps = []
    for attempt in Attempt.objects.filter(notice_id__in=notice_ids).select_related("notice"):
        by_mail = attempt.dispatch_id is None
        if by_mail:
            steps.append(Step("claimed", attempt.notice.role, _ms(started, attempt.started_at)))
        if attempt.outcome == AttemptOutcome.ACCEPTED and attempt.finished_at:
            name = "smtp_accepted" if by_mail else f"{attempt.channel}_accepted"
            steps.append(Step(name, attempt.notice.role, _ms(started, attempt.finished_at)))
    # the steps of several notices, which workers send side by side, in one order
    return sorted(steps, key=lambda step: step.at_ms)


def _ms(since: datetime, until: datetime) -> int:
    return round((until - since).total_seconds() * 1000)
