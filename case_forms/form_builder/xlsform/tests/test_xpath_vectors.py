"""What ODK's own engine makes of expressions, and what ours make of the same after conversion.

odk_vectors.json holds the values that JavaRosa worked out (engine and versions stand in the file), for five sets of
answers from complete to none. Where we differ on purpose, the reason stands here and in docs/xlsform.md.
"""

import pytest

from case_forms import expressions
from case_forms.form_builder.definition import parse_question
from case_forms.questions import registry
from case_forms.questions.base import CleanContext, is_unanswered
from case_forms.questions.tests.sources import FixedSource

from ..calculations import get_plain, get_result
from ..xpath.from_logic import InexpressibleError, value_to_xpath
from ..xpath.to_logic import convert_value
from .forms import VECTORS, get_scope, vector_form

DIFFERENT = {
    "5 div 0 > 3": "a division by nothing has no result here, and is infinite there",
    "${i} div 0": "the same",
    "round(${d})": "halves go away from zero here, up there: -2.5",
    "round(${d} + 0.05, 1)": "the same",
    "max(${j}, ${j})": "JavaRosa says 0 for the largest of negative numbers",
    "max(${i}, 0)": "the same",
    "selected(${n}, ${z})": "nothing is not among nothing here",
    "selected(${m}, ${s})": "the same",
    "join(', ', ${rn})": "who has no answer is passed over here, and leaves a separator there",
    "join('-', 'a', '', 'b')": "the same",
    "string(${ti})": "JavaRosa writes today's date for a time",
    "decimal-date-time(${da})": "days are counted whole here, from midnight in UTC there",
    "decimal-date-time('2020-01-01T10:00:00.000+01:00')": "the same",
    "decimal-date-time(today()) - decimal-date-time(${da})": "the same, over a change of the clocks",
    "concat('Age: ', int((today() - ${da}) div 365.25))": "what is no number is written as nothing here, NaN there",
}
UNPRINTABLE = {
    "decimal-time(${ti})",
    "date(if(${s} = 'a', '2020-01-01', ''))",
    "indexed-repeat(${ra}, ${r}, 9) = abs(${u})",
    "contains(substr(substr(${z}, 0, 2), 0, 2), '')",
}
CONTEXT = CleanContext(FixedSource())


def as_odk_writes(value: object) -> object:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(int(value))
    return str(value)


def same(ours: object, theirs: object) -> bool:
    try:
        return abs(float(str(ours)) - float(str(theirs))) < 1e-9
    except ValueError:
        return ours == theirs


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["xpath"][:60])
def test_an_expression_is_worth_here_what_it_is_worth_in_odk(vector):
    form, here = vector_form()
    expression = convert_value(vector["xpath"], form, here).logic
    values = [as_odk_writes(expressions.evaluate(expression, get_scope(answers))) for answers in VECTORS["answers"]]
    differing = [pair for pair in zip(values, vector["odk"], strict=True) if not same(*pair)]
    assert bool(differing) <= (vector["xpath"] in DIFFERENT), differing


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["xpath"][:60])
def test_a_calculation_can_store_every_value_that_its_expression_has(vector):
    form, here = vector_form()
    value = convert_value(vector["xpath"], form, here)
    result = get_result(value, form.keyed.get)
    question = parse_question({"key": "here", "type": "calculated", "result": result})
    for answers in VECTORS["answers"]:
        worked_out = expressions.evaluate(get_plain(value), get_scope(answers))
        if not is_unanswered(worked_out):
            stored = registry.get("calculated").clean(worked_out, question, CONTEXT)
            assert same(stored, worked_out.strip() if isinstance(worked_out, str) else worked_out), result


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["xpath"][:60])
def test_what_was_converted_is_written_so_that_it_reads_the_same_again(vector):
    form, here = vector_form()
    expression = convert_value(vector["xpath"], form, here).logic
    try:
        text = value_to_xpath(expression, form, here)
    except InexpressibleError:
        assert vector["xpath"] in UNPRINTABLE
        return
    again = convert_value(text, form, here).logic
    for answers in VECTORS["answers"]:
        scope = get_scope(answers)
        assert expressions.evaluate(again, scope) == expressions.evaluate(expression, scope), text
