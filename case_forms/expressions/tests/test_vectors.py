"""The language by example: our own vectors, and the public ones (public_vectors/README.md)."""

import json
from pathlib import Path

from case_forms.expressions import OPERATORS, LogicError, evaluate, truthy

HERE = Path(__file__).parent
VECTORS = json.loads((HERE / "vectors.json").read_text())
PUBLIC = HERE / "public_vectors" / "compatible.json"


def is_exactly(left, right) -> bool:
    """Equal as JSON: true isn't 1."""
    return json.dumps(_numbers(left), sort_keys=True) == json.dumps(_numbers(right), sort_keys=True)


def _numbers(value):
    if isinstance(value, list):
        return [_numbers(part) for part in value]
    if isinstance(value, dict):
        return {key: _numbers(part) for key, part in value.items()}
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return float(value) + 0.0  # JSON.stringify writes -0 as 0


def here(case):
    """What Python makes of a case: {"result", "truthy"} or {"error"}."""
    try:
        result = evaluate(case["rule"], case.get("data"))
    except LogicError as error:
        return {"error": error.code}
    return {"result": result, "truthy": truthy(result)}


def differing(cases, outcomes):
    """The first few cases of which Python makes something else than these outcomes. What a page leaves to the server
    is no difference."""
    different = []
    for case, theirs in zip(cases, outcomes, strict=True):
        if theirs.get("error") == "left_to_server":
            continue
        ours = here(case)
        if not is_exactly(ours, theirs):
            different.append((case["rule"], case.get("data"), ours, theirs))
    return different[:3]


def public_vectors():
    """The public ones as {"rule", "data", "result"}."""
    return [vector for vector in json.loads(PUBLIC.read_text()) if isinstance(vector, dict)]


def means(vector):
    """Whether Python makes of a vector what it says: its result, or an error of its kind."""
    outcome = here(vector)
    if "error" in vector:
        return outcome == {"error": vector["error"]}
    return "result" in outcome and is_exactly(outcome["result"], vector["result"])


def test_an_expression_means_what_the_vectors_say():
    assert len(VECTORS) > 450
    assert {vector["name"]: here(vector) for vector in VECTORS if not means(vector)} == {}


def test_a_vector_that_says_otherwise_is_found():
    """true isn't 1, an error isn't a result, and no error is like another."""
    wrong = next(vector for vector in VECTORS if vector.get("error"))
    assert not means({**wrong, "error": "another"})
    assert not means({"rule": wrong["rule"], "data": wrong["data"], "result": None})
    assert not means({"rule": {"==": [1, 1]}, "data": None, "result": 1})
    assert not means({"rule": {"==": [1, 1]}, "data": None, "error": wrong["error"]})


def test_every_operator_has_vectors():
    written = (HERE / "vectors.json").read_text()
    assert [operator for operator in OPERATORS if f"{{{json.dumps(operator)}:" not in written] == []


def test_the_public_core_vectors_agree():
    vectors = public_vectors()
    assert len(vectors) > 250
    wrong = [
        vector["rule"]
        for vector in vectors
        if not is_exactly(evaluate(vector["rule"], vector.get("data")), vector["result"])
    ]
    assert wrong == []
