"""The browser's twin gives the same results: on the vectors, and on expressions made at random."""

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from case_forms.logic import LogicError, evaluate, truthy
from case_forms.logic.operators import EAGER, LAZY

from .test_vectors import VECTORS, is_exactly

NODE = shutil.which("node")
TWIN = Path(__file__).parent / "twin.mjs"

pytestmark = pytest.mark.skipif(NODE is None, reason="node isn't on this machine")


def in_the_browsers_language(cases):
    done = subprocess.run(
        [NODE, "--no-warnings", str(TWIN)],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


def here(case):
    try:
        result = evaluate(case["rule"], case["data"])
    except LogicError as error:
        return {"error": error.code}
    return {"result": result, "truthy": truthy(result)}


def test_the_twin_agrees_on_every_vector():
    for vector, outcome in zip(VECTORS, in_the_browsers_language(VECTORS), strict=True):
        if "error" in vector:
            assert outcome == {"error": vector["error"]}, vector["name"]
        else:
            assert is_exactly(outcome["result"], vector["result"]), vector["name"]


SCALARS = [None, True, False, 0, 1, -1, 2.5, 18, 1e21, 1e-7, 123456789, "", "a", "b", "1", " 2 ", "é", "x\U0001f600y"]
DATES = ["2010-02-28", "2026-03-01", "2008-02-29T10:00:00+01:00", "2008-02-30"]
DATA = {
    "a": 3,
    "b": "potential_victim",
    "c": None,
    "d": ["a", "b", 1],
    "e": [{"a": 1, "b": "2010-02-28"}, {"a": "7"}, {}],
    "f": {"a": {"b": [1, 2]}},
    "_today": "2026-03-01",
}
PATTERNS = ["^[a-z]+$", "(1|2).?", "^(a|b)*$", "[^0-9]", "^.{1,3}$", "\\d{4}-\\d{2}", "", "x{2,}|é", "^-?\\w+$"]
PATHS = ["a", "b", "c", "d", "e", "f", "e.0.a", "e.1", "f.a.b.1", "f.a.x", "", "nope", "d.9", "current", "accumulator"]


def made_up(chance: random.Random, depth: int):
    """A random expression, sometimes one that isn't in the language."""
    if depth == 0 or chance.random() < 0.2:
        return chance.choice([*SCALARS, *DATES, *({"var": path} for path in PATHS)])
    if chance.random() < 0.1:
        return [made_up(chance, depth - 1) for _ in range(chance.randrange(4))]
    if chance.random() < 0.01:
        return {"shout": [made_up(chance, depth - 1)]}
    operator, table = chance.choice([(name, EAGER) for name in EAGER] + [(name, LAZY) for name in LAZY])
    fewest, most = table[operator][:2]
    if chance.random() < 0.01:
        fewest, most = 0, 4
    arguments = [made_up(chance, depth - 1) for _ in range(chance.randint(fewest, min(most, fewest + 2)))]
    if operator == "matches" and len(arguments) == 2:
        arguments[1] = chance.choice(PATTERNS)
    if operator == "date_part" and arguments:
        arguments[0] = chance.choice(["year", "month", "day"])
    return {operator: arguments}


def test_the_twin_agrees_on_expressions_made_at_random():
    chance = random.Random(2018)
    cases = [{"rule": made_up(chance, chance.randint(1, 5)), "data": DATA} for _ in range(3000)]
    differing = [
        (case["rule"], ours, theirs)
        for case, theirs in zip(cases, in_the_browsers_language(cases), strict=True)
        if not is_exactly(ours := here(case), theirs)
    ]
    assert differing[:3] == []
    assert sum("error" not in here(case) for case in cases) > 2000
