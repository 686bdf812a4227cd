"""Whether an expression fits the kinds of its variables."""

import pytest

from case_forms.expressions import KindInfo, kind_problems

from ..wording import TYPE_MESSAGES

KINDS = {
    "name": KindInfo("text"),
    "age": KindInfo("number", minimum=0, maximum=120),
    "birth": KindInfo("date"),
    "seen_at": KindInfo("datetime"),
    "hour": KindInfo("time"),
    "agrees": KindInfo("boolean"),
    "result": KindInfo("choice", choices=frozenset({"risk", "victim"})),
    "grade": KindInfo("choice", choices=frozenset({"1", "2", "3"})),
    "town": KindInfo("choice"),
    "needs": KindInfo("choices", choices=frozenset({"shelter", "food"})),
    "place": KindInfo("object"),
    "signature": KindInfo("none"),
    "matrix": KindInfo("object", rows={"work": KindInfo("choice", choices=frozenset({"often", "never"}))}),
    "persons": KindInfo(
        "rows",
        rows={
            "years": KindInfo("number"),
            "nickname": KindInfo("text"),
            "tie": KindInfo("choice", choices=frozenset({"mother", "other"})),
            "children": KindInfo("rows", rows={"born": KindInfo("date")}),
        },
    ),
}
NAME, AGE, BIRTH, AGREES, RESULT, NEEDS, PERSONS = (
    {"var": key} for key in ("name", "age", "birth", "agrees", "result", "needs", "persons")
)
TODAY = {"today": []}
AGES = {"map": [PERSONS, {"var": "years"}]}

FITS = [
    True,
    NAME,
    {"<": [AGE, 18]},
    {"<": [AGE, "18"]},
    {"<=": [12, AGE, 18]},
    {"==": [AGE, None]},
    {"!=": [None, NEEDS]},
    {"<": [BIRTH, TODAY]},
    {"<=": ["2026-01-01", BIRTH, {"var": "_occurred_on"}]},
    {"<": [{"var": "seen_at"}, "2026-01-01"]},
    {"<": [{"var": "hour"}, "10:30"]},
    {"<": [{"age_on": [BIRTH, TODAY]}, 18]},
    {"age_on": ["2012", TODAY]},
    {">": [{"days_between": [BIRTH, {"var": "_now"}]}, 30]},
    {"==": [{"date_part": ["month", BIRTH]}, 5]},
    {">=": [BIRTH, {"add_days": [TODAY, -30]}]},
    {"==": [AGREES, True]},
    {"==": [AGREES, 1]},
    {"==": [RESULT, "risk"]},
    {"!==": ["victim", RESULT]},
    {"==": [RESULT, NAME]},
    {"==": [RESULT, {"var": "town"}]},
    {"in": [RESULT, ["risk", "victim"]]},
    {"in": ["shelter", NEEDS]},
    {"in": [RESULT, NEEDS]},
    {"in": ["a", NAME]},
    {"in": [AGE, [1, 2]]},
    {"==": [{"var": "town"}, "anything"]},
    {"<": [{"var": "grade"}, 3]},
    {"==": [{"var": "grade"}, 2]},
    {"+": [{"var": "grade"}, AGE]},
    {"==": [NEEDS, ["shelter"]]},
    {">": [{"count": [NEEDS]}, 1]},
    {">": [{"count": [PERSONS]}, 1]},
    {">": [{"sum": [AGES]}, 18]},
    {"sum": [{"map": [{"filter": [PERSONS, {"<": [{"var": "years"}, 5]}]}, {"var": "years"}]}]},
    {"some": [PERSONS, {"and": [{"==": [{"var": "tie"}, "mother"]}, {"<": [{"var": "years"}, 5]}]}]},
    {"some": [PERSONS, {"some": [{"var": "children"}, {"<": [{"var": "born"}, "2020-01-01"]}]}]},
    {"all": [NEEDS, {"in": [{"var": ""}, ["food"]]}]},
    {"reduce": [PERSONS, {"+": [{"var": "current.years"}, {"var": "accumulator"}]}, 0]},
    {"==": [{"row": [{"map": [PERSONS, {"var": "tie"}]}, 1]}, "mother"]},
    {"join": [{"map": [PERSONS, {"var": "nickname"}]}, ", "]},
    {"<": [{"length": NAME}, 10]},
    {"<": [{"length": AGE}, 10]},
    {"matches": [NAME, "^a"]},
    {"cat": [NAME, " ", AGE, AGREES, NEEDS]},
    {"==": [{"coalesce": [{"var": "nope"}, AGE]}, "x"]},
    {"<": [{"if": [AGREES, AGE, 3]}, 5]},
    {"<": [{"var": "unheard_of"}, 5]},
    {"==": [{"var": "matrix.work"}, "often"]},
    {"==": [{"var": "persons.0.tie"}, "mother"]},
    {"answered": ["place", "signature"]},
    {"<": [{"var": "_position"}, 3]},
    {"round": [{"/": [AGE, 3]}, 1]},
    {"if": []},
]

PROBLEMS = [
    ({"<": [NAME, 18]}, "type_mismatch", "name"),
    ({"<": [18, NAME]}, "type_mismatch", "name"),
    ({"<": [AGREES, 18]}, "type_mismatch", "agrees"),
    ({">": [RESULT, 3]}, "type_mismatch", "result"),
    ({">": [NEEDS, 3]}, "type_mismatch", "needs"),
    ({">": [PERSONS, 3]}, "type_mismatch", "persons"),
    ({">": [{"var": "place"}, 3]}, "type_mismatch", "place"),
    ({"<": [BIRTH, 18]}, "type_mismatch", "birth"),
    ({"<": [BIRTH, AGE]}, "type_mismatch", "birth"),
    ({"<": [BIRTH, "10:30"]}, "type_mismatch", "birth"),
    ({"<": [AGE, "2026-01-01"]}, "type_mismatch", "age"),
    ({"<": [AGE, None]}, "no_value", "age"),
    ({"==": [AGE, "x"]}, "type_mismatch", "age"),
    ({"==": [AGE, True]}, "type_mismatch", "age"),
    ({"===": [AGE, "5"]}, "type_mismatch", "age"),
    ({"===": [{"var": "grade"}, 2]}, "type_mismatch", "grade"),
    ({"==": [AGREES, "yes"]}, "type_mismatch", "agrees"),
    ({"==": [BIRTH, "yesterday"]}, "type_mismatch", "birth"),
    ({"==": [NAME, ""]}, "no_value", "name"),
    ({"==": [NAME, 5]}, "type_mismatch", "name"),
    ({"==": [RESULT, True]}, "type_mismatch", "result"),
    ({"==": [RESULT, "gone"]}, "unknown_choice_value", "result"),
    ({"==": [{"var": "grade"}, 7]}, "unknown_choice_value", "grade"),
    ({"in": [RESULT, ["risk", "gone"]]}, "unknown_choice_value", "result"),
    ({"in": ["gone", NEEDS]}, "unknown_choice_value", "needs"),
    ({"==": [NEEDS, ["gone"]]}, "unknown_choice_value", "needs"),
    ({"==": [NEEDS, "food"]}, "type_mismatch", "needs"),
    ({"in": [NEEDS, ["food"]]}, "type_mismatch", "needs"),
    ({"in": ["risk", RESULT]}, "type_mismatch", "result"),
    ({"in": [1, AGE]}, "type_mismatch", "age"),
    ({"in": [AGE, ["1"]]}, "type_mismatch", "age"),
    ({"in": [RESULT, []]}, "no_value", "result"),
    ({"in": [None, NEEDS]}, "no_value", "needs"),
    ({"in": [AGE, NEEDS]}, "type_mismatch", "age"),
    ({"+": [NAME, 1]}, "type_mismatch", "name"),
    ({"-": [BIRTH, TODAY]}, "type_mismatch", "birth"),
    ({"round": NEEDS}, "type_mismatch", "needs"),
    ({"max": [AGE, BIRTH]}, "type_mismatch", "birth"),
    ({"*": ["x", 2]}, "type_mismatch", ""),
    ({"age_on": [AGE, TODAY]}, "type_mismatch", "age"),
    ({"days_between": [NAME, TODAY]}, "type_mismatch", "name"),
    ({"add_days": [TODAY, NAME]}, "type_mismatch", "name"),
    ({"date_part": ["year", AGE]}, "type_mismatch", "age"),
    ({"age_on": ["soon", TODAY]}, "type_mismatch", ""),
    ({"count": [NAME]}, "type_mismatch", "name"),
    ({"sum": [NEEDS]}, "type_mismatch", "needs"),
    ({"sum": [{"map": [PERSONS, {"var": "nickname"}]}]}, "type_mismatch", "persons"),
    ({"some": [AGE, True]}, "type_mismatch", "age"),
    ({"some": [PERSONS, {"<": [{"var": "nickname"}, 5]}]}, "type_mismatch", "nickname"),
    ({"some": [PERSONS, {"==": [{"var": "tie"}, "aunt"]}]}, "unknown_choice_value", "tie"),
    ({"all": [NEEDS, {"==": [{"var": ""}, "gone"]}]}, "unknown_choice_value", ""),
    ({"reduce": [PERSONS, {"+": [{"var": "current.nickname"}, 1]}, 0]}, "type_mismatch", "current.nickname"),
    ({"join": [PERSONS, ","]}, "type_mismatch", "persons"),
    ({"length": AGREES}, "type_mismatch", "agrees"),
    ({"length": BIRTH}, "type_mismatch", "birth"),
    ({"matches": [NEEDS, "a"]}, "type_mismatch", "needs"),
    ({"cat": [NAME, {"var": "place"}]}, "type_mismatch", "place"),
    ({"row": [AGE, 1]}, "type_mismatch", "age"),
    ({"row": [PERSONS, "x"]}, "type_mismatch", ""),
    ({"==": [{"var": "matrix.work"}, "weekly"]}, "unknown_choice_value", "matrix.work"),
    ({"==": [{"var": "persons.0.tie"}, "aunt"]}, "unknown_choice_value", "persons.0.tie"),
    ({"==": [{"var": "signature"}, "x"]}, "type_mismatch", "signature"),
    ({"==": [{"count": [PERSONS]}, "many"]}, "type_mismatch", "persons"),
    ({"and": [True, {"!": [{"or": [False, {"<": [NAME, 1]}]}]}]}, "type_mismatch", "name"),
    ({"if": [AGREES, {"<": [NAME, 1]}, False]}, "type_mismatch", "name"),
    ({"var": ["age", {"<": [NAME, 1]}]}, "type_mismatch", "name"),
    ([{"<": [NAME, 1]}], "type_mismatch", "name"),
]


@pytest.mark.parametrize("expression", FITS)
def test_what_fits_has_no_problem(expression):
    assert kind_problems(expression, KINDS) == []


@pytest.mark.parametrize(("expression", "code", "variable"), PROBLEMS)
def test_what_does_not_fit_is_told_with_its_variable(expression, code, variable):
    found = kind_problems(expression, KINDS)
    assert [(problem[0], problem[2]) for problem in found] == [(code, variable)]
    assert "{" not in found[0][1]


def test_each_mismatch_is_told_once():
    twice = {"or": [{"<": [NAME, 18]}, {"<": [NAME, 18]}, {">": [RESULT, 1]}]}
    assert [problem[2] for problem in kind_problems(twice, KINDS)] == ["name", "result"]


def test_the_words_name_the_question_by_its_label_in_both_languages():
    labels = {"name": "Emri", "result": "Vendimi"}
    told = {
        language: [
            kind_problems(expression, KINDS, labels=labels, language=language)[0][1]
            for expression in ({"<": [NAME, 18]}, {"==": [RESULT, "gone"]}, {"*": ["x", 2]})
        ]
        for language in ("en", "sq")
    }
    assert told == {
        "en": [
            "“Emri” is a text, which is never smaller or larger than anything.",
            "“Vendimi” has no choice “gone”.",
            "This is a text, where a number is needed.",
        ],
        "sq": [
            "«Emri» është tekst, që nuk është kurrë më e vogël ose më e madhe se diçka.",
            "«Vendimi» nuk ka zgjedhjen «gone».",
            "Kjo është tekst, ku duhet një numër.",
        ],
    }


def test_both_languages_have_the_same_words_with_the_same_gaps():
    english, albanian = TYPE_MESSAGES["en"], TYPE_MESSAGES["sq"]
    assert english.keys() == albanian.keys()
    for word, text in english.items():
        assert {gap for gap in "012" if f"{{{gap}}}" in text} == {
            gap for gap in "012" if f"{{{gap}}}" in albanian[word]
        }
