"""Simulate a story: the room's entry point (docs/simulation.md)."""

from collections.abc import Mapping, Sequence
from typing import Any

from .arrivals import StoryImpossible
from .house import House
from .run import live
from .story import Story
from .timeline import Timeline, read_timeline

__all__ = ["House", "StoryImpossible", "simulate"]


def simulate(
    story: Story,
    *,
    procedure: Mapping[str, Any] | None = None,
    forms: Sequence[Mapping[str, Any]] = (),
    house: House | None = None,
) -> Timeline:
    """Live a story through and return its timeline. Stores, sends and logs nothing.

    `procedure`: the definition to try, a checked one; without it the version that is in force at the story's moment.
    `forms`: definitions to try in the place of the published ones. `house`: one that was made for several stories.
    Raises StoryImpossible when the story can't begin.
    """
    if house is None:
        with House([story], procedure=procedure, forms=forms) as own:
            return simulate(story, house=own)
    with live(story, house) as lived:
        return read_timeline(lived)
