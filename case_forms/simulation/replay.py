"""Replay: a draft held against what was submitted in the last 90 days, in counts and references.

Both procedures decide about the same events, purely: nothing is carried out, and no answer leaves this module. Only
submissions and messages that whoever asked may read when it runs are counted. A form about a case is decided with the
case's status as it stands now, because what it was then isn't kept; the result says how many such there are.

A `bulk` worker does it (`run_replay`), row by row, each in its own try; running it again begins anew.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import structlog
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from access.models import User
from audit.chain import get_actor, log_event
from case_forms.cases.facts.for_rules import get_known_for_rules
from case_forms.cases.models import SUBMISSION_RECEIVED
from case_forms.form_builder import canonical
from case_forms.procedures.decide import Action, DecisionFailed, Event, decide
from case_forms.procedures.definition import Procedure, parse_procedure
from case_forms.procedures.models import ProcedureVersion
from case_forms.procedures.rule_actions.registry import ACTIONS
from case_forms.submissions.consents import consents_for
from case_forms.submissions.models import Submission
from case_forms.tips.deciding import RECEIVED
from case_forms.tips.models import Tip
from notifications.outbox.queueing import enqueue_bulk

from .models import Replay, ReplayState

TASK = "case_forms.simulation.replay.run_replay"
DAYS = 90
KEPT_DAYS = 30
MAX_DURATION = timedelta(hours=1)
MAX_ROWS = 20_000  # of submissions, and of tips; the oldest are left out, which the result says
CHUNK = 200
MAX_REFERENCES = 200  # for each difference
PROGRESS_EVERY = 25

log = structlog.get_logger(__name__)


@dataclass
class _Differences:
    """What was counted so far."""

    more: Counter[str] = field(default_factory=Counter)
    fewer: Counter[str] = field(default_factory=Counter)
    references: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    problems: Counter[str] = field(default_factory=Counter)
    forms: Counter[str] = field(default_factory=Counter)
    same: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return {"more", "fewer": {code: count}, "references": {code: [reference]}, "problems", "forms", "same"}.

        A code is `notify:<role>`, `refer`, `deadline:<key>` or another action's; one in `references` begins with
        "+" (more) or "-" (fewer).
        """
        return {
            "more": dict(self.more),
            "fewer": dict(self.fewer),
            "references": {code: found[:MAX_REFERENCES] for code, found in self.references.items()},
            "problems": dict(self.problems),
            "forms": dict(self.forms),
            "same": self.same,
        }


def ask_replay(*, draft: Mapping[str, Any], by: User) -> Replay:
    """Ask for a replay of a checked draft; a bulk worker begins it after the commit."""
    with transaction.atomic():
        replay = Replay.objects.create(
            procedure=str(draft.get("key", ""))[:64], draft=canonical.dump(dict(draft)), asked_by=by
        )
        log_event("procedure.replay_asked", actor=get_actor(by), target_kind="procedure", target_id=replay.procedure)
        transaction.on_commit(lambda: enqueue_bulk(TASK, str(replay.pk)))
    return replay


def run_replay(replay_id: str) -> None:
    """Decide about everything again, twice, and store what differs. Run by a `bulk` worker."""
    replay = Replay.objects.select_related("asked_by").filter(pk=replay_id, finished_at__isnull=True).first()
    if replay is None or replay.state == ReplayState.FAILED:
        return
    now = timezone.now()
    replay.state, replay.started_at, replay.done = ReplayState.RUNNING, now, 0
    replay.save(update_fields=["state", "started_at", "done"])
    try:
        found = _run(replay, now)
    except DatabaseError:
        raise  # the queue delivers it again
    except Exception as error:  # noqa: BLE001 - whatever it was: the person must learn that it failed
        log.error("replay_failed", replay=str(replay.pk), code=type(error).__name__)
        Replay.objects.filter(pk=replay.pk).update(state=ReplayState.FAILED, finished_at=timezone.now())
        return
    with transaction.atomic():
        Replay.objects.filter(pk=replay.pk).update(
            state=ReplayState.READY, finished_at=timezone.now(), result=found.as_json(), done=replay.total
        )
        log_event(
            "procedure.replayed",
            actor=get_actor(replay.asked_by),
            target_kind="procedure",
            target_id=replay.procedure,
            read=replay.total,
        )


def tidy_replays(now: datetime) -> int:
    """Drop old results, and say of those that no worker has finished that they failed. Return how many were dropped."""
    unfinished = Replay.objects.filter(finished_at__isnull=True, asked_at__lte=now - MAX_DURATION)
    unfinished.update(state=ReplayState.FAILED, finished_at=now)
    dropped, _by_model = Replay.objects.filter(asked_at__lte=now - timedelta(days=KEPT_DAYS)).delete()
    return dropped


def _run(replay: Replay, now: datetime) -> _Differences:
    draft = parse_procedure(json.loads(replay.draft))
    in_force = ProcedureVersion.objects.in_force(now).parsed
    found = _Differences()
    of_period = _get_rows(replay.asked_by, now - timedelta(days=DAYS))
    counts = [rows.count() for rows in of_period]
    replay.total = sum(min(count, MAX_ROWS) for count in counts)
    replay.save(update_fields=["total"])
    if left_out := sum(counts) - replay.total:
        found.problems["left_out"] = left_out
    read = chain.from_iterable(_iter_in_parts(rows) for rows in of_period)
    for number, row in enumerate(read, start=1):
        try:
            _compare(row, in_force, draft, found)
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001 - one row that doesn't open keeps no other from being counted
            found.problems[type(error).__name__] += 1
        if number % PROGRESS_EVERY == 0:
            Replay.objects.filter(pk=replay.pk).update(done=number)
    return found


def _iter_in_parts(rows: "QuerySet[Any]") -> Iterator[Submission | Tip]:
    """Iterate over the newest of these rows, a few at a time: each holds its answers.

    Each part is read to its end, because no cursor may be open on SQLite when the progress is written.
    """
    keys = list(rows.values_list("pk", flat=True)[:MAX_ROWS])
    for start in range(0, len(keys), CHUNK):
        yield from rows.filter(pk__in=keys[start : start + CHUNK])


def _get_rows(by: User, since: datetime) -> tuple["QuerySet[Submission]", "QuerySet[Tip]"]:
    """Return what this person may read of the submissions and of the tips, the newest first."""
    submissions = Submission.objects.visible_to(by).filter(received_at__gte=since, is_drill=False)
    tips = Tip.objects.visible_to(by).filter(received_at__gte=since, forgotten_at__isnull=True)
    return (
        submissions.select_related("form_version__form", "case").distinct().order_by("-received_at"),
        tips.select_related("form_version__form").distinct().order_by("-received_at"),
    )


def _compare(row: Submission | Tip, in_force: Procedure, draft: Procedure, found: _Differences) -> None:
    answers: Any = row.answers
    if not isinstance(answers, dict):
        found.problems["forgotten"] += 1
        return
    if isinstance(row, Submission) and _names_a_case(row, answers):
        found.problems["status_of_today"] += 1
    before, after = (_decide(row, answers, procedure) for procedure in (in_force, draft))
    reference = _get_reference(row)
    if after is None or before is None:
        found.problems["not_decided_now" if before is None else "not_decided_then"] += 1
        found.references["!"].append(reference)
        return
    if before == after:
        found.same += 1
        return
    found.forms[row.form_version.form.key] += 1
    for sign, counted, codes in (("+", found.more, after - before), ("-", found.fewer, before - after)):
        for code in codes:
            counted[code] += 1
            found.references[sign + code].append(reference)


def _decide(row: Submission | Tip, answers: dict[str, Any], procedure: Procedure) -> Counter[str] | None:
    form = row.form_version.form.key
    if isinstance(row, Tip):
        event = Event(
            kind=RECEIVED,
            form=form,
            answers=answers,
            occurred_at=timezone.localtime(row.received_at),
            received_at=timezone.localtime(row.received_at),
        )
    else:
        case = row.case if _names_a_case(row, answers) else None
        event = Event(
            kind=SUBMISSION_RECEIVED,
            form=form,
            answers=answers,
            occurred_at=timezone.localtime(row.occurred_at),
            received_at=timezone.localtime(row.received_at),
            case_status=case.status if case else None,
            case_child=case.child_track if case else None,
            case_consent=consents_for(case, procedure, form),
            # as the case stands today, like the consents: what was known then isn't told apart
            known=get_known_for_rules(
                case, procedure, row.form_version.parsed_form, answers, occurred_at=row.occurred_at
            ),
        )
    try:
        return Counter(map(_get_code, decide(event, procedure).actions))
    except DecisionFailed:
        return None


def _get_code(action: Action) -> str:
    """Return what an action does, as a code that holds no answer."""
    for name in ("role", "key"):
        parameter = ACTIONS[action.do].parameters().get(name)
        # What is written in the procedure; what an expression has worked out may be an answer.
        if parameter is not None and not parameter.is_expression and isinstance(action.params.get(name), str):
            return f"{action.do}:{action.params[name]}"
    return action.do


def _names_a_case(row: Submission, answers: Mapping[str, Any]) -> bool:
    keys: Iterable[str] = (
        key
        for key, located in row.form_version.parsed_form.questions_by_key.items()
        if located.question.type == "case_reference"
    )
    return row.case is not None and any(answers.get(key) for key in keys)


def _get_reference(row: Submission | Tip) -> str:
    if isinstance(row, Tip):
        return row.reference
    return row.case.reference if row.case else str(row.pk)
