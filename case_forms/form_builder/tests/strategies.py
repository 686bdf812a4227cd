"""Hypothesis makes whole form definitions, good ones, and answers to them, good and bad.

The forms have everything the format has: every type, repeats in repeats, lists, filters, calculations, initial values,
read-only and hidden questions. Conditions fit what they read, so that most can hold; chance decides whether one does.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from case_forms.questions import registry
from case_forms.questions.tests.sources import LISTS

from ..brief_parts import PART_KEYS
from ..checker import check_definition
from ..definition import parse_question
from ..definition.limits import KEEP_BASES
from .samples import choice, form, question, section, texts

ROLES = ["police", "responsible_authority", "cpu", "protection_service", "coordinator"]
SENSITIVITIES = ["public", "internal", "personal", "special"]
BY_CHANCE = {"never_holds", "unreachable_required", "no_lasting_section"}  # problems that a form made here may have
UNIT = "3f0e8a52-1c1f-4a43-9a0c-0e5c1fd6c5a1"
GOOD: dict[str, list[Any]] = {
    "text": ["Ana", "x"],
    "long_text": ["një\ndy"],
    "other_specify": ["tjetër"],
    "hidden": ["h"],
    "integer": [0, 5, 17],
    "decimal": [0.5, 3],
    "scale": [0, 2, 5],
    "duration": [0, 90],
    "date": ["2012-02-29", "2026-03-01"],
    "approximate_date": ["2012", "2012-05", "2012-05-03"],
    "datetime": ["2026-01-02T10:00:00+01:00"],
    "time": ["00:00", "23:59"],
    "boolean": [True, False],
    "yes_no_unknown": ["yes", "no", "unknown"],
    "select_one": ["a", "b"],
    "select_many": [["a"], ["b", "a"]],
    "ranking": [["a", "b", "other"], ["other", "b", "a"]],
    "matrix": [{"r1": "a", "r2": "b"}, {"r1": "a"}],
    "municipality": [LISTS["municipalities"][0][0]],
    "partner": [LISTS["partners"][0][0]],
    "session": [LISTS["sessions"][0][0]],
    "outreach_visit": [LISTS["outreach_visits"][0][0]],
    "colleague": [LISTS["colleagues"][0][0]],
    "zone": [LISTS["zones"][0][0]],
    "case_reference": ["7K2M9Q"],
    "phone": ["0691234567"],
    "email": ["ana@example.org"],
    "geopoint": [{"lat": 40.46, "lon": 19.49}],
    "file": [{"id": UNIT}],
    "signature": [{"name": "Ana"}, {"strokes": [[1, 2, 3, 4]]}],
    "indicators": [{"exploitation.hazardous": {"answer": "present"}}],
    "indicator_assessment": [{"decision": "insufficient", "reason": "Pak dihet."}],
}
FIXED: dict[str, dict[str, Any]] = {
    "scale": {"min": 0, "max": 5},
    "matrix": {"rows": [choice("r1"), choice("r2")], "choices": [choice("a"), choice("b")]},
    "ranking": {"choices": [choice("a"), choice("b"), choice("other")]},
}
PLACED = ("other_specify", "indicator_assessment", "calculated")  # types that need others before them
CHOICES = [choice("a"), {**choice("b"), "with": {"kind": "b"}}, choice("other")]
ALONE = [*CHOICES[:2], {**choice("other"), "exclusive": True}]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
Known = dict[str, dict[str, Any]]  # what expressions may read at a place: key -> question or repeat
Rule = Callable[[Any, str], list[Any]]

BY_KIND: dict[str, Rule] = {
    "text": lambda var, key: [{"==": [var, "Ana"]}, {">": [{"length": [var]}, 2]}, {"in": ["n", var]}],
    "number": lambda var, key: [{"<": [var, 18]}, {">=": [var, 0]}, {"==": [{"%": [var, 2]}, 1]}, {"<": [0, var, 9]}],
    "date": lambda var, key: [
        {"<": [{"age_on": [var, {"var": "_occurred_on"}]}, 18]},
        {"<=": [var, {"var": "_today"}]},
    ],
    "datetime": lambda var, key: [{"<=": [var, {"var": "_now"}]}],
    "time": lambda var, key: [{"<": [var, "12:00"]}],
    "boolean": lambda var, key: [var, {"!": [var]}, {"==": [var, True]}],
    "choice": lambda var, key: [{"in": [var, ["a", "b"]]}],
    "choices": lambda var, key: [{">": [{"count": [var]}, 1]}],
    "object": lambda var, key: [{"!": [{"answered": [key]}]}],
}


@st.composite
def conditions(draw: st.DrawFn, known: Known, *, depth: int = 2) -> Any:
    """An expression over what stands before that fits what it reads."""
    if not known:
        return draw(st.sampled_from([True, {"answered": ["_today"]}, {"<=": [{"var": "_occurred_on"}, {"today": []}]}]))
    key = draw(st.sampled_from(sorted(known)))
    simple = st.sampled_from([{"answered": [key]}, *_rules_on(key, known[key])])
    if depth == 0 or draw(st.integers(0, 2)):
        return draw(simple)
    parts = draw(st.lists(conditions(known, depth=depth - 1), min_size=1, max_size=3))
    return draw(st.sampled_from([{"and": parts}, {"or": parts}, {"!": [parts[0]]}]))


def _rules_on(key: str, item: dict[str, Any]) -> list[Any]:
    var = {"var": key}
    if key == "_position":
        return [{"==": [var, 1]}, {">": [var, 1]}]
    if item["item"] == "repeat":
        counted = [{">": [{"count": [var]}, 0]}, {"<": [{"count": [var]}, 3]}]
        inner = [(each["key"], each) for each in item["items"] if each["item"] == "question"]
        return counted + [{name: [var, {"answered": [inner[0][0]]}]} for name in ("some", "all", "none")]
    kind = registry.get(item["type"]).kind_of(parse_question(item))
    if item["type"] in ("select_one", "yes_no_unknown", "select_many", "ranking"):
        value = "yes" if item["type"] == "yes_no_unknown" else "a"
        return [{"==": [var, value]}] if kind == "choice" else [{"in": [value, var]}, *BY_KIND[kind](var, key)]
    if kind == "choice":
        return [{"==": [var, "vlore"]}, {"!=": [var, "vlore"]}]
    if item["type"] == "matrix":
        return [{"==": [{"var": f"{key}.r1"}, "a"]}]
    return BY_KIND[kind](var, key)


@st.composite
def one_question(draw: st.DrawFn, key: str, known: Known, beside: Known) -> dict[str, Any]:
    """`known`: what may be read; `beside`: the questions that stand earlier in the same group."""
    plain = sorted(registry.names() - set(PLACED))
    often = ["select_one", "select_many", "integer", *_possible_here(beside)]
    type_name = draw(st.sampled_from(plain) | st.sampled_from(often))
    made = question(key, type_name, sensitivity=draw(st.sampled_from(SENSITIVITIES)), **FIXED.get(type_name, {}))
    if type_name == "calculated":
        return {**made, **draw(calculations(known)), **draw(relevance(known)), "required": False}
    if type_name in ("select_one", "select_many"):
        made |= draw(choosing(known))
        if type_name == "select_many" and made.get("choices") and draw(st.booleans()):
            made["choices"] = ALONE
    if type_name in ("other_specify", "indicator_assessment"):
        of = draw(st.sampled_from([name for name, other in beside.items() if _get_fits(type_name, other)]))
        made["of"] = of
        made["relevant"] = {"answered": [of]}
    made |= draw(relevance(known))
    if draw(st.integers(0, 3)) == 0:
        made["recipient_label"] = texts("For recipients")
    if draw(st.booleans()):
        made["constraint"] = {"expr": draw(conditions({**known, key: made}, depth=1)), "message": texts("Not so.")}
    if draw(st.integers(0, 3)) == 0:
        made["brief_part"] = draw(st.sampled_from(PART_KEYS))
    if draw(st.integers(0, 3)) == 0:
        made |= {"keep_for": draw(st.integers(1, 600)), "keep_basis": draw(st.sampled_from(KEEP_BASES))}
    if draw(st.booleans()):
        made["shared_with"] = {draw(st.sampled_from(ROLES)): True}
    made |= draw(own_values(made, known))
    if draw(st.booleans()) and (type_name != "hidden" or "default" in made or "initial" in made):
        made["required"] = draw(conditions(known))
    return made


def _possible_here(beside: Known) -> list[str]:
    possible = [name for name in PLACED[:2] if any(_get_fits(name, other) for other in beside.values())]
    return [name for name in (*possible, "calculated") if name in registry.names()]


def _get_fits(type_name: str, other: dict[str, Any]) -> bool:
    if type_name == "indicator_assessment":
        return other.get("type") == "indicators"
    return other.get("choices_from") == "letters" or any(each["value"] == "other" for each in other.get("choices", ()))


@st.composite
def relevance(draw: st.DrawFn, known: Known) -> dict[str, Any]:
    return {"relevant": draw(conditions(known))} if draw(st.booleans()) else {}


@st.composite
def choosing(draw: st.DrawFn, known: Known) -> dict[str, Any]:
    """Choices written out, from the form's own list, or from one that is always there; filtered or not."""
    made: dict[str, Any] = draw(
        st.sampled_from([{"choices": CHOICES}, {"choices_from": "letters"}, {"choices_from": "municipalities"}])
    )
    texts_before = [key for key, item in known.items() if item.get("type") in ("text", "municipality")]
    if not draw(st.booleans()):
        return dict(made)
    if made.get("choices_from") == "municipalities":
        filters = [{"==": [{"var": "choice.region"}, "vlore"]}]
        filters += [{"!=": [{"var": "choice.value"}, {"var": key}]} for key in texts_before]
    else:
        filters = [{"!=": [{"var": "choice.value"}, "b"]}, {"!=": [{"var": "choice.kind"}, "b"]}]
    return {**made, "choice_filter": draw(st.sampled_from(filters) | conditions(known, depth=0))}


@st.composite
def own_values(draw: st.DrawFn, asked: dict[str, Any], known: Known) -> dict[str, Any]:
    """What is there before anybody answers, and whether it can be typed over."""
    good = GOOD[asked["type"]]
    if asked.get("choices_from") == "municipalities":
        good = [["vlore"]] if asked["type"] == "select_many" else ["vlore"]
    made: dict[str, Any] = {}
    if draw(st.integers(0, 3)) == 0 and asked["type"] != "file":
        made["default"] = draw(st.sampled_from(good))
    if draw(st.integers(0, 3)) == 0:
        alike = [key for key, item in known.items() if item.get("type") == asked["type"]]
        literal = [{"if": [True, value]} for value in good if not isinstance(value, dict | list)]
        worked_out = [{"var": key} for key in alike] + literal + [{"today": []}, None]
        made["initial"] = draw(st.sampled_from(worked_out))
    if asked["type"] != "hidden" and draw(st.integers(0, 4)) == 0:
        made["read_only"] = True
    return made


@st.composite
def calculations(draw: st.DrawFn, known: Known) -> dict[str, Any]:
    """An expression and the result it gives, most of the time."""
    numbers = [{"var": key} for key, item in known.items() if _kind(item) == "number"] or [3]
    words = [{"var": key} for key, item in known.items() if _kind(item) in ("text", "choice")] or ["x"]
    counted = [{"count": [{"var": key}]} for key, item in known.items() if item["item"] == "repeat"] or [0]
    one = draw(st.sampled_from(numbers))
    written = [
        ("integer", {"+": [one, draw(st.sampled_from(counted))]}),
        ("decimal", {"/": [one, draw(st.integers(0, 3))]}),
        ("boolean", {">": [one, 4]}),
        ("date", {"today": []}),
        ("text", {"cat": [draw(st.sampled_from(words)), "!"]}),
        ("text", draw(st.sampled_from(words))),
        ("text", {"if": [draw(conditions(known, depth=0)), "yes", None]}),
    ]
    result, calculation = draw(st.sampled_from(written))
    return {"result": result, "calculation": calculation}


def _kind(item: dict[str, Any]) -> str:
    return registry.get(item["type"]).kind_of(parse_question(item)) if item["item"] == "question" else "rows"


@st.composite
def items(draw: st.DrawFn, prefix: str, known: Known, *, level: int) -> list[dict[str, Any]]:
    """The items of a section (level 0) or of a repeat. `known` grows by what stands here."""
    made: list[dict[str, Any]] = []
    beside: Known = {}
    for number in range(draw(st.integers(1, 5 if level == 0 else 3))):
        key = f"{prefix}{number}"
        kinds = ["question", "question", "question", "note", *(["repeat"] if level < 2 else [])]
        kind = "question" if level and not number else draw(st.sampled_from(kinds))
        if kind == "note":
            note = {"item": "note", "key": f"n_{key}", "text": texts("Note")}
            made.append({**note, "relevant": draw(conditions(known))})
            continue
        if kind == "question":
            item = draw(one_question(f"q_{key}", known, beside))
            beside[item["key"]] = item
        else:
            within = {**known, "_position": {"item": "question", "type": "integer"}}
            rows = draw(items(f"{key}_", within, level=level + 1))
            bounds = {"max": 3, **({"min": 1} if draw(st.integers(0, 3)) == 0 else {})}
            repeat = {"item": "repeat", "key": f"r_{key}", "label": texts("Rows"), **bounds, "items": rows}
            item = {**repeat, **draw(relevance(known))}
        made.append(item)
        known[item["key"]] = item
    return made


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    """A form without problems but those that chance may bring (BY_CHANCE)."""
    known: Known = {}
    sections = []
    for position in range(draw(st.integers(1, 3))):
        relevant = draw(relevance(dict(known)))
        titled = {"recipient_title": texts("For recipients")} if draw(st.booleans()) else {}
        made = draw(items(f"{position}_", known, level=0))
        sections.append({**section(f"s{position}", *made), **titled, **relevant})
    lists = {"letters": {"title": texts("Letters"), "choices": CHOICES}}
    return form(*sections, lists=lists, **({"warnings": draw(asked_again(known))} if draw(st.booleans()) else {}))


@st.composite
def asked_again(draw: st.DrawFn, known: Known) -> list[dict[str, Any]]:
    """What is asked about before sending, on the answers and on the case."""
    of_the_case = [{"in": ["consent", {"var": "_case_forms"}]}, {"==": [{"var": "_case_status"}, "victim"]}]
    rules = draw(
        st.lists(
            conditions(known).filter(lambda rule: rule is not True) | st.sampled_from(of_the_case),
            min_size=1,
            max_size=2,
        )
    )
    return [{"key": f"w{n}", "when": rule, "message": texts("Is it so?")} for n, rule in enumerate(rules)]


def published() -> st.SearchStrategy[dict[str, Any]]:
    """A form that can be published."""
    return definitions().filter(lambda definition: not check_definition(definition))


@st.composite
def answers_to(draw: st.DrawFn, definition: dict[str, Any], *, good: int = 3) -> dict[str, Any]:
    """Answers to some questions: of `good` + 2 one is left out and one is anything; at times an unknown key."""
    given = {}
    for part in definition["sections"]:
        given |= draw(_answers(part["items"], good))
    if draw(st.integers(0, 9)) == 9:
        given[draw(st.text(max_size=8))] = draw(json_values)
    return given


@st.composite
def _answers(draw: st.DrawFn, asked: list[dict[str, Any]], good: int) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for item in asked:
        if item["item"] == "note":
            continue
        chance = draw(st.integers(0, good + 1))
        if chance == 0:
            continue
        if chance == 1:
            given[item["key"]] = draw(json_values)
        elif item["item"] == "repeat":
            count = draw(st.integers(0, 3))
            given[item["key"]] = [draw(_answers(item["items"], good)) for _ in range(count)]
        elif item["type"] != "calculated":
            contradicting = [["a", "other"], ["other"]] if item["type"] == "select_many" else []
            given[item["key"]] = draw(st.sampled_from([*GOOD[item["type"]], *contradicting]))
    return given
