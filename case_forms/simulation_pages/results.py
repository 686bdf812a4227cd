"""The results of a procedure's scenarios, as the list and the editor's panel show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from access.limits import simulations
from access.models import localize
from case_forms.procedure_editor.labels import STEPS
from case_forms.procedures.definition import Procedure, parse_procedure
from case_forms.simulation.models import Scenario
from case_forms.simulation.scenarios import ScenarioResult, find_uncovered, run_scenarios


@dataclass(frozen=True)
class Failure:
    """An expectation that doesn't hold: what, why, and the rule that it names (its key and title)."""

    words: str
    why: str
    rule: str
    rule_title: str


@dataclass(frozen=True)
class Result:
    """A scenario and what it came to."""

    pk: UUID
    title: str
    is_shipped: bool
    holds: bool
    problem: str
    count: int
    failures: list[Failure]


@dataclass(frozen=True)
class Results:
    """All of them. `rules` and `steps` are those that no scenario reaches: (key, words)."""

    all: list[Result]
    rules: list[tuple[str, str]]
    steps: list[tuple[str, str]]

    @property
    def red(self) -> int:
        return sum(not each.holds for each in self.all)

    @property
    def green(self) -> int:
        return len(self.all) - self.red


def build_results(
    key: str,
    definition: Mapping[str, Any],
    scenarios: Sequence[Scenario] | None = None,
    *,
    forms: Sequence[Mapping[str, Any]] = (),
) -> Results:
    """Run the procedure's scenarios, or these, on a checked definition. The red ones come first.

    `forms`: definitions to try in the place of the published ones. Raises Busy.
    """
    procedure = parse_procedure(definition)
    scenarios = list(Scenario.objects.working().filter(procedure=key)) if scenarios is None else scenarios
    with simulations.turn():
        found = run_scenarios(definition, scenarios, forms=forms)
    uncovered = find_uncovered(definition, found)
    built = [_build(scenario, result, procedure) for scenario, result in zip(scenarios, found, strict=True)]
    titles = {rule.key: localize(dict(rule.title)) or rule.key for rule in procedure.rules}
    return Results(
        sorted(built, key=lambda each: each.holds),
        [(rule, titles.get(rule, rule)) for rule in uncovered.rules],
        [(ladder, _name_step(procedure, ladder, index)) for ladder, index in uncovered.steps],
    )


def _build(scenario: Scenario, result: ScenarioResult, procedure: Procedure) -> Result:
    titles = {rule.key: localize(dict(rule.title)) or rule.key for rule in procedure.rules}
    failures = [
        Failure(localize(each.words), localize(each.outcome.why), each.outcome.rule, titles.get(each.outcome.rule, ""))
        for each in result.checked
        if not each.outcome.holds
    ]
    return Result(
        scenario.pk,
        str(scenario),
        scenario.is_seeded,
        result.holds,
        localize(result.problem),
        len(result.checked),
        failures,
    )


def _name_step(procedure: Procedure, key: str, index: int) -> str:
    step = procedure.ladders[key].steps[index]
    words = {"ladder": key, "step": STEPS.get(step.do, step.do), "minutes": step.after_minutes}
    return _("%(ladder)s: %(step)s after %(minutes)s minutes") % words
