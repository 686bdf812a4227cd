"""What tests of pages wait for is waited for."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent


def find_promises(source: str) -> Iterator[int]:
    """Find the lines of `wait_for_function` with JavaScript that gives a promise.

    Playwright takes a promise for "yes" before it is kept: such a wait ends at once. `quiet.until` with `evaluate`
    waits.
    """
    tree = ast.parse(source)
    named = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        if node.func.attr != "wait_for_function":
            continue
        asked = node.args[0]
        if isinstance(asked, ast.Name):
            asked = named.get(asked.id, asked)
        script = ast.unparse(asked)
        if "async " in script or ".then(" in script or "Promise" in script:
            yield node.lineno


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        ('page.wait_for_function("() => window.done")', []),
        ('page.wait_for_function("async () => (await caches.keys()).length")', [1]),
        ('page.wait_for_function("() => caches.keys().then((all) => all.length)")', [1]),
        ('HAS = """async () => 1"""\npage.wait_for_function(HAS, arg=2)', [2]),
    ],
)
def test_a_wait_for_a_promise_is_found(script: str, lines: list[int]) -> None:
    assert [*find_promises(script)] == lines


def test_no_test_and_no_bench_waits_for_a_promise() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted(ROOT.rglob("*.py"))
        if path != Path(__file__)
        for line in find_promises(path.read_text())
    }
    assert found == set()
