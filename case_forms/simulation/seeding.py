"""The scenarios that are shipped with the service, for the shipped procedure."""

import json
from pathlib import Path
from typing import Any

from django.db import transaction

from .expectations import read_expectations
from .models import Scenario
from .story import read_story

SHIPPED = Path(__file__).parent / "data" / "scenarios.json"


def read_shipped() -> list[Scenario]:
    """Read the shipped scenarios, unsaved and checked. Raises StoryRefused, ExpectationsRefused."""
    file: dict[str, Any] = json.loads(SHIPPED.read_text(encoding="utf-8"))
    scenarios = []
    for position, entry in enumerate(file["scenarios"]):
        read_story(entry["story"])
        read_expectations(entry["expectations"])
        shipped = {"procedure": file["procedure"], "is_seeded": True, "is_approved": True}
        scenarios.append(Scenario(position=position, **shipped, **entry))
    return scenarios


@transaction.atomic
def seed_scenarios() -> int:
    """Bring the shipped scenarios up to date. Return how many were written.

    One that somebody has changed isn't shipped any more (`is_seeded` is off), so it stays as it is. One that two people
    have deleted stays deleted.
    """
    written = 0
    for scenario in read_shipped():
        known = Scenario.objects.filter(procedure=scenario.procedure, key=scenario.key).first()
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
