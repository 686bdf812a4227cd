"""Which lines of all rooms the tests ran, put together from several legs: `python -m tests.covered_lines FILE ...`.

coverage.py itself puts only files of one kind together: a leg that noted which branch was taken has no lines of its
own beside it (its docs, "Combining data files"). What lines it ran follows from these branches.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from coverage import Coverage, CoverageData


def put_together(measured: Iterable[Path], into: Path) -> None:
    """Write to `into` the lines of each file, whatever was measured with them.

    Raises coverage.exceptions.NoDataError where one of them is missing or holds nothing.
    """
    together = CoverageData(str(into))
    for path in measured:
        data = CoverageData(str(path))
        data.read()
        if not data.measured_files():
            raise SystemExit(f"{path}: nothing was measured")
        together.add_lines({name: data.lines(name) or [] for name in data.measured_files()})
    together.write()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("measured", nargs="+", type=Path, help="what a leg has measured")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        into = Path(folder) / "lines"
        put_together(arguments.measured, into)
        report = Coverage(data_file=into)
        report.load()
        report.report(show_missing=True, skip_covered=True)


if __name__ == "__main__":
    main()
