"""Record what tests cost and use, and store it: `python -m tests.rings.record [units browser public chaos ...]`.

The legs run one after the other, so that a cost is the test's own as far as a machine can tell.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.legs import (
    BROWSER,
    CLOCK,
    FEW,
    IN_A_FILE,
    OUTPUT,
    UNITS,
    WORKERS,
    Leg,
    browser_files,
    find_files,
    of_tests,
    public_files,
)
from tests.run import Run

from .store import store


def build_legs() -> list[Leg]:
    return [
        of_tests("units", "-m", f"({UNITS}) or ({CLOCK})", forks=WORKERS, environment=FEW),
        of_tests("browser", *browser_files(), *BROWSER, forks=WORKERS, environment=FEW | IN_A_FILE),
        of_tests("public", *public_files(), *BROWSER, environment=FEW | IN_A_FILE),
        of_tests("chaos", *find_files("faults"), "-m", "faults", environment=FEW),
    ]


def main() -> int:
    legs = build_legs()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("legs", nargs="*", choices=[leg.name for leg in legs])
    wanted = parser.parse_args().legs
    OUTPUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="recorded-", dir=OUTPUT) as folder:
        words = ("-p", "tests.rings.recording", f"--record-into={folder}")
        chosen = [leg.with_words(*words) for leg in legs if not wanted or leg.name in wanted]
        status = Run([chosen]).go()
        print(store(Path(folder)))
    return status


if __name__ == "__main__":
    sys.exit(main())
