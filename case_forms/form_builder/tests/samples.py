"""A small form that uses every kind of part, for tests here and in rooms above."""

import copy
from typing import Any


def texts(words: str) -> dict[str, str]:
    return {"sq": f"{words} (sq)", "en": words}


def question(key: str, type_name: str, **more: Any) -> dict[str, Any]:
    return {
        "item": "question",
        "key": key,
        "type": type_name,
        "label": texts(key),
        "required": False,
        "sensitivity": "personal",
        **more,
    }


def section(key: str, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"key": key, "title": texts(key), "items": list(items), **more}


def form(*sections: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "format": 1,
        "key": "sample",
        "kind": "identification",
        "title": texts("Sample"),
        "languages": ["sq", "en"],
        "sections": list(sections),
        **more,
    }


def choice(value: str) -> dict[str, Any]:
    return {"value": value, "label": texts(value)}


SAMPLE = form(
    section(
        "place",
        question("municipality", "municipality", required=True, shared_with={"police": True}),
        question("seen_on", "date", max="today"),
        question("minutes", "integer", min=0, max=600, default=30),
    ),
    section(
        "person",
        question("birth_date", "date"),
        question("age_stated", "integer", min=0, max=120, relevant={"!": {"answered": ["birth_date"]}}),
        {
            "item": "note",
            "key": "child_note",
            "text": texts("Call the Child Protection Unit."),
            "relevant": {"<": [{"age_on": [{"var": "birth_date"}, {"var": "_occurred_on"}]}, 18]},
        },
        question(
            "result",
            "select_one",
            required=True,
            choices=[choice("potential_victim"), choice("at_risk"), choice("no_indicators")],
            shared_with={"police": True, "cpu": {"answered": ["reason"]}},
        ),
        question(
            "reason",
            "long_text",
            required={"==": [{"var": "result"}, "potential_victim"]},
            constraint={"expr": {"!=": [{"var": "reason"}, "x"]}, "message": texts("Write more than that.")},
            sensitivity="special",
        ),
        question("needs", "select_many", choices=[choice("shelter"), choice("doctor")], max=2),
        question("signs", "indicators"),
    ),
    section(
        "others",
        {
            "item": "repeat",
            "key": "companions",
            "label": texts("Companions"),
            "max": 5,
            "items": [
                question("companion_name", "text", required=True),
                question("companion_child", "yes_no_unknown"),
                question(
                    "companion_note",
                    "text",
                    relevant={"==": [{"var": "companion_child"}, "yes"]},
                    sensitivity="special",
                ),
            ],
        },
        question("callback", "phone", relevant={">": [{"count": [{"var": "companions"}]}, 0]}),
        relevant={"!=": [{"var": "result"}, "no_indicators"]},
    ),
)


def sample() -> dict[str, Any]:
    """A copy of the sample, to be bent out of shape."""
    return copy.deepcopy(SAMPLE)
