"""The check that a procedure's scenarios hold: beside its editor after each save, and when it is submitted."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from access.limits import Busy, simulations
from access.models import localize
from case_forms.procedure_editor.checks import Finding
from case_forms.procedures.actions import publishing_problems
from case_forms.procedures.definition import Procedure
from case_forms.simulation.models import Scenario
from case_forms.simulation.scenarios import ScenarioResult, run_scenarios


def check_scenarios(procedure: Procedure) -> Iterator[Finding]:
    """Run the scenarios on a draft. One that doesn't hold keeps it from being submitted, and names the rule.

    One that was approved and that somebody has changed or deleted since is held against the draft as it was approved,
    too: that keeps nobody from submitting, but it is said. A draft that can't be published can't act on a story either:
    its own problems keep it from being submitted.
    """
    definition = procedure.to_json()
    if publishing_problems(procedure.key, definition):
        return
    given_up = list(Scenario.objects.superseded().filter(procedure=procedure.key))
    try:
        with simulations.turn():
            results = run_scenarios(definition)
            as_approved = run_scenarios(definition, given_up) if given_up else []
    except Busy:
        # Whoever presses while the page itself still runs them has done nothing wrong.
        yield Finding("", _("The scenarios are still running for another page. Try again in a minute."))
        return
    for result in results:
        yield from iter_findings(result)
    for result in as_approved:
        if not result.holds:
            words = _(
                "Scenario “%(title)s” was changed or deleted. As it was approved it doesn't hold on this draft, and"
                " whoever approves the draft sees that."
            )
            yield Finding("", words % {"title": localize(result.title) or result.key}, is_blocking=False)


def iter_findings(result: ScenarioResult) -> Iterator[Finding]:
    """Yield what a scenario reports, one finding for each expectation that doesn't hold."""
    title = localize(result.title) or result.key
    if result.problem:
        yield Finding("", _("Scenario “%(title)s”: %(why)s") % {"title": title, "why": localize(result.problem)})
    for checked in result.checked:
        if not checked.outcome.holds:
            words = _("Scenario “%(title)s”. Must hold: %(what)s. %(why)s") % {
                "title": title,
                "what": localize(checked.words),
                "why": localize(checked.outcome.why),
            }
            yield Finding(checked.outcome.rule, words)
