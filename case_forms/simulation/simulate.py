"""Simulate a story: the room's entry point (docs/simulation.md)."""

from collections.abc import Mapping, Sequence
from typing import Any

from .arrivals import StoryImpossible
from .run import live
from .simulated_system import SimulatedSystem
from .story import Story
from .timeline import Timeline, read_timeline

__all__ = ["SimulatedSystem", "StoryImpossible", "simulate"]


def simulate(
    story: Story,
    *,
    procedure: Mapping[str, Any] | None = None,
    forms: Sequence[Mapping[str, Any]] = (),
    system: SimulatedSystem | None = None,
) -> Timeline:
    """Live a story through and return its timeline. Stores, sends and logs nothing.

    `procedure`: the definition to try, a checked one; without it the version that is in force at the story's moment.
    `forms`: definitions to try in the place of the published ones. `system`: one that was made for several stories.
    Raises StoryImpossible when the story can't begin.
    """
    if system is None:
        with SimulatedSystem([story], procedure=procedure, forms=forms) as own:
            return simulate(story, system=own)
    with live(story, system) as lived:
        return read_timeline(lived)
