"""The mutation leg itself, really run on a tiny module: what is noticed, what lives, what hangs, what is equal."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .choice import Equal, Module, draw, find_all, read_list
from .leg import Outcome, Tried
from .mutants import Mutant, find_mutants
from .operators import change, change_sql
from .report import score

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="older ones write code anew otherwise, and can't say what is entered"
)
ROOT = Path(__file__).resolve().parents[2]
SAMPLE = "tests/mutation/sample/counting.py"
LIST = ROOT / "tests/mutation/sample/modules.toml"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every mutant of the sample, tried. {"status", "output", and what the JSON holds}"""
    into = tmp_path_factory.mktemp("mutation") / "result.json"
    command = [sys.executable, "-m", "tests.mutation", "--list", str(LIST), "--count", "99", "--into", str(into)]
    done = subprocess.run([*command, "--patience", "2"], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert into.exists(), done.stdout + done.stderr
    return {"status": done.returncode, "output": done.stdout, **json.loads(into.read_text())}


def outcome(ran: dict[str, Any], *difference: str) -> list[str]:
    return [each["outcome"] for each in ran["mutants"] if each["difference"] == list(difference)]


def test_a_mutant_is_noticed_or_lives_or_hangs_or_is_reached_by_nobody(ran: dict[str, Any]) -> None:
    assert outcome(ran, "- return price + price // 5", "+ return price - price // 5") == [Outcome.FAILED]
    assert outcome(ran, "- return age >= 18", "+ return age > 18") == [Outcome.ALIVE]
    assert outcome(ran, "- left -= 1", "+ pass") == [Outcome.HUNG]
    assert outcome(ran, "- return name or 'nobody'", "+ return name and 'nobody'") == [Outcome.NOT_REACHED]


def test_what_lives_is_said_with_its_place_and_fails_the_run(ran: dict[str, Any]) -> None:
    line = next(number for number, text in enumerate((ROOT / SAMPLE).read_text().splitlines(), 1) if ">= 18" in text)
    assert f"{SAMPLE}:{line} is_grown_up: alive (1 of 1 tests tried)\n    - return age >= 18" in ran["output"]
    assert ran["status"] == 1
    caught = sum(each["is_caught"] for each in ran["mutants"])
    assert ran["score"] == pytest.approx(100 * caught / len(ran["mutants"]), abs=0.1)
    assert 0 < ran["score"] < 85
    assert all(each["by"].startswith("tests/mutation/sample/") for each in ran["mutants"] if each["is_caught"])


def test_an_equal_mutant_is_not_among_them(ran: dict[str, Any]) -> None:
    modules, equal = read_list(LIST, [])
    (every,) = find_all(ROOT, modules, []).values()
    (without,) = find_all(ROOT, modules, equal).values()
    assert len(ran["mutants"]) == len(without) == len(every) - len(equal)
    assert set(every) - set(without) == {
        each for each in every if each.function == "get_larger" and ">=" in each.difference
    }


@pytest.mark.parametrize(
    "said",
    [
        Equal(SAMPLE, "is_grown_up", "- return age >= 17\n+ return age > 17", "the line has changed since"),
        Equal(SAMPLE, "is_grown_up", "- return age >= 18\n+ return age > 18", " "),
    ],
)
def test_one_that_is_said_to_be_equal_and_is_not_there_or_without_a_reason_is_refused(said: Equal) -> None:
    with pytest.raises(ValueError, match="said to be equal"):
        find_all(ROOT, [Module(SAMPLE, ())], [said])


def test_every_one_that_is_said_to_be_equal_is_there() -> None:
    modules, equal = read_list(ROOT / "tests/mutation/modules.toml", [])
    assert all(find_all(ROOT, modules, equal).values())
    assert all((ROOT / path).exists() for module in modules for path in module.tests)


def test_the_same_seed_draws_the_same_and_each_module_has_its_turn() -> None:
    modules, equal = read_list(ROOT / "tests/mutation/modules.toml", [])
    mutants = find_all(ROOT, modules, equal)
    drawn = draw(mutants, 60, "one")
    assert drawn == draw(dict(reversed(mutants.items())), 60, "one")
    assert drawn != draw(mutants, 60, "another")
    assert len(drawn) == len({id(each) for each in drawn}) == 60
    assert {each.path for each in drawn} == {each.path for each in modules}


def changed(written: str) -> set[str]:
    """All that a line could be by mistake, with everything in it."""
    tree = ast.parse(written)
    return {ast.unparse(new) for node in ast.walk(tree) for new in change(node)}


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("a < b", {"a <= b", "a >= b"}),
        ("a and b and c", {"a or b or c", "b and c", "a and c", "a and b"}),
        ("raise Odd(a) from None", {"pass", "raise Odd(a)"}),
        ("f(a, b=c)", {"pass", "f(a)"}),
        ("log.info('x', a=b)", {"'other'"}),
        ("return a", {"return None"}),
        ("return f('code', 'Words for a person.')", {"return None", "'other'"}),
        ("n += 1", {"pass", "2"}),
        ("b'x' + a", {"b'x'", "a", "b'xother'"}),
    ],
)
def test_what_can_be_wrong_with_a_line(written: str, wrong: set[str]) -> None:
    # A log is neither lost nor shortened; its words are left out by whoever walks.
    assert changed(written) - {"''"} == wrong


def test_a_statement_loses_each_of_its_conditions_its_order_and_a_boundary() -> None:
    written = "SELECT id FROM a WHERE b = 1 AND c <= 2 AND d IN (SELECT"
    assert set(change_sql(written)) == {
        "SELECT id FROM a WHERE b = 1 AND d IN (SELECT",
        "SELECT id FROM a WHERE b = 1 AND c < 2 AND d IN (SELECT",
    }
    assert "SELECT id FROM a LIMIT 3" in set(change_sql("SELECT id FROM a ORDER BY b, c LIMIT 3"))


def test_words_for_people_annotations_and_what_another_database_does_are_left_alone(tmp_path: Path) -> None:
    text = (
        "class A:\n    def f(self, n: 'int' = 1) -> 'int':\n        'Word.'\n        log.info('w', n=2)\n"
        "        if c.vendor == 'postgresql':\n            f(n=3)\n"
        "        assert n != 3\n        m: 'str' = _('w')\n        raise Odd('w')\n"
        "    def __repr__(self):\n        return 'w'\n"
    )
    (tmp_path / "a.py").write_text(text)
    found = [each.difference for each in find_mutants(tmp_path, "a.py") if "vendor" not in each.difference]
    assert found == ["- raise Odd('w')\n+ pass"]


def test_half_of_four_is_a_score_of_fifty() -> None:
    mutant = Mutant("a.py", "f", (1, 1), "- a\n+ b", lambda _name: compile("", "a.py", "exec"))
    tried = [Tried(mutant, each) for each in (Outcome.FAILED, Outcome.HUNG, Outcome.ALIVE, Outcome.NOT_REACHED)]
    assert score(tried) == 50
    assert score([]) == 0
