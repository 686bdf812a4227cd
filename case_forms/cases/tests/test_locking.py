"""How a case is locked."""

import ast
from pathlib import Path

ROOMS = Path(__file__).resolve().parents[2]


def test_whoever_locks_a_case_leaves_its_key_free_for_rows_that_name_it() -> None:
    """Else whoever holds the audit chain waits for the case on PostgreSQL, and whoever holds the case for the chain."""
    found = [
        (path.name, call.lineno, {word.arg for word in call.keywords})
        for path in ROOMS.rglob("*.py")
        if "tests" not in path.relative_to(ROOMS).parts
        for call in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "Case.objects.select_for_update"
    ]
    assert len(found) >= 4
    assert [where for *where, words in found if "no_key" not in words] == []
