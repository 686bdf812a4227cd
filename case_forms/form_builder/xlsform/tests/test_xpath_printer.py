"""XPath printed from nodes, and what lark reads of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ..xpath import from_logic, to_logic
from ..xpath.from_logic.builder import CONDITIONS, VALUES
from ..xpath.nodes import (
    Call,
    Filtered,
    Number,
    Operation,
    Path,
    Ref,
    Text,
    XPathError,
)
from ..xpath.parser import MAX_DEPTH, parse
from ..xpath.printer import MAX_PRINTED, TooLongError, print_xpath
from ..xpath.to_logic.converter import FUNCTIONS, IDIOMS, OPERATIONS
from .forms import vector_form

NAMES = st.sampled_from(["a", "and", "div", "mod", "or", "a-b", "ë.1"])
CHAINS = st.sampled_from(["or", "and", "+", "*"])
PAIRS = st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "-", "div", "mod"])
STEPS = st.lists(st.one_of(NAMES, st.sampled_from([".", ".."])), min_size=1, max_size=3).map(tuple)
LEAVES = st.one_of(
    st.builds(Number, st.one_of(st.integers(-50, 50), st.sampled_from([0.5, -1.25, 1e-7, 10**14]))),
    st.builds(Text, st.sampled_from(["", "a b", "it's", 'so "said"', "(", "[", "${a}"])),
    st.builds(Ref, st.sampled_from(["a", "ë_1"])),
    st.builds(Path, STEPS, is_absolute=st.booleans()),
)


def operations(parts):
    """Every operation that the parser can give: "-5" is a number, and "- 5" too."""
    is_no_number = parts.filter(lambda node: not isinstance(node, Number) or node.value < 0)
    return st.one_of(
        st.builds(Operation, CHAINS, st.lists(parts, min_size=2, max_size=4).map(tuple)),
        st.builds(Operation, PAIRS, st.tuples(parts, parts)),
        st.builds(Operation, st.just("negative"), st.tuples(is_no_number)),
    )


def nodesets(parts):
    bases = st.one_of(st.builds(Ref, NAMES), st.builds(Call, NAMES, st.just(())), st.builds(Filtered, LEAVES, parts))
    return st.one_of(st.builds(Filtered, LEAVES, parts), st.builds(Path, STEPS, bases))


NODES = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        operations(parts), nodesets(parts), st.builds(Call, NAMES, st.lists(parts, max_size=3).map(tuple))
    ),
    max_leaves=25,
)


@settings(max_examples=400, deadline=None)
@given(NODES)
def test_what_is_printed_is_read_as_the_same_nodes(node):
    assert parse(print_xpath(node)) == node


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (Operation("-", (Operation("-", (Ref("a"), Ref("b"))), Ref("c"))), "${a} - ${b} - ${c}"),
        (Operation("-", (Ref("a"), Operation("-", (Ref("b"), Ref("c"))))), "${a} - (${b} - ${c})"),
        (Operation("and", (Operation("or", (Ref("a"), Ref("b"))), Ref("c"))), "(${a} or ${b}) and ${c}"),
        (Operation("*", (Operation("+", (Ref("a"), Number(-1))), Number(2))), "(${a} + -1) * 2"),
        (Filtered(Path(("b",), Filtered(Ref("r"), Ref("c"))), Number(1)), "${r}[${c}]/b[1]"),
    ],
)
def test_parentheses_stand_where_operators_need_them(node, text):
    assert print_xpath(node) == text


def test_an_expression_that_would_print_without_end_is_given_up_soon():
    node = Ref("a")
    for _ in range(60):  # shared parts: small as nodes, 2 ** 60 of them as text
        node = Operation("+", (node, node))
    with pytest.raises(TooLongError):
        print_xpath(node)
    assert len(print_xpath(Text("x" * (MAX_PRINTED - 2)))) == MAX_PRINTED


@pytest.mark.parametrize("sign", ["-", "div", "<", "="])
def test_a_chain_that_would_exhaust_the_stack_is_refused_and_not_raised(sign):
    form, here = vector_form()
    assert to_logic.convert_value("${i}" + " - 1" * (MAX_DEPTH - 2), form, here)
    with pytest.raises(XPathError) as caught:
        to_logic.convert_value("${i}" + f" {sign} 1" * 1_500, form, here)
    assert caught.value.code == "expression_too_deep"


def test_a_condition_of_alternatives_behind_a_bound_keeps_its_meaning():
    form, here = vector_form()
    node = from_logic.condition_to_node({"!=": [{"+": [{"var": "i"}, 1]}, None]}, form, here)
    whole = print_xpath(Operation("and", (parse(". >= 0"), node)))
    assert whole == ". >= 0 and (boolean(${i} + 1) or ${i} + 1 = 0)"


FUNCTION_NAMES = {
    *(
        "ceiling",
        "floor",
        "abs",
        "boolean",
        "boolean-from-string",
        "coalesce",
        "concat",
        "contains",
        "count",
        "count-non-empty",
    ),
    *("count-selected", "date", "date-time", "decimal-date-time", "decimal-time", "ends-with", "false", "format-date"),
    *("format-date-time", "if", "indexed-repeat", "int", "join", "jr:choice-name", "max", "min", "not", "now"),
    *("number", "position", "pow", "regex", "round", "selected", "selected-at", "starts-with", "string"),
    *("string-length", "substr", "sum", "today", "true"),
}
CONDITION_OPERATORS = {
    *("!", "!=", "!!", "<", "<=", "==", ">", ">=", "all", "and", "answered", "in", "matches", "none", "or", "some"),
}
VALUE_OPERATORS = {
    *("%", "*", "+", "-", "/", "?:", "abs", "add_days", "age_on", "cat", "ceil", "coalesce", "count", "date_part"),
    *("days_between", "floor", "if", "join", "length", "max", "min", "reduce", "round", "row", "substr", "sum"),
    *("today", "var"),
}


def test_every_function_and_operator_is_registered():
    """A registration that is lost would only show as "can't be carried over"."""
    assert set(FUNCTIONS) == FUNCTION_NAMES
    assert set(OPERATIONS) == {"=", "!=", "<", "<=", ">", ">="}
    assert {name for _sort, name in IDIOMS} == {"if", "int", "not", "and", ">", "="}
    assert set(CONDITIONS) == CONDITION_OPERATORS
    assert set(VALUES) == VALUE_OPERATORS
