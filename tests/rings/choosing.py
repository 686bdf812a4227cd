"""Which tests of a leg belong to a ring: `-p tests.rings.choosing --ring short`.

- `short` (`make test`): what costs less than costs.DEAR, one of each file that has only dear ones, and what is marked
  `main`. A leg of which all is dear (browsers, real processes) has just its `main` ones: `--ring main`.
- `dear`: what `short` leaves out.
- `--may-be-none`: a change may touch none of them.
"""

import zlib
from collections import defaultdict
from collections.abc import Callable

import pytest

from .costs import Costs, read_costs

MAIN = "main"
MAX_REPRESENTATIVE = 3.0  # seconds of a processor: a file of nothing but dearer ones has none in `short`


def is_in_short(items: list[pytest.Item], costs: Costs) -> Callable[[pytest.Item], bool]:
    by_file: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        by_file[item.nodeid.partition("::")[0]].append(item)
    chosen: set[str] = set()
    for of_file in by_file.values():
        kept = [item.nodeid for item in of_file if not costs.is_dear(item.nodeid) or item.get_closest_marker(MAIN)]
        if not kept:
            cheapest = min((item.nodeid for item in of_file), key=costs.of)
            kept = [cheapest] if costs.of(cheapest) <= MAX_REPRESENTATIVE else []
        chosen.update(kept)
    return lambda item: item.nodeid in chosen


def find_main(items: list[pytest.Item]) -> list[pytest.Item]:
    """One case of each function that is marked: its name says which, so that among all of them each screen, language
    and way of working has some."""
    functions: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker(MAIN):
            functions[item.nodeid.partition("[")[0]].append(item)
    chosen = {cases[zlib.crc32(name.encode()) % len(cases)].nodeid for name, cases in functions.items()}
    return [item for item in items if item.nodeid in chosen]


def choose(config: pytest.Config, items: list[pytest.Item]) -> list[pytest.Item]:
    costs = read_costs()
    ring = config.getoption("--ring")
    if ring == "main":
        items = find_main(items)
    elif ring:
        in_short = is_in_short(items, costs)
        items = [item for item in items if in_short(item) == (ring == "short")]
    return items


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen = choose(config, items)
    kept = {item.nodeid for item in chosen}
    if len(chosen) < len(items):
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in kept])
        items[:] = chosen


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and session.config.getoption("--may-be-none"):
        session.exitstatus = pytest.ExitCode.OK  # the change touches none of this leg's


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--ring", choices=("short", "dear", "main"))
    parser.addoption("--may-be-none", action="store_true")
