"""Whether a condition can ever hold: never a wrong "never", the usual contradictions found, and quickly."""

import time
from itertools import pairwise

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from case_forms.expressions import KindInfo, LogicError, can_hold, evaluate, truthy

KINDS = {
    "n": KindInfo("number", minimum=0, maximum=120),
    "k": KindInfo("number"),
    "t": KindInfo("text"),
    "d": KindInfo("date"),
    "e": KindInfo("date", maximum="2026-01-01"),
    "h": KindInfo("time", minimum="08:00"),
    "b": KindInfo("boolean"),
    "c": KindInfo("choice", choices=frozenset("abc")),
    "g": KindInfo("choice", choices=frozenset("123")),
    "w": KindInfo("choice", choices=frozenset(f"w{n}" for n in range(60))),
    "m": KindInfo("choices", choices=frozenset("abc"), maximum=2),
    "o": KindInfo("object", rows={"work": KindInfo("choice", choices=frozenset("xy"))}),
    "p": KindInfo(
        "rows",
        maximum=4,
        rows={
            "n": KindInfo("number", minimum=0),
            "c": KindInfo("choice", choices=frozenset("xy")),
            "p": KindInfo("rows", rows={"b": KindInfo("boolean")}),
        },
    ),
    "_today": KindInfo("date"),
}
N, K, T, D, B, C, M, P = ({"var": key} for key in "nktdbcmp")
AGE = {"age_on": [D, {"today": []}]}
LITTLE = {"filter": [P, {"<": [{"var": "n"}, 5]}]}


def both(*conditions):
    return {"and": list(conditions)}


def no(condition):
    return {"!": [condition]}


NEVER = [
    False,
    {"==": [1, 2]},
    {">": [N, 120]},
    {"<": [N, 0]},
    both({"<": [N, 18]}, {">=": [N, 18]}),
    both({"<": [N, 18]}, {">": [N, 60]}),
    both({"==": [N, 5]}, {"in": [N, [6, 7]]}),
    both({"!": [{"answered": ["n"]}]}, {"==": [N, 5]}),
    both({"==": [N, None]}, {">": [N, 5]}),
    both({"<=": [10, N, 20]}, {"<": [N, 10]}),
    both({"<": [N, K]}, {"<": [K, N]}),
    both({"<": [N, K]}, {">": [N, 10]}, {"<": [K, 5]}),
    both({"==": [N, K]}, {"<": [N, K]}),
    {"==": [C, "z"]},
    {"in": [C, ["y", "z"]]},
    {"==": [{"var": "w"}, "w60"]},
    both({"==": [{"var": "w"}, "w1"]}, {"!=": [{"var": "w"}, "w1"]}),
    both({"==": [C, "a"]}, {"==": [C, "b"]}),
    both({"!=": [C, "a"]}, {"!=": [C, "b"]}, {"!=": [C, "c"]}, {"answered": ["c"]}),
    both({"==": [C, "a"]}, no({"in": [C, ["a", "b"]]})),
    both({"in": ["a", M]}, no({"in": ["a", M]})),
    {"in": ["z", M]},
    both({"in": ["a", M]}, {"in": ["b", M]}, {"in": ["c", M]}),
    {">": [{"count": [M]}, 2]},
    both({"in": ["a", M]}, {"==": [{"count": [M]}, 0]}),
    both({"in": ["a", M]}, {"in": ["b", M]}, {"<": [{"count": [M]}, 2]}),
    both(B, no(B)),
    both({"==": [B, True]}, {"==": [B, False]}),
    {"==": [B, "yes"]},
    {"==": [T, ""]},
    both({"==": [T, "x"]}, {"==": [T, "y"]}),
    both({"<": [D, "2020-01-01"]}, {">": [D, "2021-01-01"]}),
    {">": [{"var": "e"}, "2026-01-01"]},
    {"<": [{"var": "h"}, "07:59"]},
    both({"<": [AGE, 18]}, {">=": [AGE, 18]}),
    both({">": [AGE, 17]}, {"<": [AGE, 18]}),
    both({">=": [AGE, 18]}, no({"answered": ["d"]})),
    {"==": [{"date_part": ["month", D]}, 13]},
    {">": [{"count": [P]}, 4]},
    both({">": [{"count": [P]}, 2]}, {"<": [{"count": [P]}, 3]}),
    {">": [{"count": [LITTLE]}, 4]},
    {"some": [P, {"==": [{"var": "c"}, "z"]}]},
    {"some": [P, both({"<": [{"var": "n"}, 5]}, {">": [{"var": "n"}, 9]})]},
    {"all": [P, {"<": [{"var": "n"}, 0]}]},
    {"some": [P, {"some": [{"var": "p"}, both({"var": "b"}, no({"var": "b"}))]}]},
    {"some": [{"filter": [P, {"<": [{"var": "n"}, 0]}]}, True]},
    both({"answered": ["p"]}, {"==": [{"count": [P]}, 0]}),
    both({"none": [P, True]}, {"answered": ["p"]}),
    {"==": [{"var": "o.work"}, "z"]},
    {"or": [{">": [N, 200]}, {"==": [C, "q"]}]},
    {"if": [B, False, {"==": [C, "q"]}]},
    {"==": [{"coalesce": [C, "d"]}, "e"]},
    {"==": [{"var": ["c", "d"]}, "e"]},
    {"<": [{"length": T}, 0]},
    both({"==": [{"+": [1, 2]}, 4]}, B),
    {"in": ["z", "abc"]},
    {"matches": ["abc", "^b"]},
]

SOMETIMES = [
    True,
    {"<": [N, 18]},
    both({">=": [N, 18]}, {"<": [N, 60]}, {"==": [C, "a"]}),
    {"or": [{">": [N, 200]}, B]},
    no({"answered": ["n"]}),
    both({"<": [N, 5]}, {"!": [{"answered": ["n"]}]}),  # no answer counts as 0
    both({"in": ["a", M]}, {"in": ["b", M]}),
    {"some": [P, {"==": [{"var": "c"}, "x"]}]},
    {"none": [P, {"==": [{"var": "c"}, "z"]}]},
    {"<": [AGE, 18]},
    {"==": [AGE, 30]},
    {"<": [D, "2020-01-01"]},
    {">": [{"count": [LITTLE]}, 1]},
    {">": [{"sum": [{"map": [P, {"var": "n"}]}]}, 3]},
    {"==": [{"var": "g"}, 2]},
    {">": [{"var": "g"}, 1]},
    {"==": [{"var": "o.work"}, "x"]},
    {"==": [{"var": "w"}, "w59"]},
    {"<": [{"var": "unheard_of"}, 3]},
    {"==": [T, "x"]},
]


@pytest.mark.parametrize("condition", NEVER)
def test_a_condition_that_never_holds_is_found(condition):
    assert can_hold(condition, KINDS) is False


@pytest.mark.parametrize("condition", SOMETIMES)
def test_a_condition_that_holds_for_some_answers_is_known_to(condition):
    assert can_hold(condition, KINDS) is True


@pytest.mark.parametrize(
    "condition", [{"matches": [T, "^q+z$"]}, {"==": [{"*": [K, K]}, 7]}, {"==": [{"cat": [T, T]}, "pp"]}]
)
def test_what_can_not_be_told_is_none(condition):
    assert can_hold(condition, KINDS) is None


def values(info):
    """Answers within a kind; none is one of them."""
    most = info.maximum if isinstance(info.maximum, int) else 3
    within = {
        "number": st.sampled_from([0, 1, 2, 4, 5, 6, 17, 18, 2.5, 60, 120])
        | st.floats(0, 120, allow_nan=False)
        | (st.integers(-9, 999) if info.maximum is None and info.minimum is None else st.nothing()),
        "text": st.sampled_from(["x", "y", "5", "abc", "2020-01-01"]) | st.text(min_size=1, max_size=3),
        "date": st.sampled_from(
            ["2000-05-05", "2008", "2012-05", "2019-12-31", "2020-01-01", "2025-12-31", "2026-01-01"]
        ),
        "time": st.sampled_from(["08:00", "10:30", "23:59"]),
        "boolean": st.booleans(),
        "choice": st.sampled_from(sorted(info.choices or "x")),
        "choices": st.lists(st.sampled_from(sorted(info.choices or "x")), min_size=1, max_size=most, unique=True),
        "rows": st.lists(st.deferred(lambda: assignments(info.rows or {})), min_size=1, max_size=most),
        "object": st.deferred(lambda: assignments(info.rows or {})).map(lambda found: found or None),
    }
    return st.none() | within[info.kind]


def assignments(kinds):
    answers = st.fixed_dictionaries({key: values(info) for key, info in kinds.items()})
    return answers.map(lambda found: {key: value for key, value in found.items() if value is not None})


CONSTANTS = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        1,
        2,
        5,
        17,
        18,
        120,
        2.5,
        "",
        "a",
        "b",
        "x",
        "z",
        "5",
        "2",
        "w1",
        "2020-01-01",
        "2012",
        "10:30",
    ]
)
NAMES = [*KINDS, "o.work", "p.0.n", "p.0.p", "", "nope"]
variables = st.sampled_from(NAMES).map(lambda name: {"var": name})
COMPARISONS = ["==", "!=", "===", "!==", "<", "<=", ">", ">="]


def grown(inner):
    pair = st.tuples(inner, inner).map(list)
    several = st.lists(inner, min_size=1, max_size=3)
    one = st.sampled_from(
        ["!", "!!", "count", "sum", "length", "round", "floor", "ceil", "abs", "answered", "coalesce", "missing"]
    )
    return st.one_of(
        st.builds(lambda name, a: {name: a}, st.sampled_from(COMPARISONS), pair),
        st.builds(lambda name, a: {name: a}, st.sampled_from(COMPARISONS), st.tuples(variables, CONSTANTS).map(list)),
        st.builds(
            lambda name, a: {name: a}, st.sampled_from(["and", "or", "if", "coalesce", "cat", "+", "min"]), several
        ),
        st.builds(lambda name, a: {name: [a]}, one, inner),
        st.builds(lambda a: {"answered": [a]}, st.sampled_from(NAMES)),
        st.builds(lambda a, b: {"in": [a, b]}, inner, variables | st.lists(CONSTANTS, max_size=3)),
        st.builds(lambda a: {"<": a}, st.tuples(inner, inner, inner).map(list)),
        st.builds(lambda name, a: {name: a}, st.sampled_from(["-", "*", "/", "%"]), pair),
        st.builds(
            lambda name, source, body: {name: [source, body]},
            st.sampled_from(["some", "all", "none", "filter", "map"]),
            variables,
            inner,
        ),
        st.builds(
            lambda name, a: {name: a}, st.sampled_from(["age_on", "days_between", "add_days", "row", "join"]), pair
        ),
        st.builds(lambda part, a: {"date_part": [part, a]}, st.sampled_from(["year", "month", "day"]), inner),
        st.builds(lambda a: {"matches": [a, "^[a-x]$"]}, inner),
        st.builds(lambda a, b: {"var": [a, b]}, st.sampled_from(NAMES), inner),
        st.builds(lambda a, b: {"reduce": [a, b, 0]}, variables, inner),
        st.just({"today": []}),
    )


conditions = st.recursive(CONSTANTS | variables, grown, max_leaves=10)


@settings(max_examples=150)
@given(conditions, st.lists(assignments(KINDS), min_size=1, max_size=8))
def test_never_is_never_said_of_what_some_answers_make_true(condition, answers):
    verdict = can_hold(condition, KINDS)
    event(str(verdict))
    for given_answers in answers:
        try:
            holds = truthy(evaluate(condition, given_answers))
        except LogicError:
            continue
        assert not (holds and verdict is False), given_answers


atoms = st.one_of(
    st.builds(lambda name, c: {name: [N, c]}, st.sampled_from(COMPARISONS), st.sampled_from([0, 5, 18, 120])),
    st.builds(lambda name, c: {name: [C, c]}, st.sampled_from(["==", "!=", "==="]), st.sampled_from("abz")),
    st.builds(lambda c: {"in": [c, M]}, st.sampled_from("abz")),
    st.builds(lambda name, c: {name: [{"count": [M]}, c]}, st.sampled_from(COMPARISONS), st.integers(0, 3)),
    st.builds(lambda name, c: {name: [{"count": [P]}, c]}, st.sampled_from(COMPARISONS), st.integers(0, 5)),
    st.builds(lambda name, c: {name: [D, c]}, st.sampled_from(COMPARISONS), st.sampled_from(["2012", "2020-01-01"])),
    st.builds(lambda name: {name: [N, K]}, st.sampled_from(COMPARISONS)),
    st.builds(lambda name: {name: [AGE, 18]}, st.sampled_from(COMPARISONS)),
    st.sampled_from([B, no(B), {"answered": ["n"]}, {"answered": ["c"]}, {"answered": ["m"]}, {"==": [T, "x"]}]),
    st.sampled_from([{"some": [P, {"==": [{"var": "c"}, "x"]}]}, {"all": [P, {"var": "n"}]}, {"none": [P, True]}]),
)
forms_conditions = st.recursive(
    atoms,
    lambda inner: (
        st.builds(
            lambda name, parts: {name: parts}, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=4)
        )
        | st.builds(no, inner)
    ),
    max_leaves=7,
)


@settings(max_examples=150)
@given(forms_conditions, st.lists(assignments(KINDS), min_size=1, max_size=12))
def test_never_is_never_said_of_a_forms_condition_that_holds(condition, answers):
    verdict = can_hold(condition, KINDS)
    event(str(verdict))
    for given_answers in answers:
        assert not (truthy(evaluate(condition, given_answers)) and verdict is False), given_answers
    if verdict is False:
        assert can_hold(no(condition), KINDS) is not False


def test_the_conditions_of_a_large_form_are_judged_quickly():
    kinds = {f"q{n}": list(KINDS.values())[n % 10] for n in range(250)}
    conditions = [
        both(
            {"answered": [f"q{n}"]},
            {"<": [{"var": f"q{n * 4}"}, 18]},
            {"or": [{"==": [{"var": f"q{n * 4 + 1}"}, 5]}, {"in": ["a", {"var": f"q{n * 4 + 2}"}]}]},
            {">": [{"var": f"q{n * 4}"}, 3 if n % 2 else 30]},
        )
        for n in range(60)
    ]
    began = time.process_time()
    verdicts = [can_hold(condition, kinds) for condition in conditions]
    assert time.process_time() - began < 30  # seconds of work: only what runs away takes so long
    assert False in verdicts


def test_a_condition_made_to_be_hard_ends_soon_all_the_same():
    kinds = {f"q{n}": KindInfo("number") for n in range(30)}
    names = list(kinds)
    hard = both(
        *(
            {"or": [{"<": [{"var": a}, {"var": b}]}, {">": [{"var": b}, n]}]}
            for n, (a, b) in enumerate(pairwise(names))
        ),
        {"<": [{"var": "q0"}, 0]},
        *({"!=": [{"var": name}, n]} for n, name in enumerate(names)),
        {"==": [{"+": [{"var": name} for name in names]}, 0.5]},
    )
    began = time.process_time()
    assert can_hold(hard, kinds) is not False
    assert time.process_time() - began < 30  # seconds of work: only what runs away takes so long
