"""What a type knows beside one answer: filters over choices, bounds for the page, rows to answer, kinds of values."""

from datetime import date

import pytest

from .. import registry
from ..base import VALUE_KINDS, AnswerError, CleanContext
from .every_type import asked
from .test_types import CHOICES, CONTEXT, SOURCE

SAME_REGION = {"==": [{"var": "choice.region"}, {"var": "region"}]}


def test_what_the_filter_holds_back_is_neither_offered_nor_taken():
    question_, kind = asked("municipality", choice_filter=SAME_REGION), registry.get("municipality")
    scoped = CleanContext(sources=SOURCE, scope={"region": "vlore"})
    assert [value for value, _label in kind.choices(question_, "sq", SOURCE, {"region": "vlore"})] == ["vlore"]
    assert kind.clean("vlore", question_, scoped) == "vlore"
    with pytest.raises(AnswerError) as refused:
        kind.clean("sarande", question_, scoped)
    assert refused.value.code == "not_a_choice"
    assert kind.clean("sarande", question_, CONTEXT) == "sarande"  # nothing is known of the other answers
    assert len(kind.choices(question_, "sq", SOURCE)) == 2
    assert kind.choices(question_, "sq", SOURCE, {}) == []


def test_a_filter_reads_what_the_choices_have_with_them():
    with_depth = [{**choice, "with": {"depth": depth}} for choice, depth in zip(CHOICES, "112", strict=True)]
    more = {"choices": with_depth, "choice_filter": {"==": [{"var": "choice.depth"}, {"var": "depth"}]}}
    scoped = CleanContext(sources=SOURCE, scope={"depth": "1"})
    for type_name, good, bad in (("select_many", ["b", "a"], ["a", "c"]), ("ranking", ["b", "a"], ["a", "b", "c"])):
        kind = registry.get(type_name)
        assert kind.clean(good, asked(type_name, **more), scoped) == good
        with pytest.raises(AnswerError):
            kind.clean(bad, asked(type_name, **more), scoped)
    assert registry.get("select_many").filterable(asked("select_many", **more), "en", SOURCE)[2] == {
        "value": "c",
        "label": "c-en",
        "with": {"depth": "2"},
    }
    assert registry.get("select_many").filterable(asked("select_many"), "en", SOURCE) == []


def test_a_filter_that_cannot_be_worked_out_lets_nothing_through():
    broken = asked("select_one", choice_filter={"shout": ["choice"]})
    assert registry.get("select_one").choices(broken, "sq", SOURCE, {}) == []


def test_the_pages_script_is_told_the_bounds_and_what_today_is():
    live = registry.get("date").live(asked("date", min="2012-01-01", max="today"), date(2026, 3, 1))
    assert live == {"min": "2012-01-01", "max": "2026-03-01"}


def test_a_table_says_which_rows_are_still_to_be_answered():
    kind = registry.get("matrix")
    rows = [{"value": "a/b", "label": {"sq": "x"}}, {"value": "c~d", "label": {"sq": "y"}}]
    table = asked("matrix", rows=rows)
    assert kind.unanswered_parts({}, table) == ["/a~1b", "/c~0d"]
    assert kind.unanswered_parts({"a/b": "bad"}, table) == ["/c~0d"]
    with pytest.raises(AnswerError) as refused:
        kind.clean({"a/b": "awful"}, table, CONTEXT)
    assert refused.value.path == "/a~1b"


def test_what_is_worked_out_is_of_the_kind_that_was_wanted():
    kind = registry.get("calculated")
    for result, good, bad, value_kind in (
        ("text", "Ana", 5, "text"),
        ("integer", 5, "5", "number"),
        ("decimal", 0.5, "0.5", "number"),
        ("date", "2012-02-29", "2012", "date"),
        ("boolean", False, "no", "boolean"),
    ):
        worked_out = asked("calculated", result=result)
        assert kind.clean(good, worked_out, CONTEXT) == good
        assert kind.kind_of(worked_out) == value_kind
        with pytest.raises(AnswerError):
            kind.clean(bad, worked_out, CONTEXT)


@pytest.mark.parametrize("type_name", sorted(registry.names()))
def test_every_type_says_what_its_answers_are_to_a_condition(type_name):
    assert registry.get(type_name).kind_of(asked(type_name)) in VALUE_KINDS
