"""The abstract interpreter: what an expression can come to, its variables being anything within their kinds.

Values are cells (domains.py), truth is bits.
"""

import json
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from .domain_tables import ANYTHING, NULL_FOR_NULL, PARTS_OF_DATE, WORKED_OUT, counted, domain
from .domains import (
    EITHER,
    IS,
    ISNT,
    NOTHING,
    Anything,
    Const,
    Domain,
    Domains,
    Lists,
    contains,
    equal,
    get_any,
    get_bits,
    of_bits,
    overlap,
    smaller,
    swapped,
    truth,
)
from .limits import DEFAULT_LIMITS, Run
from .operators import EAGER, LOOPS, get_arguments
from .types import KindInfo, Scope, found_in, get_entries, scope_of_entry
from .values import is_nothing

MAX_CELLS = 40
BOOLEAN = frozenset(
    {"==", "!=", "===", "!==", "<", "<=", ">", ">=", "!", "!!", "in", "answered", "some", "all", "none"}
)


class BudgetExhausted(Exception):
    """The bound of what may be looked at is reached."""


class Budget:
    """The number of parts of expressions that may still be looked at."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def spend(self, steps: int = 1) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise BudgetExhausted


def get_key(expression: Any) -> str:
    return json.dumps(expression)


def is_term(expression: Any) -> bool:
    """Return whether this can be split into cells: a variable, or worked out from variables and no mere truth."""
    if not isinstance(expression, dict):
        return False
    operator = next(iter(expression))
    return operator == "var" or operator in WORKED_OUT or operator in ("count", "length", "date_part", "today")


class Evaluator:
    """An evaluator over cells. `given` says in which cell a term lies, by its text; all else is as its kind allows."""

    def __init__(self, kinds: Scope, budget: Budget, refuted: "Refuted") -> None:
        self.kinds = kinds
        self.budget = budget
        self.refuted = refuted
        self.given: dict[str, Domain] = {}
        self.relations: dict[str, int] = {}
        self.inner: dict[str, int] = {}

    # ---- truth ----

    def bits(self, expression: Any) -> int:
        """Return whether the expression can be true (IS), untrue (ISNT)."""
        self.budget.spend()
        if not isinstance(expression, dict):
            return get_any(map(truth, self.cells(expression)))
        operator, given = next(iter(expression.items()))
        arguments = get_arguments(operator, given)
        if operator in TRUTHS:
            return TRUTHS[operator](self, operator, arguments)
        return get_any(map(truth, self.cells(expression)))

    def _and(self, operator: str, arguments: list[Any]) -> int:
        # `found`: what lets the walk go on; `stop`: what ends it. For "or" the two change places.
        found, stop = IS, ISNT
        if operator == "or":
            found, stop = ISNT, IS
        stopped = 0
        for argument in arguments:
            bits = self.bits(argument)
            stopped |= bits & stop
            if not bits & found:
                return stopped
        return stopped | found

    def _not(self, operator: str, arguments: list[Any]) -> int:
        return swapped(self.bits(arguments[0]))

    def _truth(self, operator: str, arguments: list[Any]) -> int:
        return self.bits(arguments[0])

    def _if(self, operator: str, arguments: list[Any]) -> int:
        found = 0
        for position in range(0, len(arguments) - 1, 2):
            bits = self.bits(arguments[position])
            if bits & IS:
                found |= self.bits(arguments[position + 1])
            if not bits & ISNT:
                return found
        return found | (self.bits(arguments[-1]) if len(arguments) % 2 else ISNT)

    def _compared(self, operator: str, arguments: list[Any]) -> int:
        found = IS
        for left, right in pairwise(arguments):
            bits = self._pair(operator, left, right)
            found = (found & bits & IS) | ((found | bits) & ISNT)
        return found

    def _pair(self, operator: str, left: Any, right: Any) -> int:
        # The relation was set for the pair in the order of their texts; the other way round it is the opposite.
        related = self.relations.get(relation_key(left, right)) if self.relations else None
        if related is not None:
            return _by_relation(operator, related if get_key(left) <= get_key(right) else -related)
        lefts, rights = self.cells(left), self.cells(right)
        # Pairs of cells are cheap, but there may be MAX_CELLS squared of them.
        self.budget.spend(len(lefts) * len(rights) // 8)
        if operator in (">", ">="):
            lefts, rights = rights, lefts
        if operator in ("<", "<=", ">", ">="):
            return get_any(smaller(a, b, or_equal=operator.endswith("=")) for a in lefts for b in rights)
        bits = get_any(equal(a, b, strict=len(operator) == 3) for a in lefts for b in rights)
        return swapped(bits) if operator.startswith("!") else bits

    def _in(self, operator: str, arguments: list[Any]) -> int:
        needles, haystack = self.cells(arguments[0]), arguments[1]
        if not isinstance(haystack, list):
            return get_any(contains(whole, part) for whole in self.cells(haystack) for part in needles)
        found = 0
        for needle in needles:
            one = ISNT
            for part in haystack:
                bits = get_any(equal(needle, cell, strict=True) for cell in self.cells(part))
                one = ((one | bits) & IS) | (one & bits & ISNT)
            found |= one
        return found

    def _answered(self, operator: str, arguments: list[Any]) -> int:
        if not all(isinstance(key, str) for key in arguments):
            return EITHER
        return self._and("and", [{"!=": [{"var": key}, None]} for key in arguments])

    def _asked(self, operator: str, arguments: list[Any]) -> int:
        """Return the truth of some, all, none.

        What the body can come to within an entry decides, where there are entries.
        """
        found = 0
        for cell in self.cells(arguments[0]):
            if isinstance(cell, Anything):
                return EITHER
            if not isinstance(cell, Lists):
                found |= ISNT
            else:
                found |= self.inside(arguments) | (0 if cell.fewest else ISNT) if cell.most else ISNT
        return swapped(found) if operator == "none" else found

    def inside(self, arguments: list[Any]) -> int:
        """Return whether the body of a loop can ever be true and untrue of an entry."""
        source, body = arguments[:2]
        info = self.kind(source)
        if info.kind not in ("rows", "choices"):
            return EITHER
        # Remembered: splitting asks about the same loop for each case, and no split reaches into its body.
        key = get_key([source, body])
        if key not in self.inner:
            scope = scope_of_entry(get_entries(info))
            found = 0 if self.refuted(body, scope, self.budget) else IS
            self.inner[key] = found | (0 if self.refuted({"!": [body]}, scope, self.budget) else ISNT)
        return self.inner[key]

    def kind(self, source: Any) -> KindInfo:
        """Return the kind of a loop's source, as far as it is a variable or filtered from one."""
        while isinstance(source, dict) and "filter" in source:
            source = source["filter"][0]
        if isinstance(source, dict) and "var" in source:
            path = get_arguments("var", source["var"])
            return found_in(self.kinds, path[0] if len(path) == 1 else None)
        return KindInfo("any")

    # ---- values ----

    def cells(self, expression: Any) -> Domains:
        """Return what the expression can be."""
        self.budget.spend()
        if isinstance(expression, list):
            return (Lists(len(expression), len(expression)),)
        if not isinstance(expression, dict):
            return (Const(expression),)
        operator, given = next(iter(expression.items()))
        found = self._operation(operator, get_arguments(operator, given))
        if self.given and (cell := self.given.get(get_key(expression))) is not None:
            found = tuple(one if isinstance(one, Const) else cell for one in found if overlap(one, cell))
        # Too many to compare: giving up precision is always safe, since only a refutation counts as a proof.
        return tuple(dict.fromkeys(found)) if len(found) <= MAX_CELLS else ANYTHING

    def _operation(self, operator: str, arguments: list[Any]) -> Domains:
        if operator == "var":
            return self._var(arguments)
        if operator == "today":
            return domain(found_in(self.kinds, "_today")) if "" not in self.kinds else ANYTHING
        if operator in BOOLEAN:
            return of_bits(TRUTHS[operator](self, operator, arguments))
        if operator in ("and", "or"):
            return tuple(cell for argument in arguments for cell in self.cells(argument))
        if operator in ("if", "?:"):
            branches = [*arguments[1::2], *(arguments[-1:] if len(arguments) % 2 else [None])]
            return tuple(cell for branch in branches for cell in self.cells(branch))
        if operator == "coalesce":
            return self._coalesced(arguments)
        if operator in LOOPS:
            return self._looped(operator, arguments)
        if operator not in WORKED_OUT and operator not in ("count", "length", "date_part"):
            return ANYTHING
        parts = [self.cells(argument) for argument in arguments]
        if all(len(part) == 1 and isinstance(part[0], Const) for part in parts):
            # All constant: the operator itself is asked, so this can't differ from evaluation.
            values = [part[0].value for part in parts if isinstance(part[0], Const)]
            return (Const(EAGER[operator][2](values, None, Run(None, DEFAULT_LIMITS))),)
        # Places that are null count as 0.
        if operator in NULL_FOR_NULL and (NOTHING,) in (parts[:1] if operator == "round" else parts):
            return (NOTHING,)
        if operator in ("count", "length"):
            return tuple(counted(cell, operator) for cell in parts[0])
        if operator == "date_part":
            return (NOTHING, PARTS_OF_DATE[arguments[0]])
        return WORKED_OUT[operator]

    def _var(self, arguments: list[Any]) -> Domains:
        path = arguments[0] if arguments else ""
        cells = domain(found_in(self.kinds, path)) if isinstance(path, str) else ANYTHING
        return self._coalesced([], cells, arguments[1]) if len(arguments) > 1 else cells

    def _coalesced(self, arguments: list[Any], cells: Domains = (), default: Any = None) -> Domains:
        found: list[Domain] = []
        for part in [cells] if cells else map(self.cells, arguments):
            found += [cell for cell in part if not _nothing(cell)]
            if not any(_nothing(cell) or isinstance(cell, Anything | Lists) for cell in part):
                return tuple(found)
        return (*found, *self.cells(default))

    def _looped(self, operator: str, arguments: list[Any]) -> Domains:
        if operator == "reduce":
            return ANYTHING
        found: list[Domain] = []
        for cell in self.cells(arguments[0]):
            if isinstance(cell, Anything):
                found.append(Lists())
            elif not isinstance(cell, Lists):
                found.append(Lists(0, 0))
            elif operator == "map":
                found.append(Lists(cell.fewest, cell.most))
            else:
                inside = self.inside(arguments)
                found.append(
                    Lists(cell.fewest if inside == IS else 0, cell.most if inside & IS else 0, among=cell.among)
                )
        return tuple(found)


def _nothing(cell: Domain) -> bool:
    return is_nothing(cell.value) if isinstance(cell, Const) else isinstance(cell, Lists) and cell.most == 0


def relation_key(left: Any, right: Any) -> str:
    return "\x00".join(sorted((get_key(left), get_key(right))))


def _by_relation(operator: str, related: int) -> int:
    """Return what a comparison comes to when left is smaller (-1), larger (1) or neither (0)."""
    if operator in ("<", ">"):
        return get_bits(related == (-1 if operator == "<" else 1))
    if operator in ("<=", ">="):
        return EITHER if related == 0 else get_bits(related == (-1 if operator == "<=" else 1))
    if related == 0:
        return EITHER
    return get_bits(operator.startswith("!"))


Refuted = Callable[[Any, Scope, Budget], bool]
Truth = Callable[[Evaluator, str, list[Any]], int]
TRUTHS: Mapping[str, Truth] = {
    **dict.fromkeys(("and", "or"), Evaluator._and),
    "!": Evaluator._not,
    "!!": Evaluator._truth,
    **dict.fromkeys(("if", "?:"), Evaluator._if),
    **dict.fromkeys(("==", "!=", "===", "!==", "<", "<=", ">", ">="), Evaluator._compared),
    "in": Evaluator._in,
    "answered": Evaluator._answered,
    **dict.fromkeys(("some", "all", "none"), Evaluator._asked),
}
