"""What of an identity goes into the blind index, what a question asks for, and how much each likeness weighs.

No value is common: a pair of name parts goes in with the year of birth, a single part only with the whole date. One
that many people share would tell by how often it occurs which name it is (docs/adr/0110). The pair goes in three times:
by its letters, by its sound, and each time with one letter left out, which meets a slip of the pen.

A year is stored once, and with it how it is known: as part of a whole date, exactly, or reckoned from an age. Whoever
asks tries the years beside it too, each as a value of its own, so that "16" meets somebody born in 2009. Two whole
dates that differ speak against a likeness of sound.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import Path

from .identity import Identity
from .spelling import compute_sound

WEIGHTS = Path(__file__).parent / "data" / "weights.json"
LETTERS, SOUND, SLIP = "same_letters", "same_sound", "one_letter_off"
DATED, EXACT, ABOUT, UNKNOWN = "dated", "exact", "about", "unknown"  # how the year of birth is known
MIN_LETTERS_FOR_A_SLIP = 4
# How far apart two years may lie: an age is wrong by one, and was true before or after a birthday.
# From two whole dates nothing is to be reckoned.
REACH = {(ABOUT, ABOUT): 2, (DATED, DATED): 0}
USUAL_REACH = 1

EARLIEST_ASKED, LATEST_ASKED = 1930, 2040

Value = tuple[str, ...]


@dataclass(frozen=True)
class Weights:
    """How much each likeness weighs. A match is a case that reaches `threshold` by its best likeness."""

    threshold: int
    pairs: dict[str, dict[str, int]]
    name_and_birth_date: int
    phone: int


@lru_cache(maxsize=1)
def load_weights() -> Weights:
    """Read the weights, once for a process."""
    read = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    pairs = {kind: read[kind] for kind in (LETTERS, SOUND, SLIP)}
    return Weights(read["threshold"], pairs, read["name_and_birth_date"], read["phone"])


def build_stored_values(identity: Identity) -> set[Value]:
    """Return the values that an identity has in the index."""
    year = (_how_known(identity), str(identity.year or ""))
    values = {(kind, *pair, *year) for kind, pair in _iter_pairs(identity)}
    return values | set(_iter_single_values(identity))


def build_asked_values(identity: Identity) -> dict[Value, int]:
    """Return the values to look for, each with its weight."""
    weights = load_weights()
    asked: dict[Value, int] = {}

    def ask(value: Value, weight: int) -> None:
        if weight > asked.get(value, 0):
            asked[value] = weight

    years = list(_iter_asked_years(identity))
    for kind, pair in _iter_pairs(identity):
        for nearness, *year in years:
            ask((kind, *pair, *year), weights.pairs[kind][nearness])
    for value in _iter_single_values(identity):
        ask(value, weights.phone if value[0] == "phone" else weights.name_and_birth_date)
    return asked


def build_any_year_values(identity: Identity) -> dict[Value, int]:
    """Return the values to look for among one's own cases: without a year every year is tried, letters and sound."""
    asked = build_asked_values(identity)
    if identity.year is not None:
        return asked
    weights = load_weights()
    years = [(known, str(year)) for known in (DATED, EXACT, ABOUT) for year in range(EARLIEST_ASKED, LATEST_ASKED + 1)]
    for kind, pair in _iter_pairs(identity):
        if kind != SLIP:
            asked |= {(kind, *pair, *year): weights.pairs[kind]["no_year"] for year in years}
    return asked


def _iter_pairs(identity: Identity) -> Iterator[tuple[str, Value]]:
    """Yield (kind, pair) for each two parts of the name; a pair is sorted."""
    for one, other in combinations(identity.names, 2):
        yield LETTERS, _sort(one, other)
        sounds = compute_sound(one), compute_sound(other)
        if all(sounds):
            yield SOUND, _sort(*sounds)
        # With nothing left out too: the other one may have a letter more.
        yield SLIP, _sort(one, other)
        for shorter in _iter_slips(one):
            yield SLIP, _sort(shorter, other)
        for shorter in _iter_slips(other):
            yield SLIP, _sort(one, shorter)


def _sort(one: str, other: str) -> Value:
    return (one, other) if one <= other else (other, one)


def _iter_slips(part: str) -> Iterator[str]:
    if len(part) >= MIN_LETTERS_FOR_A_SLIP:
        yield from {part[:position] + part[position + 1 :] for position in range(len(part))}


def _iter_single_values(identity: Identity) -> Iterator[Value]:
    if identity.born_on is not None:
        for part in identity.names:
            yield ("part", compute_sound(part) or part, identity.born_on.isoformat())
    for number in identity.phones:
        yield ("phone", number)


def _how_known(identity: Identity) -> str:
    if identity.year is None:
        return UNKNOWN
    if identity.born_on is not None:
        return DATED
    return EXACT if identity.is_exact_year else ABOUT


def _iter_asked_years(identity: Identity) -> Iterator[tuple[str, str, str]]:
    """Yield (nearness, how the year is known, year) of everybody who may be this person."""
    yield "no_year", UNKNOWN, ""
    if identity.year is None:
        return
    own = _how_known(identity)
    for stored in (DATED, EXACT, ABOUT):
        reach = REACH.get((own, stored), USUAL_REACH)
        for year in range(identity.year - reach, identity.year + reach + 1):
            yield _get_nearness(own, stored, year - identity.year), stored, str(year)


def _get_nearness(own: str, stored: str, apart: int) -> str:
    if own == stored == DATED:
        # The same date is met by another value, which weighs more.
        return "other_date"
    return "same_year" if apart == 0 and ABOUT not in (own, stored) else "near_year"
