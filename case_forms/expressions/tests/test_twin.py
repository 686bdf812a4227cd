"""The browser's twin gives the same results, quickly tried with node: on the vectors, and on random expressions.

test_browser.py does the same in Chromium, which is what counts.
"""

import json
import subprocess
from pathlib import Path

from case_forms.expressions import OPERATORS
from tests.node import find_node

from .made_up import cases, operators_in
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
        assert outcome.get("error") == vector.get("error"), vector["name"]
    assert differing(VECTORS, outcomes) == []


def test_the_twin_agrees_on_the_public_vectors():
    vectors = public_vectors()
    assert differing(vectors, in_javascript(vectors)) == []


def test_the_twin_agrees_on_expressions_made_at_random():
    made = cases(seed=2018, count=3000)
    assert differing(made, in_javascript(made)) == []


def test_what_is_made_at_random_has_every_operator_and_mostly_values():
    made = cases(seed=2018, count=3000)
    assert set().union(*(operators_in(case["rule"]) for case in made)) >= OPERATORS
    outcomes = [here(case) for case in made]
    assert sum("error" not in outcome for outcome in outcomes) > 2500
    assert sum(outcome.get("result") is not None for outcome in outcomes) > 1500
