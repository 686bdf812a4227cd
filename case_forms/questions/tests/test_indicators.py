import json
from collections import Counter
from pathlib import Path

import pytest

from ..indicator_score import WHY, UnknownProfile, is_positive, score, suggestion, why_positive
from ..indicators import by_dimension, by_id, catalogue

VECTORS = catalogue()["scoring"]["test_vectors"]
ANSWER_VECTORS = json.loads((Path(__file__).parent / "indicator_vectors.json").read_text())["vectors"]


def get_answers(vector):
    return {key: {"answer": answer} for answer, keys in vector["answers"].items() for key in keys}


def get_pattern(found):
    return "whole" if found.pattern else "vulnerability" if found.pattern_by_vulnerability else "none"


def present(*keys):
    return {key: {"answer": "present"} for key in keys}


EXPLOITATION = ("exploitation.excessive_hours", "exploitation.low_no_pay")
COERCION = ("coercion_destination.violence", "coercion_destination.debt_bondage")
DECEPTION = ("deceptive_recruitment.job_place_employer", "deceptive_recruitment.pay")
NEED = tuple(
    f"recruitment_abuse_vulnerability.{name}" for name in ("economic_need", "difficult_family", "lack_information")
)
DEPENDENCY = tuple(
    f"abuse_vulnerability_destination.{name}" for name in ("dependency", "unknown_area", "economic_need")
)


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_a_dimension_is_positive_by_the_published_rule(vector):
    assert is_positive(vector["S"], vector["M"], vector["W"]) is vector["positive"]


def test_the_list_has_the_sizes_that_were_published():
    counted = Counter(i["dimension"] for i in catalogue()["indicators"] if i["strength"]["adult_labour"])
    assert counted == {d["id"]: d["n_adult_labour"] for d in catalogue()["dimensions"]}
    assert sum(len(indicators) for _dimension, indicators in by_dimension()) == len(by_id()) == 67


def test_every_indicator_has_words_in_both_languages_a_strength_and_a_source_for_each_profile():
    for indicator in catalogue()["indicators"]:
        assert set(indicator["label"]) == {"sq", "en"}
        assert all(label.strip() for label in indicator["label"].values())
        assert set(indicator["strength"]) == set(indicator["source"]) == set(catalogue()["profiles"])
        assert set(indicator["strength"].values()) <= {"S", "M", "W", None}
        assert set(indicator["source"].values()) <= set(catalogue()["sources"])


def test_an_adult_pattern_needs_recruitment_coercion_and_exploitation():
    whole = score(present(*EXPLOITATION, *COERCION, *DECEPTION), profile="adult_labour")
    assert whole.pattern
    assert whole.positive() == {"exploitation", "coercion_destination", "deceptive_recruitment"}
    for missing in (EXPLOITATION, COERCION, DECEPTION):
        kept = {*EXPLOITATION, *COERCION, *DECEPTION} - set(missing)
        assert not score(present(*kept), profile="adult_labour").pattern


def test_abuse_of_vulnerability_can_stand_in_for_the_means_of_an_adult():
    stood_in = score(present(*EXPLOITATION, *NEED, *DEPENDENCY), profile="adult_labour")
    assert not stood_in.pattern
    assert stood_in.pattern_by_vulnerability


def test_for_a_child_an_act_and_exploitation_are_enough():
    told = present(*EXPLOITATION, DECEPTION[0])
    assert score(told, profile="child_labour").pattern
    assert score(told, profile="child_labour").is_child
    assert not score(told, profile="adult_labour").pattern


def test_the_act_can_be_known_from_elsewhere():
    assert not score(present(*EXPLOITATION), profile="child_labour").pattern
    assert score(present(*EXPLOITATION), profile="child_labour", act=True).pattern
    assert not score(present(*EXPLOITATION, DECEPTION[0]), profile="child_labour", act=False).pattern


def test_the_same_answers_weigh_differently_for_a_child():
    told = present("coercion_destination.threat_violence", "coercion_destination.forced_crime")
    assert "coercion_destination" not in score(told, profile="adult_labour").positive()
    assert "coercion_destination" in score(told, profile="child_labour").positive()


def test_unknown_and_absent_count_for_nothing_and_unknown_is_told():
    answers = {
        **{key: {"answer": "unknown"} for key in EXPLOITATION},
        COERCION[0]: {"answer": "absent"},
        COERCION[1]: {"answer": "not_asked", "basis": "told"},
    }
    found = score(answers, profile="adult_labour")
    assert found.positive() == frozenset()
    assert (found.asked, found.unknown, found.is_insufficient) == (3, 2, True)


def test_an_unknown_profile_is_refused():
    with pytest.raises(UnknownProfile):
        score({}, profile="adult")


def test_each_part_of_the_rule_has_its_name():
    assert [why_positive(*counts) for counts in ((2, 0, 0), (1, 0, 1), (0, 3, 0), (0, 2, 1))] == list(WHY)
    assert why_positive(1, 0, 0) == ""
    assert why_positive(0, 2, 0) == ""


@pytest.mark.parametrize("vector", ANSWER_VECTORS, ids=lambda vector: vector["name"])
def test_answers_come_to_what_is_written_down(vector):
    found = suggestion(get_answers(vector))
    assert (found.adult, found.child) == (vector["adult"], vector["child"])
    assert found.scores[0].is_insufficient is vector["insufficient"]
    assert [get_pattern(one) for one in found.scores] == vector["patterns"]
