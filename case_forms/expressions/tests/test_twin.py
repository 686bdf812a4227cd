"""The browser's twin gives the same results, quickly tried with node: on the vectors, and on random expressions.

test_browser.py does the same in Chromium, which is what counts.
"""

import json
import subprocess
from pathlib import Path

from case_forms.expressions import OPERATORS
from tests.node import find_node

from .made_up import cases, operators_in, pattern_cases
from .test_patterns import HOSTILE, MAX_TEXT, ONLY_HOSTILE_TO_PAGES, USUAL
from .test_vectors import VECTORS, differing, here, public_vectors

TWIN = Path(__file__).parent / "twin.mjs"


def in_javascript(made):
    done = subprocess.run(
        [find_node(), "--no-warnings", str(TWIN)],
        input=json.dumps(made),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


def test_the_twin_agrees_on_every_vector():
    outcomes = in_javascript(VECTORS)
    for vector, outcome in zip(VECTORS, outcomes, strict=True):
        assert outcome.get("error") == vector.get("in_page", vector.get("error")), vector["name"]
    assert differing(VECTORS, outcomes) == []


def test_the_twin_agrees_on_the_public_vectors():
    vectors = public_vectors()
    assert differing(vectors, in_javascript(vectors)) == []


def test_the_twin_agrees_on_expressions_made_at_random():
    made = cases(seed=2018, count=3000)
    assert differing(made, in_javascript(made)) == []


def test_the_twin_knows_the_same_patterns_and_finds_the_same():
    made = pattern_cases(seed=87, count=4000)
    outcomes = in_javascript(made)
    assert differing(made, outcomes) == []
    assert {"error": "left_to_server"} not in outcomes
    refused = sum(outcome == {"error": "bad_pattern"} for outcome in outcomes)
    assert 3000 < refused < 10_000


def test_no_pattern_keeps_a_page_busy_and_no_usual_one_is_left_to_the_server():
    lengths = (5, 20, 40, 200, MAX_TEXT)
    texts = [f"{text * length}"[: length - 1] + "!" for length in lengths for text in ("a", "ab")]
    made = [{"rule": {"matches": [text, pattern]}} for pattern in (*HOSTILE, *ONLY_HOSTILE_TO_PAGES) for text in texts]
    outcomes = in_javascript(made)  # in a minute at the most
    assert differing(made, outcomes) == []
    assert 10 < sum("error" in outcome for outcome in outcomes) < len(outcomes)
    usual = [{"rule": {"matches": [text, pattern]}} for pattern, text in USUAL]
    assert [outcome["result"] for outcome in in_javascript(usual)] == [True] * len(USUAL)


def test_what_is_made_at_random_has_every_operator_and_mostly_values():
    made = cases(seed=2018, count=3000)
    assert set().union(*(operators_in(case["rule"]) for case in made)) >= OPERATORS
    outcomes = [here(case) for case in made]
    assert sum("error" not in outcome for outcome in outcomes) > 2500
    assert sum(outcome.get("result") is not None for outcome in outcomes) > 1500
