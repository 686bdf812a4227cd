"""Template tags and filters for the question widgets in templates/questions/."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.dates import MONTHS
from django.utils.safestring import SafeString

from case_forms.form_builder.definition import Question
from case_forms.form_builder.sources import FROM_FILES
from case_forms.questions import registry
from case_forms.questions.base import Choice, is_unanswered, text_in
from case_forms.questions.choices import exclusive_values
from case_forms.questions.files import KINDS_OF_FILE, accepted
from case_forms.questions.grids import PLACES
from case_forms.questions.numbers import is_number, steps
from case_forms.questions.partial_dates import PARTS
from case_forms.questions.places import seats
from case_forms.questions.texts import MAX_LONG
from case_forms.questions.times import bounds

register = template.Library()
COUNTED = "indicator_assessment"
# What templates/questions/question.html reads, each a property of a page's entry.
READ = (
    *("question", "name", "value", "errors", "choices", "language"),
    *("required", "id", "scope", "attachments", "known", "leading"),
)


@register.simple_tag(takes_context=True)
def question_of(context: Context, entry: Any) -> SafeString:
    """Render the question of a page's entry.

    As `include` with what it reads named one by one, but without the lookups of templates: a page can have hundreds.
    """
    assert context.template is not None, "a tag is part of a template"
    drawn = context.template.engine.get_template("questions/question.html")
    with context.push(**{name: getattr(entry, name) for name in READ}):
        return drawn.render(context)


@register.simple_tag(takes_context=True)
def required_mark(context: Context) -> SafeString:
    """Render the star of a question that must be answered; hidden where it needn't, for the page's script to show."""
    return _required_mark(translation.get_language(), is_required=bool(context.get("required")))


@cache
def _required_mark(language: str | None, *, is_required: bool) -> SafeString:
    return render_to_string("questions/_required.html", {"required": is_required})


@register.simple_tag(takes_context=True)
def described_by(context: Context) -> str:
    """Return the ids of the question's hint, source and errors, for aria-describedby; "" when it has neither."""
    ids = [f"{context['id']}-hint"] if context["question"].hint else []
    if context.get("known"):
        ids.append(f"{context['id']}-known")
    if context.get("errors"):
        ids.append(f"{context['id']}-error")
    return " ".join(ids)


@register.filter
def in_words_of(texts: Mapping[str, str], language: str) -> str:
    """Return texts by language, {code: text}, in this language."""
    return text_in(texts, language)


@register.filter
def widget_of(question: Question) -> str:
    """Return the widget's template.

    A question that nobody types into only shows its value. A read-only assessment shows its count.
    """
    if question.read_only and question.type != COUNTED:
        return "questions/_output.html"
    return registry.get(question.type).template


@register.filter
def as_group(question: Question) -> str:
    """Return how the question is wrapped.

    "radiogroup" or "group" in a fieldset with a legend, "" under a plain label.
    """
    is_output = question.read_only and question.type != COUNTED
    return "" if is_output else registry.get(question.type).group_role(question)


@register.filter
def is_shown(question: Question) -> bool:
    """Return whether the page draws the question at all."""
    return registry.get(question.type).is_shown


@register.filter
def as_input(value: Any) -> str:
    """Return a value as an input shows it: true and false as words, numbers without thousands, nothing as "" ."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


@register.filter
def as_local_time(value: Any) -> str:
    """Return an ISO moment as a browser's datetime-local field wants it; anything else stays as it was typed."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return as_input(value)
    # A moment without an offset is what the field itself posted, local time already.
    if timezone.is_naive(moment):
        return as_input(value)
    try:
        return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")
    except OverflowError:
        return as_input(value)


@register.filter
def chosen(value: Any, choice: str) -> bool:
    """Return whether a choice is among the chosen (a list) or the chosen one."""
    return choice in value if isinstance(value, list) else as_input(value) == choice and choice != ""


@register.filter
def stands_alone(question: Question, choice: str) -> bool:
    """Return whether this choice can't be chosen together with others."""
    return choice in exclusive_values(question)


@register.filter
def chosen_first(choices: list[tuple[str, str]], value: Any) -> list[tuple[str, str]]:
    """Return only the choices that are chosen, for showing them on top of a long list."""
    return [choice for choice in choices if chosen(value, choice[0])]


@register.filter
def longest(question: Question) -> int:
    """Return how many characters a long text may have."""
    return MAX_LONG if question.max_length is None else min(question.max_length, MAX_LONG)


@register.simple_tag(takes_context=True)
def parts_of_choices(context: Context) -> list[tuple[str, list[Choice]]]:
    """Return the widget's choices in parts, as `parted`; a page that names no `leading` has one part."""
    return parted(context.get("choices") or [], context.get("leading"))


def parted(choices: list[Choice], leading: int | None) -> list[tuple[str, list[Choice]]]:
    """Return ("first", choices) and ("others", choices) of a list whose first `leading` choices stand apart.

    One part without a name, where nothing stands apart.
    """
    first = leading or 0
    if not 0 < first < len(choices):
        return [("", choices)]
    return [("first", choices[:first]), ("others", choices[first:])]


@register.filter
def in_file(name: str) -> bool:
    """Tell whether a list comes from a data file, and so is the same in every region."""
    return name in FROM_FILES


@register.simple_tag
def day_bounds(question: Question) -> tuple[date, date]:
    """Return the first and last day that a date field offers."""
    return bounds(question, timezone.localdate())


# ---- parts of an answer, for widgets of several inputs; whatever was typed is shown again ----


@register.simple_tag
def date_parts(value: Any) -> dict[str, str]:
    """Split a date into {"year", "month", "day"}: "2012-05-03", "2012", and what doesn't fit together ("2012--03")."""
    written = value.split("-", 2) if isinstance(value, str) else []
    return dict(zip(PARTS, [*written, "", "", ""], strict=False))


@register.simple_tag
def month_names() -> list[tuple[str, str]]:
    """Return ("01", "January") and so on, in the page's language."""
    return [(f"{number:02}", str(name)) for number, name in MONTHS.items()]


@register.simple_tag
def duration_parts(value: Any) -> dict[str, str]:
    """Split a duration into {"hours", "minutes"}: 95 minutes, or "1:x" as it was typed."""
    if isinstance(value, str):
        hours, _colon, minutes = value.partition(":")
        return {"hours": hours, "minutes": minutes}
    if not is_number(value):
        return {}
    whole, rest = divmod(int(value), 60)
    return {"hours": str(whole), "minutes": str(rest)}


@register.filter
def scale_steps(question: Question) -> list[str]:
    return [str(value) for value in steps(question)]


@register.filter
def same_number(value: Any, written: str) -> bool:
    """Return whether an answer is the number that a radio button stands for: 5, 5.0 and "5" are one."""
    return bool(value == float(written)) if is_number(value) else value == written


@register.simple_tag
def ranked(choices: list[Choice], value: Any) -> list[dict[str, Any]]:
    """Return the choices with their places so far: {"value", "label", "place"}; in their order, when all have one."""
    if isinstance(value, dict):
        given = value.get(PLACES)
        pairs = (text.partition(" ") for text in given if isinstance(text, str)) if isinstance(given, list) else ()
        places = {chosen: int(place) for place, _space, chosen in pairs if place.isascii() and place.isdigit()}
    else:
        places = {str(chosen): place for place, chosen in enumerate(value if isinstance(value, list) else [], start=1)}
    rows = [{"value": chosen, "label": label, "place": places.get(chosen)} for chosen, label in choices]
    return sorted(rows, key=lambda row: row["place"]) if all(row["place"] for row in rows) else rows


@register.simple_tag
def matrix_rows(question: Question, value: Any, language: str) -> list[dict[str, Any]]:
    """Return {"key", "label", "value", "number"} for each row; the number is what its ids are made of."""
    given = value if isinstance(value, dict) else {}
    return [
        {
            "key": row.value,
            "label": text_in(row.label, language),
            "value": given.get(row.value),
            # A row's value may be any text; an id in HTML can't hold blanks.
            "number": f"row{number}",
        }
        for number, row in enumerate(question.rows, start=1)
    ]


@register.simple_tag
def place_parts(value: Any) -> dict[str, Any]:
    """Return {"lat", "lon", "accuracy"} or {"municipality"}, as far as they are there."""
    return value if isinstance(value, dict) else {}


@register.filter
def seats_of(choices: list[Choice]) -> str:
    """Return JSON for the script that finds the nearest municipality on offer: {key: [latitude, longitude]}."""
    return json.dumps({value: seats()[value] for value, _label in choices if value in seats()}, separators=(",", ":"))


@register.filter
def accepted_types(question: Question) -> str:
    """Return the `accept` attribute of a file field."""
    return ",".join(kind for name in accepted(question) for kind in KINDS_OF_FILE[name])


@register.simple_tag(takes_context=True)
def attached(context: Context) -> dict[str, Any] | None:
    """Return {"id", "name", "size"} of the attached file.

    `attachments` in the context has name and size by the id.
    """
    value = context.get("value")
    identity = value.get("id") if isinstance(value, dict) else None
    if not isinstance(identity, str) or not identity:
        return None
    known = (context.get("attachments") or {}).get(identity)
    return {"id": identity, "name": getattr(known, "name", ""), "size": getattr(known, "size", 0)}


@register.simple_tag
def signature_parts(value: Any) -> dict[str, Any]:
    """Return {"strokes": JSON, "lines": points of SVG lines, "name"}."""
    given = value if isinstance(value, dict) else {}
    strokes = given.get("strokes")
    strokes = strokes if isinstance(strokes, list) else []
    drawn = [stroke for stroke in strokes if isinstance(stroke, list) and all(map(is_number, stroke))]
    lines = [" ".join(str(number) for number in stroke) for stroke in drawn]
    return {"strokes": json.dumps(drawn) if drawn else "", "lines": lines, "name": as_input(given.get("name"))}


@register.simple_tag(takes_context=True)
def in_words(context: Context) -> str:
    """Return the value as people read it, for questions that nobody types.

    "" when there is none or it isn't an answer.
    """
    question, value = context["question"], context.get("value")
    if is_unanswered(value):
        return ""
    try:
        return registry.get(question.type).formatted(value, question, context["language"], _Offered(context))
    except (AttributeError, KeyError, TypeError, ValueError):
        # A draft can hold anything under the key; the page must still open for the worker to correct it.
        return as_input(value)


class _Offered:
    """A source with only the choices that the widget has been given."""

    def __init__(self, context: Context) -> None:
        self._choices: list[Choice] = context.get("choices") or []

    def choices(self, name: str, language: str) -> list[Choice]:
        return self._choices

    def has(self, name: str, value: str) -> bool:
        return value in dict(self._choices)

    def attributes(self, name: str, value: str) -> Mapping[str, str]:
        return {}
