import pytest

from case_forms.expressions import LogicError, explain

from ..operators import OPERATORS
from ..wording import SENTENCES as WORDS

LABELS = {"age": "Mosha", "result": "Vendimi", "persons": "Personat", "birth": "Datëlindja", "needs": "Nevojat"}
VALUES = {"result": {"pv": "viktimë e mundshme", "risk": "në rrezik"}, "needs": {"shelter": "strehim"}}
VAR = {"var": "age"}

SENTENCES = [
    (True, "Always.", "Gjithmonë."),
    ({"<": [VAR, 18]}, "“Mosha” is less than 18.", "«Mosha» është më pak se 18."),
    ({"<=": [12, VAR, 18]}, "“Mosha” is from 12 to 18.", "«Mosha» është nga 12 deri në 18."),
    (
        {"==": [{"var": "result"}, "pv"]},
        "“Vendimi” is “viktimë e mundshme”.",
        "«Vendimi» është «viktimë e mundshme».",
    ),
    ({"!==": ["risk", {"var": "result"}]}, "“në rrezik” is not “Vendimi”.", "«në rrezik» nuk është «Vendimi»."),
    ({"==": [VAR, None]}, "“Mosha” is not answered.", "«Mosha» nuk ka përgjigje."),
    ({"!": {"answered": ["age"]}}, "“Mosha” is not answered.", "«Mosha» nuk ka përgjigje."),
    (
        {"in": [{"var": "result"}, ["pv", "risk"]]},
        "“Vendimi” is one of: “viktimë e mundshme”, “në rrezik”.",
        "«Vendimi» është një nga: «viktimë e mundshme», «në rrezik».",
    ),
    ({"in": ["shelter", {"var": "needs"}]}, "“Nevojat” includes “strehim”.", "«Nevojat» përfshin «strehim»."),
    (
        {"and": [{"answered": ["birth"]}, {"or": [VAR, {"!": [VAR]}]}]},
        "“Datëlindja” is answered and "
        "(“Mosha” has an answer other than “no” or it is not so that “Mosha” has an answer other than “no”).",
        "«Datëlindja» ka përgjigje dhe "
        "(«Mosha» ka një përgjigje tjetër nga «jo» "
        "ose nuk është e vërtetë që «Mosha» ka një përgjigje tjetër nga «jo»).",
    ),
    (
        {"<": [{"age_on": [{"var": "birth"}, {"var": "_occurred_on"}]}, 18]},
        "The age on the day it happened (by “Datëlindja”) is less than 18.",
        "Mosha ditën kur ndodhi (sipas «Datëlindja») është më pak se 18.",
    ),
    (
        {"some": [{"var": "persons"}, {"==": [{"var": "result"}, "pv"]}]},
        "For at least one row of “Personat”, “Vendimi” is “viktimë e mundshme”.",
        "Për të paktën një rresht te «Personat», «Vendimi» është «viktimë e mundshme».",
    ),
    (
        {"count": [{"filter": [{"var": "persons"}, {"==": [{"var": "result"}, "pv"]}]}]},
        "The number of rows of “Personat” for which “Vendimi” is “viktimë e mundshme”.",
        "Numri i rreshtave te «Personat» ku «Vendimi» është «viktimë e mundshme».",
    ),
    (
        {"sum": [{"map": [{"var": "persons"}, VAR]}]},
        "The sum of “Mosha” over all rows of “Personat”.",
        "Shuma e «Mosha» në të gjithë rreshtat te «Personat».",
    ),
    (
        {"==": [{"var": "choice.region"}, VAR]},
        "The choice's region is “Mosha”.",
        "Region e zgjedhjes është «Mosha».",
    ),
    (
        {"if": [{"==": [{"var": "result"}, "pv"]}, 1, VAR, 2, 3]},
        "If “Vendimi” is “viktimë e mundshme”, then 1; "
        "else if “Mosha” has an answer other than “no”, then 2; otherwise 3.",
        "Nëse «Vendimi» është «viktimë e mundshme», atëherë 1; "
        "përndryshe, nëse «Mosha» ka një përgjigje tjetër nga «jo», atëherë 2; përndryshe 3.",
    ),
    (
        {"missing_some": [1, ["age", "birth"]]},
        "Fewer than 1 of these are answered: “Mosha”, “Datëlindja”.",
        "Më pak se 1 nga këto kanë përgjigje: «Mosha», «Datëlindja».",
    ),
    ({"-": [VAR]}, "Minus “Mosha”.", "Minus «Mosha»."),
    ({"==": [VAR, True]}, "“Mosha” is yes.", "«Mosha» është po."),
    ({"==": [{"var": "x"}, ""]}, "“x” is nothing.", "«x» është asgjë."),
]


@pytest.mark.parametrize(("expression", "english", "albanian"), SENTENCES)
def test_a_rule_is_read_back_as_a_sentence(expression, english, albanian):
    assert explain(expression, labels=LABELS, values=VALUES, language="en") == english
    assert explain(expression, labels=LABELS, values=VALUES, language="sq") == albanian


def test_a_label_with_braces_stays_as_it_is():
    assert explain({"answered": ["age"]}, labels={"age": "{0} {x}"}, language="en") == "“{0} {x}” is answered."


def test_what_has_no_label_is_shown_by_its_key_and_another_language_is_albanian():
    assert explain({"answered": ["weight"]}, labels={}, language="de") == "«weight» ka përgjigje."


def test_every_operator_can_be_read_back_in_both_languages():
    several = {"missing_some": [1, ["age"]], "map": [VAR, 1], "reduce": [VAR, 1, 2], "today": [], "matches": [VAR, "x"]}
    several |= {"date_part": ["year", VAR], "join": [VAR, ", "]}
    for operator in sorted(OPERATORS):
        for arguments in (several.get(operator, [VAR, 2]), [VAR], [VAR, 2, 3], []):
            for language in WORDS:
                try:
                    sentence = explain({operator: arguments}, labels=LABELS, values=VALUES, language=language)
                except LogicError:
                    continue
                assert sentence.endswith(".")
                assert "{" not in sentence


def test_both_languages_have_the_same_words_with_the_same_gaps():
    english, albanian = WORDS["en"], WORDS["sq"]
    assert english.keys() == albanian.keys()
    for word, text in english.items():
        assert {gap for gap in "012" if f"{{{gap}}}" in text} == {
            gap for gap in "012" if f"{{{gap}}}" in albanian[word]
        }


def test_nonsense_is_not_explained():
    with pytest.raises(LogicError):
        explain({"shout": [1]}, labels={})
