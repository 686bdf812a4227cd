"""`make bench`: what the issues set as goals, measured with real processes, beside something known in the same run.

    python -m tests.bench [--quick] [SUITE ...]

A suite is a module here with `run(*, quick) -> bool`: it prints what it measured, and says whether its goals were met.
The exit code is 1 when one was missed.
"""

import argparse
import importlib
import sys

SUITES = (
    "expressions",
    "forms",
    "procedures",
    "simulation",
    "kit_update",
    "editor",
    "procedure_editor",
    "many_cases",
    "notices",
    "alternatives",
    "public",
    "memory",
    "flood",
    "phones",
    "phone_core",
    "phone_form",
)
ALIASES = {"scale": "many_cases"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the load, to try the bench itself")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"any of: {', '.join(SUITES)} (all)")
    options = parser.parse_args()
    suites = [ALIASES.get(name, name) for name in options.suites] or SUITES
    unknown = set(suites) - set(SUITES)
    if unknown:
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    missed = []
    for name in suites:
        print(f"\n== {name} ==")
        if not importlib.import_module(f"tests.bench.{name}").run(quick=options.quick):
            missed.append(name)
    print(f"\nA GOAL WAS MISSED: {', '.join(missed)}" if missed else "\nall goals met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
