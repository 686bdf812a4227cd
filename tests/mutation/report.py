"""What a run found: a table of modules, the mutants that live, and the same as JSON."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .leg import Leg, Tried


def score(tried: Sequence[Tried]) -> float:
    """Return how many of a hundred were noticed; 0 of none."""
    return 100 * sum(each.outcome.is_caught for each in tried) / len(tried) if tried else 0.0


def iter_lines(leg: Leg) -> Iterator[str]:
    """Yield the living mutants, each with its place and its difference, and then the table."""
    for each in leg.tried:
        if not each.outcome.is_caught:
            mutant, (count, ran) = each.mutant, each.tests
            yield f"\n{mutant.path}:{mutant.lines[1]} {mutant.function}: {each.outcome} ({ran} of {count} tests tried)"
            yield "\n".join(f"    {line}" for line in mutant.difference.splitlines())
    for name, why in leg.unreliable.items():
        yield f"\nnot asked, {why}: {name}"
    width = max((len(each.path) for each in leg.modules), default=6)
    yield f"\n{'module':{width}} mutants caught alive score"
    for module in leg.modules:
        own = [each for each in leg.tried if each.mutant.path == module.path]
        if own:
            yield _write_row(module.path, own, width)
    yield _write_row("all", leg.tried, width)
    if leg.left:
        yield f"{len(leg.left)} of {len(leg.drawn)} were not tried: the time was over"


def _write_row(name: str, tried: Sequence[Tried], width: int) -> str:
    caught = sum(each.outcome.is_caught for each in tried)
    return f"{name:{width}} {len(tried):7} {caught:6} {len(tried) - caught:5} {score(tried):4.0f}%"


def write_json(leg: Leg, seed: str, seconds: float, into: Path) -> None:
    """Write the result for whatever reads it later. Times are in seconds of the clock."""
    into.parent.mkdir(parents=True, exist_ok=True)
    result: dict[str, Any] = {
        "seed": seed,
        "score": round(score(leg.tried), 1),
        "seconds": round(seconds, 1),
        "recorded_in": round(leg.recorded_in, 1),
        "not_tried": len(leg.left),
        "unreliable": leg.unreliable,
        "mutants": [
            {
                "module": each.mutant.path,
                "line": each.mutant.lines[1],
                "function": each.mutant.function,
                "difference": each.mutant.difference.splitlines(),
                "outcome": each.outcome.value,
                "is_caught": each.outcome.is_caught,
                "by": each.by,
                "tests": {"enter_it": each.tests[0], "tried": each.tests[1]},
                "seconds": round(each.took, 1),
            }
            for each in leg.tried
        ],
    }
    into.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
