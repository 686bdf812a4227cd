"""How soon an expression is evaluated, beside the fastest JSON-Logic packages for Python that can be found.

Each takes the same expressions and the same answers, as Python has them after reading JSON, in the same run. Two ways
of asking: with the expression as JSON each time, and with one that was compiled before. A package that isn't installed
is named and left out; one that comes to another value for a case isn't measured on that case.
"""

import importlib.metadata
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from case_forms.expressions import compile_expression, evaluate

from .tables import table

Work = Callable[[], Any]
ROUNDS = 9


def var(name: str) -> dict[str, str]:
    return {"var": name}


PERSONS = [
    {"age": n * 3 % 50, "tie": "child" if n % 4 == 0 else "other", "name": f"name {n}", "amount": n * 10}
    for n in range(12)
]
FEW: dict[str, Any] = {
    "age": 16,
    "result": "pv",
    "consent": False,
    "region": "korce",
    "needs": ["food", "shelter"],
    "visits": 3,
    "status": "open",
    "birth": "2009-05-01",
    "persons": PERSONS,
    "paid": 2.5,
    "_today": "2026-03-01",
}
MANY: dict[str, Any] = {f"q{n}": f"answer {n}" for n in range(100)} | FEW
CHILD = {"and": [{"<": [var("age"), 18]}, {"==": [var("tie"), "child"]}]}
CASES: list[tuple[str, Any]] = [
    ("an answer beside a number", {"<": [var("age"), 18]}),
    ("an answer beside a choice", {"==": [var("result"), "pv"]}),
    ("one of several choices", {"in": [var("region"), ["vlore", "fier", "korce", "tirane"]]}),
    ("a date beside a date", {">": [var("_today"), var("birth")]}),
    (
        "and, or, not",
        {"and": [{"==": [var("result"), "pv"]}, {"or": [{"<": [var("age"), 14]}, {"!": [var("consent")]}]}]},
    ),
    (
        "four conditions",
        {
            "and": [
                {"in": ["shelter", var("needs")]},
                {">=": [var("visits"), 2]},
                {"!=": [var("status"), "closed"]},
                {"<=": [12, var("age"), 17]},
            ]
        },
    ),
    ("if, else if, else", {"if": [{"<": [var("age"), 14]}, "child", {"<": [var("age"), 18]}, "minor", "adult"]}),
    ("a sum", {"+": [var("visits"), var("paid"), {"*": [var("visits"), 2]}]}),
    ("a text put together", {"cat": [var("region"), " / ", var("status"), " / ", var("age")]}),
    ("any row", {"some": [var("persons"), {"==": [var("age"), 33]}]}),
    ("all rows", {"all": [var("persons"), {"<": [var("age"), 60]}]}),
    ("rows where, mapped", {"map": [{"filter": [var("persons"), CHILD]}, var("name")]}),
    (
        "the sum over rows",
        {
            "reduce": [
                {"map": [{"filter": [var("persons"), {">": [var("age"), 10]}]}, var("amount")]},
                {"+": [var("current"), var("accumulator")]},
                0,
            ]
        },
    ),
]


@dataclass(frozen=True)
class Package:
    """`given` takes (expression, data); `compiled` makes a function of data, None when the package can't."""

    name: str
    given: Callable[[Any, Any], Any]
    compiled: Callable[[Any], Callable[[Any], Any]] | None = None


OURS = Package("ours", evaluate, compile_expression)
OTHERS = ("datalogic-py", "panzi-json-logic", "jsonlogic-rs")


def found(name: str) -> Package | None:
    """A package that is installed, or None."""
    try:
        importlib.metadata.version(name)
        if name == "datalogic-py":
            import datalogic_py

            engine = datalogic_py.Engine()
            return Package(name, datalogic_py.apply, lambda rule: engine.compile(rule).evaluate)
        if name == "jsonlogic-rs":
            import jsonlogic_rs

            return Package(name, jsonlogic_rs.apply)
        import json_logic

        return Package(name, json_logic.jsonLogic)
    except ImportError:  # PackageNotFoundError is one
        return None


def microseconds(works: list[Work], *, calls: int) -> list[float]:
    """The best time of one call of each, taken in turns so that what slows the machine slows all of them."""
    best = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for place, work in enumerate(works):
            began = time.perf_counter()
            for _ in range(calls):
                work()
            best[place] = min(best[place], (time.perf_counter() - began) / calls * 1e6)
    return best


def agrees(value: Any, other: Any) -> bool:
    return json.dumps(value, sort_keys=True) == json.dumps(other, sort_keys=True) or value == other


def get_works(packages: list[Package], expression: Any, data: Any, *, compiled: bool) -> list[Work | None]:
    works: list[Work | None] = []
    wanted = evaluate(expression, data)
    for package in packages:
        if compiled and package.compiled is not None:
            function = package.compiled(expression)
            work: Work = partial(function, data)
        else:
            work = partial(package.given, expression, data)
        works.append(work if agrees(work(), wanted) else None)
    return works


def measure(packages: list[Package], data: Any, *, compiled: bool, calls: int) -> float:
    """Prints a table; returns how many times as long as ours the fastest of the others takes over all cases."""
    rows, totals = [], dict.fromkeys((package.name for package in packages), 0.0)
    least = float("inf")
    for name, expression in CASES:
        works = get_works(packages, expression, data, compiled=compiled)
        taken = iter(microseconds([work for work in works if work is not None], calls=calls))
        times = [next(taken) if work is not None else float("inf") for work in works]
        for package, took in zip(packages, times, strict=True):
            totals[package.name] += took
        others = min(times[1:])
        least = min(least, others / times[0])
        rows.append((name, *(f"{took:.2f}" for took in times), f"{others / times[0]:.1f}"))
    print(table(("case", *(package.name for package in packages), "ratio"), rows))
    ours = totals.pop(OURS.name)
    fastest = min(totals, key=lambda name: totals[name])
    ratio = totals[fastest] / ours
    beside = f"{fastest} {totals[fastest]:.1f} µs; ratio {ratio:.2f}, least of a case {least:.2f}"
    print(f"all cases: ours {ours:.1f} µs, {beside}\n")
    return ratio


def run(*, quick: bool) -> bool:
    packages = [package for package in map(found, OTHERS) if package is not None]
    missing = set(OTHERS) - {package.name for package in packages}
    if missing:
        print(f"not installed here, and so not measured: {', '.join(sorted(missing))} (pip install them by hand)")
    if not packages:
        print("nothing to measure beside: skipped")
        return True
    calls = 200 if quick else 2000
    ratios = []
    for title, data in (("11 answers", FEW), ("111 answers", MANY)):
        for compiled in (False, True):
            beside = [package for package in packages if not compiled or package.compiled is not None]
            if not beside:
                continue
            print(
                f"{title}, {'compiled before' if compiled else 'the expression given each time'}; microseconds a call\n"
            )
            ratios.append(measure([OURS, *beside], data, compiled=compiled, calls=calls))
    print(f"ratio fastest other package / ours, the smallest of {len(ratios)} tables: {min(ratios):.2f} (goal >= 1.0)")
    return min(ratios) >= 1.0
