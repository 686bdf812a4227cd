"""What has been done to the flags of a case, step by step: by rules, and by people by hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from access.languages import Texts
from case_forms.procedures.decided_action import Action
from case_forms.procedures.definition import Procedure
from case_forms.procedures.rule_actions.flags import ClearFlag, SetFlag

from .models import SUBMISSION_RECEIVED, Case, CaseEvent, FlagChange


@dataclass(frozen=True)
class FlagStep:
    """That a flag was set at a time, with this label, or cleared (None)."""

    at: datetime
    key: str
    label: Texts | None


def build_step(action: Action, procedure: Procedure, at: datetime) -> FlagStep | None:
    """Return what a decision's action does to a flag at this time; None of another action, or a flag that is gone."""
    if action.do not in (SetFlag.code, ClearFlag.code):
        return None
    key = action.params["flag"]
    if action.do == ClearFlag.code:
        return FlagStep(at, key, None)
    return FlagStep(at, key, dict(procedure.flags[key].label)) if key in procedure.flags else None


def list_by_rules(events: QuerySet[CaseEvent], procedure: Procedure, *, about: str = "") -> list[FlagStep]:
    """List what the rules of this procedure have done that applied to these events, the oldest first.

    `about`: the key of a form, for what rules about it alone have done, and not those that respond to what it caused,
    as that a case was opened.
    """
    rules = {
        rule.key: rule for rule in (procedure.rules_about(SUBMISSION_RECEIVED, about) if about else procedure.rules)
    }
    steps = []
    for at, detail in events.order_by("at", "pk").values_list("at", "detail"):
        for rule in (rules[key] for key in detail.get("rules", ()) if key in rules):
            for action in rule.then:
                if isinstance(action, SetFlag | ClearFlag):
                    steps.append(build_step(Action(rule.key, action.code, {"flag": action.flag}), procedure, at))
    return [step for step in steps if step is not None]


def list_by_hand(case: Case) -> list[FlagStep]:
    """List what people have done, the oldest first."""
    changes = FlagChange.objects.filter(case=case).order_by("changed_at", "pk")
    found = changes.values_list("changed_at", "key", "label", "is_set")
    return [FlagStep(at, key, label if is_set else None) for at, key, label, is_set in found]


def get_last(steps: Iterable[FlagStep]) -> dict[str, Texts | None]:
    """Return what the steps come to: {flag: its label, or None where it was cleared}. Of one time the later counts."""
    return {step.key: step.label for step in sorted(steps, key=lambda step: step.at)}
