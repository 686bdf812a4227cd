"""Sample answers to try a condition with: within the kinds, near the constants that the condition names."""

import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from .dates import ISO_DATE, get_day
from .evaluator import evaluate
from .limits import LogicError
from .operators import get_arguments
from .types import ALWAYS_THERE, KindInfo
from .values import truthy

MAX_TRIES = 60
DAY = "2026-06-15"
UNANSWERED = 0.15  # how often a variable is left out


def known_to_hold(expression: Any, kinds: Mapping[str, KindInfo]) -> bool:
    """Return whether some answers that were tried make the condition true. The same ones each time."""
    constants = list(_constants(expression))
    # Every constant text is taken for a name: what isn't one is in no scope, and costs nothing.
    names = {name for constant in constants if isinstance(constant, str) for name in constant.split(".")}
    read = {**ALWAYS_THERE, **kinds}
    scope = {name: info for name, info in read.items() if name.partition(".")[0] in names or name == "_today"}
    sampler = _Sampler(constants, names)
    try:
        return any(truthy(evaluate(expression, sampler.row(scope))) for _ in range(MAX_TRIES if scope else 1))
    # What exceeds a limit on some answers isn't known to hold.
    except LogicError:
        return False


class _Sampler:
    def __init__(self, constants: list[Any], names: set[str]) -> None:
        self.random = random.Random(18)  # noqa: S311 -- nothing secret
        self.names = names
        numbers = {c for c in constants if isinstance(c, int | float) and not isinstance(c, bool)}
        # Conditions turn at their constants: one less, the same and one more try both sides of each.
        self.numbers: list[Any] = sorted({n + step for n in numbers for step in (-1, 0, 1)} | {0, 1, 20})
        self.texts = sorted({c for c in constants if isinstance(c, str) and c} | {"x"})
        days = {found for c in self.texts if (found := get_day(c))} | {date.fromisoformat(DAY)}
        near = {_moved(day, step) for day in days for step in (-400, -1, 0, 1, 400)}
        # Birth dates for which an age is just one of the constants.
        ages = {f"{2026 - int(n)}{DAY[4:]}" for n in self.numbers if 0 <= n < 1000}
        self.days = sorted(near | ages)

    def row(self, kinds: Mapping[str, KindInfo]) -> dict[str, Any]:
        found = {}
        for name, info in kinds.items():
            value = DAY if name == "_today" else self.value(info)
            if value is not None and name:
                found[name] = value
        return found

    def value(self, info: KindInfo) -> Any:
        """Return a value of the kind, or None."""
        if self.random.random() < UNANSWERED:
            return None
        match info.kind:
            case "number":
                return self._within(self.numbers, info)
            case "boolean":
                return self.random.random() < 0.5
            case "date":
                return self._within(self.days, info)
            case "datetime":
                return f"{self.random.choice(self.days)}T10:00:00+01:00"
            case "time":
                return self._within(["00:00", "10:00", "23:59", *self.texts], info)
            case "choice":
                return self.random.choice(sorted(info.choices or self.texts))
            case "choices":
                return self._some(info)
            case "rows":
                most = 3 if not isinstance(info.maximum, int | float) else int(min(info.maximum, 3))
                count = self.random.randint(min(1, most), most)
                inside = {name: kind for name, kind in (info.rows or {}).items() if name in self.names}
                return [self.row(inside) for _ in range(count)] or None
            case "object" | "row":
                return self.row({name: kind for name, kind in (info.rows or {}).items() if name in self.names}) or None
            case "any":
                return self.random.choice([*self.numbers, *self.texts, True, False])
        return self.random.choice(self.texts)

    def _within(self, values: list[Any], info: KindInfo) -> Any:
        low, high = (bound if _is_like(bound, values[0]) else None for bound in (info.minimum, info.maximum))
        if info.kind == "date":
            low, high = (bound if bound and ISO_DATE.fullmatch(str(bound)) else None for bound in (low, high))
        values = [*values, *(bound for bound in (low, high) if bound is not None)]
        found = [value for value in values if (low is None or value >= low) and (high is None or value <= high)]
        return self.random.choice(found) if found else None

    def _some(self, info: KindInfo) -> list[str] | None:
        among = sorted(info.choices or self.texts)
        least = int(info.minimum) if isinstance(info.minimum, int | float) else 1
        most = int(info.maximum) if isinstance(info.maximum, int | float) else len(among)
        if max(least, 1) > min(most, len(among)):
            return None
        return self.random.sample(among, self.random.randint(max(least, 1), min(most, len(among))))


def _is_like(bound: Any, value: Any) -> bool:
    return isinstance(bound, str) if isinstance(value, str) else isinstance(bound, int | float)


def _constants(expression: Any) -> Iterator[Any]:
    if isinstance(expression, list):
        for part in expression:
            yield from _constants(part)
    elif isinstance(expression, dict):
        for operator, given in expression.items():
            yield from _constants(get_arguments(operator, given))
    else:
        yield expression


def _moved(day: date, days: int) -> str:
    try:
        return (day + timedelta(days=days)).isoformat()
    except OverflowError:
        return day.isoformat()
