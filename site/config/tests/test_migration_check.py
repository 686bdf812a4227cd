"""A migration on whose schema the release before can't work is refused, unless it says why it must be."""

import pytest
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState

from config import migration_check
from config.migrating.earlier import EarlierLoader
from config.migration_check import RELEASED, check_operations

pytestmark = pytest.mark.django_db


def find(
    *given: operations.base.Operation, reason: str = "", own: frozenset[tuple[str, str]] = frozenset()
) -> list[str]:
    state = ProjectState()
    fields: list[tuple[str, models.Field]] = [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=20, null=True)),
        ("amount", models.IntegerField()),
    ]
    state.add_model(ModelState("app", "Thing", fields))
    migration = Migration("0002_later", "app")
    migration.operations = list(given)
    if reason:
        migration.breaks_old_code = reason  # type: ignore[attr-defined]
    return [f"{each.words} {each.reason}" for each in check_operations(migration, "app", state, own)]


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (operations.AddField("thing", "new", models.TextField(default="")), "adds rows without it"),
        (operations.RemoveField("thing", "name"), "still reads"),
        (operations.RenameField("thing", "name", "title"), "still reads"),
        (operations.DeleteModel("thing"), "still reads"),
        (operations.AlterModelTable("thing", "elsewhere"), "still reads"),
        (operations.AlterField("thing", "name", models.CharField(max_length=20)), "no longer be null"),
        (operations.AlterField("thing", "name", models.CharField(max_length=10, null=True)), "takes less"),
        (operations.AlterField("thing", "amount", models.IntegerField(unique=True)), "write it twice"),
        (operations.AlterField("thing", "amount", models.TextField()), "was IntegerField"),
        (operations.AddConstraint("thing", models.UniqueConstraint(fields=["amount"], name="one")), "it refuses"),
        (operations.RunSQL("SELECT 1"), "isn't read"),
        (operations.SeparateDatabaseAndState(database_operations=[operations.RunSQL("SELECT 1")]), "isn't read"),
    ],
)
def test_what_old_code_cannot_work_with_is_named(operation: operations.base.Operation, words: str) -> None:
    (found,) = find(operation)
    assert words in found


@pytest.mark.parametrize(
    "operation",
    [
        operations.AddField("thing", "new", models.TextField(null=True)),
        operations.AddField("thing", "new", models.TextField(default="", db_default="")),
        operations.CreateModel("other", [("id", models.BigAutoField(primary_key=True))]),
        operations.AlterField("thing", "name", models.TextField(null=True)),
        operations.AlterField("thing", "amount", models.BigIntegerField()),
        operations.AddIndex("thing", models.Index(fields=["amount"], name="by_amount")),
        operations.RunPython(operations.RunPython.noop),
    ],
)
def test_what_only_adds_is_let_through(operation: operations.base.Operation) -> None:
    assert not find(operation)


def test_a_reason_is_carried_along() -> None:
    (found,) = find(operations.RemoveField("thing", "name"), reason="nothing reads it since 1.2")
    assert found.endswith("nothing reads it since 1.2")


def test_a_model_that_old_code_does_not_know_may_change() -> None:
    assert not find(operations.RemoveField("Thing", "name"), own=frozenset({("app", "thing")}))


def test_what_is_not_released_is_looked_at(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert migration_check.main([]) == 0
    capsys.readouterr()
    left = set(RELEASED.read_text().split()) - {"review.0006_deleted_pages", "devices.0001_initial"}
    monkeypatch.setattr(migration_check, "RELEASED", _File("\n".join(left)))
    assert migration_check.main([]) == 1
    lines = capsys.readouterr().out.splitlines()
    found, advice = (line for line in lines if "(accepted" not in line)
    assert found.startswith("review.0006_deleted_pages: Add field for_good to deletionrequest: old code adds rows")
    assert "breaks_old_code" in advice


def test_every_released_migration_is_still_there() -> None:
    known = {
        f"{app}.{name}" for app, name in EarlierLoader(None).disk_migrations | MigrationLoader(None).disk_migrations
    }
    assert set(RELEASED.read_text().split()) <= known


class _File:
    def __init__(self, text: str) -> None:
        self.text = text

    def read_text(self) -> str:
        return self.text
