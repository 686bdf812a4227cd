"""Every question of the shipped forms says how long, and why, its answer is stored."""

import json
from pathlib import Path

import pytest

from ..definition import parse_form, shape_problems
from ..retention_bases import iter_without_term, retention_bases
from .samples import sample

SHIPPED = sorted((Path(__file__).parents[1] / "data" / "forms").glob("*.json"))


def item(definition, key):
    return next(each for part in definition["sections"] for each in part["items"] if each["key"] == key)


def shipped(path):
    return parse_form(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_question_of_a_shipped_form_has_a_term_and_a_basis(path):
    """The lint rule for a new form, or a new question of an old one."""
    form = shipped(path)
    assert [question.key for question in iter_without_term(form)] == []
    without = [each.question.key for each in form.iter_questions() if not each.question.keep_for]
    assert without == [], "also what is not about a person says how long it is stored"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_term_is_the_one_that_its_basis_proposes(path):
    bases = retention_bases()
    for each in shipped(path).iter_questions():
        assert each.question.keep_for == bases[each.question.keep_basis].months, each.question.key


def test_every_basis_is_said_in_both_languages_and_says_how_sure_it_is():
    for basis in retention_bases().values():
        assert set(basis.label) == set(basis.why) == {"sq", "en"}
        assert basis.source
        assert basis.confidence in ("high", "medium", "low", "proposal")
        # No rule for an NGO's files was found: none of these numbers may look like law.
        assert basis.confidence == "proposal"


def test_a_question_about_a_person_without_a_basis_is_found():
    definition = sample()
    item(definition, "reason").update(sensitivity="special", keep_for=24)
    assert "reason" in [question.key for question in iter_without_term(parse_form(definition))]
    item(definition, "reason")["keep_basis"] = "health"
    assert "reason" not in [question.key for question in iter_without_term(parse_form(definition))]


def test_what_is_not_about_a_person_needs_none():
    definition = sample()
    item(definition, "reason")["sensitivity"] = "internal"
    assert "reason" not in [question.key for question in iter_without_term(parse_form(definition))]


def test_a_basis_that_nobody_knows_is_no_basis():
    definition = sample()
    item(definition, "reason")["keep_basis"] = "because"
    assert [problem.path.rsplit("/", 1)[-1] for problem in shape_problems(definition)] == ["keep_basis"]
