"""A process that is killed while it moves a form or merges two cases has done all of it or nothing.

In a file of SQLite it runs beside the browsers' tests, on PostgreSQL with what locks.
"""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from access.models import User
from audit.verification import verify_chain
from case_forms.cases.finding.merging import approve_merge, propose_merge
from case_forms.cases.finding.models import CaseMerge
from case_forms.cases.models import Case, FormMove
from tests.world.places import make_coordinator
from tests.world.scene import Scene, make_scene
from vault import data_keys

from ..models import Submission
from ..moving.actions import agree_to_move, propose_move

IS_ON_A_SERVER = os.environ.get("DATABASE_URL", "").startswith("postgres")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    *([] if IS_ON_A_SERVER else [pytest.mark.browser]),
]
WRITES = ("INSERT", "UPDATE", "DELETE")
PARTS = 5  # the process dies before the first of its writings, after the last but one, and between them


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.VAULT_CASE_KEY_DIR = tmp_path / "case_keys"
    settings.ATTACHMENT_DIR = tmp_path / "attachments"
    data_keys._cached.clear()
    yield
    data_keys._cached.clear()


class _Writings:
    """Counts what is written, and kills this process before the n-th."""

    def __init__(self, deadly: int = 0) -> None:
        self.count, self.deadly = 0, deadly

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(WRITES):
            self.count += 1
            if self.count == self.deadly:
                os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)


def count_writings(deed: Callable[[], Any]) -> int:
    writings = _Writings()
    with transaction.atomic(), connection.execute_wrapper(writings):
        deed()
        transaction.set_rollback(True)
    return writings.count


def die_in_the_middle(deed: Callable[[], Any], at: int) -> None:
    """Do it in a process of its own, which is killed before this writing."""
    connection.close()  # each of the two processes opens one of its own
    if not (child := os.fork()):
        try:
            with connection.execute_wrapper(_Writings(at)):
                deed()
        finally:
            os._exit(0)  # it was not killed: the parent says so
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


def read_everything() -> dict[str, list[str]]:
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            found[table] = sorted(map(str, cursor.fetchall()))
    return found


def assert_all_or_nothing(deed: Callable[[], Any]) -> None:
    count = count_writings(deed)
    assert count > PARTS
    before = read_everything()
    for part in range(PARTS):
        die_in_the_middle(deed, 1 + part * (count - 1) // (PARTS - 1))
        assert read_everything() == before
    # Nobody has to clear anything up: no lock is left, and the next one who presses is the first.
    deed()
    assert read_everything() != before
    assert verify_chain().ok


def begin() -> tuple[Scene, Case, Case, User]:
    scene = make_scene()
    first, second = scene.send().submission.case, scene.send().submission.case
    assert first is not None
    assert second is not None
    return scene, first, second, make_coordinator(scene.place)


def test_a_form_is_moved_whole_or_not_at_all() -> None:
    scene, wrong, right, second = begin()
    sent = scene.follow(wrong.reference, new_status="victim").submission
    move = propose_move(submission=sent, target=right, reason="Her sister.", by=scene.worker)
    assert_all_or_nothing(lambda: agree_to_move(move=FormMove.objects.get(pk=move.pk), by=second))
    assert Submission.objects.get(pk=sent.pk).case == right


def test_two_cases_are_merged_whole_or_not_at_all() -> None:
    scene, kept, duplicate, second = begin()
    scene.follow(duplicate.reference, new_status="victim")
    merge = propose_merge(kept=kept, duplicate=duplicate, by=scene.worker)
    assert_all_or_nothing(lambda: approve_merge(merge=CaseMerge.objects.get(pk=merge.pk), by=second))
    assert Case.objects.get(pk=duplicate.pk).merged_into == kept
