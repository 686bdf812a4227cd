"""The score of the answered indicators, by the ILO's rule. It only suggests; a worker decides, and says why.

The rule and its sources stand in data/indicators.json under "scoring". A dimension is positive by how many of its
indicators are present; unknown is never counted as absent, nor as present.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .indicators import by_dimension, by_id, catalogue

RECRUITED = ("deceptive_recruitment", "coercive_recruitment")
RECRUITED_VULNERABLE = "recruitment_abuse_vulnerability"
COERCED, VULNERABLE = "coercion_destination", "abuse_vulnerability_destination"
EXPLOITED = "exploitation"


class UnknownProfile(Exception):
    """No list of strengths has this name. The profiles stand in the data file."""


@dataclass(frozen=True)
class DimensionScore:
    """The number of present indicators of one dimension, by their strength in the profile."""

    dimension: str
    strong: int = 0
    medium: int = 0
    weak: int = 0

    @property
    def present(self) -> int:
        return self.strong + self.medium + self.weak

    @property
    def positive(self) -> bool:
        return is_positive(self.strong, self.medium, self.weak)

    @property
    def why(self) -> str:
        return why_positive(self.strong, self.medium, self.weak)


@dataclass(frozen=True)
class Score:
    """The suggestion. `pattern` is the one for the profile: a child's needs no means and asks for no consent.

    `pattern_by_vulnerability`: the adult pattern, with abuse of vulnerability standing in for the means.
    `asked` counts the indicators that were asked, `unknown` those of them whose answer isn't known.
    """

    profile: str
    dimensions: tuple[DimensionScore, ...]
    pattern: bool
    pattern_by_vulnerability: bool
    asked: int
    unknown: int

    @property
    def is_child(self) -> bool:
        return self.profile.startswith("child")

    @property
    def is_insufficient(self) -> bool:
        """Whether more than half of what was asked isn't known."""
        return self.unknown * 2 > self.asked

    def positive(self) -> frozenset[str]:
        """Return the dimensions that are positive."""
        return frozenset(score.dimension for score in self.dimensions if score.positive)


@dataclass(frozen=True)
class Suggestion:
    """The result of all profiles together.

    `adult` and `child` are one of SUGGESTIONS: what it comes to for each of them.
    """

    scores: tuple[Score, ...]
    adult: str
    child: str


SUGGESTIONS = ("nothing", "pattern", "signs", "insufficient", "no_pattern")
WHY = ("two_strong", "strong_and_another", "three_medium", "two_medium_and_weak")


def suggestion(answers: Mapping[str, Any]) -> Suggestion:
    """Score the cleaned answers under every profile.

    Signs are reported even when much isn't known; a lack of them is not.
    """
    scores = tuple(score(answers, profile=profile) for profile in catalogue()["profiles"])
    adult, child = ([found for found in scores if found.is_child is is_child] for is_child in (False, True))
    return Suggestion(scores, adult=_said(adult), child=_said(child))


def _said(scores: list[Score]) -> str:
    if any(found.pattern or found.pattern_by_vulnerability for found in scores):
        return "pattern"
    if any(_shows_signs(found) for found in scores):
        return "signs"
    # Any of the scores: what was asked and isn't known doesn't depend on the profile.
    if not scores[0].asked:
        return "nothing"
    return "insufficient" if scores[0].is_insufficient else "no_pattern"


def _shows_signs(found: Score) -> bool:
    """Return whether it is short of a pattern, and still enough to look closer.

    Our own proposal, not the ILO's: any strong indicator; for a child any of exploitation; for an adult a positive
    dimension, or exploitation together with any means.
    """
    present = {dimension.dimension for dimension in found.dimensions if dimension.present}
    if any(dimension.strong for dimension in found.dimensions):
        return True
    if found.is_child:
        return EXPLOITED in present
    return bool(found.positive()) or (EXPLOITED in present and len(present) > 1)


def is_positive(strong: int, medium: int, weak: int) -> bool:
    """Return whether a dimension is positive.

    Two strong; one strong and another of any kind; three medium; or two medium and one weak.
    """
    return bool(why_positive(strong, medium, weak))


def why_positive(strong: int, medium: int, weak: int) -> str:
    """Return the part of the rule that makes a dimension positive, one of WHY; "" when none does."""
    if strong >= 2:
        return WHY[0]
    if strong and medium + weak:
        return WHY[1]
    if medium >= 3:
        return WHY[2]
    return WHY[3] if medium >= 2 and weak else ""


def score(answers: Mapping[str, Any], *, profile: str, act: bool | None = None) -> Score:
    """Score a cleaned `indicators` answer under a profile (adult_labour, child_labour, adult_sexual, child_sexual).

    When the age isn't known and the person may be a child, use a child's profile. `act`: whether the person was
    recruited,
    moved or kept, if known from elsewhere; by default it is taken from the indicators of recruitment. Raises
    UnknownProfile.
    """
    if profile not in catalogue()["profiles"]:
        raise UnknownProfile(profile)
    present = {key for key, given in answers.items() if given.get("answer") == "present"}
    dimensions = tuple(
        _dimension(dimension["id"], indicators, present, profile) for dimension, indicators in by_dimension()
    )
    positive = {found.dimension for found in dimensions if found.positive}
    recruited = bool(positive & set(RECRUITED))
    if profile.startswith("child"):
        pattern = EXPLOITED in positive and (_shows_act(present) if act is None else act)
        # A child's pattern needs no means, so nothing has to stand in for them.
        by_vulnerability = pattern
    else:
        pattern = EXPLOITED in positive and COERCED in positive and recruited
        means = bool(positive & {COERCED, VULNERABLE})
        by_vulnerability = EXPLOITED in positive and means and (recruited or RECRUITED_VULNERABLE in positive)
    asked = [given["answer"] for key, given in answers.items() if key in by_id() and given["answer"] != "not_asked"]
    return Score(profile, dimensions, pattern, by_vulnerability, len(asked), asked.count("unknown"))


def _dimension(dimension: str, indicators: list[dict[str, Any]], present: set[str], profile: str) -> DimensionScore:
    strengths = [indicator["strength"][profile] for indicator in indicators if indicator["id"] in present]
    return DimensionScore(dimension, strengths.count("S"), strengths.count("M"), strengths.count("W"))


def _shows_act(present: set[str]) -> bool:
    """Return whether there was an act: any indicator of the recruitment phase says so."""
    phases = {dimension["id"]: dimension["phase"] for dimension in catalogue()["dimensions"]}
    return any(phases[by_id()[key]["dimension"]] == "recruitment" for key in present if key in by_id())
