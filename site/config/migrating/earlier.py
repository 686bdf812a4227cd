"""The earlier migrations: what databases of releases before the squashed ones are brought along by (docs/adr/0245).

They stand as they were written in `<app>/migrations/earlier/`, where Django doesn't look. A database that has some of
what an app's squashed migration replaces first gets all of them here; Django then notes the squashed ones as applied.
"""

from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from ..rendering import render_quickly
from .own import is_ours, is_own_folder


class EarlierLoader(MigrationLoader):
    """Reads the earlier migrations of our apps, and others' as they stand. Apps that came later have none."""

    @classmethod
    def migrations_module(cls, app_label: str) -> tuple[str | None, bool]:
        name, explicit = super().migrations_module(app_label)
        if name is None or not is_own_folder(apps.get_app_config(app_label).path):
            return name, explicit
        try:
            found = find_spec(f"{name}.earlier")
        except ModuleNotFoundError:  # an app without migrations
            return name, explicit
        return (f"{name}.earlier", explicit) if found else (None, True)


class EarlierExecutor(MigrationExecutor):
    """Django's, with the earlier migrations in place of the squashed ones."""

    def __init__(self, connection: Any) -> None:
        # Not Django's own: it would read the squashed migrations, which such a database can't have.
        self.connection = connection
        self.loader = EarlierLoader(connection)
        self.recorder = MigrationRecorder(connection)
        self.progress_callback = None


def needs_earlier(connection: Any) -> bool:
    """Tell whether this database is on its way through the earlier migrations.

    It is if it has a part of what one squashed migration replaces, or all of one and not what that one stands on. A
    first start that was interrupted has each of them whole or not at all, in their order, and goes on with them.
    """
    applied = set(MigrationRecorder(connection).applied_migrations())
    squashed = {key: each for key, each in _read_squashed().items() if key not in applied}
    parts = {key: len(applied & set(each.replaces)) for key, each in squashed.items()}
    if any(0 < parts[key] < len(each.replaces) for key, each in squashed.items()):
        return True
    begun = [each for key, each in squashed.items() if parts[key]]
    return any(tuple(under) in parts and not parts[tuple(under)] for each in begun for under in each.dependencies)


def apply_earlier(connection: Any) -> None:
    """Bring the database to the schema that the squashed migrations describe."""
    with render_quickly():
        executor = EarlierExecutor(connection)
        executor.loader.check_consistent_history(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())


def _read_squashed() -> dict[tuple[str, str], Any]:
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    found: dict[Any, Any] = loader.disk_migrations
    return {key: each for key, each in found.items() if each.replaces and is_ours(each)}
