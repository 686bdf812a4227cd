"""The types, choices and bounds of what each question can be answered with, for checking conditions."""

from collections.abc import Iterable, Mapping
from typing import Any

from case_forms.expressions.type_checker import ANY, KindInfo
from case_forms.questions import registry
from case_forms.questions.assessment import DECISIONS

from .definition import AnyItem, Form, Question, Repeat
from .lists import BUILT_IN
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


def get_kinds(form: Form) -> dict[str, KindInfo]:
    """Return {key: type of its answer} of every question and repeat of a resolved form, inside repeats too."""
    found: dict[str, KindInfo] = {}
    for section in form.sections:
        _add(section.items, found)
    return found


def _add(items: Iterable[AnyItem], found: dict[str, KindInfo]) -> dict[str, KindInfo]:
    """Add the items' types to `found`, and return those of the items at this level."""
    own: dict[str, KindInfo] = {}
    for item in items:
        if isinstance(item, Question):
            own[item.key] = get_kind(item)
        elif isinstance(item, Repeat):
            own[item.key] = KindInfo("rows", minimum=item.min, maximum=item.max, rows=_add(item.items, found))
    found.update(own)
    return own


def get_kind(question: Question) -> KindInfo:
    """Return what a question can be answered with; any when its type isn't known."""
    name = question.type
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


def choice_kind(question: Question) -> KindInfo:
    """Return what `choice` is in the question's `choice_filter`."""
    values = _values(question)
    parts = {"value": KindInfo("choice", values) if values is not None else TEXT}
    attributes = [choice.attributes for choice in question.choices]
    for name in {name for each in attributes for name in each}:
        parts[name] = KindInfo("choice", frozenset(each[name] for each in attributes if name in each))
    for name in ATTRIBUTES.get(_list_of(question), ()):
        parts[name] = TEXT
    return KindInfo("object", rows=parts)


def _list_of(question: Question) -> str:
    return registry.get(question.type).list_of(question)


def _values(question: Question) -> frozenset[str] | None:
    """Return the values to choose from; None when only the database knows them."""
    if question.type == "yes_no_unknown":
        return frozenset({"yes", "no", "unknown"})
    named = _list_of(question)
    if named in ("countries", "languages"):
        return frozenset(entry["code"] for entry in listed(named))
    if named in BUILT_IN or not question.has("choices"):
        return None
    return frozenset(choice.value for choice in question.choices)


def _bounds(question: Question) -> tuple[Any, Any]:
    ends = (question.min, question.max)
    # "today" moves with the date, and a draft may hold anything here: both count as no bound, which only weakens a
    # proof.
    smallest, largest = (None if end == "today" or isinstance(end, bool | list | dict) else end for end in ends)
    return smallest, largest


def _parts(question: Question) -> Mapping[str, KindInfo] | None:
    """Return the parts of an answer that has parts; None when no condition can name them."""
    if question.type == "matrix":
        column = KindInfo("choice", _values(question))
        return {row.value: column for row in question.rows}
    if question.type == "geopoint":
        # A coarsened position is stored as its municipality only; no coordinate of it is left to compare with.
        if question.coarsen:
            return {"municipality": KindInfo("choice")}
        return {"lat": NUMBER, "lon": NUMBER, "accuracy": NUMBER}
    if question.type == "indicator_assessment":
        return {"decision": KindInfo("choice", frozenset(DECISIONS)), "reason": TEXT}
    if question.type == "signature":
        return {"name": TEXT, "strokes": ANY}
    return None
