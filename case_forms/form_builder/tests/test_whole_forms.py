"""Whole definitions made at random, and answers to them."""

from copy import deepcopy
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from case_forms.questions import registry
from case_forms.questions.base import AnswerError, CleanContext, is_unanswered
from case_forms.questions.tests.sources import AllFiles, FixedSource
from case_forms.submissions.validation.validate import check_answers

from .. import canonical
from ..answer_schema import answers_schema
from ..checker import check_definition
from ..definition import parse_form
from ..lists import resolved, unresolved
from .strategies import BY_CHANCE, answers_to, definitions, json_values

SOURCE = FixedSource()
DAY = date(2026, 3, 1)
CONTEXT = CleanContext(sources=SOURCE, today=DAY, attachments=AllFiles())


@settings(max_examples=80, deadline=None)
@given(definitions())
def test_a_good_form_has_no_problems_and_its_text_reads_back_exactly(definition):
    assert {problem.code for problem in check_definition(definition)} <= BY_CHANCE
    text = canonical.dump(definition)
    assert canonical.parse(text) == definition
    assert canonical.dump(canonical.parse(text)) == text
    Draft202012Validator.check_schema(answers_schema(parse_form(resolved(definition)), SOURCE))


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
    for placed in parse_form(definition).iter_questions():
        raw = answers.get(placed.question.key)
        kind = registry.get(placed.question.type)
        if placed.repeats or is_unanswered(raw):
            continue
        try:
            value = kind.clean(raw, placed.question, CONTEXT)
        except AnswerError:
            continue
        assert isinstance(kind.formatted(value, placed.question, "en", SOURCE), str)
        assert kind.clean(value, placed.question, CONTEXT) == value


def places(part, path=()):
    """Every place in a definition, as the steps that lead there."""
    yield path
    children = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for step, child in children:
        yield from places(child, (*path, step))


EXPRESSIONS = st.sampled_from(
    [
        {"var": "q_0_0"},
        {"==": [{"var": "q_0_0"}, {"var": "choice.kind"}]},
        {"some": [{"var": "r_0_1"}, {"<": [{"var": "nothing"}, 3]}]},
        {"matches": [{"var": "q_0_0"}, "(a+)+$"]},
        {"reduce": [{"var": "r_0_1"}, {"+": [{"var": "accumulator"}, 1]}, 0]},
        {"in": [{"var": "q_0_0"}, []]},
        {"row": [{"var": "r_0_1"}, {"var": "_position"}]},
        {"missing_some": [1, ["q_0_0"]]},
        [],
        "shared:none",
        "q_0_0",
        {"and": []},
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_form_bent_anywhere_is_judged_and_what_passes_can_be_filled(data):
    """Whatever stands at a place, checking says what is wrong; a form it lets pass is published and takes answers."""
    definition = deepcopy(data.draw(definitions()))
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from([place for place in places(definition) if place]))
        holder = definition
        for step in way:
            holder = holder[step]
        holder[last] = deepcopy(data.draw(EXPRESSIONS | json_values))
    if check_definition(definition):
        return
    version = canonical.parse(canonical.dump(resolved(definition)))
    Draft202012Validator.check_schema(answers_schema(parse_form(version), SOURCE))
    answers = data.draw(answers_to(version))
    for strict in (True, False):
        check_answers(parse_form(version), answers, sources=SOURCE, today=DAY, occurred_on=DAY, strict=strict)
