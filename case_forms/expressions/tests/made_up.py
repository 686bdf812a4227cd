"""Expressions and data made at random, the same from the same seed: every operator, nested, over data of all kinds."""

import random
from typing import Any

from ..operators import EAGER, LAZY, LOOPS

SCALARS = [None, True, False, 0, 1, -1, 2, 3, 2.5, 18, 1.005, -0.5, 1e21, 1e-7, 123456789, 9007199254740993]
TEXTS = [
    "",
    "a",
    "b",
    "1",
    " 2 ",
    "-3.5e2",
    "0x10",
    "é",
    "x\U0001f600y",
    "a,b",
    "potential_victim",
    ", ",
    "\n",
    "\u00a0",
]
DATES = [
    "2010-02-28",
    "2026-03-01",
    "2008-02-29T10:00:00+01:00",
    "2008-02-30",
    "2012",
    "2012-05",
    "2012-13",
    "9999-12-31",
]
PATTERNS = [
    "^[a-z]+$",
    "(1|2).?",
    "^(a|b)*$",
    "[^0-9]",
    "^.{1,3}$",
    "\\d{4}-\\d{2}",
    "",
    "x{2,}|é",
    "^-?\\w+$",
    "\\s",
    "(^a|b$)",
    "^(?:^(a+)+$)$",
]
BAD_PATTERNS = ["(", "a**", "[z-a]", "\\p{L}", "(?=a)", "a{1000}", "(a{20}){30}"]
ROWS = [
    {"a": 1, "b": "2010-02-28", "c": ["x", "y"]},
    {"a": "7", "b": "2012", "e": [{"a": 3}, {"a": None}]},
    {},
    {"a": 2.5, "d": True, "b": ""},
]
DATA: list[Any] = [
    {"a": 3, "b": "potential_victim", "c": None, "d": ["a", "b", 1], "e": ROWS, "f": {"a": {"b": [1, 2]}}},
    {"a": 0, "b": "", "c": False, "d": [], "e": [], "f": {}, "_occurred_on": "2026-02-27"},
    {"a": "12", "b": "é", "c": True, "d": [[1], [2, [3]], None], "e": [{"a": {"b": 1}}, 5, "x"], "f": {"b": 0}},
    {"a": -2.5, "b": "2012-05", "d": ["2010-01-01", "2011"], "e": ROWS * 5, "__proto__": {"a": 1}, "constructor": 2},
    {"a": 1e21, "b": "x\U0001f600y" * 9, "c": 0.1, "d": list(range(20)), "e": [{"a": n} for n in range(12)]},
    None,
    "a text",
    [1, "b", {"a": 2}],
    7,
]
PATHS = [
    "a",
    "b",
    "c",
    "d",
    "e",
    "f",
    "e.0.a",
    "e.1",
    "e.1.e",
    "f.a.b.1",
    "f.a.x",
    "",
    "nope",
    "d.9",
    "d.0",
    "0",
    "2.a",
]
PATHS += [
    "current",
    "accumulator",
    "current.a",
    "_today",
    "_occurred_on",
    "__proto__",
    "__proto__.a",
    "constructor",
    "d.length",
]
LISTS = ["d", "e", "e.1.e"]
DAYS = frozenset({"age_on", "days_between", "add_days", "date_part"})
TABLES = {name: row[:2] for name, row in EAGER.items()} | LAZY
NAMES = sorted(TABLES)


def made_up(chance: random.Random, depth: int) -> Any:
    """An expression, now and then one that isn't in the language."""
    if depth == 0 or chance.random() < 0.15:
        return _leaf(chance)
    if chance.random() < 0.07:
        return [made_up(chance, depth - 1) for _ in range(chance.randrange(5))]
    if chance.random() < 0.004:
        return chance.choice(
            [{"shout": [1]}, {}, {"!": [1], "!!": [1]}, {"matches": ["a", chance.choice(BAD_PATTERNS)]}]
        )
    operator = chance.choice(NAMES)
    fewest, most = TABLES[operator]
    if chance.random() < 0.004:
        fewest, most = 0, 4
    arguments = [made_up(chance, depth - 1) for _ in range(chance.randint(fewest, min(most, fewest + 2)))]
    _fitting(chance, operator, arguments)
    return {operator: arguments[0] if len(arguments) == 1 and not isinstance(arguments[0], list) else arguments}


def _fitting(chance: random.Random, operator: str, arguments: list[Any]) -> None:
    """Puts in what the operator is for, most of the time."""
    if operator == "matches" and len(arguments) == 2:
        arguments[1] = chance.choice(PATTERNS)
    if operator == "date_part" and arguments:
        arguments[0] = chance.choice(["year", "month", "day"])
    if not arguments or chance.random() < 0.3:
        return
    if operator in LOOPS or operator in ("count", "sum", "row", "join"):
        arguments[0] = chance.choice([*({"var": name} for name in LISTS), ["a", 2, None, 2.5, {"var": "a"}]])
    elif operator in DAYS:
        place = chance.randrange(len(arguments)) if operator != "date_part" else len(arguments) - 1
        arguments[place] = chance.choice(DATES)
    elif operator in ("answered", "missing", "var"):
        arguments[0] = chance.choice(PATHS)
    elif operator == "missing_some" and len(arguments) == 2:
        arguments[:] = [chance.randrange(3), chance.sample(PATHS, 3)]
    elif operator == "round" and len(arguments) > 1:
        arguments[1] = chance.randint(-3, 4)


def _leaf(chance: random.Random) -> Any:
    kind = chance.random()
    if kind < 0.45:
        return {"var": chance.choice(PATHS)}
    return chance.choice(SCALARS if kind < 0.65 else TEXTS if kind < 0.85 else DATES)


def cases(seed: int, count: int) -> list[dict[str, Any]]:
    """[{"rule", "data"}, ...]: each rule over one of the data sets, most often the first."""
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        data = chance.choice(DATA[:5]) if chance.random() < 0.9 else chance.choice(DATA)
        if isinstance(data, dict) and chance.random() < 0.8:
            data = {"_today": "2026-03-01", **data}
        made.append({"rule": made_up(chance, chance.randint(1, 5)), "data": data})
    return made


def operators_in(expression: Any) -> set[str]:
    if isinstance(expression, list):
        return set().union(*map(operators_in, expression)) if expression else set()
    if not isinstance(expression, dict):
        return set()
    return set(expression).union(*map(operators_in, expression.values()))
