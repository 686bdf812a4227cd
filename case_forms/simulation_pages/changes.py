"""What was done to scenarios since the last approval, as the list and whoever approves a draft see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.limits import Busy, simulations
from access.models import localize
from case_forms.procedures.actions import publishing_problems
from case_forms.procedures.models import Procedure
from case_forms.simulation.approval import ADDED, CHANGED, DELETED, Change, find_changes
from case_forms.simulation.models import Scenario
from case_forms.simulation.scenarios import ScenarioResult, run_scenarios

KINDS: dict[str, Promise | str] = {CHANGED: _("changed"), ADDED: _("added"), DELETED: _("deleted")}


@dataclass(frozen=True)
class ChangeRow:
    """One change in words. `failures`: what doesn't hold on the draft of the scenario as it was approved.

    `is_left_out`: the approval at hand doesn't cover it. `approved`: the id of the approved scenario, to restore it.
    """

    kind: str
    label: str
    title: str
    by: Any
    at: datetime
    is_weaker: bool
    dropped: list[str]
    gained: list[str]
    has_other_story: bool
    failures: list[str]
    is_left_out: bool
    approved: UUID | None
    scenario: UUID | None


def build_changes(
    key: str, definition: Mapping[str, Any], *, submitted_at: datetime | None = None, approver: Any = None
) -> list[ChangeRow]:
    """Build the rows for this draft. `submitted_at`, `approver`: of the approval at hand, if there is one."""
    found = find_changes(key, definition)
    results = _run_as_approved(definition, [each.approved for each in found if each.approved is not None])
    return [
        _build(
            each,
            results.get(each.approved.key) if each.approved else None,
            is_left_out=submitted_at is not None and (each.at > submitted_at or each.by == approver),
        )
        for each in found
    ]


def _run_as_approved(definition: Mapping[str, Any], approved: list[Scenario]) -> dict[str, ScenarioResult]:
    # A draft that can't be published acts on no story, and says so elsewhere on the page.
    if not approved or publishing_problems(str(definition.get("key", "")), definition):
        return {}
    try:
        with simulations.turn():
            return {result.key: result for result in run_scenarios(definition, approved)}
    except Busy:
        return {}


def _build(change: Change, result: ScenarioResult | None, *, is_left_out: bool) -> ChangeRow:
    failed = [each for each in result.checked if not each.outcome.holds] if result else []
    failures = [f"{localize(each.words)}. {localize(each.outcome.why)}" for each in failed]
    if result is not None and result.problem:
        failures.append(localize(result.problem))
    return ChangeRow(
        kind=change.kind,
        label=str(KINDS[change.kind]),
        title=change.title,
        by=change.by,
        at=change.at,
        is_weaker=change.is_weaker,
        dropped=[localize(each) for each in change.dropped],
        gained=[localize(each) for each in change.gained],
        has_other_story=change.has_other_story,
        failures=failures,
        is_left_out=is_left_out,
        approved=change.approved.pk if change.approved else None,
        scenario=change.scenario.pk if change.scenario else None,
    )


def build_review_part(procedure: Procedure, submitted_at: datetime, request: HttpRequest) -> str:
    """Return what whoever approves a draft sees of its scenarios; "" when nobody has touched any."""
    definition = procedure.working_copy()
    changes = build_changes(procedure.key, definition, submitted_at=submitted_at, approver=request.user)
    if not changes:
        return ""
    return render_to_string(
        "simulation_pages/review.html", {"changes": changes, "procedure": procedure}, request=request
    )
