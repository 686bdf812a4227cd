import pytest

from case_forms.expressions import LogicError, check_expression, problems, references

VAR = {"var": "a"}


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        (True, set()),
        (VAR, {"a"}),
        ({"var": "a.b.0"}, {"a"}),
        ({"var": ["a", {"var": "b"}]}, {"a", "b"}),
        ({"var": 1}, {"1"}),
        ({"and": [VAR, {"==": [{"var": "b"}, "c"]}]}, {"a", "b"}),
        ({"missing": ["a", "b.c"]}, {"a", "b"}),
        ({"missing": [["a"]]}, {"a"}),
        ({"missing_some": [1, ["a", "b"]]}, {"a", "b"}),
        ({"answered": ["a"]}, {"a"}),
        ({"answered": "a"}, {"a"}),
        ({"today": []}, {"_today"}),
        ({"some": [VAR, {"==": [{"var": "inner"}, 1]}]}, {"a"}),
        ({"map": [VAR, {"today": []}]}, {"a", "_today"}),
        ({"reduce": [VAR, {"+": [{"var": "current"}, {"var": "accumulator"}]}, {"var": "b"}]}, {"a", "b"}),
        ([VAR, [{"var": "b"}]], {"a", "b"}),
    ],
)
def test_references_are_the_top_level_variables(expression, names):
    assert references(expression) == names


def test_references_of_nonsense_raise():
    with pytest.raises(LogicError):
        references({"shout": [1]})


@pytest.mark.parametrize(
    ("expression", "codes"),
    [
        ({"==": [VAR, 1]}, []),
        ({"==": [{"var": "b"}, {"var": "c"}]}, ["unknown_reference: b", "unknown_reference: c"]),
        ({"==": [{"var": "b"}, {"var": "b"}]}, ["unknown_reference: b"]),
        ({"var": [{"cat": ["a"]}]}, ["computed_reference"]),
        ({"missing": {"merge": ["a"]}}, ["computed_reference"]),
        ({"answered": [{"var": "a"}]}, ["computed_reference"]),
        ({"var": ""}, ["computed_reference"]),
        ({"var": []}, ["computed_reference"]),
        ({"var": True}, ["computed_reference"]),
        ({"all": [VAR, {"var": ""}]}, []),
        ({"shout": [1]}, ["unknown_operator"]),
        ({"==": [1]}, ["bad_arguments"]),
        ({}, ["not_an_expression"]),
        ({"+": [1] * 3000}, ["too_large"]),
        ({"!": [float("nan")]}, ["not_json"]),
        ({"!": [object()]}, ["not_json"]),
    ],
)
def test_problems_name_what_is_wrong(expression, codes):
    found = problems(expression, known={"a"})
    assert len(found) == len(codes)
    assert all(problem.startswith(code) for problem, code in zip(found, codes, strict=True))


def test_an_expression_too_deep_even_to_be_written_down_is_a_problem_and_no_crash():
    deep = {"!": [1]}
    for _ in range(100_000):
        deep = {"!": [deep]}
    assert [problem.split(":")[0] for problem in problems(deep, known=())] == ["too_deep"]
    while isinstance(deep, dict):  # let go of it level by level
        deep = deep["!"][0]


def test_a_circle_is_no_expression():
    circle = {"!": []}
    circle["!"].append(circle)
    with pytest.raises(LogicError, match="JSON"):
        check_expression(circle)
