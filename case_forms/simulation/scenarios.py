"""Scenarios: run them on a definition, and say which rules and ladder steps none of them reaches.

A story is lived through anew only when something that it depends on has changed. What it came to is remembered with the
events that were decided about (`told`). A later definition that decides the same about each of them, and means the same
by the ladders, deadlines, chains and calendars that these decisions name, leads to the same timeline
(`Told.still_holds`). So a run beside an editor lives only through the stories that the edit touches. What must hold is
looked at each time.
"""

import hashlib
import json
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.utils.translation import gettext_lazy as _

from access.languages import Texts, in_each_language
from access.models import MobileUnit, Municipality
from case_forms.form_builder import canonical
from case_forms.form_builder.models import FormVersion
from case_forms.procedures.definition import Procedure, parse_procedure

from .arrivals import StoryImpossible
from .expectations import Expectation, ExpectationsRefused, Outcome, read_expectations
from .models import Scenario
from .simulate import simulate
from .simulated_system import SimulatedSystem
from .story import FurtherForm, Story, StoryRefused, read_story
from .timeline import Timeline
from .told import Told, hash_contents, memory

FAULT = _("This scenario can't be run: something of the service is broken. Tell the operator, the log says what.")
log = structlog.get_logger(__name__)
Step = tuple[str, int]  # (key of a ladder, index of a step)


@dataclass(frozen=True)
class CheckedExpectation:
    """One expectation of a scenario: what must hold, and whether it does."""

    words: Texts
    outcome: Outcome


@dataclass(frozen=True)
class ScenarioResult:
    """What a scenario came to. `problem`: why it couldn't be run ({} when it could); it counts as not holding.

    `rules`: keys of the rules that applied; `steps`: the ladder steps that were taken. `reused`: nothing that it
    depends on had changed.
    """

    key: str
    title: Texts
    checked: tuple[CheckedExpectation, ...]
    problem: Texts = field(default_factory=dict)
    rules: frozenset[str] = frozenset()
    steps: frozenset[Step] = frozenset()
    timeline: Timeline | None = field(default=None, repr=False)
    reused: bool = False

    @property
    def holds(self) -> bool:
        return not self.problem and all(each.outcome.holds for each in self.checked)


@dataclass(frozen=True)
class Coverage:
    """What no scenario reaches: rules by key, and ladder steps as (key of the ladder, index)."""

    rules: tuple[str, ...]
    steps: tuple[Step, ...]


def run_scenarios(
    definition: Mapping[str, Any],
    scenarios: Iterable[Scenario] | None = None,
    *,
    forms: Sequence[Mapping[str, Any]] = (),
    heartbeat: Callable[[], None] = lambda: None,
) -> list[ScenarioResult]:
    """Run the scenarios of this procedure on a checked definition, in their order; those of the database by default.

    `forms`: definitions to try in the place of the published ones. `heartbeat` is called before each scenario. One that
    can't be run is a result that doesn't hold, and never stops the others.
    """
    procedure = parse_procedure(definition)
    chosen = list(Scenario.objects.working().filter(procedure=procedure.key) if scenarios is None else scenarios)
    return _Runs(definition, procedure, forms, heartbeat).run(chosen)


def find_uncovered(definition: Mapping[str, Any], results: Iterable[ScenarioResult]) -> Coverage:
    """Return which rules and ladder steps of the definition none of these results has reached."""
    procedure = parse_procedure(definition)
    results = list(results)
    rules = {rule for result in results for rule in result.rules}
    steps = {step for result in results for step in result.steps}
    every_step = [(key, index) for key, ladder in procedure.ladders.items() for index in range(len(ladder.steps))]
    return Coverage(
        tuple(rule.key for rule in procedure.rules if rule.key not in rules),
        tuple(step for step in every_step if step not in steps),
    )


class _Runs:
    """The scenarios of one definition. A system is furnished when the first of its kind is to be lived through."""

    def __init__(
        self,
        definition: Mapping[str, Any],
        procedure: Procedure,
        forms: Sequence[Mapping[str, Any]],
        heartbeat: Callable[[], None],
    ) -> None:
        self.definition = definition
        self.procedure = procedure
        self.text = canonical.dump(dict(definition))
        self.forms = forms
        self.heartbeat = heartbeat
        self.systems: dict[str, SimulatedSystem] = {}
        self._around: str | None = None
        self.places = [
            *Municipality.objects.order_by("slug").values_list("slug", "name", "region__slug"),
            *MobileUnit.objects.order_by("slug").values_list("slug", "name", "is_active"),
        ]
        self.form_hashes = dict(FormVersion.objects.newest().values_list("form__key", "sha256")) | {
            str(form.get("key", "")): canonical.compute_sha256(canonical.dump(dict(form))) for form in forms
        }

    def run(self, scenarios: Sequence[Scenario]) -> list[ScenarioResult]:
        read = [self._read(scenario) for scenario in scenarios]
        stories = [story for _scenario, story, _expectations, _problem in read if story is not None]
        try:
            results = []
            for scenario, story, expectations, problem in read:
                self.heartbeat()
                if story is None:
                    results.append(ScenarioResult(scenario.key, scenario.title, (), problem))
                else:
                    results.append(self._run_one(scenario, story, expectations, stories))
            return results
        finally:
            for system in self.systems.values():
                system.database.close()

    def _read(self, scenario: Scenario) -> tuple[Scenario, Story | None, list[Expectation], Texts]:
        try:
            return scenario, read_story(scenario.story), read_expectations(scenario.expectations), {}
        except (StoryRefused, ExpectationsRefused):
            return scenario, None, [], in_each_language(_("This scenario can't be read. Open it and correct it."))

    def _run_one(
        self, scenario: Scenario, story: Story, expectations: list[Expectation], stories: list[Story]
    ) -> ScenarioResult:
        try:
            timeline, reused = self._tell(story, stories, is_shipped=scenario.is_seeded)
        except StoryImpossible as impossible:
            return ScenarioResult(scenario.key, scenario.title, (), impossible.words)
        except Exception as error:  # noqa: BLE001  # one that can't be told: the others, and the page, go on
            # Only its name: what it says may hold an answer.
            frames = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-3:]]
            log.error("scenario_failed", scenario=scenario.key, error=type(error).__name__, frames=frames)
            return ScenarioResult(scenario.key, scenario.title, (), in_each_language(FAULT))
        return ScenarioResult(
            scenario.key,
            scenario.title,
            tuple(CheckedExpectation(each.describe(self.procedure), each.check(timeline)) for each in expectations),
            rules=frozenset(timeline.fired),
            steps=frozenset(_iter_steps(timeline)),
            timeline=timeline,
            reused=reused,
        )

    def _tell(self, story: Story, stories: list[Story], *, is_shipped: bool) -> tuple[Timeline, bool]:
        """Return the story's timeline, and whether it is the remembered one."""
        # What a real directory says may change from one minute to the next: only invented ones are remembered.
        key = self._fingerprint(story) if story.directory == "invented" else ""
        # Those that somebody wrote themselves stay in this process.
        around = self._get_around if is_shipped else None
        told = memory.find(key, self.procedure, around) if key else None
        if told is not None:
            return told.as_told_by(self.procedure), True
        timeline = simulate(story, system=self._get_system(story, stories))
        if key:
            memory.remember(key, Told(timeline, self.text), around)
        return timeline, False

    def _get_system(self, story: Story, stories: list[Story]) -> SimulatedSystem:
        if story.directory not in self.systems:
            alike = [each for each in stories if each.directory == story.directory]
            self.systems[story.directory] = SimulatedSystem(alike, procedure=self.definition, forms=self.forms)
        return self.systems[story.directory]

    def _get_around(self) -> str:
        if self._around is None:
            self._around = hash_contents()
        return self._around

    def _fingerprint(self, story: Story) -> str:
        """Hash what the story depends on besides the procedure: itself, the places, and the forms."""
        forms = {act.form for act in story.acts if isinstance(act, FurtherForm)} | {story.form}
        depends = [story.to_json(), self.places, {form: self.form_hashes.get(form, "") for form in sorted(forms)}]
        # The key of the procedure, so that two with the same rules don't push each other out.
        return hashlib.sha256(json.dumps([self.procedure.key, *depends], sort_keys=True).encode()).hexdigest()


def _iter_steps(timeline: Timeline) -> Iterable[Step]:
    for entry in timeline.of_kind("notice.escalated"):
        ladder = timeline.procedure.ladders.get(entry.ladder) if timeline.procedure else None
        if ladder is not None and entry.step is not None and ladder.steps:
            # A repeated call is the last step again.
            yield entry.ladder, min(entry.step, len(ladder.steps) - 1)


def forget_results() -> None:
    """Forget what this process remembers of earlier runs, and what others have shared with it."""
    memory.clear()
