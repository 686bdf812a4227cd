"""Missing duties of a case under an older procedure: deadlines and tasks that the one in force would have started.

Computed by deciding on the case's own forms again, one after the other, under the version in force; nothing is
carried out. Duties that hang on a notice are left out: nobody is notified afterwards.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import inf

import structlog
from django.utils import timezone

from access.models import localize
from case_forms.cases.consent.coverage import find_unreferred
from case_forms.cases.facts.for_rules import get_known_for_rules
from case_forms.cases.models import SUBMISSION_RECEIVED, Case, Deadline
from case_forms.cases.tasks import TaskOrder, read_order
from case_forms.procedures.case_state import STATUS_ORDER
from case_forms.procedures.decide import Decision, DecisionFailed, Event, decide
from case_forms.procedures.definition import Deadline as WrittenDeadline
from case_forms.procedures.definition import Procedure
from case_forms.procedures.models import ProcedureVersion
from case_forms.procedures.organisation_settings import chosen_in_words, get_values
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import Submission

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SettingChange:
    """A setting of the organisation that differs in the newer version. `before` is empty where there was none."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Missing:
    """The duties that a case lacks.

    `duties`: keys of deadlines, the soonest first. `tasks`: what rules would have asked for and nobody has done.
    `left_out`: how many forms of the case couldn't be read, so that there may be more, or fewer.
    """

    duties: list[str]
    left_out: int
    tasks: list[TaskOrder] = field(default_factory=list)


def missing_duties(case: Case, version: ProcedureVersion) -> Missing:
    """Find the deadlines and tasks that would run now and that this case never had."""
    running: set[str] = set()
    tasks: dict[str, TaskOrder] = {}
    left_out = 0
    for submission, decision in _decided_again(case, version):
        # The form does what earlier ones have asked for, also where it can't be decided on.
        sent = submission.form_version.form.key
        running -= {key for key in running if _is_met_by(sent, key, version)}
        by = submission.submitted_by
        tasks = {key: order for key, order in tasks.items() if order.form != sent or order.not_by == by}
        if decision is None:
            left_out += 1
            continue
        for action in decision.actions:
            if action.do == "deadline":
                running.add(action.params["key"])
            elif action.do == "meet_deadline":
                running.discard(action.params["key"])
                tasks.pop(action.params["key"], None)
            elif (order := read_order(action, by)) is not None:
                tasks[order.key] = order
    had = set(Deadline.objects.filter(case=case).values_list("key", flat=True))
    duties = sorted(running - had, key=lambda key: (_soonest(version.parsed.deadlines[key]), key))
    return Missing(duties, left_out, [order for key, order in tasks.items() if key not in had])


def _is_met_by(form: str, key: str, version: ProcedureVersion) -> bool:
    """Tell whether sending this form meets a deadline: where rules meet it, they decide (`cases.actions`)."""
    return version.parsed.deadlines[key].form == form and key not in version.parsed.met_by_rules


def _soonest(deadline: WrittenDeadline) -> float:
    """Return the minutes until a deadline's first mark; one without any comes last."""
    return min(deadline.minutes.values(), default=inf)


def labels_of_duties(version: ProcedureVersion, missing: Missing, language: str) -> list[str]:
    deadlines = [version.parsed.deadlines[key].label for key in missing.duties]
    return [localize(label, language) for label in (*deadlines, *(order.label for order in missing.tasks))]


def changed_settings(before: ProcedureVersion, after: ProcedureVersion, language: str) -> list[SettingChange]:
    """Return the settings that the organisation has changed since; they decide about the case's next forms."""
    was, now = chosen_in_words(before.parsed, language), chosen_in_words(after.parsed, language)
    old = get_values(before.parsed)
    return [
        SettingChange(now.labels[name], was.choices[name][old[name]] if name in old else "", now.choices[name][value])
        for name, value in now.values.items()
        if old.get(name) != value
    ]


def _decided_again(case: Case, version: ProcedureVersion) -> Iterator[tuple[Submission, Decision | None]]:
    """Yield each form of the case with the version's decision about it, in the order in which they came.

    None for one that doesn't open, or that the version can't decide on; it is logged, and the others still count.
    """
    status: str | None = None
    child: bool | None = None
    # in the order in which they came: what a form decides depends on the case's status at that moment
    sent = (
        Submission.objects.current()
        .filter(case=case)
        .select_related("form_version__form", "submitted_by")
        .order_by("received_at", "pk")
    )
    unreferred = find_unreferred(case)
    for submission in sent:
        try:
            decision = decide(_event(submission, status, child, version.parsed), version.parsed)
        except (SealBroken, KeyRingError, DecisionFailed) as error:
            log.error("not_decided_again", submission=str(submission.pk), code=type(error).__name__)
            yield submission, None
            continue
        status, child = _case_after(decision, status, child)
        # A referral that was refused for want of consent met nothing when it came in, and meets nothing now.
        kept = [each for each in decision.actions if submission.pk not in unreferred or each.do != "meet_deadline"]
        yield submission, replace(decision, actions=tuple(kept))


def _event(submission: Submission, status: str | None, child: bool | None, procedure: Procedure) -> Event:
    answers, form = submission.answers or {}, submission.form_version.parsed_form
    return Event(
        kind=SUBMISSION_RECEIVED,
        form=submission.form_version.form.key,
        answers=answers,
        occurred_at=timezone.localtime(submission.occurred_at),
        received_at=timezone.localtime(submission.received_at),
        case_status=status,
        case_child=child,
        known=get_known_for_rules(submission.case, procedure, form, answers, occurred_at=submission.occurred_at),
    )


def _case_after(decision: Decision, status: str | None, child: bool | None) -> tuple[str | None, bool | None]:
    """Return the case's status and child track after this decision, as `cases.actions` applies it."""
    for action in decision.actions:
        if action.do not in ("open_case", "update_case"):
            continue
        wanted = action.params.get("status")
        if wanted in STATUS_ORDER:
            # a status is never lowered, except by a rule that records the formal identification (docs/adr/0054)
            formal = "formal_identification" in action.params
            status = wanted if status is None or formal else max(status, wanted, key=STATUS_ORDER.index)
        child = bool(child) or bool(action.params.get("child_track"))
    return status, child
