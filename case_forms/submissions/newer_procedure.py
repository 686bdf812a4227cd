"""Missing duties of a case under an older procedure: deadlines that the one in force would have started.

Computed by deciding on the case's own forms again, one after the other, under the version in force; nothing is
carried out. Duties that hang on a notice are left out: nobody is notified afterwards.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf

import structlog
from django.utils import timezone

from access.models import localize
from case_forms.cases.actions import SUBMISSION_RECEIVED
from case_forms.cases.consent.coverage import find_unreferred
from case_forms.cases.models import Case, Deadline
from case_forms.procedures.case_state import STATUS_ORDER
from case_forms.procedures.decide import Decision, DecisionFailed, Event, decide
from case_forms.procedures.definition import Deadline as WrittenDeadline
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

    `duties`: keys of deadlines, the soonest first. `left_out`: how many forms of the case couldn't be read, so that
    there may be more, or fewer.
    """

    duties: list[str]
    left_out: int


def missing_duties(case: Case, version: ProcedureVersion) -> Missing:
    """Find the deadlines that would run now and that this case never had."""
    running: set[str] = set()
    left_out = 0
    for decision in _decided_again(case, version):
        if decision is None:
            left_out += 1
            continue
        for action in decision.actions:
            if action.do == "deadline":
                running.add(action.params["key"])
            elif action.do == "meet_deadline":
                running.discard(action.params["key"])
    had = set(Deadline.objects.filter(case=case).values_list("key", flat=True))
    duties = sorted(running - had, key=lambda key: (_soonest(version.parsed.deadlines[key]), key))
    return Missing(duties, left_out)


def _soonest(deadline: WrittenDeadline) -> float:
    """Return the minutes until a deadline's first mark; one without any comes last."""
    return min(deadline.minutes.values(), default=inf)


def labels_of_duties(version: ProcedureVersion, keys: list[str], language: str) -> list[str]:
    return [localize(version.parsed.deadlines[key].label, language) for key in keys]


def changed_settings(before: ProcedureVersion, after: ProcedureVersion, language: str) -> list[SettingChange]:
    """Return the settings that the organisation has changed since; they decide about the case's next forms."""
    was, now = chosen_in_words(before.parsed, language), chosen_in_words(after.parsed, language)
    old = get_values(before.parsed)
    return [
        SettingChange(now.labels[name], was.choices[name][old[name]] if name in old else "", now.choices[name][value])
        for name, value in now.values.items()
        if old.get(name) != value
    ]


def _decided_again(case: Case, version: ProcedureVersion) -> Iterator[Decision | None]:
    """Yield the version's decision about each form of the case, in the order in which they came.

    None for one that doesn't open, or that the version can't decide on; it is logged, and the others still count.
    """
    status: str | None = None
    child: bool | None = None
    # in the order in which they came: what a form decides depends on the case's status at that moment
    sent = Submission.objects.filter(case=case).select_related("form_version__form").order_by("received_at", "pk")
    unreferred = find_unreferred(case)
    for submission in sent:
        try:
            decision = decide(_event(submission, status, child), version.parsed)
        except (SealBroken, KeyRingError, DecisionFailed) as error:
            log.error("not_decided_again", submission=str(submission.pk), code=type(error).__name__)
            yield None
            continue
        status, child = _case_after(decision, status, child)
        # A referral that was refused for want of consent met nothing when it came in, and meets nothing now.
        kept = [each for each in decision.actions if submission.pk not in unreferred or each.do != "meet_deadline"]
        yield replace(decision, actions=tuple(kept))


def _event(submission: Submission, status: str | None, child: bool | None) -> Event:
    return Event(
        kind=SUBMISSION_RECEIVED,
        form=submission.form_version.form.key,
        answers=submission.answers or {},
        occurred_at=timezone.localtime(submission.occurred_at),
        received_at=timezone.localtime(submission.received_at),
        case_status=status,
        case_child=child,
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
