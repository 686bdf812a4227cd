"""The registry of what depends on a form from above: procedures whose rules read its answers.

This room knows none of them. Rooms above register themselves when they are ready; publishing, archiving and the pages
of a form ask all of them.
"""

from dataclasses import dataclass
from typing import Protocol

from .definition import Form, Problem

SAME, CHANGED, STARTS, STOPS, BROKEN = "same", "changed", "starts", "stops", "broken"


@dataclass(frozen=True)
class Effect:
    """One thing that the form sets in motion, in words.

    `before` and `after`: on which answers, as a sentence, with the form as it is used now and as it would be; "" when
    it is always. `then`: what is done. `state`: same, changed, starts, stops (with this change), broken (already now).
    `why`: what is in the way, when it stops or is broken. `url`: where it is read and edited, "" when nowhere.
    """

    source: str
    title: str
    words: str
    then: tuple[str, ...]
    before: str
    after: str
    state: str
    why: tuple[str, ...] = ()
    url: str = ""


@dataclass(frozen=True)
class InMotion:
    """All that a form sets in motion. `cautions`: what whoever approves should know besides.

    `begins`: (address, words) of what a form that sets nothing in motion can be given; posted to, one button each.
    `links`: (address, words) of pages that say more.
    """

    effects: tuple[Effect, ...] = ()
    cautions: tuple[str, ...] = ()
    begins: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()


class Dependent(Protocol):
    """A room that relies on the forms.

    `form` is resolved and well-shaped; None stands for an archived one, or one that isn't published yet.
    """

    def problems(self, key: str, form: Form | None, *, deep: bool = True) -> list[Problem]:
        """Return what would stop working if the form with this key became this one.

        `deep`: it has no problems of its own, so that its conditions can be reasoned about as well.
        """

    def in_motion(self, key: str, before: Form | None, after: Form | None, language: str) -> InMotion:
        """Return what the form sets in motion, now and then."""


# Filled from `AppConfig.ready` of the rooms above, which this room may not import (import-linter).
_dependents: list[Dependent] = []


def register_dependent(dependent: Dependent) -> None:
    _dependents.append(dependent)


def problems_for_dependents(key: str, form: Form | None, *, deep: bool = True) -> list[Problem]:
    """Return what would stop working elsewhere; each problem names it."""
    return [problem for dependent in _dependents for problem in dependent.problems(key, form, deep=deep)]


def in_motion(key: str, before: Form | None, after: Form | None, language: str) -> InMotion:
    """Return what the form sets in motion, now and then, of all dependents together."""
    found = [dependent.in_motion(key, before, after, language) for dependent in _dependents]
    return InMotion(
        tuple(effect for each in found for effect in each.effects),
        tuple(caution for each in found for caution in each.cautions),
        tuple(begin for each in found for begin in each.begins),
        tuple(link for each in found for link in each.links),
    )
