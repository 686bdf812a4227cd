"""`python -m config.migration_check`: refuse a migration on whose schema the code of the release before can't work.

While a release is put in place, and after it was taken back, old code runs on the new schema. So a release only adds
(expand); what nothing reads any more goes with the one after it (contract). Looked at are the migrations that aren't
yet in `data/released_migrations.txt`; `--release` adds them. One that breaks old code and must all the same says why in
its class: `breaks_old_code = "..."`. What RunPython does isn't looked at.
"""

import os
import sys
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from .migrating.earlier import EarlierLoader
from .migrating.own import is_ours

RELEASED = Path(__file__).parent / "data" / "released_migrations.txt"
REASON = "breaks_old_code"
GONE = (operations.RemoveField, operations.DeleteModel, operations.RenameField, operations.RenameModel)
TIGHTER = (operations.AddConstraint, operations.AlterUniqueTogether)


@dataclass(frozen=True)
class Finding:
    """What old code can't work with. `reason`: why that is accepted, "" when it isn't."""

    migration: str
    words: str
    reason: str


def main(arguments: list[str]) -> int:
    """Check, or note all as released with `--release`. Returns the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    if not apps.ready:  # setting up once more would configure the log anew
        django.setup()
    # A database of an older release comes by the earlier ones; what was squashed adds nothing to them.
    loaders = (EarlierLoader(None), MigrationLoader(None))
    if arguments == ["--release"]:
        names = {name for loader in loaders for name in _list_ours(loader, with_squashed=True)}
        RELEASED.write_text("".join(f"{name}\n" for name in sorted(names)))
        return 0
    released = set(RELEASED.read_text().split())
    new = [(loader, name) for loader in loaders for name in _list_ours(loader) if name not in released]
    own = {model for loader, name in new for model in _iter_made(loader, name)}
    found = [each for loader, name in new for each in check(loader, name, own)]
    for each in found:
        accepted = f" (accepted: {each.reason})" if each.reason else ""
        sys.stdout.write(f"{each.migration}: {each.words}{accepted}\n")
    refused = [each for each in found if not each.reason]
    if refused:
        sys.stdout.write(
            "The release before can't run on that schema. Add first, remove with a later release; or say in the"
            f' migration why it must be: {REASON} = "..." (CONTRIBUTING.md).\n'
        )
    return 1 if refused else 0


def _list_ours(loader: MigrationLoader, *, with_squashed: bool = False) -> list[str]:
    found = loader.disk_migrations.items()
    return sorted(
        f"{app}.{name}" for (app, name), each in found if is_ours(each) and (with_squashed or not each.replaces)
    )


def _iter_made(loader: MigrationLoader, name: str) -> Iterator[tuple[str, str]]:
    app, _dot, last = name.partition(".")
    for operation in loader.disk_migrations[app, last].operations:
        if isinstance(operation, operations.CreateModel):
            yield app, operation.name_lower


def check(loader: MigrationLoader, name: str, own: AbstractSet[tuple[str, str]] = frozenset()) -> Iterator[Finding]:
    """Yield what of this migration (`app.name`) breaks old code.

    `own`: models (app, name) that old code doesn't know.
    """
    app, _dot, last = name.partition(".")
    migration = loader.disk_migrations[app, last]
    state = loader.project_state((app, last), at_end=False)
    yield from check_operations(migration, app, state, own)


def check_operations(
    migration: Migration, app: str, state: ProjectState, own: AbstractSet[tuple[str, str]] = frozenset()
) -> Iterator[Finding]:
    """As `check`, of a migration that starts at this state, which is moved forward."""
    reason = str(getattr(migration, REASON, ""))
    for operation in migration.operations:
        model = getattr(operation, "model_name", None) or getattr(operation, "name", "")
        if (app, str(model).lower()) not in own:
            yield from (Finding(f"{app}.{migration.name}", words, reason) for words in _judge(operation, app, state))
        operation.state_forwards(app, state)


def _judge(operation: Any, app: str, state: ProjectState) -> Iterator[str]:
    if isinstance(operation, operations.SeparateDatabaseAndState):
        for each in operation.database_operations:
            yield from _judge(each, app, state)
    elif isinstance(operation, (*GONE, operations.AlterModelTable)):
        yield f"{operation.describe()}: old code still reads and writes it"
    elif isinstance(operation, TIGHTER):
        yield f"{operation.describe()}: old code may write what it refuses"
    elif isinstance(operation, operations.RunSQL):
        yield "it runs SQL, which isn't read here"
    elif isinstance(operation, operations.AddField):
        if _must_be_given(operation.field):
            yield f"{operation.describe()}: old code adds rows without it; let it be null, or give it a db_default"
    elif isinstance(operation, operations.AlterField):
        before = state.models[app, operation.model_name_lower].fields.get(operation.name)
        if before is not None:
            yield from (f"{operation.describe()}: {words}" for words in _compare(before, operation.field))


def _must_be_given(field: Any) -> bool:
    return not (field.null or field.many_to_many or field.has_db_default())


def _compare(before: Any, after: Any) -> Iterator[str]:
    if before.null and not after.null and not after.has_db_default():
        yield "it may no longer be null, as old code writes it"
    if after.unique and not before.unique:
        yield "it is unique now, and old code may write it twice"
    if before.max_length and after.max_length and after.max_length < before.max_length:
        yield "it takes less than old code writes"
    if before.get_internal_type() != after.get_internal_type() and not _is_wider(before, after):
        yield f"it was {before.get_internal_type()}, and is {after.get_internal_type()}"


def _is_wider(before: Any, after: Any) -> bool:
    if isinstance(before, models.CharField) and isinstance(after, models.TextField):
        return True
    kinds = ("SmallIntegerField", "IntegerField", "BigIntegerField")
    names = before.get_internal_type(), after.get_internal_type()
    return set(names) <= set(kinds) and kinds.index(names[0]) < kinds.index(names[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
