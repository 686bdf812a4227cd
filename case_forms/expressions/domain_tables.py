"""The cells that each kind of variable, and each operator, can come to."""

import math

from .dates import ISO_DATE
from .domains import COUNTS, NOTHING, Anything, Const, Domain, Domains, Lists, Numbers, Parts, Texts
from .limits import DEFAULT_LIMITS, Run
from .operators import EAGER
from .types import KindInfo

ANYTHING: Domains = (Anything(),)
MAX_CONSTS = 12  # choices that are looked at one by one
YEARS = Numbers(1, 9999, whole=True)
WORKED_OUT: dict[str, Domains] = {
    "age_on": (NOTHING, Numbers(0, 9999, whole=True)),
    "days_between": (NOTHING, Numbers(whole=True)),
    "sum": (NOTHING, Numbers()),
    **dict.fromkeys(("+", "-", "*", "/", "%", "min", "max", "round"), (NOTHING, Numbers())),
    **dict.fromkeys(("floor", "ceil"), (NOTHING, Numbers(whole=True))),
    "abs": (NOTHING, Numbers(low=0)),
    **dict.fromkeys(("cat", "substr", "join"), (Const(""), Texts())),
    "add_days": (NOTHING, Texts()),
    "matches": (Const(True), Const(False)),
}
NULL_FOR_NULL = frozenset(WORKED_OUT) - {"sum", "cat", "substr", "join", "matches"} | {"date_part"}
PARTS_OF_DATE = {"year": YEARS, "month": Numbers(1, 12, whole=True), "day": Numbers(1, 31, whole=True)}


def domain(info: KindInfo) -> Domains:
    """Return all values of a kind; no answer is always one."""
    numeric = [bound if isinstance(bound, int | float) else None for bound in (info.minimum, info.maximum)]
    low, high = (math.inf * sign if bound is None else bound for bound, sign in zip(numeric, (-1, 1), strict=True))
    match info.kind:
        case "number":
            return (NOTHING, Numbers(low, high)) if low <= high else (NOTHING,)
        case "boolean":
            return (NOTHING, Const(True), Const(False))
        case "text":
            return (NOTHING, Texts())
        case "date" | "datetime" | "time":
            return (NOTHING, _moments(info))
        case "choice":
            if info.choices is None:
                return (NOTHING, Texts())
            # More would be too many cells to compare; their set still shows what can't be chosen.
            if len(info.choices) <= MAX_CONSTS:
                return (NOTHING, *map(Const, sorted(info.choices)))
            return (NOTHING, Texts(among=info.choices))
        case "choices":
            known = math.inf if info.choices is None else len(info.choices)
            # An empty list is no answer, which NOTHING stands for already.
            fewest, most = max(1, low), min(high, known)
            return (NOTHING, Lists(int(fewest), most, among=info.choices)) if fewest <= most else (NOTHING,)
        case "rows":
            return (NOTHING, Lists(1, high)) if high >= 1 else (NOTHING,)
        case "object":
            return (NOTHING, Parts())
    return ANYTHING


def _moments(info: KindInfo) -> Texts:
    """Return texts within the bounds.

    "2026" and "2026-05" may be dates too, so the lower bound is its year's beginning.
    """
    low, high = info.minimum, info.maximum
    if info.kind == "time":
        return Texts(low if isinstance(low, str) else None, high if isinstance(high, str) else None)
    low = low[:4] if isinstance(low, str) and ISO_DATE.fullmatch(low) else None
    high = high[:10] if isinstance(high, str) and ISO_DATE.fullmatch(high) else None
    if info.kind == "datetime":  # its offset may carry it into a neighbouring day
        return Texts()
    return Texts(low, high)


def counted(cell: Domain, operator: str) -> Domain:
    if isinstance(cell, Lists):
        return Numbers(cell.fewest, cell.most, whole=True)
    if isinstance(cell, Const):
        return Const(EAGER[operator][2]([cell.value], None, Run(None, DEFAULT_LIMITS)))
    return COUNTS if operator == "length" or isinstance(cell, Anything) else Const(0)
