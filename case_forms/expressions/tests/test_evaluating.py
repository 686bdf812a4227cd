import json
import time
from functools import partial

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from case_forms.expressions import (
    OPERATORS,
    Limits,
    LogicError,
    compile_expression,
    evaluate,
    evaluating,
    explain,
    problems,
    references,
    truthy,
)

CODES = {
    "not_json",
    "not_an_expression",
    "unknown_operator",
    "bad_arguments",
    "bad_pattern",
    "too_deep",
    "too_large",
    "too_many_steps",
}
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["a", "b.0", "current", "2010-02-29", "2010-02-28", "1e5", "\ud800"])
)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
)
expressions = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.builds(lambda name, a: {name: a}, st.sampled_from(sorted(OPERATORS)), st.lists(inner, max_size=4) | inner)
    ),
    max_leaves=25,
)


@settings(max_examples=200, deadline=None)
@given(expressions | json_values, json_values)
def test_whatever_the_expression_and_the_data_only_logic_errors_come_out(expression, data):
    result, code = None, None
    try:
        result = evaluate(expression, data)
    except LogicError as error:
        code = error.code
    event(code or "a value")
    assert code is None or code in CODES
    assert isinstance(truthy(result), bool)
    assert json.dumps(result, allow_nan=False)


@settings(max_examples=100, deadline=None)
@given(expressions | json_values)
def test_what_can_be_explained_and_what_has_problems_are_told_without_a_crash(expression):
    found = problems(expression, known={"a"})
    if found and found[0].partition(":")[0] in CODES:
        for nonsense in (references, partial(explain, labels={})):
            with pytest.raises(LogicError):
                nonsense(expression)
        return
    names = references(expression)
    assert names - {"a"} == {p.partition(": ")[2] for p in found if p.startswith("unknown_reference")}
    for language in ("sq", "en"):
        assert explain(expression, labels={"a": "A"}, values={"a": {"b": "B"}}, language=language).endswith(".")


def test_no_value_of_the_answers_is_in_an_errors_text():
    secret = "Arta Hoxha"
    for expression in ({"cat": [{"var": "name"}] * 3}, {"map": [{"var": "names"}, {"var": ""}]}):
        with pytest.raises(LogicError) as raised:
            evaluate(expression, {"name": secret, "names": [secret] * 9}, limits=Limits(steps=5, length=10))
        assert secret not in str(raised.value)
        assert "Arta" not in repr(raised.value)


@pytest.mark.parametrize(
    ("limits", "code"),
    [(Limits(depth=2), "too_deep"), (Limits(nodes=3), "too_large"), (Limits(steps=3), "too_many_steps")],
)
def test_each_limit_holds(limits, code):
    with pytest.raises(LogicError) as raised:
        evaluate({"map": [[1, 2], {"+": [{"var": ""}, 1]}]}, {}, limits=limits)
    assert raised.value.code == code


def test_the_costliest_expression_the_limits_allow_ends_soon():
    ten = list(range(10))
    inner = {"some": [ten, {"===": [{"var": ""}, [1, 2, 3]]}]}
    expression = {"map": [ten, {"map": [ten, {"map": [ten, {"map": [ten, inner]}]}]}]}
    began = time.process_time()
    with pytest.raises(LogicError):
        evaluate(expression, {})
    assert time.process_time() - began < 30  # seconds of work: only what runs away takes so long


def test_the_data_is_left_as_it_was():
    data = {"a": [1, 2], "b": {"c": 1}}
    evaluate({"merge": [{"var": "a"}, {"reduce": [{"var": "a"}, {"merge": [{"var": "accumulator"}, 1]}, []]}]}, data)
    assert data == {"a": [1, 2], "b": {"c": 1}}


def test_a_condition_of_a_form_takes_microseconds():
    condition = {"and": [{"<": [{"var": "age"}, 18]}, {"in": [{"var": "s"}, ["a", "b"]]}, {"answered": ["x"]}]}
    data = {"age": 15, "s": "b", "x": 1}
    evaluate(condition, data)
    began = time.process_time()
    for _ in range(1000):
        evaluate(condition, data)
    assert time.process_time() - began < 30  # seconds of work: only what runs away takes so long


def test_an_expression_changed_in_place_is_a_new_expression():
    condition = {"==": [{"var": "a"}, 1]}
    assert evaluate(condition, {"a": 1}) is True
    condition["=="][1] = True
    assert evaluate(condition, {"a": True}) is True
    condition["=="][1] = 2
    assert evaluate(condition, {"a": 1}) is False


def test_what_was_compiled_does_not_change_with_what_it_was_compiled_from():
    condition = {"in": [{"var": "a"}, ["x"]]}
    compiled = compile_expression(condition)
    condition["in"][1].append("y")
    assert [compiled({"a": value}) for value in ("x", "y")] == [True, False]


def test_only_so_many_compiled_expressions_are_kept():
    for number in range(evaluating.MAX_KEPT + 10):
        evaluate({"==": [number, {"var": "a"}]}, {})
    assert len(evaluating._kept) <= evaluating.MAX_KEPT


@pytest.mark.parametrize(
    "value", [2**53, 2**53 + 1, -(2**53) - 1, 2**53 + 0.0, 10**30, 1e300, "9007199254740993", True, None]
)
def test_the_shorter_ways_compare_as_doubles_compare(value):
    for name, test in (("<", float.__lt__), ("<=", float.__le__), (">", float.__gt__), (">=", float.__ge__)):
        for constant in (2**53, 2**53 + 1, 9007199254740992.0, 5):
            wanted = test(float(value or 0), float(constant))
            assert evaluate({name: [{"var": "a"}, constant]}, {"a": value}) is wanted
            assert evaluate({name: [{"var": "a"}, {"var": "b"}]}, {"a": value, "b": constant}) is wanted
