"""Whole definitions made at random, and answers to them."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from case_forms.builder import canonical, outline
from case_forms.builder.answer_schema import answers_schema
from case_forms.builder.checker import check_definition
from case_forms.questions import registry
from case_forms.questions.base import AnswerError, CleanContext, is_unanswered
from case_forms.questions.tests.sources import FixedSource

from .strategies import answers_to, definitions

SOURCE = FixedSource()
CONTEXT = CleanContext(sources=SOURCE, today=date(2026, 3, 1))


@settings(max_examples=50, deadline=None)
@given(definitions())
def test_a_good_form_has_no_problems_and_its_text_reads_back_exactly(definition):
    assert check_definition(definition) == []
    text = canonical.dump(definition)
    assert canonical.parse(text) == definition
    assert canonical.dump(canonical.parse(text)) == text
    Draft202012Validator.check_schema(answers_schema(definition, SOURCE))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_an_answer_is_taken_or_refused_and_the_schema_takes_what_is_taken(data):
    definition = data.draw(definitions())
    answers = data.draw(answers_to(definition))
    properties = answers_schema(definition, SOURCE)["properties"]
    for placed in outline.questions(definition):
        key, kind = placed.question["key"], registry.get(placed.question["type"])
        within = properties if placed.repeat is None else properties[placed.repeat["key"]]["items"]["properties"]
        rows = [answers] if placed.repeat is None else answers[placed.repeat["key"]]
        for row in rows:
            if is_unanswered(row.get(key)):
                continue
            try:
                value = kind.clean(row[key], placed.question, CONTEXT)
            except AnswerError:
                continue
            assert Draft202012Validator(within[key]).is_valid(row[key])
            assert isinstance(kind.formatted(value, placed.question, "en", SOURCE), str)
