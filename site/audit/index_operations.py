"""Migration operations for indexes of tables that grow for ever: none that nobody asks, none that stops the writers."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.migrations import AddIndex, RunPython

FIND = """
    SELECT i.relname FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]
    JOIN pg_opclass o ON o.oid = x.indclass[0]
    WHERE x.indrelid = %s::regclass AND a.attname = %s AND x.indnatts = 1 AND x.indpred IS NULL
      AND o.opcname IN ('varchar_pattern_ops', 'text_pattern_ops')
"""


class AddIndexBeside(AddIndexConcurrently):
    """Add an index while others write: on PostgreSQL concurrently, so the migration must not be `atomic`.

    What a try before has left unfinished is dropped first. SQLite lets nobody write meanwhile, and is quick.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)
            return
        # An unfinished one is there by its name, and answers nothing.
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}")
        super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
        else:
            AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)


def drop_pattern_indexes(table: str, *columns: str) -> RunPython:
    """Drop the second index that Django makes of an indexed text column on PostgreSQL.

    It is for LIKE 'abc%' in databases whose letters aren't compared one by one. Where nobody asks for a beginning, it
    costs what the first one costs, on the disk and at each writing (docs/adr/0202). Undone, it is made again.
    """

    def drop(apps: Any, schema_editor: Any) -> None:
        for _column, names in _find(schema_editor, table, columns):
            for name in names:
                schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")

    def make(apps: Any, schema_editor: Any) -> None:
        for column, names in _find(schema_editor, table, columns):
            if not names:
                name, on = f"{table}_{column}_like", schema_editor.quote_name(table)
                schema_editor.execute(f"CREATE INDEX {name} ON {on} ({column} varchar_pattern_ops)")

    return RunPython(drop, make)


def _find(schema_editor: Any, table: str, columns: tuple[str, ...]) -> list[tuple[str, list[str]]]:
    if schema_editor.connection.vendor != "postgresql":
        return []
    found = []
    with schema_editor.connection.cursor() as cursor:
        for column in columns:
            cursor.execute(FIND, [table, column])
            found.append((column, [name for (name,) in cursor.fetchall()]))
    return found
