"""Conditions as the rows of the builder write them, read back so that a coordinator can trust what they say."""

import pytest

from case_forms.expressions import explain, truthy

from ..evaluating import evaluate

LABELS = {
    "age": "Mosha",
    "birth": "Datëlindja",
    "visit": "Vizita",
    "hour": "Ora",
    "result": "Vendimi",
    "needs": "Nevojat",
    "agrees": "Pëlqimi",
    "phone": "Telefoni",
    "persons": "Personat",
    "tie": "Lidhja",
    "amount": "Shuma",
    "years": "Mosha e personit",
    "region": "Qarku",
}
VALUES = {
    "result": {"pv": "viktimë e mundshme", "risk": "në rrezik"},
    "needs": {"shelter": "strehim", "food": "ushqim"},
    "tie": {"mother": "nëna", "other": "tjetër"},
}
DAYS = ["birth", "visit", "hour"]
AGE, BIRTH, VISIT, RESULT, NEEDS, PERSONS = (
    {"var": key} for key in ("age", "birth", "visit", "result", "needs", "persons")
)
TODAY, OCCURRED = {"today": []}, {"var": "_occurred_on"}
MOTHER = {"==": [{"var": "tie"}, "mother"]}
YOUNG = {"<": [{"var": "years"}, 18]}
YOUNG_OR_MOTHER = {"or": [YOUNG, MOTHER]}

SENTENCES = [
    # a question, an operator, a value
    ({"==": [RESULT, "pv"]}, "“Vendimi” is “viktimë e mundshme”.", "«Vendimi» është «viktimë e mundshme»."),
    ({"!=": [RESULT, "pv"]}, "“Vendimi” is not “viktimë e mundshme”.", "«Vendimi» nuk është «viktimë e mundshme»."),
    ({"==": [{"var": "phone"}, "129"]}, "“Telefoni” is “129”.", "«Telefoni» është «129»."),
    ({"==": [{"var": "agrees"}, True]}, "“Pëlqimi” is yes.", "«Pëlqimi» është po."),
    ({">=": [AGE, 17.5]}, "“Mosha” is at least 17.5.", "«Mosha» është të paktën 17,5."),
    ({"<=": [12, AGE, 17]}, "“Mosha” is from 12 to 17.", "«Mosha» është nga 12 deri në 17."),
    (
        {"!": [{"in": [RESULT, ["pv", "risk"]]}]},
        "“Vendimi” is none of: “viktimë e mundshme”, “në rrezik”.",
        "«Vendimi» nuk është asnjë nga: «viktimë e mundshme», «në rrezik».",
    ),
    ({"in": ["food", NEEDS]}, "“Nevojat” includes “ushqim”.", "«Nevojat» përfshin «ushqim»."),
    ({"!": [{"in": ["food", NEEDS]}]}, "“Nevojat” does not include “ushqim”.", "«Nevojat» nuk përfshin «ushqim»."),
    (
        {"some": [NEEDS, {"in": [{"var": ""}, ["food", "shelter"]]}]},
        "“Nevojat” includes at least one of: “ushqim”, “strehim”.",
        "«Nevojat» përfshin të paktën një nga: «ushqim», «strehim».",
    ),
    (
        {"!": [{"some": [NEEDS, {"in": [{"var": ""}, ["food"]]}]}]},
        "“Nevojat” includes none of: “ushqim”.",
        "«Nevojat» nuk përfshin asnjë nga: «ushqim».",
    ),
    (
        {"all": [NEEDS, {"in": [{"var": ""}, ["food"]]}]},
        "“Nevojat” is answered and includes nothing but: “ushqim”.",
        "«Nevojat» ka përgjigje dhe nuk përfshin asgjë tjetër veç: «ushqim».",
    ),
    ({">=": [{"count": [NEEDS]}, 2]}, "“Nevojat” has at least 2 choices.", "Te «Nevojat» ka të paktën 2 zgjedhje."),
    ({"!": [{"answered": ["age"]}]}, "“Mosha” is not answered.", "«Mosha» nuk ka përgjigje."),
    (
        {"matches": [{"var": "phone"}, "^06[7-9]"]},
        "“Telefoni” fits the pattern “^06[7-9]”.",
        "«Telefoni» i përshtatet modelit «^06[7-9]».",
    ),
    (
        {"and": [{"answered": ["age"]}, {"<": [AGE, 18]}]},
        "“Mosha” is answered and “Mosha” is less than 18.",
        "«Mosha» ka përgjigje dhe «Mosha» është më pak se 18.",
    ),
    # dates
    ({"<": [BIRTH, VISIT]}, "“Datëlindja” is before “Vizita”.", "«Datëlindja» është më herët se «Vizita»."),
    ({"<=": [VISIT, TODAY]}, "“Vizita” is not after today.", "«Vizita» nuk është më vonë se dita e sotme."),
    (
        {">": [VISIT, "2026-03-01"]},
        "“Vizita” is after 1 March 2026.",
        "«Vizita» është më vonë se 1 mars 2026.",
    ),
    (
        {">=": [VISIT, {"add_days": [OCCURRED, -30]}]},
        "“Vizita” is not before 30 days before the day it happened.",
        "«Vizita» nuk është më herët se dita kur ndodhi minus 30 ditë.",
    ),
    (
        {"==": [VISIT, {"add_days": [TODAY, 1]}]},
        "“Vizita” is the day after today.",
        "«Vizita» është dita e sotme plus një ditë.",
    ),
    ({"==": [VISIT, TODAY]}, "“Vizita” is today.", "«Vizita» është dita e sotme."),
    ({"<": [{"var": "hour"}, "10:30"]}, "“Ora” is before 10:30.", "«Ora» është më herët se 10:30."),
    (
        {"<=": ["2026-01-01", VISIT, "2026-12-31"]},
        "“Vizita” is from 1 January 2026 to 31 December 2026.",
        "«Vizita» është nga 1 janar 2026 deri në 31 dhjetor 2026.",
    ),
    (
        {"<": [{"var": "_now"}, "2026-05-01T10:00:00+02:00"]},
        "This moment is before 1 May 2026, 10:00.",
        "Ky çast është më herët se 1 maj 2026, ora 10:00.",
    ),
    (
        {"<": [{"age_on": [BIRTH, TODAY]}, 18]},
        "The age today (by “Datëlindja”) is less than 18.",
        "Mosha sot (sipas «Datëlindja») është më pak se 18.",
    ),
    (
        {">=": [{"age_on": [BIRTH, OCCURRED]}, 18]},
        "The age on the day it happened (by “Datëlindja”) is at least 18.",
        "Mosha ditën kur ndodhi (sipas «Datëlindja») është të paktën 18.",
    ),
    (
        {"<": [{"age_on": [BIRTH, VISIT]}, 6]},
        "The age on “Vizita” (by “Datëlindja”) is less than 6.",
        "Mosha në datën «Vizita» (sipas «Datëlindja») është më pak se 6.",
    ),
    (
        {">": [{"days_between": [VISIT, TODAY]}, 30]},
        "The number of days from “Vizita” to today is more than 30.",
        "Numri i ditëve nga «Vizita» deri te dita e sotme është më shumë se 30.",
    ),
    (
        {"==": [{"date_part": ["year", BIRTH]}, 2010]},
        "The year of “Datëlindja” is 2010.",
        "Viti te «Datëlindja» është 2010.",
    ),
    # rows
    (
        {"some": [PERSONS, MOTHER]},
        "For at least one row of “Personat”, “Lidhja” is “nëna”.",
        "Për të paktën një rresht te «Personat», «Lidhja» është «nëna».",
    ),
    (
        {"all": [PERSONS, YOUNG]},
        "“Personat” has rows, and for each of them “Mosha e personit” is less than 18.",
        "Te «Personat» ka rreshta dhe për secilin «Mosha e personit» është më pak se 18.",
    ),
    (
        {"none": [PERSONS, YOUNG_OR_MOTHER]},
        "For no row of “Personat” is it so that (“Mosha e personit” is less than 18 or “Lidhja” is “nëna”).",
        "Për asnjë rresht te «Personat» nuk vlen që («Mosha e personit» është më pak se 18 ose «Lidhja» është «nëna»).",
    ),
    (
        {"!": [{"some": [PERSONS, MOTHER]}]},
        "For no row of “Personat” is it so that “Lidhja” is “nëna”.",
        "Për asnjë rresht te «Personat» nuk vlen që «Lidhja» është «nëna».",
    ),
    ({">": [{"count": [PERSONS]}, 0]}, "“Personat” has at least 1 entry.", "Te «Personat» ka të paktën 1 zë."),
    (
        {">": [{"count": [{"filter": [PERSONS, YOUNG]}]}, 2]},
        "“Personat” has more than 2 rows for which “Mosha e personit” is less than 18.",
        "Te «Personat» ka më shumë se 2 rreshta ku «Mosha e personit» është më pak se 18.",
    ),
    (
        {"==": [{"count": [{"filter": [PERSONS, YOUNG_OR_MOTHER]}]}, 1]},
        "“Personat” has exactly 1 row for which (“Mosha e personit” is less than 18 or “Lidhja” is “nëna”).",
        "Te «Personat» ka saktësisht 1 rresht ku («Mosha e personit» është më pak se 18 ose «Lidhja» është «nëna»).",
    ),
    (
        {"<": [{"count": [PERSONS]}, AGE]},
        "The number of entries in “Personat” is less than “Mosha”.",
        "Numri i zërave te «Personat» është më pak se «Mosha».",
    ),
    (
        {">": [{"sum": [{"map": [PERSONS, {"var": "amount"}]}]}, 1000]},
        "The sum of “Shuma” over all rows of “Personat” is more than 1000.",
        "Shuma e «Shuma» në të gjithë rreshtat te «Personat» është më shumë se 1000.",
    ),
    (
        {"<=": [{"sum": [{"map": [{"filter": [PERSONS, MOTHER]}, {"var": "amount"}]}]}, 5]},
        "The sum of “Shuma” over the rows of “Personat” for which “Lidhja” is “nëna” is at most 5.",
        "Shuma e «Shuma» në rreshtat te «Personat» ku «Lidhja» është «nëna» është më së shumti 5.",
    ),
    (
        {"<": [{"var": "_position"}, 3]},
        "The number of this row is less than 3.",
        "Numri i këtij rreshti është më pak se 3.",
    ),
    (
        {"==": [{"row": [{"map": [PERSONS, {"var": "tie"}]}, 1]}, "mother"]},
        "“Lidhja” in row 1 of “Personat” is “mother”.",
        "«Lidhja» në rreshtin 1 te «Personat» është «mother».",
    ),
    (
        {"join": [{"map": [PERSONS, {"var": "years"}]}, ", "]},
        "“Mosha e personit” of each row of “Personat”, written one after the other with “, ” between them.",
        "«Mosha e personit» për çdo rresht te «Personat», të shkruara njëra pas tjetrës me «, » mes tyre.",
    ),
    # groups
    (
        {"!": [{"or": [{"==": [RESULT, "pv"]}, {"<": [AGE, 18]}]}]},
        "None of this is so: “Vendimi” is “viktimë e mundshme”; “Mosha” is less than 18.",
        "Asnjë nga këto nuk vlen: «Vendimi» është «viktimë e mundshme»; «Mosha» është më pak se 18.",
    ),
    (
        {"and": [{"==": [RESULT, "pv"]}, {"or": [{"<": [AGE, 18]}, {"some": [PERSONS, MOTHER]}]}]},
        "“Vendimi” is “viktimë e mundshme” and (“Mosha” is less than 18 "
        "or (for at least one row of “Personat”, “Lidhja” is “nëna”)).",
        "«Vendimi» është «viktimë e mundshme» dhe («Mosha» është më pak se 18 "
        "ose (për të paktën një rresht te «Personat», «Lidhja» është «nëna»)).",
    ),
    (
        {"!": [{"and": [{"<": [AGE, 18]}, {"answered": ["visit"]}]}]},
        "It is not so that (“Mosha” is less than 18 and “Vizita” is answered).",
        "Nuk është e vërtetë që («Mosha» është më pak se 18 dhe «Vizita» ka përgjigje).",
    ),
    # calculations and filters
    (
        {"round": [{"/": [{"var": "amount"}, 3]}, 2]},
        "“Shuma” divided by 3, rounded to 2 places after the point.",
        "«Shuma» pjesëtuar me 3, e rrumbullakosur me 2 shifra pas presjes.",
    ),
    (
        {"coalesce": [{"var": "phone"}, "129"]},
        "The first of these that is answered: “Telefoni”, “129”.",
        "E para nga këto që ka përgjigje: «Telefoni», «129».",
    ),
    (
        {"==": [{"var": "choice.region"}, {"var": "region"}]},
        "The choice's region is “Qarku”.",
        "Region e zgjedhjes është «Qarku».",
    ),
    ({"!=": [{"var": "choice.value"}, "x"]}, "The choice is not “x”.", "Zgjedhja nuk është «x»."),
    (
        {"<": [{"length": {"var": "phone"}}, 9]},
        "The length of “Telefoni” is less than 9.",
        "Gjatësia e «Telefoni» është më pak se 9.",
    ),
]


@pytest.mark.parametrize(("expression", "english", "albanian"), SENTENCES)
def test_a_condition_of_the_builder_reads_as_a_sentence(expression, english, albanian):
    assert explain(expression, labels=LABELS, values=VALUES, days=DAYS, language="en") == english
    assert explain(expression, labels=LABELS, values=VALUES, days=DAYS, language="sq") == albanian


ROWS = {"persons": [{"tie": "mother", "years": 40}, {"tie": "other", "years": 3}]}


@pytest.mark.parametrize(
    "data", [{}, {"persons": []}, ROWS, {"age": 5, "result": "pv"}, {"age": "x", "needs": ["food"]}]
)
@pytest.mark.parametrize(
    ("written", "said_as"),
    [
        ({"!": [{"==": [RESULT, "pv"]}]}, {"!=": [RESULT, "pv"]}),
        ({"!": [{"!==": [AGE, 5]}]}, {"===": [AGE, 5]}),
        ({"!": [{"some": [PERSONS, MOTHER]}]}, {"none": [PERSONS, MOTHER]}),
        ({"!": [{"none": [PERSONS, MOTHER]}]}, {"some": [PERSONS, MOTHER]}),
        ({">": [{"count": [PERSONS]}, 0]}, {">=": [{"count": [PERSONS]}, 1]}),
    ],
)
def test_what_is_said_the_other_way_round_means_the_same(written, said_as, data):
    assert explain(written, labels=LABELS, language="en") == explain(said_as, labels=LABELS, language="en")
    assert truthy(evaluate(written, data)) == truthy(evaluate(said_as, data))
