"""The scenarios that are shipped with the service, for the shipped procedure."""

import json
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.models import User
from case_forms.procedures.definition import parse_procedure
from case_forms.procedures.models import Procedure

from .expectations import read_expectations
from .models import Scenario
from .story import read_story

SHIPPED = Path(__file__).parent / "data" / "scenarios.json"


def read_shipped() -> list[Scenario]:
    """Read the shipped scenarios, unsaved and checked. Raises StoryRefused, ExpectationsRefused."""
    file = _read_file()
    scenarios = []
    for position, entry in enumerate(_iter_fields(file)):
        read_story(entry["story"])
        read_expectations(entry["expectations"])
        shipped = {"procedure": file["procedure"], "is_seeded": True, "is_approved": True}
        scenarios.append(Scenario(position=position, **shipped, **entry))
    return scenarios


@cache
def _read_file() -> dict[str, Any]:
    file: dict[str, Any] = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return file


def _iter_fields(file: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the fields of each scenario; `rules` isn't one of them."""
    return [{name: value for name, value in entry.items() if name != "rules"} for entry in file["scenarios"]]


def get_rules_of_shipped() -> dict[str, frozenset[str]]:
    """Map each shipped scenario's key to those of the shipped rules that apply in it."""
    return {entry["key"]: frozenset(entry["rules"]) for entry in _read_file()["scenarios"]}


def get_titles_by_rule(procedure: str) -> dict[str, list[dict[str, str]]]:
    """Map each shipped rule's key to the titles of the shipped scenarios in which it applies."""
    found: dict[str, list[dict[str, str]]] = {}
    file = _read_file()
    for entry in file["scenarios"] if file["procedure"] == procedure else ():
        for rule in entry["rules"]:
            found.setdefault(rule, []).append(entry["title"])
    return found


@transaction.atomic
def add_shipped_scenarios(*, procedure: str, rules: Collection[str], by: User) -> int:
    """Add the shipped scenarios in which one of these rules applies and that aren't known here. Return how many.

    They wait for the next approval of the procedure, as what anybody adds does. One that was known and deleted stays
    deleted.
    """
    known = set(Scenario.objects.filter(procedure=procedure).values_list("key", flat=True))
    applying = get_rules_of_shipped()
    added = [
        scenario
        for scenario in read_shipped()
        if scenario.procedure == procedure and scenario.key not in known and applying[scenario.key] & set(rules)
    ]
    for scenario in added:
        scenario.is_approved = False
        scenario.changed_at, scenario.changed_by = timezone.now(), by
        scenario.save()
    return len(added)


@transaction.atomic
def seed_scenarios() -> int:
    """Bring the shipped scenarios up to date. Return how many were written.

    One that somebody has changed isn't shipped any more (`is_seeded` is off), so it stays as it is. One that two people
    have deleted stays deleted. A new one in which a rule applies that the procedure here lacks waits until that rule is
    added to the draft: it would fail, and keep every draft from being submitted.
    """
    written = 0
    applying, present = get_rules_of_shipped(), _find_rules_here()
    for scenario in read_shipped():
        known = Scenario.objects.filter(procedure=scenario.procedure, key=scenario.key).first()
        if known is None and present is not None and not applying[scenario.key] <= present:
            continue
        if known is not None and (not known.is_seeded or not known.is_approved):
            continue
        same = known is not None and all(
            getattr(known, name) == getattr(scenario, name) for name in ("title", "story", "expectations", "position")
        )
        if not same:
            if known is not None:
                scenario.pk = known.pk
                scenario._state.adding = False
                scenario.deleted_at, scenario.deleted_by = known.deleted_at, known.deleted_by
            scenario.save()
            written += 1
    return written


def _find_rules_here() -> frozenset[str] | None:
    """Return the keys of the rules of the draft of the procedure that the file is about; None without one."""
    found = Procedure.objects.filter(key=_read_file()["procedure"]).first()
    if found is None:
        return None
    return frozenset(rule.key for rule in parse_procedure(found.working_copy()).rules)
