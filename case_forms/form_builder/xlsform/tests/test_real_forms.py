"""Whole forms in the manner of Kobo and ODK: read, filled, and written again."""

from datetime import date

import pytest

from case_forms.form_builder.checker import check_definition
from case_forms.form_builder.lists import resolved
from case_forms.questions.tests.sources import FixedSource
from case_forms.submissions.validation.validate import check_answers

from ..writing import write_xlsform
from .canonical import differences
from .workbooks import codes, read, sheets, workbook

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def household():
    return read(workbook(**sheets("household")), key=None)


def filled(definition, answers, *, strict=False):
    published = resolved(definition)
    return check_answers(published, answers, sources=FixedSource(), today=TODAY, occurred_on=TODAY, strict=strict)


def members(*births):
    return [{"m_name": f"P{n}", "m_sex": "f", "m_birth": birth} for n, birth in enumerate(births)]


def agreed(**more):
    return {"consent": "yes", "region": "vlore", "municipality": "vl", "hh_size": 2, **more}


def test_a_household_survey_is_read_without_errors_and_can_be_published(household):
    assert household.errors == []
    definition = household.definition
    assert (definition["key"], definition["languages"]) == ("hh_survey_v7", ["en", "sq"])
    assert [section["key"] for section in definition["sections"]] == ["part_1", "place", "household", "part_4"]
    assert check_definition(definition) == []


def test_its_report_says_what_was_carried_in_another_form(household):
    assert set(codes(household, "warning")) == {"repeat_count", "insertions"}
    noted = set(codes(household, "note"))
    assert noted == {"group_flattened", "matrix_made", "sensitivity_assumed"}


def test_nothing_is_asked_without_consent(household):
    found = filled(household.definition, {"consent": "no"})
    assert [state.key for state in found.sections if state.relevant] == ["part_1", "part_4"]


def test_the_cascade_offers_the_regions_own_municipalities(household):
    found = filled(household.definition, agreed(municipality="gj"))
    assert [(error.path, error.code) for error in found.errors if "municipality" in error.path] == [
        ("/answers/municipality", "not_a_choice")
    ]


def test_ages_are_worked_out_in_each_row_and_open_what_belongs_to_them(household):
    found = filled(household.definition, agreed(member=members("2016-05-01", "1980-01-01")))
    child, adult = found.answers["member"]
    assert (child["m_age"], adult["m_age"]) == (10, 46)
    assert found.answers["children"] == 1
    child_items, adult_items = (
        {item["key"] for item in items} for section in found.sections for items in section.row_items.get("member", [])
    )
    assert {"m_child", "m_attends"} <= child_items
    assert "m_job" not in child_items
    assert "m_job" in adult_items


def test_sums_go_through_rows_in_rows(household):
    given = members("1980-01-01", "1985-01-01")
    given[0]["m_job"] = [{"j_what": "a", "j_pay": 100}, {"j_what": "b", "j_pay": 50.5}]
    given[1]["m_job"] = [{"j_what": "c", "j_pay": 30}]
    answers = filled(household.definition, agreed(member=given)).answers
    assert answers["income"] == 180.5
    assert answers["per_head"] == 90.25
    assert answers["first_name"] == "P0"


def test_what_is_required_in_a_row_is_required_when_it_is_asked(household):
    given = members("2016-05-01", "1980-01-01")
    given[0]["m_attends"] = "no"
    found = filled(household.definition, agreed(member=given))
    assert ("/answers/member/0/m_why_not", "required") in [(error.path, error.code) for error in found.errors]


def test_constraints_hold_with_their_words(household):
    found = filled(household.definition, agreed(needs=["none", "food"], phone="12", hh_size=40))
    told = {error.path.removeprefix("/answers/"): error.code for error in found.errors}
    assert told["needs"] == told["phone"] == told["hh_size"] == "constraint"


def test_a_note_tells_when_the_rows_are_not_as_many_as_was_said(household):
    def noted(count):
        found = filled(household.definition, agreed(member=members(*["1980-01-01"] * count)))
        return any(item["key"] == "member_count_note" for state in found.sections for item in state.items)

    assert (noted(1), noted(2)) == (True, False)


def test_the_table_is_one_question_and_each_row_is_required(household):
    found = filled(household.definition, agreed(satisfaction={"s_home": "3"}))
    assert ("/answers/satisfaction/s_work", "required") in [(error.path, error.code) for error in found.errors]


def test_written_and_read_again_it_is_the_same(household):
    content = write_xlsform(household.definition, sources=FixedSource(), shared=lambda key: None)
    again = read(content, key=None)
    assert again.errors == []
    assert differences(again.definition, household.definition) == []


@pytest.fixture(scope="module")
def intake():
    found = read(workbook(**sheets("intake")), kind="identification", language="sq")
    assert found.errors == [], found.report
    return found.definition


@pytest.mark.parametrize(
    ("answers", "age", "is_child"),
    [
        ({"birth": "2016-05-01", "age_said": 20}, 10, True),
        ({"age_said": 20}, 20, False),
        ({"age_said": 0}, 0, True),
        ({}, None, False),
    ],
)
def test_an_age_comes_from_a_birth_or_from_what_was_said(intake, answers, age, is_child):
    found = filled(intake, {"seen_on": "2026-11-20", "kind": "nothing", **answers})
    assert found.answers.get("age") in (age, str(age))
    assert bool(found.answers.get("is_child")) == is_child
    shown = {item["key"] for state in found.sections for item in state.items}
    assert ("call_cpu" in shown) == is_child


@pytest.mark.parametrize(("signs", "score"), [([], 0), (["debt"], 1), (["locked"], 2), (["locked", "papers"], 3)])
def test_points_are_added_up(intake, signs, score):
    found = filled(intake, {"seen_on": "2026-11-20", "kind": "suspected", "signs": signs})
    assert found.answers["score"] == score
    needs_reason = any(error.path == "/answers/reason" and error.code == "required" for error in found.errors)
    assert needs_reason == (score >= 2)


def test_what_an_answer_begins_with_is_worked_out_once(intake):
    assert filled(intake, {"seen_on": "2026-11-20", "kind": "nothing"}).answers["ref"] == "REF-202611"


def test_columns_of_ours_carry_privacy(intake):
    made = {item["key"]: item for section in intake["sections"] for item in section["items"]}
    assert made["seen_on"]["shared_with"] == {"police": True, "responsible_authority": True}
    assert made["signs"]["shared_with"] == {"police": {"==": [{"var": "is_child"}, True]}}
    assert made["story"]["sensitivity"] == "special"
