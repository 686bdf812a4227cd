"""Migration operations for indexes of tables that grow for ever: none that nobody asks, none that stops the writers."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.migrations import AddIndex, AlterField, RunPython

FIND = """
    SELECT i.relname FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]
    JOIN pg_opclass o ON o.oid = x.indclass[0]
    WHERE x.indrelid = %s::regclass AND a.attname = %s AND x.indnatts = 1 AND x.indpred IS NULL
      AND o.opcname IN ('varchar_pattern_ops', 'text_pattern_ops')
"""


FIND_OF_FIELD = """
    SELECT i.relname FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]
    JOIN pg_opclass o ON o.oid = x.indclass[0]
    WHERE x.indrelid = %s::regclass AND a.attname = %s AND x.indnatts = 1 AND x.indpred IS NULL
      AND o.opcname NOT IN ('varchar_pattern_ops', 'text_pattern_ops') AND NOT x.indisunique AND NOT x.indisprimary
"""


class AddIndexBeside(AddIndexConcurrently):
    """Add an index while others write: on PostgreSQL concurrently, so the migration must not be `atomic`.

    What a try before has left unfinished is dropped first. SQLite lets nobody write meanwhile, and is quick.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        # After a try that ended midway it is there by its name: whole, or unfinished and answering nothing.
        is_beside = schema_editor.connection.vendor == "postgresql"
        how = " CONCURRENTLY" if is_beside else ""
        schema_editor.execute(f"DROP INDEX{how} IF EXISTS {schema_editor.quote_name(self.index.name)}")
        if not is_beside:
            AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)
            return
        super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
        else:
            AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)


class DropFieldIndex(AlterField):
    """Drop the index of one column that `db_index=False` no longer asks for: another one begins with it, or is partial.

    The field is as it was but for that. Nothing else of the table is touched: Django would copy it whole on SQLite. On
    PostgreSQL it goes while others write, so the migration must not be `atomic`; the second index of a text column, for
    its beginnings, stays (`drop_pattern_indexes`).
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        column = model._meta.get_field(self.name).column
        how = " CONCURRENTLY" if schema_editor.connection.vendor == "postgresql" else ""
        for name in _find_of_field(schema_editor.connection, model._meta.db_table, column):
            schema_editor.execute(f"DROP INDEX{how} IF EXISTS {schema_editor.quote_name(name)}")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        field = model._meta.get_field(self.name)
        if not _find_of_field(schema_editor.connection, model._meta.db_table, field.column):
            schema_editor.execute(schema_editor._create_index_sql(model, fields=[field]))


def _find_of_field(connection: Any, table: str, column: str) -> list[str]:
    """Return the indexes of this column alone that hold all rows and make nothing unique."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(FIND_OF_FIELD, [table, column])
            return [name for (name,) in cursor.fetchall()]
        quote = connection.ops.quote_name
        cursor.execute(f"PRAGMA index_list({quote(table)})")
        plain = [name for _at, name, unique, _origin, partial in cursor.fetchall() if not unique and not partial]
        found = []
        for name in plain:
            cursor.execute(f"PRAGMA index_info({quote(name)})")
            if [row[2] for row in cursor.fetchall()] == [column]:
                found.append(name)
        return found


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
