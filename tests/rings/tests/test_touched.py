"""What a change touches: what used a changed file, what imports one, and what nobody can say anything of."""

import pytest

from .. import touched
from ..bodies import stays_inside_functions
from ..touched import find_importing, find_test_files, find_touched_by, name_of
from ..turns import find_turn, take_next
from ..used import Used

TEXT = "import x\nA = 1\n\ndef f(a):\n    return 1\n\nclass B:\n    c = 1\n    def g(self):\n        return 2\n"


@pytest.mark.parametrize(
    ("after", "stays"),
    [
        pytest.param(TEXT.replace("return 1", "return 3"), True, id="a body"),
        pytest.param(TEXT.replace("return 2", "return 3"), True, id="a method's body"),
        pytest.param(TEXT.replace("import x", "import y"), True, id="an import"),
        pytest.param(f"{TEXT}\ndef new():\n    pass\n", True, id="a new function"),
        pytest.param(f"{TEXT}\n@register\ndef new():\n    pass\n", False, id="a new function that is registered"),
        pytest.param(TEXT.replace("A = 1", "A = 2"), False, id="a constant"),
        pytest.param(TEXT.replace("f(a)", "f(a=1)"), False, id="a default"),
        pytest.param(TEXT.replace("c = 1", "c = 2"), False, id="an attribute of a class"),
        pytest.param(TEXT.replace("def f", "def h"), False, id="another name"),
        pytest.param(TEXT.replace("def g", "def save"), False, id="another method"),
        pytest.param("", False, id="all of it"),
        pytest.param("def f(:", False, id="what can't be read"),
    ],
)
def test_only_what_stays_inside_functions_leaves_the_imports_out(after: str, stays: bool) -> None:
    assert stays_inside_functions(TEXT, after) is stays


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> Used:
    used = Used("", [], {})
    for test in find_test_files():
        used.note(test, [])
    monkeypatch.setattr(touched, "read_used", lambda: used)
    return used


POLICY, ITS_TEST, FAR = (
    "site/access/policy.py",
    "site/access/tests/test_policy_table.py",
    "content/tests/test_reports.py",
)


def test_what_used_a_file_is_touched_by_it_and_so_is_what_imports_it(record: Used) -> None:
    assert FAR not in dict(find_touched_by(POLICY))
    record.note(FAR, [POLICY])
    assert dict(find_touched_by(POLICY))[FAR] == f"used {POLICY}"
    assert ITS_TEST in find_importing(POLICY)
    assert ITS_TEST in dict(find_touched_by(POLICY))


def test_a_test_file_that_has_moved_since_the_record_is_not_asked_for(
    record: Used, monkeypatch: pytest.MonkeyPatch
) -> None:
    record.note("site/access/tests/test_moved.py", [POLICY])
    monkeypatch.setattr(touched, "changed_files", lambda _since: [POLICY, "site/access/tests/test_moved.py"])
    found = touched.find_touched("HEAD")
    assert ITS_TEST in found
    assert set(found) <= set(find_test_files())


def test_where_the_record_is_enough_imports_count_only_for_what_has_changed_since(record: Used) -> None:
    record.note(FAR, [POLICY])
    assert dict(find_touched_by(POLICY, stale=set())).keys() == {FAR}
    assert ITS_TEST in dict(find_touched_by(POLICY, stale={ITS_TEST}))


def test_a_template_a_script_and_data_touch_what_read_them(record: Used) -> None:
    for path in ("templates/base.html", "static/js/logic.js", "case_forms/procedures/data/sop_dcm_499_2018.json"):
        record.note(FAR, [path])
        found = dict(find_touched_by(path))
        assert found.pop(FAR) == f"used {path}"
        assert all(test.startswith("tests/public/") for test in found)


def test_what_runs_in_processes_of_its_own_is_touched_by_the_work_that_it_watches(record: Used) -> None:
    record.note(FAR, ["notifications/outbox/claiming.py"])
    found = dict(find_touched_by("notifications/outbox/claiming.py", stale=set()))
    assert found["tests/chaos/test_faults.py"] == "watches notifications/outbox/claiming.py"
    assert {test for test in found if not test.startswith("tests/chaos/")} == {FAR}


@pytest.mark.parametrize(
    "path",
    [
        "requirements.txt",
        "conftest.py",
        "site/config/settings/base.py",
        "site/access/migrations/0099_x.py",
        "tests/rows.py",
    ],
)
def test_what_all_stand_on_touches_all(record: Used, path: str) -> None:
    assert dict(find_touched_by(path)).keys() == set(find_test_files())


@pytest.mark.parametrize("path", ["CHANGELOG.md", "docs/adr/0001-x.md", "tests/rings/used.json"])
def test_what_no_test_reads_touches_none(record: Used, path: str) -> None:
    assert dict(find_touched_by(path)) == {}


def test_a_test_that_was_never_recorded_is_touched_by_its_room_alone(record: Used) -> None:
    record.tests.remove(ITS_TEST)
    assert ITS_TEST in dict(find_touched_by("site/access/a_new_file.html"))
    assert ITS_TEST not in dict(find_touched_by("content/a_new_file.html"))


def test_a_file_that_nobody_used_touches_the_tests_next_to_it(record: Used) -> None:
    found = dict(find_touched_by("site/access/data/a_new_file.json"))
    assert ITS_TEST in found
    assert all(test.startswith("site/access/tests/") for test in found)


def test_a_conftest_touches_all_below_it(record: Used) -> None:
    found = dict(find_touched_by("tests/browser/conftest.py"))
    assert {test for test in find_test_files() if test.startswith("tests/browser/")} <= set(found)


def test_a_file_is_imported_by_the_name_that_its_root_gives() -> None:
    assert name_of("site/access/policy.py") == "access.policy"
    assert name_of("case_forms/cases/__init__.py") == "case_forms.cases"


def test_turns_go_round_and_the_last_that_was_taken_stays_until_the_next_is(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tests.rings.turns.STORED", tmp_path / "turns.jsonl")
    legs = ["a", "b", "c"]
    assert find_turn(legs) == "a"
    assert [take_next(legs) for _turn in range(4)] == ["a", "b", "c", "a"]
    assert [find_turn(legs), find_turn(legs)] == ["a", "a"]
    assert find_turn(["b", "c"]) == "c", "a leg that is gone has had no turn"
