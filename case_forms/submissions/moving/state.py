"""What the forms of a case say of its state: worked out anew without one that belongs to another case.

A form sets the child track, flags and the formal identification, and raises the status. When it is moved away, what no
other form of the case says goes back; two people have agreed that it was said of somebody else. A flag that it touched
is what the last of the others, or of those who set or clear flags by hand, made of it. The status doesn't go back by
itself (docs/adr/0131): it becomes a proposal, and a coordinator is one of the two who decide about it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.utils.translation import gettext, gettext_lazy

from access.languages import Texts, format_in_each_language
from access.models import User
from audit.chain import Actor, log_event
from case_forms.cases.brief_content import both
from case_forms.cases.flag_steps import FlagStep, build_step, get_last, list_by_hand, list_by_rules
from case_forms.cases.models import (
    SUBMISSION_RECEIVED,
    TAKEN_BACK,
    Case,
    CaseEvent,
    CaseStatus,
    FormalIdentification,
)
from case_forms.cases.statuses.actions import get_decided, propose_without_form
from case_forms.procedures.case_state import STATUS_ORDER, next_status
from case_forms.procedures.decide import Action, DecisionFailed, decide
from case_forms.procedures.definition import Procedure
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..deciding import build_event, procedure_for
from ..drafts.filled import get_times_carried_over
from ..models import Submission
from ..refusals import NotDecided

log = structlog.get_logger(__name__)


@dataclass
class Said:
    """What forms ask of a case's state, in the order in which they came. `status`: None where none asks for one."""

    status: str | None = None
    is_child: bool = False
    formal: str | None = None
    flags: list[FlagStep] = field(default_factory=list)
    is_certain: bool = True  # False: something could not be read or worked out, so nothing is taken away for it

    def add(self, action: Action, procedure: Procedure, at: datetime) -> None:
        """Add what one action of a procedure's decision asks, which was carried out at this time."""
        params = action.params
        if action.do in ("open_case", "update_case"):
            self._add_status(params)
            self.is_child = self.is_child or bool(params.get("child_track"))
            self.formal = params.get("formal_identification", self.formal)
        elif (step := build_step(action, procedure, at)) is not None:
            self.flags.append(step)

    def _add_status(self, params: dict[str, Any]) -> None:
        asked = params.get("status")
        if asked not in STATUS_ORDER:
            return
        is_result = "formal_identification" in params
        self.status = asked if self.status is None or is_result else next_status(self.status, asked)


def read_said(case: Case, forms: Iterable[Submission]) -> Said:
    """Work out what these forms of a case ask of its state, the oldest first. Nothing is carried out."""
    said = Said()
    own = CaseEvent.objects.filter(case=case, kind=SUBMISSION_RECEIVED, submission_id__isnull=False)
    came: dict[Any, datetime] = dict(own.values_list("submission_id", "at"))
    for form in sorted(forms, key=lambda each: (each.received_at, str(each.pk))):
        try:
            _add_form(said, case, form, came.get(form.pk, form.received_at))
        except (DecisionFailed, NotDecided, SealBroken, KeyRingError) as error:
            log.error("form_not_worked_out", submission=str(form.pk), code=type(error).__name__)
            said.is_certain = False
    return said


def _add_form(said: Said, case: Case, form: Submission, came: datetime) -> None:
    """Add what a form asks. `came`: when it came to this case, perhaps from another one."""
    at = form.received_at
    procedure = procedure_for(form.form_version.form.key, case, at)
    event = build_event(form, form.answers or {}, case, procedure, get_times_carried_over(form), at=at)
    for action in decide(event, procedure.parsed).actions:
        said.add(action, procedure.parsed, came)


def add_what_rules_did(said: Said, case: Case, *, of: Sequence[Any] = ()) -> None:
    """Add what is on record of the rules that applied in a case; `of`: only to what goes back to these forms.

    All that they did to flags, also where a form had first opened the case or raised its status. What a condition of
    rules about something later worked out then isn't known any more.
    """
    procedure = case.procedure_version.parsed
    events = CaseEvent.objects.filter(case=case)
    events = events.filter(submission_id__in=of) if of else events
    said.flags += list_by_rules(events, procedure)
    rules = {rule.key: rule for rule in procedure.rules}
    later = events.exclude(kind__in=(SUBMISSION_RECEIVED, TAKEN_BACK))
    for detail in later.values_list("detail", flat=True):
        applied = [rules[key] for key in detail.get("rules", ()) if key in rules]
        if any(action.code in ("open_case", "update_case") for rule in applied for action in rule.then):
            said.is_certain = False


def go_back(case: Case, moved: Said, others: Said, *, proposed_by: User, actor: Actor, at: datetime) -> list[Texts]:
    """Let the locked case be what its other forms say, as far as the moved one had changed it. Return what was done."""
    changed: dict[str, Any] = {}
    words: list[Texts] = []
    flags = _get_flags(case, moved, others)
    if flags.keys() != case.flags.keys():
        words += _word_flags(case.flags, flags)
        changed["flags"] = flags
    if moved.is_child and case.child_track and others.is_certain and not others.is_child:
        changed["child_track"] = False
        words.append(both(lambda: gettext("Only that form said that the person is, or may be, a child.")))
    formal = others.formal or FormalIdentification.NOT_OFFERED.value
    if moved.formal is not None and case.formal_identification == moved.formal and others.is_certain:
        changed["formal_identification"] = formal
    for name, value in changed.items():
        setattr(case, name, value)
    if changed:
        case.save(update_fields=list(changed))
        codes: dict[str, Any] = {
            name: sorted(value) if isinstance(value, dict) else value for name, value in changed.items()
        }
        log_event("case.state_went_back", actor=actor, target_kind="case", target_id=case.pk, **codes)
    return words + _propose_status(case, moved, others, proposed_by, at)


def _get_flags(case: Case, moved: Said, others: Said) -> dict[str, Any]:
    """Return the case's flags as they are without what the moved form had set and cleared."""
    last = get_last([*others.flags, *list_by_hand(case)])
    flags = dict(case.flags)
    for key in {step.key for step in moved.flags}:
        label = last.get(key)
        if label is not None:
            flags.setdefault(key, label)
        elif others.is_certain:
            flags.pop(key, None)
    return flags


def _word_flags(before: dict[str, Texts], after: dict[str, Texts]) -> list[Texts]:
    cleared = gettext_lazy("The flag “{flag}” is cleared: without that form the case would not have it.")
    set_again = gettext_lazy("The flag “{flag}” is set again: without that form the case would have it.")
    words = [format_in_each_language(cleared, flag=label) for key, label in before.items() if key not in after]
    return words + [format_in_each_language(set_again, flag=label) for key, label in after.items() if key not in before]


def _propose_status(case: Case, moved: Said, others: Said, by: User, at: datetime) -> list[Texts]:
    """Propose the status that the other forms give, where the moved one had raised it."""
    if moved.status is None or get_decided(case) is not None:
        return []
    wanted = others.status if others.is_certain else None
    if wanted == case.status or (
        wanted is not None and STATUS_ORDER.index(wanted) >= STATUS_ORDER.index(CaseStatus(case.status).value)
    ):
        return []
    if wanted is not None and propose_without_form(case=case, wanted=wanted, by=by, at=at) is not None:
        return [both(lambda: _word_status(case, wanted))]
    return [both(lambda: _word_unknown(case))]


def _word_status(case: Case, wanted: str) -> str:
    words = gettext(
        "Without that form the status would be “%(wanted)s”. It stays “%(status)s” until somebody else agrees to change"
        " it: that was proposed."
    )
    return words % {"wanted": CaseStatus(wanted).label, "status": CaseStatus(case.status).label}


def _word_unknown(case: Case) -> str:
    words = gettext(
        "The case stays “%(status)s”. That form may have given it this status: please look at it, and propose another"
        " one where it is wrong."
    )
    return words % {"status": CaseStatus(case.status).label}


def list_current(case: Case, *, without: Sequence[Any]) -> list[Submission]:
    """List the forms of a case that hold now, without these."""
    rows = Submission.objects.current().filter(case=case).exclude(pk__in=without)
    return list(rows.select_related("form_version__form", "unit", "submitted_by").order_by("received_at"))
