"""Which tests a ring has: `short` what is cheap and one of each dear file, `dear` all the others."""

from unittest.mock import Mock

import pytest

from ..choosing import MAX_REPRESENTATIVE, choose
from ..costs import DEAR, Costs
from ..store import cost_of_file, group_costs


def item(nodeid: str, *, main: bool = False) -> pytest.Item:
    found: pytest.Item = Mock(nodeid=nodeid, get_closest_marker=lambda name: main and name == "main")
    return found


def chosen(ring: str, items: list[pytest.Item], monkeypatch: pytest.MonkeyPatch, costs: Costs) -> list[str]:
    monkeypatch.setattr("tests.rings.choosing.read_costs", lambda: costs)
    config = Mock(getoption=lambda name: {"--ring": ring}[name])
    return [each.nodeid for each in choose(config, items)]


COSTS = Costs(
    {
        "mixed.py": {"each": 0.01, "dear": {"test_dear": 2.0, "test_main": 5.0}},
        "dear.py": {"each": DEAR, "dear": {"test_more": 1.0, "test_less": 0.5}},
        "dearest.py": {"each": DEAR, "dear": {"test_it": MAX_REPRESENTATIVE + 1}},
    }
)
ITEMS = [
    item("mixed.py::test_cheap"),
    item("mixed.py::test_dear"),
    item("mixed.py::test_main", main=True),
    item("dear.py::test_more"),
    item("dear.py::test_less"),
    item("dearest.py::test_it"),
    item("new.py::test_it"),
]


def test_short_has_what_is_cheap_what_is_main_and_the_cheapest_of_a_dear_file(monkeypatch: pytest.MonkeyPatch) -> None:
    short = chosen("short", ITEMS, monkeypatch, COSTS)
    assert short == ["mixed.py::test_cheap", "mixed.py::test_main", "dear.py::test_less", "new.py::test_it"]
    assert chosen("main", ITEMS, monkeypatch, COSTS) == ["mixed.py::test_main"]


def test_main_has_one_case_of_each_function_and_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [
        item(f"browser.py::test_{name}[{case}]", main=True) for name in "abcdefgh" for case in ("sq", "en", "wide")
    ]
    main = chosen("main", cases, monkeypatch, COSTS)
    assert [nodeid.partition("[")[0] for nodeid in main] == [f"browser.py::test_{name}" for name in "abcdefgh"]
    assert len({nodeid.partition("[")[2] for nodeid in main}) > 1
    assert chosen("main", cases, monkeypatch, COSTS) == main


def test_dear_has_all_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    short, dear = (chosen(ring, ITEMS, monkeypatch, COSTS) for ring in ("short", "dear"))
    assert sorted(short + dear) == sorted(each.nodeid for each in ITEMS)


def test_what_the_first_test_makes_for_all_is_divided_among_them() -> None:
    usual = {"setup": 0.01, "call": 0.04, "teardown": 0.0}
    stored = cost_of_file(
        {"test_first": {**usual, "setup": 1.01}, "test_dear": {**usual, "call": 0.5}, "test_c": usual}
    )
    assert stored["dear"].keys() == {"test_first", "test_dear", "test_c"}
    assert stored["dear"]["test_first"] == pytest.approx(0.05 + 1 / 3, abs=0.01)
    assert stored["dear"]["test_dear"] == pytest.approx(0.51 + 1 / 3, abs=0.01)


def test_a_file_of_cheap_tests_has_one_number_and_no_names() -> None:
    line = {"test": "a.py::test_it", "setup": 0.01, "call": 0.03, "teardown": 0.01}
    assert group_costs([line, {**line, "test": "a.py::test_other"}]) == {"a.py": {"each": 0.05, "dear": {}}}
