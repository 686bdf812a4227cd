"""A form of 250 questions and 60 conditions, the same fields for `wagtail.contrib.forms`, and answers to both."""

from collections.abc import Iterator
from typing import Any

CONDITIONS = 60
LETTERS = ("a", "b", "c", "d")
# (our type, what it says besides, wagtail's field type, an answer, what a browser sends for it)
KINDS: tuple[tuple[int, str, dict[str, Any], str, Any], ...] = (
    (70, "text", {}, "singleline", "Ana nga Vlora"),
    (20, "long_text", {}, "multiline", "Një rrëfim\nme dy rreshta."),
    (10, "email", {}, "email", "ana@example.org"),
    (40, "integer", {"min": 0, "max": 120}, "number", 17),
    (50, "select_one", {}, "radio", "b"),
    (20, "select_one", {"appearance": "list"}, "dropdown", "c"),
    (15, "select_many", {}, "checkboxes", ["a", "d"]),
    (20, "date", {"max": "today"}, "date", "2012-05-03"),
    (5, "datetime", {}, "datetime", "2026-01-02T10:00:00+01:00"),
)


def texts(words: str) -> dict[str, str]:
    return {"sq": f"{words} (sq)", "en": words}


def asked() -> Iterator[tuple[str, str, dict[str, Any], str, Any]]:
    """(key, our type, more, wagtail's type, answer) of each of the 250 questions, the types mixed."""
    left = [list(kind) for kind in KINDS]
    number = 0
    while any(kind[0] for kind in left):
        for kind in left:
            if kind[0]:
                kind[0] -= 1
                number += 1
                yield f"q{number}", *kind[1:]


def condition(key: str, type_name: str) -> dict[str, Any]:
    """One that holds with the answers here."""
    variable = {"var": key}
    if type_name == "integer":
        return {"and": [{"answered": [key]}, {"<": [variable, 18]}]}
    if type_name == "select_one":
        return {"in": [variable, ["b", "c"]]}
    if type_name == "select_many":
        return {"in": ["a", variable]}
    if type_name == "date":
        return {"<": [{"age_on": [variable, {"var": "_occurred_on"}]}, 60]}
    return {"answered": [key]}


def form(sections: int = 1) -> dict[str, Any]:
    """The definition: 40 relevances, 10 conditions to be required, 10 constraints."""
    items: list[dict[str, Any]] = []
    for number, (key, type_name, more, _field, _answer) in enumerate(asked()):
        question = {"item": "question", "key": key, "type": type_name, "label": texts(f"Question {key}"), **more}
        question |= {"hint": texts("A hint."), "sensitivity": "personal", "required": False}
        if type_name.startswith("select"):
            question["choices"] = [{"value": value, "label": texts(f"Choice {value}")} for value in LETTERS]
        if number and number % 4 == 0 and number < 4 * CONDITIONS + 1:
            before = items[-1]
            rule = condition(before["key"], before["type"])
            which = number // 4 % 6
            if which == 0:
                question["required"] = rule
            elif which == 1:
                question["constraint"] = {"expr": rule, "message": texts("Not so.")}
            else:
                question["relevant"] = rule
        items.append(question)
    each = -(-len(items) // sections)
    parts = [items[start : start + each] for start in range(0, len(items), each)]
    return {
        "format": 1,
        "key": f"bench_{sections}",
        "kind": "assessment",
        "title": texts("A long form"),
        "languages": ["sq", "en"],
        "sections": [
            {"key": f"s{number}", "title": texts(f"Part {number}"), "items": part} for number, part in enumerate(parts)
        ],
    }


def answers() -> dict[str, Any]:
    return {key: answer for key, _type, _more, _field, answer in asked()}


def posted() -> dict[str, Any]:
    """The form fields a browser would send for these answers."""
    fields = {}
    for key, type_name, _more, _field, answer in asked():
        fields[key] = answer[:16] if type_name == "datetime" else answer
    return fields
