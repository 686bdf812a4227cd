"""Guards against null: what to ask before a comparison, so that a missing answer means what it means to XPath.

XPath has NaN where JSON-Logic has null, and null counts as 0 in an order. A comparison therefore asks `answered` first,
unless it can't make a difference. Both converters ask here, so that what one adds the other takes away.
"""

from typing import Any

from .facts import UNSURE, Facts, Find, Keys, constant_facts, facts, get_branches, may_be_empty, operation, variable

ORDERS = frozenset({"<", "<=", ">", ">="})
WORKED_OUT = frozenset(
    {
        *("+", "-", "*", "/", "%", "round", "floor", "ceil", "abs", "min", "max", "reduce"),
        *("days_between", "date_part", "age_on"),
    }
)


def guarantees(logic: Any) -> frozenset[str]:
    """Return the keys that have an answer whenever the condition holds."""
    found = operation(logic)
    if found is None:
        return frozenset()
    operator, arguments = found
    if operator == "answered":
        return frozenset(key for key in arguments if isinstance(key, str))
    if operator == "and":
        return frozenset().union(*map(guarantees, arguments))
    if operator == "or":
        # Only one of the parts need hold: known is what all of them guarantee.
        return frozenset.intersection(*map(guarantees, arguments)) if arguments else frozenset()
    if operator in ORDERS and len(arguments) == 2:
        return _guaranteed_by_order(operator, arguments)
    if operator in ("==", "===", "in") and len(arguments) == 2:
        sides = [(variable(arguments[0]), arguments[1]), (variable(arguments[1]), arguments[0])]
        return frozenset(name for name, other in sides if name and isinstance(other, str | int | float | list))
    return frozenset()


def _guaranteed_by_order(operator: str, arguments: list[Any]) -> frozenset[str]:
    """Return the keys that must have an answer for an order to hold.

    No answer counts as 0, and is neither before nor after a day: so where it can't be 0, there is an answer.
    """
    smaller, larger = arguments if operator in ("<", "<=") else arguments[::-1]
    strict = operator in ("<", ">")
    found = []
    name, beside = variable(larger), constant_facts(smaller) if not isinstance(smaller, dict | list) else UNSURE
    if name and (_is_text(smaller) or _stays_false(beside.least, strict)):
        found.append(name)
    name = variable(smaller)
    if name and _is_text(larger):
        found.append(name)
    return frozenset(found)


def _is_text(logic: Any) -> bool:
    """Return whether it is a text that is never a number: a day."""
    return (isinstance(logic, str) and not logic[:1].isdecimal()) or _is_day(logic)


def _is_day(logic: Any) -> bool:
    is_written = isinstance(logic, str) and len(logic) >= 10 and logic[4:5] == "-"
    return is_written or variable(logic) in ("_today", "_now", "_occurred_on") or logic == {"today": []}


def guard(operator: str, left: Any, right: Any, find: Find, known: frozenset[str]) -> Keys | None:
    """Return the keys to ask `answered` of before `left operator right` (an order); () when there is nothing to ask.

    None: more than answers is needed, so each side has to be compared with null.
    """
    sides = (facts(left, find), facts(right, find))
    if operator in ("<", "<="):
        smaller, larger = sides
    else:
        larger, smaller = sides
    strict = operator in ("<", ">")
    # The two sides differ: a missing larger side counts as 0 and may fail the order by itself; a missing smaller side
    # may make it hold.
    harmless = all(
        (
            _settled(larger, known) or _stays_false(smaller.least, strict),
            _settled(smaller, known),
        )
    )
    if harmless:
        return ()
    if any(side.needs is None for side in sides):
        return None
    return tuple(dict.fromkeys(key for side in sides for key in side.needs or () if key not in known))


def has_empty_and_null(left: Any, right: Any, find: Find) -> bool:
    """Return whether of two texts one may be null where the other is "": the same to XPath, but not to `==`."""
    sides = ((left, right), (right, left))
    return any(may_be_empty(one) and not facts(other, find).is_sure for one, other in sides)


def guard_of_dates(operator: str, left: Any, right: Any, find: Find, known: frozenset[str]) -> Keys | None:
    """Return the same for two dates: no date is before or after nothing, but nothing and nothing are in order."""
    sides = (facts(left, find), facts(right, find))
    if operator in ("<", ">") or any(_settled(side, known) for side in sides):
        return ()
    if any(side.needs is None for side in sides):
        return None
    return tuple(dict.fromkeys(key for side in sides for key in side.needs or () if key not in known))


def guard_of_equals(left: Any, right: Any, find: Find, known: frozenset[str]) -> Keys | None:
    """Return the same for equality.

    Two missing answers are equal; a result that isn't a number equals nothing.
    """
    if any(_settled(facts(side, find), known) for side in (left, right)):
        return ()
    worked_out = [facts(side, find).needs for side in (left, right) if is_worked_out(side)]
    if any(needs is None for needs in worked_out):
        return None
    return tuple(dict.fromkeys(key for needs in worked_out for key in needs or () if key not in known))


def is_worked_out(logic: Any) -> bool:
    """Return whether it is "not a number" to XPath, and no empty text, when it has no value."""
    found = operation(logic)
    if found is None:
        return False
    operator, arguments = found
    if operator in ("if", "?:"):
        return any(map(is_worked_out, get_branches(arguments)))
    if operator == "coalesce":
        return is_worked_out(arguments[-1])
    return operator in WORKED_OUT or (operator == "add_days" and arguments[1] != 0)


def is_mixed(logic: Any) -> bool:
    """Return whether it is sometimes an empty text and sometimes "not a number" when it has no value."""
    found = operation(logic)
    if found is None or found[0] not in ("if", "?:"):
        return False
    branches = [branch for branch in get_branches(found[1]) if isinstance(branch, dict) or branch is None]
    return len({is_worked_out(branch) for branch in branches}) > 1 or any(map(is_mixed, branches))


def _settled(side: Facts, known: frozenset[str]) -> bool:
    return side.needs is not None and all(key in known for key in side.needs)


def _stays_false(least: float | None, strict: bool) -> bool:
    """Return whether "least <= smaller < larger" fails anyhow when the larger side has no value and counts as 0."""
    return least is not None and (least >= 0 if strict else least > 0)
