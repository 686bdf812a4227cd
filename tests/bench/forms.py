"""A form of 250 questions and 60 conditions: loaded, shown, checked, kept (ours sealed), and published.

Beside it, in the same process and by turns, `wagtail.contrib.forms` with the same 250 fields and no conditions. Its
form class is built once, in "load", though Wagtail builds it for each request: the comparison leans to its side.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .tables import table

ROOT = Path(__file__).resolve().parents[2]
STEPS = ("load", "render", "validate", "store")
COMPARED = STEPS[1:]
MAX_RATIO, MAX_SECONDS = 1.0, 2.0


def run(*, quick: bool) -> bool:
    """Measures in a process with settings and a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.bench.contrib_form.settings",
            "DATA_DIR": folder,
            "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
            "PYTHONPATH": f"{ROOT / 'site'}{os.pathsep}{ROOT}",
        }
        rounds = "5" if quick else "25"
        return subprocess.run([sys.executable, "-m", __name__, rounds], env=environment, cwd=ROOT).returncode == 0


def measure(rounds: int) -> bool:
    """Prints the medians, and says whether the goals were met."""
    from . import sides

    sides.prepare()
    published = sides.publish()
    kinds: dict[str, Any] = {"ours": sides.Ours(), "wagtail": sides.Contrib(), "by section": sides.OursBySection()}
    taken: dict[str, dict[str, list[float]]] = {name: {step: [] for step in STEPS} for name in kinds}
    for _round in range(rounds + 2):  # two to warm up
        for name, side in kinds.items():
            for step in STEPS:
                taken[name][step].append(_milliseconds(getattr(side, step)))
    medians = {
        name: {step: statistics.median(times[2:]) for step, times in steps.items()} for name, steps in taken.items()
    }
    _print(medians, published)
    ratio = _together(medians["ours"]) / _together(medians["wagtail"])
    print(f"\nratio of render + validate + store, ours / wagtail.contrib.forms: {ratio:.2f} (goal <= {MAX_RATIO})")
    print(f"publish: {published:.2f} s (goal < {MAX_SECONDS:.0f})")
    return ratio <= MAX_RATIO and published < MAX_SECONDS


def _milliseconds(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def _together(medians: dict[str, float]) -> float:
    return sum(medians[step] for step in COMPARED)


def _print(medians: dict[str, dict[str, float]], published: float) -> None:
    heads = ("what", *STEPS, "render + validate + store")
    words = {
        "ours": "ours, 250 questions on one page, 60 conditions",
        "wagtail": "wagtail.contrib.forms, 250 fields",
        "by section": "ours in ten sections: one page, the whole form checked",
    }
    rows = [
        (words[name], *(f"{steps[step]:.1f}" for step in STEPS), f"{_together(steps):.1f}")
        for name, steps in medians.items()
    ]
    print("\nMilliseconds, medians (SQLite)\n")
    print(table(heads, rows))


if __name__ == "__main__":
    import django

    django.setup()
    sys.exit(0 if measure(int(sys.argv[1])) else 1)
