"""Repeats in repeats on their way: typed on a page, read by people, told to recipients, answered by a drill."""

from datetime import date
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from case_forms.cases.brief_content import BriefFacts, answer_rows
from case_forms.cases.models import Case
from case_forms.form_builder.definition import parse_form
from case_forms.questions.tests.sources import FixedSource
from tests.world.forms import question, texts

from ..drafts.typed_values import merged, typed_in, without_row
from ..drill import drill_answers
from ..readable_answers import read_sections, read_stored
from ..validation.validate import CheckContext, form_states

DAY = date(2026, 3, 1)
CONTEXT = CheckContext(sources=FixedSource(), today=DAY, occurred_on=DAY, language="en")


def repeat(key: str, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"item": "repeat", "key": key, "label": texts(key.title()), "items": list(items), **more}


SECTION: dict[str, Any] = {
    "key": "one",
    "title": texts("One"),
    "items": [
        question("town", "text"),
        question("told", "text", read_only=True),
        repeat(
            "household",
            question("name", "text", shared_with={"police": True}),
            repeat(
                "children",
                question(
                    "age", "integer", required=True, max=17, shared_with={"cpu": {">": [{"var": "_position"}, 1]}}
                ),
            ),
        ),
    ],
}
FORM = {"title": texts("Form"), "sections": [SECTION]}
ASKED = parse_form(FORM).sections[0]
ANSWERS = {"household": [{"name": "Ana", "children": [{"age": 3}, {"age": 5}]}, {"children": [{"age": 7}]}]}


def posted(**more: str) -> QueryDict:
    post = QueryDict(mutable=True)
    post.update(
        {
            "town": "Vlorë",
            "told": "typed",
            "household-count": "3",
            "household-0-name": "Ana",
            "household-0-children-count": "2",
            "household-0-children-0-age": "3",
            "household-0-children-1-age": "5",
            "household-1-name": "",
            "household-1-children-count": "1",
            "household-1-children-0-age": "7",
            "household-2-children-count": "2",
            **more,
        }
    )
    return post


def test_rows_within_rows_are_read_from_the_page() -> None:
    assert typed_in(ASKED, posted()) == {"town": "Vlorë", **ANSWERS}


@pytest.mark.parametrize("count", ["", "x", "-1", "99999", "²"])
def test_a_count_that_is_none_is_nothing(count: str) -> None:
    typed = typed_in(ASKED, posted(**{"household-0-children-count": count}))
    assert typed["household"][0] == {"name": "Ana"}


def test_a_row_is_taken_out_by_its_name() -> None:
    assert without_row(posted(), ASKED, "household-0-children-0")["household"][0]["children"] == [{"age": 5}]
    assert without_row(posted(), ASKED, "household-0")["household"] == ANSWERS["household"][1:]
    assert without_row(posted(), ASKED, "town")["household"] == ANSWERS["household"]


def test_what_nobody_types_stays_as_it_was() -> None:
    before = {"town": "Fier", "told": "by the case", "elsewhere": 1, "household": [{"name": "B"}]}
    assert merged(before, ASKED, {"town": "Vlorë"}) == {"town": "Vlorë", "told": "by the case", "elsewhere": 1}


def test_rows_within_rows_are_read_under_their_headings() -> None:
    (reading,) = read_stored(parse_form(FORM), ANSWERS, CONTEXT)
    shown = [(heading, [line.value for line in lines]) for heading, lines in reading.rows]
    assert shown == [
        ("Household 1", ["Ana"]),
        ("Household 1 · Children 1", ["3"]),
        ("Household 1 · Children 2", ["5"]),
        ("Household 2", []),
        ("Household 2 · Children 1", ["7"]),
    ]


def test_a_problem_within_rows_is_told_under_its_questions_label() -> None:
    answers = {"household": [{"children": [{"age": 30}, {"": None}]}]}
    (reading,) = read_sections(form_states(parse_form(FORM), answers, CONTEXT), CONTEXT)
    assert [label for label, _message in reading.problems] == ["Age", "Age"]
    assert reading.unanswered == ["Town"]


@pytest.mark.django_db
def test_a_brief_tells_answers_within_rows_by_the_names_of_their_groups() -> None:
    facts = BriefFacts(
        case=Case(status="open"),
        municipality=None,  # type: ignore[arg-type]
        unit=None,  # type: ignore[arg-type]
        occurred_at=timezone.now(),
        form=parse_form(FORM),
        answers=ANSWERS,
        sources=FixedSource(),
    )
    rows = {row.key: (row.label["en"], row.value["en"], row.shared_with) for row in answer_rows(facts)}
    assert rows == {
        "household.0.name": ("Household 1: Name", "Ana", {"police": True}),
        "household.0.children.1.age": ("Household 1, Children 2: Age", "5", {"cpu": True}),
    }


@pytest.mark.django_db
def test_a_drill_answers_what_rows_within_rows_require() -> None:
    definition = {
        "sections": [
            {
                "key": "one",
                "items": [
                    repeat(
                        "household",
                        question("name", "text", required=True),
                        repeat(
                            "children",
                            question("age", "integer", min=3, required=True),
                            question("kind", "select_many", required=True, choices_from="languages"),
                            min=2,
                        ),
                        min=1,
                    )
                ],
            }
        ]
    }
    answers = drill_answers(
        parse_form(definition), {"answers": {}, "text": "DRILL"}, municipality="vlore", occurred_at=timezone.now()
    )
    (row,) = answers["household"]
    assert row["name"] == "DRILL"
    assert [child["age"] for child in row["children"]] == [3, 3]
