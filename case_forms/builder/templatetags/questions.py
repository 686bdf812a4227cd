"""What the question widgets in templates/questions/ need beside their context."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.template import Context
from django.utils import timezone

from case_forms.questions import registry
from case_forms.questions.base import text_in
from case_forms.questions.indicators import answer_choices, basis_choices, by_dimension
from case_forms.questions.times import bounds

register = template.Library()


@register.simple_tag(takes_context=True)
def described_by(context: Context) -> str:
    """The ids of the question's hint and errors, for aria-describedby; "" when it has neither."""
    ids = [f"{context['id']}-hint"] if context["question"].get("hint") else []
    if context.get("errors"):
        ids.append(f"{context['id']}-error")
    return " ".join(ids)


@register.filter
def in_words_of(texts: Mapping[str, str], language: str) -> str:
    """{"sq": ..., "en": ...} in this language."""
    return text_in(dict(texts), language)


@register.filter
def widget_of(question: Mapping[str, Any]) -> str:
    """The widget's template."""
    return registry.get(question["type"]).template


@register.filter
def as_group(question: Mapping[str, Any]) -> str:
    """How the question is wrapped: "radiogroup" or "group" in a fieldset with a legend, "" under a plain label."""
    return registry.get(question["type"]).group_role(dict(question))


@register.filter
def as_input(value: Any) -> str:
    """A value as an input shows it: true and false as the words, numbers without thousands, nothing as "" ."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


@register.filter
def as_local_time(value: Any) -> str:
    """An ISO moment as a browser's datetime-local field wants it; what isn't one stays as it was typed."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return as_input(value)
    if timezone.is_naive(moment):
        return as_input(value)
    try:
        return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")
    except OverflowError:
        return as_input(value)


@register.filter
def chosen(value: Any, choice: str) -> bool:
    """Whether a choice is among the chosen (a list) or the chosen one."""
    return choice in value if isinstance(value, list) else as_input(value) == choice and choice != ""


@register.filter
def chosen_first(choices: list[tuple[str, str]], value: Any) -> list[tuple[str, str]]:
    """Only the choices that are chosen, for showing them on top of a long list."""
    return [choice for choice in choices if chosen(value, choice[0])]


@register.simple_tag
def day_bounds(question: Mapping[str, Any]) -> tuple[date, date]:
    """The first and last day a date field offers."""
    return bounds(dict(question), timezone.localdate())


@register.simple_tag
def indicator_groups(value: Any, language: str) -> list[dict[str, Any]]:
    """The indicators by dimension: {"label", "answered", "total", "indicators": [{"key", "label", "caution", ...}]}."""
    given = value if isinstance(value, dict) else {}
    groups = []
    for dimension, indicators in by_dimension():
        rows = [_indicator(indicator, given.get(indicator["id"]), language) for indicator in indicators]
        answered = sum(row["answer"] != "not_asked" for row in rows)
        label = text_in(dimension["label"], language)
        groups.append({"label": label, "answered": answered, "total": len(rows), "indicators": rows})
    return groups


@register.simple_tag
def indicator_answers(language: str) -> list[tuple[str, str]]:
    return answer_choices(language)


@register.simple_tag
def indicator_bases(language: str) -> list[tuple[str, str]]:
    return basis_choices(language)


def _indicator(indicator: dict[str, Any], given: Any, language: str) -> dict[str, Any]:
    answer = given if isinstance(given, dict) else {}
    return {
        "key": indicator["id"],
        "label": text_in(indicator["label"], language),
        "caution": text_in(indicator["caution"], language) if indicator["caution"] else "",
        "answer": answer.get("answer", "not_asked"),
        "basis": answer.get("basis", ""),
    }
