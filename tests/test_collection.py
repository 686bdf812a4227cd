"""No test is lost: each file that holds one is found by pytest, and belongs to a leg of `make test`."""

import ast
import fnmatch
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .legs import COVERED, TAKE_BRANCHES, UNITS, build_changed, build_short, build_turns
from .marked_files import RANDOM, check_none_is_missed, find_files, mark_random

ROOT = Path(__file__).resolve().parents[1]
WAIT = ".wait_for" + "_timeout("  # so that this file does not find itself
OUTSIDE = {".venv", "var", "bench", "node_modules"}


def files_with_tests() -> Iterator[Path]:
    for path in ROOT.rglob("*.py"):
        inside = path.relative_to(ROOT)
        if OUTSIDE & set(inside.parts) or "tests" not in inside.parts[:-1]:
            continue
        for node in ast.parse(path.read_bytes()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield inside
                break
            if isinstance(node, ast.ClassDef) and any(
                isinstance(part, ast.FunctionDef) and part.name.startswith("test_") for part in node.body
            ):
                yield inside
                break


def test_every_file_that_holds_a_test_has_a_name_that_pytest_looks_for(pytestconfig: pytest.Config) -> None:
    patterns, folders = pytestconfig.getini("python_files"), pytestconfig.getini("testpaths")
    found = set(files_with_tests())
    assert len(found) > 250
    lost = [
        str(path)
        for path in found
        if path.parts[0] not in folders or not any(fnmatch.fnmatch(path.name, pattern) for pattern in patterns)
    ]
    assert lost == []


def test_nobody_waits_for_a_length_of_time_in_a_browser() -> None:
    waiting = [
        str(path.relative_to(ROOT))
        for path in ROOT.glob("*/**/test_*.py")
        if not OUTSIDE & set(path.relative_to(ROOT).parts) and WAIT in path.read_text()
    ]
    assert waiting == []


def called(statement: ast.stmt) -> str:
    """The last name of what a statement calls and throws away: `page.locator("a").click()` -> "click"."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name))):
            return name
    return ""


def test_nothing_is_measured_in_a_browser_before_the_page_that_a_press_leads_to_is_there() -> None:
    files = [*ROOT.glob("tests/browser/*.py"), *ROOT.glob("tests/public/*.py")]
    hasty = [
        f"{path.name}:{after.lineno}"
        for path in files
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(body := getattr(node, "body", None), list)
        for before, after in pairwise(body)
        if called(before) == "click" and called(after) in {"fits", "show", "picture"}
    ]
    assert len(files) > 40
    assert hasty == [], "use `follow`, or expect something of the new page first"


def short_commands() -> dict[str, tuple[str, ...]]:
    return {leg.name: leg.command for lanes in build_short() for lane in lanes for leg in lane}


def all_commands() -> dict[str, tuple[str, ...]]:
    return {leg.name: leg.command for turn in build_turns() for leg in turn.legs}


def test_every_leg_that_runs_tests_knows_how_many_it_has() -> None:
    assert short_commands().keys() == {"lint", "units", "browser", "public", "chaos", "servers", "clock"}
    assert all_commands().keys() >= {"dear", "browser", "public", "chaos", "servers", "coverage", "examples", "clock"}
    for name, command in (*short_commands().items(), *all_commands().items()):
        if "pytest" in command and name != "clock":
            assert int(command[command.index("--at-least") + 1]) >= 4, name


def test_what_notes_branches_the_other_units_leave_out_and_nothing_else() -> None:
    """Each unit in one leg: a path in `branches` or not, and what is random in `examples` as well."""
    noted, others, examples = (all_commands()[name] for name in ("branches", "lines", "examples"))
    assert {word for word in others if word.startswith("--ignore")} == {f"--ignore={path}" for path in TAKE_BRANCHES}
    assert set(TAKE_BRANCHES) <= set(noted)
    assert [path for path in TAKE_BRANCHES if not (ROOT / path).exists()] == []
    measured = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["coverage"]["run"]["source"]
    assert tuple(measured) == COVERED
    marks = [command[command.index("-m", 3) + 1] for command in (noted, others, examples)]
    assert marks == [UNITS, f"{UNITS} and not random", f"random and ({UNITS})"]


def test_a_leg_with_a_mark_of_its_own_collects_each_file_that_names_it() -> None:
    """Each file in one leg, not in two."""
    for commands in (all_commands(), short_commands()):
        for names, mark, at_least in ((("browser", "public"), "browser", 30), (("chaos",), "faults", 4)):
            found = find_files(mark)
            assert len(found) >= at_least
            collected = [path for name in names for path in commands[name] if path.endswith(".py")]
            assert sorted(collected) == found


def test_a_change_of_nothing_has_no_leg_and_one_of_everything_has_each() -> None:
    assert build_changed([]) == []
    every = [str(path) for path in files_with_tests()]
    names = {leg.name for lanes in build_changed(every) for lane in lanes for leg in lane}
    assert names == {"dear", "browser", "public", "chaos", "servers", "clock"}


def test_a_marked_test_whose_file_does_not_name_the_mark_is_not_lost_in_silence(request: pytest.FixtureRequest) -> None:
    inherits = Mock(path=ROOT / "tests" / "run.py", nodeid="lost", get_closest_marker=lambda name: name == "browser")
    with pytest.raises(pytest.UsageError, match="lost"):
        check_none_is_missed([request.node, inherits])
    check_none_is_missed([request.node])


@given(st.none())
def tries_examples(_nothing: None) -> None:
    pass


@pytest.mark.parametrize(
    ("of_its_file", "function", "marked"),
    [
        ("import pytest", tries_examples, True),
        ("import pytest", files_with_tests, False),
        ("import hypothesis", files_with_tests, False),
        ("from tests.examples import FACTOR", files_with_tests, True),
    ],
    ids=["Hypothesis' own", "none", "beside Hypothesis' own", "counts itself"],
)
def test_what_tries_random_examples_is_marked_and_nothing_else(
    tmp_path: Path, of_its_file: str, function: object, marked: bool
) -> None:
    path = tmp_path / "test_it.py"
    path.write_text(of_its_file)
    item = Mock(path=path, obj=function)
    mark_random([item])
    assert [call.args for call in item.add_marker.mock_calls] == ([(RANDOM,)] if marked else [])
