"""The first migration of an empty database: others' apps come first, while few models are tied to theirs."""

from typing import Any

from django.db.migrations.executor import MigrationExecutor

from ..rendering import render_quickly
from .own import is_ours


def begin_empty(connection: Any) -> None:
    """Apply what Django and the packages bring, and of ours only what they stand on (the users).

    Each of their two hundred operations renders anew every model that is tied to the one it changes. Does nothing in
    a database that has any migration of theirs.
    """
    executor = MigrationExecutor(connection)
    if executor.loader.applied_migrations:
        return
    found: dict[Any, Any] = executor.loader.disk_migrations
    with render_quickly():
        executor.migrate([leaf for leaf in executor.loader.graph.leaf_nodes() if not is_ours(found[leaf])])
