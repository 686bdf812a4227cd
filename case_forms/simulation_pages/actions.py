"""Scenarios as coordinators change them. Each act is recorded, by key; the story itself is in no record."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from access.models import User
from audit.chain import get_actor, log_event
from case_forms.simulation.expectations import read_expectations
from case_forms.simulation.models import Scenario
from case_forms.simulation.story import read_story

MAX_SCENARIOS = 200  # of one procedure


class TooManyScenarios(Exception):
    """The procedure has as many scenarios as there may be."""


@transaction.atomic
def save_scenario(
    *,
    scenario: Scenario | None,
    procedure: str,
    title: Mapping[str, str],
    story: Mapping[str, Any],
    expectations: list[dict[str, Any]],
    by: User,
) -> Scenario:
    """Create or change a scenario. Raises StoryRefused, ExpectationsRefused, TooManyScenarios.

    A shipped one that somebody has changed is theirs from then on: an upgrade doesn't overwrite it.
    """
    read_story(dict(story))
    read_expectations(expectations)
    is_new = scenario is None
    if scenario is None:
        of_procedure = Scenario.objects.select_for_update().filter(procedure=procedure)
        if of_procedure.count() >= MAX_SCENARIOS:
            raise TooManyScenarios
        last = of_procedure.aggregate(last=Max("position"))["last"]
        key = _find_free_key(procedure)
        scenario = Scenario(procedure=procedure, key=key, position=0 if last is None else last + 1)
    scenario.title, scenario.story, scenario.expectations = dict(title), dict(story), expectations
    _touch(scenario, by)
    scenario.save()
    _log("scenario.created" if is_new else "scenario.changed", scenario, by)
    return scenario


@transaction.atomic
def delete_scenario(*, scenario: Scenario, by: User) -> None:
    """Delete a scenario. A shipped one comes back when the shipped ones are brought up to date."""
    _log("scenario.deleted", scenario, by)
    scenario.delete()


def _touch(scenario: Scenario, by: User) -> None:
    scenario.is_seeded = False
    scenario.changed_at = timezone.now()
    scenario.changed_by = by


def _find_free_key(procedure: str) -> str:
    """Return a key that says nothing of the title: it stands in the record, where no text of anybody's may."""
    taken = set(Scenario.objects.filter(procedure=procedure).values_list("key", flat=True))
    return next(key for number in range(1, MAX_SCENARIOS + 2) if (key := f"scenario-{number}") not in taken)


def _log(action: str, scenario: Scenario, by: User) -> None:
    log_event(action, actor=get_actor(by), target_kind="procedure", target_id=scenario.procedure, scenario=scenario.key)
