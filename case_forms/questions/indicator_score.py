"""What the answered indicators add up to, by the ILO's rule. It only suggests; a worker decides, and says why.

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
    """There is no such list of strengths. The profiles stand in the data file."""


@dataclass(frozen=True)
class DimensionScore:
    """How many indicators of one dimension are present, by their strength in the profile."""

    dimension: str
    strong: int = 0
    medium: int = 0
    weak: int = 0

    @property
    def positive(self) -> bool:
        return is_positive(self.strong, self.medium, self.weak)


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
        """More than half of what was asked isn't known."""
        return self.unknown * 2 > self.asked

    def positive(self) -> frozenset[str]:
        """The dimensions that are positive."""
        return frozenset(score.dimension for score in self.dimensions if score.positive)


def is_positive(strong: int, medium: int, weak: int) -> bool:
    """Two strong; one strong and another of any kind; three medium; or two medium and one weak."""
    return strong >= 2 or (strong >= 1 and medium + weak >= 1) or medium >= 3 or (medium >= 2 and weak >= 1)


def score(answers: Mapping[str, Any], *, profile: str, act: bool | None = None) -> Score:
    """What a cleaned `indicators` answer adds up to under a profile (adult_labour, child_labour, adult_sexual,
    child_sexual). When the age isn't known and the person may be a child, use a child's profile.

    `act`: whether the person was recruited, moved or kept, if known from elsewhere; by default it is taken from the
    indicators of recruitment. Raises UnknownProfile.
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
        by_vulnerability = pattern
    else:
        pattern = EXPLOITED in positive and COERCED in positive and recruited
        kept = bool(positive & {COERCED, VULNERABLE})
        by_vulnerability = EXPLOITED in positive and kept and (recruited or RECRUITED_VULNERABLE in positive)
    asked = [given["answer"] for key, given in answers.items() if key in by_id() and given["answer"] != "not_asked"]
    return Score(profile, dimensions, pattern, by_vulnerability, len(asked), asked.count("unknown"))


def _dimension(dimension: str, indicators: list[dict[str, Any]], present: set[str], profile: str) -> DimensionScore:
    strengths = [indicator["strength"][profile] for indicator in indicators if indicator["id"] in present]
    return DimensionScore(dimension, strengths.count("S"), strengths.count("M"), strengths.count("W"))


def _shows_act(present: set[str]) -> bool:
    """Any indicator of the recruitment phase says that there was an act."""
    phases = {dimension["id"]: dimension["phase"] for dimension in catalogue()["dimensions"]}
    return any(phases[by_id()[key]["dimension"]] == "recruitment" for key in present if key in by_id())
