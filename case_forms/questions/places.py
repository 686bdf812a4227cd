"""A place on the map. Coarsened, only the municipality is ever stored."""

import json
import math
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.languages import DEFAULT_LANGUAGE

from .base import (
    AnswerError,
    Cell,
    Choice,
    ChoiceSource,
    CleanContext,
    Posted,
    QuestionType,
    checked_object,
    wrong_type,
)
from .choices import MAX_VALUE_LENGTH, not_a_choice
from .numbers import is_number, number_entered
from .question import Question

DECIMALS = 5  # decimals of a degree: about a metre
MAX_INACCURACY = 100_000  # metres
MAX_KILOMETRES = 60  # kilometres from the nearest seat; no place in Albania is farther
EARTH_RADIUS = 6371.0
BOUNDS = {"lat": 90, "lon": 180}
MUNICIPALITIES = "municipalities"


@cache
def seats() -> dict[str, tuple[float, float]]:
    """Return the seat of each municipality, (latitude, longitude) by the municipality's key.

    data/seats.json says how sure.
    """
    read = json.loads((Path(__file__).parent / "data" / "seats.json").read_text())["seats"]
    return {slug: (seat["lat"], seat["lon"]) for slug, seat in read.items()}


def nearest_seat(lat: float, lon: float, among: Iterable[str]) -> str | None:
    """Return the municipality whose seat is nearest: approximate near borders. None when every seat is far away."""
    far = {slug: _kilometres(lat, lon, *seats()[slug]) for slug in among}
    nearest = min(far, key=lambda slug: (far[slug], slug), default=None)
    return nearest if nearest is not None and far[nearest] <= MAX_KILOMETRES else None


class Geopoint(QuestionType):
    """{"lat", "lon", "accuracy"? in metres}, to 5 decimals. With `coarsen` only {"municipality": key} is stored."""

    name = "geopoint"
    icon = "map"
    value_kind = "object"
    properties = frozenset({"coarsen"})

    def group_role(self, question: Question) -> str:
        return "group"

    def listed(self, question: Question, language: str, sources: ChoiceSource) -> list[Choice]:
        return sources.choices(MUNICIPALITIES, language) if is_coarse(question) else []

    def clean(self, raw: Any, question: Question, context: CleanContext) -> dict[str, Any]:
        given = checked_object(raw, _keys(question), _("Give the latitude and the longitude."))
        if "municipality" in given:
            return _named_municipality(given, context.sources)
        point = {name: _degrees(given.get(name), name) for name in BOUNDS}
        if given.get("accuracy") is not None:
            point["accuracy"] = _metres(given["accuracy"])
        if not is_coarse(question):
            return point
        known = [slug for slug in seats() if context.sources.has(MUNICIPALITIES, slug)]
        municipality = nearest_seat(point["lat"], point["lon"], known)
        if municipality is None:
            raise AnswerError("too_far", _("This place is in no municipality that we know."))
        return {"municipality": municipality}

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        """Read fields `name.lat`, `name.lon`, `name.accuracy`.

        Coarsened only `name.municipality`, so no point is stored.
        """
        names = ("municipality",) if is_coarse(question) else (*BOUNDS, "accuracy")
        entered = {part: str(post.get(f"{name}.{part}") or "").strip() for part in names}
        if is_coarse(question):
            return {"municipality": entered["municipality"]} if entered["municipality"] else None
        if not entered["lat"] and not entered["lon"]:
            return None
        return {part: number_entered(text) for part, text in entered.items() if text}

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        degrees = {name: {"type": "number", "minimum": -most, "maximum": most} for name, most in BOUNDS.items()}
        accuracy = {"type": ["number", "null"], "minimum": 0, "maximum": MAX_INACCURACY}
        point = _object({**degrees, "accuracy": accuracy}, needed=list(BOUNDS))
        if not is_coarse(question):
            return point
        # A program may send either: a point is turned into its municipality before anything is stored.
        listed = [value for value, _label in sources.choices(MUNICIPALITIES, DEFAULT_LANGUAGE)]
        return {"anyOf": [_object({"municipality": {"enum": listed}}, needed=["municipality"]), point]}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        if "municipality" in value:
            return dict(sources.choices(MUNICIPALITIES, language)).get(value["municipality"], value["municipality"])
        point = f"{value['lat']:.{DECIMALS}f}, {value['lon']:.{DECIMALS}f}"
        return f"{point} (±{value['accuracy']:.0f} m)" if "accuracy" in value else point

    def export_columns(self, question: Question, language: str = DEFAULT_LANGUAGE) -> list[tuple[str, str]]:
        with translation.override(language):
            if is_coarse(question):
                return [("", "")]
            return [("lat", gettext("latitude")), ("lon", gettext("longitude")), ("accuracy", gettext("± metres"))]

    def export_cells(
        self, value: Any, question: Question, language: str, sources: ChoiceSource, *, labels: bool
    ) -> list[Cell]:
        given = value or {}
        if not is_coarse(question):
            return [given.get(name) for name in (*BOUNDS, "accuracy")]
        if not given:
            return [None]
        return [self.formatted(given, question, language, sources) if labels else given.get("municipality")]

    def xlsform(self, question: Question) -> tuple[str, str]:
        return ("select_one", "minimal") if is_coarse(question) else ("geopoint", "")


def is_coarse(question: Question) -> bool:
    """Return whether only the municipality may be stored."""
    return question.coarsen == "municipality"


def _keys(question: Question) -> tuple[str, ...]:
    return (*BOUNDS, "accuracy", *(("municipality",) if is_coarse(question) else ()))


def _named_municipality(given: dict[str, Any], sources: ChoiceSource) -> dict[str, Any]:
    slug = given["municipality"]
    if len(given) > 1 or not isinstance(slug, str):
        raise wrong_type(_("Give the municipality, or the latitude and the longitude."))
    if len(slug) > MAX_VALUE_LENGTH or not slug.isprintable() or not sources.has(MUNICIPALITIES, slug):
        raise not_a_choice(path="/municipality")
    return {"municipality": slug}


def _degrees(given: Any, name: str) -> float:
    if not is_number(given):
        raise wrong_type(_("Give the latitude and the longitude as numbers, such as 40.46610."), path=f"/{name}")
    if abs(given) > BOUNDS[name]:
        words = _("The latitude is at most 90 and the longitude at most 180 degrees.")
        raise AnswerError("too_large", words, path=f"/{name}")
    return round(float(given), DECIMALS) + 0.0  # no minus in front of nought


def _metres(given: Any) -> float:
    if not is_number(given):
        raise wrong_type(_("Enter a number."), path="/accuracy")
    if not 0 <= given <= MAX_INACCURACY:
        raise AnswerError("too_large", _("This is too inaccurate to be useful."), path="/accuracy")
    return round(float(given), 1)


def _object(properties: dict[str, Any], *, needed: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def _kilometres(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Measure along the surface, by the haversine formula."""
    here, there = math.radians(lat), math.radians(other_lat)
    apart = math.radians(other_lon - lon)
    half = math.sin((there - here) / 2) ** 2 + math.cos(here) * math.cos(there) * math.sin(apart / 2) ** 2
    # min(1.0, ...): rounding may carry it past 1 for opposite points, where asin is not defined.
    return 2 * EARTH_RADIUS * math.asin(min(1.0, math.sqrt(half)))
