"""Hypothesis makes whole form definitions, good ones, and answers to them, good and bad."""

from typing import Any

from hypothesis import strategies as st

from case_forms.builder.outline import questions
from case_forms.questions.tests.sources import LISTS

from .samples import choice, form, question, section, texts

ROLES = ["police", "responsible_authority", "cpu", "protection_service", "coordinator"]
SENSITIVITIES = ["public", "internal", "personal", "special"]
GOOD: dict[str, list[Any]] = {
    "text": ["Ana", "x"],
    "long_text": ["një\ndy"],
    "integer": [0, 5, 17],
    "decimal": [0.5, 3],
    "date": ["2012-02-29", "2026-03-01"],
    "datetime": ["2026-01-02T10:00:00+01:00"],
    "boolean": [True, False],
    "yes_no_unknown": ["yes", "no", "unknown"],
    "select_one": ["a", "b"],
    "select_many": [["a"], ["b", "a"]],
    "municipality": [LISTS["municipalities"][0][0]],
    "partner": [LISTS["partners"][0][0]],
    "case_reference": ["7K2M9Q"],
    "phone": ["0691234567"],
    "indicators": [{"exploitation.hazardous": {"answer": "present"}}],
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def conditions(draw: st.DrawFn, known: list[str]) -> Any:
    """An expression over the questions that stand before."""
    if not known:
        return draw(st.sampled_from([True, {"answered": ["_today"]}, {"==": [1, 1]}]))
    key = {"var": draw(st.sampled_from(known))}
    simple = st.sampled_from(
        [
            {"answered": [key["var"]]},
            {"==": [key, "a"]},
            {"!": [key]},
            {"<": [key, 18]},
            {"in": ["a", key]},
            {">": [{"count": [key]}, 0]},
            {"<": [{"age_on": [key, {"var": "_occurred_on"}]}, 18]},
            {"some": [key, {"answered": [""]}]},
        ]
    )
    joined = st.builds(lambda name, parts: {name: parts}, st.sampled_from(["and", "or"]), st.lists(simple, min_size=1))
    return draw(simple | joined)


@st.composite
def one_question(draw: st.DrawFn, key: str, known: list[str]) -> dict[str, Any]:
    type_name = draw(st.sampled_from(sorted(GOOD)))
    made = question(key, type_name, sensitivity=draw(st.sampled_from(SENSITIVITIES)))
    if type_name in ("select_one", "select_many"):
        made["choices"] = [choice("a"), choice("b"), choice("c")]
    for name in ("relevant", "required"):
        if draw(st.booleans()):
            made[name] = draw(conditions(known))
    if draw(st.booleans()):
        made["constraint"] = {"expr": draw(conditions([*known, key])), "message": texts("Not so.")}
    if draw(st.booleans()):
        made["default"] = draw(st.sampled_from(GOOD[type_name]))
    if draw(st.booleans()):
        made["shared_with"] = {draw(st.sampled_from(ROLES)): True}
    return made


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    """A form without problems: sections, questions of every type, notes, repeats, conditions on what stands before."""
    known: list[str] = []
    sections, number = [], 0
    for position in range(draw(st.integers(1, 3))):
        relevant = draw(st.none() | conditions(list(known)))
        items: list[dict[str, Any]] = []
        for _ in range(draw(st.integers(0, 4))):
            number += 1
            kind = draw(st.sampled_from(["question", "question", "question", "note", "repeat"]))
            if kind == "question":
                items.append(draw(one_question(f"q{number}", known)))
                known.append(f"q{number}")
            elif kind == "note":
                note = {"item": "note", "key": f"n{number}", "text": texts("Note")}
                items.append({**note, "relevant": draw(conditions(known))})
            else:
                rows, within = [], list(known)
                for inner in range(draw(st.integers(1, 2))):
                    rows.append(draw(one_question(f"r{number}_{inner}", within)))
                    within.append(f"r{number}_{inner}")
                repeat = {"item": "repeat", "key": f"r{number}", "label": texts("Rows"), "max": 3, "items": rows}
                items.append(repeat)
                known.append(f"r{number}")
        made = section(f"s{position}", *items)
        sections.append(made if relevant is None else {**made, "relevant": relevant})
    return form(*sections)


@st.composite
def answers_to(draw: st.DrawFn, definition: dict[str, Any]) -> dict[str, Any]:
    """Answers to some of a form's questions: mostly of the right type, some of any; now and then an unknown key."""
    given: dict[str, Any] = {}
    for placed in questions(definition):
        key = placed.question["key"]
        value = draw(st.none() | st.sampled_from(GOOD[placed.question["type"]]) | json_values)
        if placed.repeat is None:
            given[key] = value
        elif isinstance(rows := given.setdefault(placed.repeat["key"], [{}]), list):
            rows[0][key] = value
    if draw(st.integers(0, 5)) == 5:
        given[draw(st.text(max_size=8))] = draw(json_values)
    return given
