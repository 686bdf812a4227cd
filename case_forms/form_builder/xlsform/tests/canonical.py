"""One writing for conditions that say the same, and what of a form an XLSForm can't hold.

What XLSForm and back gives is equal to the form in this writing: docs/xlsform.md, "There and back".
"""

import copy
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

Item = dict[str, Any]
GROUPS = ("matrix", "indicators", "indicator_assessment")
CONDITIONS = ("relevant", "required", "choice_filter")


def canonical(definition: Item) -> Item:
    made = copy.deepcopy(definition)
    truths = {item["key"] for item in _items(made) if item.get("type") == "boolean"}
    for section in made["sections"]:
        _conditions(section, truths)
    for item in _items(made):
        _conditions(item, truths)
        if "constraint" in item:
            item["constraint"]["expr"] = _condition(item["constraint"]["expr"], truths)
        for name in ("calculation", "initial"):
            if name in item:
                item[name] = _value(item[name], truths)
        if item.get("type") in GROUPS:
            for name in ("constraint", "initial"):
                item.pop(name, None)
    return made


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two JSON values differ, and how."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted(one.keys() | other.keys())
        return [each for key in keys for each in differences(one.get(key), other.get(key), f"{path}/{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [each for n, pair in pairs for each in differences(*pair, f"{path}/{n}")]
    return [] if one == other and type(one) is type(other) else [f"{path}: {one!r} is not {other!r}"]


def _items(definition: Item) -> list[Item]:
    def within(items: list[Item]) -> list[Item]:
        return [each for item in items for each in (item, *within(item.get("items", [])))]

    return [item for section in definition["sections"] for item in within(section["items"])]


def _conditions(part: Item, truths: set[str]) -> None:
    for name in CONDITIONS:
        if isinstance(part.get(name), dict):
            part[name] = _condition(part[name], truths)


def _condition(logic: Any, truths: set[str]) -> Any:
    """Arguments are lists; `and` and `or` of one part are that part; true or false alone is compared with true.

    Two ways of saying one thing are one of them.
    """
    if not isinstance(logic, dict):
        return logic
    (operator, given), *_ = logic.items()
    given = given if isinstance(given, list) or operator == "var" else [given]
    if operator in ("and", "or"):
        parts = [_condition(part, truths) for part in given]
        return parts[0] if len(parts) == 1 else {operator: parts}
    if operator == "answered" and given[0].startswith("r_"):
        return {">": [{"count": [{"var": given[0]}]}, 0]}
    if operator == "!":
        inner, denied = _condition(given[0], truths), _alone(given[0])
        is_counted = isinstance(inner, dict) and ">" in inner and isinstance(denied, dict) and "answered" in denied
        if is_counted:
            return {"==": inner[">"]}
        either = inner.get("or", []) if isinstance(inner, dict) else []
        unanswered = [_get_unanswered(part) for part in either]
        # Not one of them unanswered: that all of them are answered.
        is_about_all = bool(unanswered) and all(unanswered)
        return {"answered": [key for keys in unanswered for key in keys]} if is_about_all else {"!": [inner]}
    if operator == "var" and given in truths:
        return {"==": [{"var": given}, True]}
    if operator in ("<", "<=") and len(given) == 3:
        return {"and": [{operator: list(pair)} for pair in pairwise(given)]}
    return _value({operator: given}, truths)


def _get_unanswered(logic: Any) -> list[str]:
    """Return the questions of "these aren't all answered"; none for another condition."""
    denied = logic["!"][0] if isinstance(logic, dict) and "!" in logic else None
    return denied["answered"] if isinstance(denied, dict) and "answered" in denied else []


def _alone(logic: Any) -> Any:
    """Without `and` and `or` of one part."""
    while isinstance(logic, dict) and isinstance(parts := logic.get("and", logic.get("or")), list) and len(parts) == 1:
        logic = parts[0]
    return logic


def _value(logic: Any, truths: set[str]) -> Any:
    """`if` has its "otherwise"."""
    if isinstance(logic, list):
        return [_value(part, truths) for part in logic]
    if not isinstance(logic, Mapping):
        return logic
    (operator, given), *_ = logic.items()
    if operator == "if":
        parts = [*given, None] if len(given) % 2 == 0 else list(given)
        conditions = range(0, len(parts) - 1, 2)
        return {"if": [(_condition if n in conditions else _value)(part, truths) for n, part in enumerate(parts)]}
    return {operator: _value(given, truths)}
