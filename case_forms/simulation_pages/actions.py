"""Scenarios as coordinators change them. Each act is recorded, by key; the story itself is in no record.

What was approved isn't overwritten and not deleted here: a change or deletion is a proposal that the next approval of
the procedure takes over (`simulation.approval`, docs/adr/0101).
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

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


class ScenarioChanged(Exception):
    """Somebody has saved the scenario since it was opened. `current`: as it stands now; None: it was deleted."""

    def __init__(self, current: Scenario | None) -> None:
        super().__init__("scenario_changed")
        self.current = current


def get_state(scenario: Scenario) -> str:
    """Return what tells this state of a scenario from every other, for a page to name what it was opened with."""
    return f"{scenario.pk} {scenario.changed_at.isoformat()}"


@transaction.atomic
def save_scenario(
    *,
    scenario: Scenario | None,
    procedure: str,
    title: Mapping[str, str],
    story: Mapping[str, Any],
    expectations: list[dict[str, Any]],
    by: User,
    opened_as: str = "",
    new_id: UUID | None = None,
) -> Scenario:
    """Create or change a scenario. Raises StoryRefused, ExpectationsRefused, TooManyScenarios, ScenarioChanged.

    `opened_as`: the state (`get_state`) that the person has changed; "" for a program, which has read none.
    `new_id`: of the page on which a new one was written; saved from there again, it is the same scenario, unless a
    colleague has changed it or it was approved meanwhile: then what is saved is another one beside it.

    One that was approved stays beside its changed self, which is returned. A shipped one that somebody has changed is
    theirs from then on: an upgrade doesn't overwrite it.
    """
    read_story(dict(story))
    read_expectations(expectations)
    if scenario is None:
        list(Scenario.objects.select_for_update().filter(procedure=procedure).values_list("pk"))
        scenario = _find_saved_before(new_id, procedure, by)
    is_new = scenario is None
    if scenario is None:
        of_procedure = Scenario.objects.working().filter(procedure=procedure)
        if of_procedure.count() >= MAX_SCENARIOS:
            raise TooManyScenarios
        last = of_procedure.aggregate(last=Max("position"))["last"]
        key = _find_free_key(procedure)
        scenario = Scenario(procedure=procedure, key=key, position=0 if last is None else last + 1)
        if new_id and not Scenario.objects.filter(pk=new_id).exists():
            scenario.pk = new_id
    else:
        scenario = _lock_current(scenario, opened_as)
        if scenario.is_approved:
            scenario = _begin_change(scenario)
    scenario.title, scenario.story, scenario.expectations = dict(title), dict(story), expectations
    _touch(scenario, by)
    scenario.save()
    _log("scenario.created" if is_new else "scenario.changed", scenario, by)
    return scenario


def _find_saved_before(new_id: UUID | None, procedure: str, by: User) -> Scenario | None:
    if new_id is None:
        return None
    own = Scenario.objects.working().filter(procedure=procedure, changed_by=by, is_approved=False)
    return own.filter(pk=new_id).first()


def _lock_current(scenario: Scenario, opened_as: str) -> Scenario:
    """Lock the scenario, and return the row that holds it now: of a changed one, the change. Raises ScenarioChanged."""
    locked = Scenario.objects.select_for_update(of=("self",)).filter(pk=scenario.pk).first()
    if locked is None or locked.deleted_at is not None:
        raise ScenarioChanged(None)
    current = Scenario.objects.filter(changes=locked).first() or locked
    if opened_as and opened_as != get_state(current):
        raise ScenarioChanged(current)
    return current


def _begin_change(approved: Scenario) -> Scenario:
    """Return a new row for the change of an approved scenario."""
    return Scenario(
        procedure=approved.procedure,
        key=_find_free_key(approved.procedure),
        position=approved.position,
        changes=approved,
    )


@transaction.atomic
def delete_scenario(*, scenario: Scenario, by: User) -> None:
    """Delete a scenario; one that was approved until then is only marked, for whoever approves the procedure next."""
    approved = scenario if scenario.is_approved else scenario.changes
    _log("scenario.deleted", approved or scenario, by)
    if not scenario.is_approved:
        scenario.delete()
    if approved is not None:
        approved.deleted_at, approved.deleted_by = timezone.now(), by
        approved.save(update_fields=["deleted_at", "deleted_by"])


@transaction.atomic
def restore_scenario(*, scenario: Scenario, by: User) -> None:
    """Take back what was proposed about an approved scenario: it stands as it was approved."""
    _log("scenario.restored", scenario, by)
    Scenario.objects.filter(changes=scenario).delete()
    scenario.deleted_at, scenario.deleted_by = None, None
    scenario.save(update_fields=["deleted_at", "deleted_by"])


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
