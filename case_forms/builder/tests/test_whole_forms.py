"""Whole definitions made at random, and answers to them."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from case_forms.builder import canonical, outline
from case_forms.builder.answer_schema import answers_schema
from case_forms.builder.checker import check_definition
from case_forms.builder.lists import resolved, unresolved
from case_forms.questions import registry
from case_forms.questions.base import AnswerError, CleanContext, is_unanswered
from case_forms.questions.tests.sources import AllFiles, FixedSource

from .strategies import BY_CHANCE, answers_to, definitions

SOURCE = FixedSource()
CONTEXT = CleanContext(sources=SOURCE, today=date(2026, 3, 1), attachments=AllFiles())


@settings(max_examples=80, deadline=None)
@given(definitions())
def test_a_good_form_has_no_problems_and_its_text_reads_back_exactly(definition):
    assert {problem.code for problem in check_definition(definition)} <= BY_CHANCE
    text = canonical.dump(definition)
    assert canonical.parse(text) == definition
    assert canonical.dump(canonical.parse(text)) == text
    Draft202012Validator.check_schema(answers_schema(resolved(definition), SOURCE))


@settings(max_examples=40, deadline=None)
@given(definitions())
def test_a_form_resolved_has_the_problems_it_had_and_comes_back_the_same(definition):
    made = resolved(definition)
    assert resolved(made) == made
    assert unresolved(made) == definition
    assert check_definition(made) == check_definition(definition)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_an_answer_is_taken_or_refused_and_is_shown_when_taken(data):
    definition = resolved(data.draw(definitions()))
    answers = data.draw(answers_to(definition))
    for placed in outline.questions(definition):
        raw = answers.get(placed.question["key"])
        kind = registry.get(placed.question["type"])
        if placed.repeats or is_unanswered(raw):
            continue
        try:
            value = kind.clean(raw, placed.question, CONTEXT)
        except AnswerError:
            continue
        assert isinstance(kind.formatted(value, placed.question, "en", SOURCE), str)
        assert kind.clean(value, placed.question, CONTEXT) == value
