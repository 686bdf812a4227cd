"""What each question of a form can be answered with, for the checks on conditions: kinds, choices, bounds."""

from collections.abc import Iterable, Mapping
from typing import Any

from case_forms.expressions.kinds import ANY, KindInfo
from case_forms.questions import registry
from case_forms.questions.assessment import DECISIONS

from .lists import BUILT_IN
from .outline import Definition
from .sources import listed

ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "municipalities": ("region",),
    "units": ("region",),
    "partners": ("municipality", "region"),
    "outreach_visits": ("municipality", "region"),
    "colleagues": ("unit",),
    "social_services": ("municipality", "region"),
    "schools": ("municipality", "region"),
    "zones": ("municipality", "region", "kind", "in_use"),
    "sessions": ("audience", "municipality", "region", "state"),
}
TEXT, NUMBER = KindInfo("text"), KindInfo("number")


def get_kinds(definition: Definition) -> dict[str, KindInfo]:
    """{key: what it can be} of every question and repeat of a resolved definition, those inside repeats included."""
    found: dict[str, KindInfo] = {}
    for section in definition["sections"]:
        _add(section["items"], found)
    return found


def _add(items: Iterable[dict[str, Any]], found: dict[str, KindInfo]) -> dict[str, KindInfo]:
    """Adds the items' kinds, and gives those that stand beside each other."""
    own: dict[str, KindInfo] = {}
    for item in items:
        if item["item"] == "question":
            own[item["key"]] = get_kind(item)
        elif item["item"] == "repeat":
            rows = _add(item["items"], found)
            own[item["key"]] = KindInfo("rows", minimum=item.get("min", 0), maximum=item.get("max", 20), rows=rows)
    found.update(own)
    return own


def get_kind(question: dict[str, Any]) -> KindInfo:
    """What a question can be answered with; any when its type isn't known."""
    name = question["type"]
    if name not in registry.names():
        return ANY
    kind = registry.get(name).kind_of(question)
    if kind in ("choice", "choices"):
        return KindInfo(kind, _values(question), *(_bounds(question) if kind == "choices" else ()))
    if kind in ("number", "date", "datetime", "time") and name != "calculated":
        return KindInfo(kind, None, *_bounds(question))
    if kind == "object":
        return KindInfo(kind, rows=_parts(question))
    return KindInfo(kind)


def choice_kind(question: dict[str, Any]) -> KindInfo:
    """What `choice` is in the question's `choice_filter`."""
    values = _values(question)
    parts = {"value": KindInfo("choice", values) if values is not None else TEXT}
    attributes = [choice.get("with", {}) for choice in question.get("choices", ())]
    for name in {name for each in attributes for name in each}:
        parts[name] = KindInfo("choice", frozenset(each[name] for each in attributes if name in each))
    for name in ATTRIBUTES.get(_list_of(question), ()):
        parts[name] = TEXT
    return KindInfo("object", rows=parts)


def _list_of(question: dict[str, Any]) -> str:
    return registry.get(question["type"]).list_of(question)


def _values(question: dict[str, Any]) -> frozenset[str] | None:
    """The values to choose from; None when only the database knows them."""
    if question["type"] == "yes_no_unknown":
        return frozenset({"yes", "no", "unknown"})
    named = _list_of(question)
    if named in ("countries", "languages"):
        return frozenset(entry["code"] for entry in listed(named))
    if named in BUILT_IN or "choices" not in question:
        return None
    return frozenset(choice.get("value", "") for choice in question["choices"])


def _bounds(question: dict[str, Any]) -> tuple[Any, Any]:
    ends = (question.get("min"), question.get("max"))
    smallest, largest = (None if end == "today" or isinstance(end, bool | list | dict) else end for end in ends)
    return smallest, largest


def _parts(question: dict[str, Any]) -> Mapping[str, KindInfo] | None:
    """What stands in an answer that has parts; None when no condition can name them."""
    if question["type"] == "matrix":
        column = KindInfo("choice", _values(question))
        return {row.get("value", ""): column for row in question.get("rows", ())}
    if question["type"] == "geopoint":
        if question.get("coarsen"):
            return {"municipality": KindInfo("choice")}
        return {"lat": NUMBER, "lon": NUMBER, "accuracy": NUMBER}
    if question["type"] == "indicator_assessment":
        return {"decision": KindInfo("choice", frozenset(DECISIONS)), "reason": TEXT}
    if question["type"] == "signature":
        return {"name": TEXT, "strokes": ANY}
    return None
