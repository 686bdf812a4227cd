"""Expressions read one by one: their places, their limits, and what is refused with which reason."""

import time

import pytest

from case_forms import expressions

from ..xpath.elements import Element
from ..xpath.from_logic import InexpressibleError, condition_to_xpath, value_to_xpath
from ..xpath.nodes import Call, Number, Operation, Path, Ref, Text, XPathError
from ..xpath.parser import parse
from ..xpath.printer import quote
from ..xpath.to_logic import convert_condition, convert_value
from .forms import vector_form

FORM, HERE = vector_form()
ROW = FORM.named["ra"][0]
AGE, MORE, MANY, ONE, IMPORT_MESSAGES = ({"var": name} for name in "ijmst")


def refused(text, **context):
    with pytest.raises(XPathError) as caught:
        convert_value(text, FORM, HERE, **context)
    return caught.value.code


def condition(text):
    return convert_condition(text, FORM, HERE)


@pytest.mark.parametrize(("text", "wanted"), [("floor(${d})", -3), ("ceiling(${d})", -2), ("floor(${t})", None)])
def test_what_enketo_has_beside_odk_is_read_and_written_out_in_what_odk_has(text, wanted):
    logic = convert_value(text, FORM, HERE).logic
    again = convert_value(value_to_xpath(logic, FORM, HERE), FORM, HERE).logic
    assert [expressions.evaluate(each, {"d": -2.5, "t": "x"}) for each in (logic, again)] == [wanted, wanted]


def test_operators_bind_as_xpath_says():
    assert parse("1 + 2 * 3 = 7 and not(0)") == Operation(
        "and",
        (
            Operation("=", (Operation("+", (Number(1), Operation("*", (Number(2), Number(3))))), Number(7))),
            Call("not", (Number(0),)),
        ),
    )
    assert parse("8 - 4 - 2") == Operation("-", (Operation("-", (Number(8), Number(4))), Number(2)))


def test_names_are_operators_after_an_operand_only():
    assert parse("div div mod") == Operation("div", (Path(("div",)), Path(("mod",))))
    assert parse("${a}mod 2") == Operation("mod", (Ref("a"), Number(2)))
    assert parse("a-b - c") == Operation("-", (Path(("a-b",)), Path(("c",))))


def test_quotation_marks_of_word_processors_are_quotation_marks():
    assert parse("${s} = ‘a’") == Operation("=", (Ref("s"), Text("a")))


@pytest.mark.parametrize(
    "text",
    [
        "number(substr(${t}, 0, 2))",
        "number(concat(${t}, ''))",
        "number(coalesce(${t}, ''))",
        "number(if(${i} = 1, ${t}, ${t}))",
        "substr(${t}, 0, 2)",
        "concat(${t}, '')",
        "abs(substr(${t}, 0, 2))",
    ],
)
def test_a_text_that_is_no_number_is_in_no_order_with_one(text):
    for answer, is_less in (("abc", False), (None, False), ("7", True), ("99", False)):
        scope = {"i": 1} | ({"t": answer} if answer else {})
        assert bool(expressions.evaluate(condition(f"{text} < 18"), scope)) is is_less, answer
        assert not expressions.evaluate(condition(f"{text} < -1"), scope)


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("${i} > ", "unfinished", 7),
        ("(${i} > 3", "unfinished", 9),
        ("${i} > 3)", "unexpected", 8),
        ("${i} ${j}", "unexpected", 5),
        ("${i} = 'a", "open_quote", 7),
        ("${i} § 3", "unread_sign", 5),
        ("1 + ${}", "bad_reference", 4),
        ("${last-saved#i}", "bad_reference", 0),
        ("//i", "not_in_xlsforms", 0),
        ("i | j", "not_in_xlsforms", 2),
        ("child::i", "unexpected", 5),
        ("if(1, 2,)", "unexpected", 8),
    ],
)
def test_what_cant_be_read_is_named_with_its_place(text, code, at):
    with pytest.raises(XPathError) as caught:
        parse(text)
    assert (caught.value.code, caught.value.at) == (code, at)


@pytest.mark.parametrize("text", ["1 + " * 200_000 + "1", "(" * 9_000, "not(" * 3_000, "'" + "x" * 600_000 + "'"])
def test_however_long_an_expression_is_the_answer_comes_soon(text):
    started = time.process_time()
    with pytest.raises(XPathError):
        convert_value(text, FORM, HERE)
    assert time.process_time() - started < 30  # seconds of work: only what runs away takes so long


def test_an_expression_that_would_grow_without_end_is_refused_soon():
    text = "${d}"
    for _ in range(30):
        text = f"int({text} div 3)"
    started = time.process_time()
    assert refused(text) == "expression_too_large"
    assert time.process_time() - started < 30  # seconds of work: only what runs away takes so long


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("${nobody} = 1", "unknown_name"),
        ("pulldata('f', 'a', 'b', ${i})", "from_a_file"),
        ("instance('x')/root/item[name = ${s}]/label", "from_a_file"),
        ("search('x')", "from_a_file"),
        ("uuid()", "unknown_function"),
        ("translate(${t}, 'a', 'b')", "unknown_function"),
        ("once(${i}) + 1", "unknown_function"),
        ("round(${i}, 1, 2)", "wrong_arguments"),
        ("${ra} + 1", "several_answers"),
        ("count(${i})", "no_rows"),
        (". > 3", "no_itself"),
        ("position(..) > 1", "not_a_position"),
        ("${t} < 'b'", "not_a_number"),
        ("${m} + 1", "no_number"),
        ("${ti} = '10:00'", "cant_compare"),
        ("count(${r}[1])", "position_in_brackets"),
        ("count(${r}[${i} > 3])", "outside_of_rows"),
        ("regex(${t}, '(?=a)')", "pattern_refused"),
        ("regex(${t}, ${u})", "pattern_not_written"),
        ("date('31.12.2020')", "not_a_date"),
        ("format-date(${da}, '%b')", "date_format"),
        ("now() - ${dt} > decimal-date-time(${dt})", "moments"),
        ("jr:choice-name(${t}, '${t}')", "no_choices_to_name"),
        ("if(${i} > 3, ${i}, ${da})", "mixed_kinds"),
        ("indexed-repeat(${rra}, ${r}, 1, ${rr}, 2)", "two_indexes"),
    ],
)
def test_what_cant_be_carried_over_is_refused_with_its_reason(text, code):
    assert refused(text) == code


def test_a_choice_is_a_text_though_it_looks_like_a_number():
    assert condition("${s} = 1") == {"==": [ONE, "1"]}
    assert condition("${i} = '5'") == {"==": [AGE, 5]}
    assert condition("${t} = '5'") == {"==": [IMPORT_MESSAGES, "5"]}
    assert condition("selected(${m}, 1)") == {"in": ["1", MANY]}


def test_answered_is_asked_only_where_no_answer_would_count():
    assert condition("${i} < 5") == {"and": [{"answered": ["i"]}, {"<": [AGE, 5]}]}
    assert condition("${i} > 5") == {">": [AGE, 5]}
    assert condition("${i} > -5") == {"and": [{"answered": ["i"]}, {">": [AGE, -5]}]}
    assert condition("${i} != '' and ${i} < 5") == {"and": [{"answered": ["i"]}, {"<": [AGE, 5]}]}
    assert condition("${i} > ${j}") == {"and": [{"answered": ["i", "j"]}, {">": [AGE, MORE]}]}
    assert condition("${da} < today()") == {"<": [{"var": "da"}, {"var": "_today"}]}


def test_in_a_constraint_the_answer_is_there():
    element = FORM.named["i"][0]
    assert convert_condition(". >= 0 and . < 120", FORM, element, itself=element) == {
        "and": [{">=": [AGE, 0]}, {"<": [AGE, 120]}]
    }


def test_a_choice_filter_reads_columns_of_the_choices():
    attributes = {"name": "value", "region": "region"}
    expression = convert_condition("region = ${s} and name != 'x'", FORM, HERE, attributes=attributes)
    assert expression == {"and": [{"==": [{"var": "choice.region"}, ONE]}, {"!=": [{"var": "choice.value"}, "x"]}]}
    assert refused("town = ${s}", attributes=attributes) == "no_column"


def test_rows_are_read_from_outside_and_from_within():
    age = {"var": "ra"}
    assert condition("count(${r}[ra > 3]) > 0") == {"some": [{"var": "r"}, {">": [age, 3]}]}
    assert convert_value("sum(${ra})", FORM, HERE).logic == {"sum": [{"map": [{"var": "r"}, age]}]}
    within = FORM.add(Element("within", key="within"), FORM.named["r"][0])
    assert convert_value("${ra} + position(..)", FORM, within).logic == {"+": [age, {"var": "_position"}]}
    assert convert_value("sum(${rra})", FORM, within).logic == {"sum": [{"map": [{"var": "rr"}, {"var": "rra"}]}]}


def test_a_choices_name_is_a_chain_of_conditions():
    named = convert_value("jr:choice-name(${s}, '${s}')", FORM, HERE).logic
    assert expressions.evaluate(named, {"s": "b"}) == "B"
    assert expressions.evaluate(named, {}) is None


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ({"==": [ONE, "a"]}, "${s} = 'a'"),
        ({"in": ["a", MANY]}, "selected(${m}, 'a')"),
        ({"in": [ONE, ["a", "b"]]}, "selected('a b', ${s})"),
        ({"!": [{"answered": ["i"]}]}, "${i} = ''"),
        ({"<": [AGE, 5]}, "coalesce(${i}, 0) < 5"),
        ({"and": [{"answered": ["i"]}, {"<": [AGE, 5]}]}, "${i} < 5"),
        ({"or": [{"and": [{"==": [ONE, "a"]}, {">": [AGE, 5]}]}, {"!": [{"in": ["a", MANY]}]}]},
         "${s} = 'a' and ${i} > 5 or not(selected(${m}, 'a'))"),
        ({"*": [{"+": [AGE, 1]}, 2]}, "(${i} + 1) * 2"),
        ({"-": [AGE, {"-": [MORE, 1]}]}, "${i} - (${j} - 1)"),
        ({"some": [{"var": "r"}, {">": [{"var": "ra"}, 3]}]}, "count(${r}[ra > 3]) > 0"),
        ({"matches": [IMPORT_MESSAGES, "^[0-9]+$"]}, "regex(${t}, '^[0-9]+$')"),
        ({"days_between": [{"var": "da"}, {"var": "_today"}]}, "today() - ${da}"),
    ],
)  # fmt: skip
def test_expressions_are_written_as_people_write_them_and_read_the_same_again(expression, text):
    printer = value_to_xpath if next(iter(expression)) in ("*", "-", "days_between") else condition_to_xpath
    assert printer(expression, FORM, HERE) == text
    assert convert_value(text, FORM, HERE).logic == expression


@pytest.mark.parametrize(
    "expression",
    [
        {"missing_some": [1, ["i", "j"]]},
        {"merge": [[1], [2]]},
        {"map": [{"var": "r"}, {"var": "ra"}]},
        {"<": [IMPORT_MESSAGES, "b"]},
        {"var": "nobody"},
        {"var": "ra"},
        {"in": ["a b", MANY]},
        {"==": [{"+": [AGE, 1]}, {"+": [MORE, 1]}]},
    ],
)
def test_what_xpath_cant_say_is_not_said(expression):
    with pytest.raises(InexpressibleError):
        value_to_xpath(expression, FORM, HERE)


def test_a_text_with_both_quotation_marks_is_put_together():
    assert quote('it\'s "so"') == "concat('it', \"'\", 's \"so\"')"
    assert convert_value(quote('it\'s "so"'), FORM, HERE).logic == 'it\'s "so"'
