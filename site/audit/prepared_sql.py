"""Inserts whose SQL is written once for each connection, and cursors for statements that are the same each time.

Django writes a statement anew each time: for a wide row that takes ten times as long as the database does
(docs/adr/0155). What each notice and each entry of the audit chain writes goes through here, and what it asks through
`prepared_values`; everything else through models and querysets, as everywhere.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connections, models, router

M = TypeVar("M", bound=models.Model)
MAX_ROWS = 200  # PostgreSQL takes 65,535 values in a statement, and each length is kept


def prepared_cursor(connection: Any) -> Any:
    """Return a cursor for SQL that is the same each time: PostgreSQL keeps its plan for the connection.

    Values are then sent beside the SQL instead of in it (settings.DATABASE_PREPARES). SQLite's own module keeps what
    it has parsed in any case.
    """
    if connection.vendor != "postgresql" or connection.settings_dict["OPTIONS"].get("prepare_threshold") is None:
        return connection.cursor()
    connection.ensure_connection()
    raw = connection.connection
    before, raw.cursor_factory = raw.cursor_factory, _get_binding_cursor()
    try:
        return connection.cursor()
    finally:
        raw.cursor_factory = before


@cache
def _get_binding_cursor() -> Any:
    # psycopg is there only where it is used.
    from django.db.backends.postgresql.base import ServerBindingCursor

    return ServerBindingCursor


def _prepare(field: "models.Field[Any, Any]", value: Any, connection: Any) -> Any:
    return field.get_db_prep_value(value, connection, prepared=False)


def insert_rows(rows: Sequence[M], *, told_apart_by: str, unless: Sequence[str] = ()) -> list[M]:
    """Insert new rows of one model, MAX_ROWS in a statement. Return those that were inserted, each with its key.

    `told_apart_by`: a field in which they all differ. `unless`: fields of a unique constraint; a row that would break
    it is left out. Sends no signals.
    """
    if len(rows) > MAX_ROWS:
        parts = (rows[at : at + MAX_ROWS] for at in range(0, len(rows), MAX_ROWS))
        return [row for part in parts for row in insert_rows(part, told_apart_by=told_apart_by, unless=unless)]
    if not rows:
        return []
    model = type(rows[0])
    connection: Any = connections[router.db_for_write(model)]
    kept: dict[Any, _Insert] = connection.__dict__.setdefault("vatra_inserts", {})
    shape = (model, rows[0].pk is not None, told_apart_by, tuple(unless), len(rows))
    if shape not in kept:
        kept[shape] = _Insert(connection, *shape)
    insert = kept[shape]
    keys = insert.run(connection, rows)
    inserted = []
    for row in rows:
        key = keys.get(_prepare(insert.mark, getattr(row, insert.mark.attname), connection))
        if key is not None:
            row.pk = insert.key.to_python(key)
            row._state.adding, row._state.db = False, connection.alias
            inserted.append(row)
    return inserted


class _Insert:
    """One INSERT for so many rows, which returns {what they are told apart by: key}, as the database spells them."""

    def __init__(
        self,
        connection: Any,
        model: type[models.Model],
        has_keys: bool,
        told_apart_by: str,
        unless: tuple[str, ...],
        count: int,
    ) -> None:
        quote = connection.ops.quote_name
        fields = [field for field in model._meta.concrete_fields if has_keys or not field.primary_key]
        # Half of a notice is empty: what is written for None is found out once.
        self._writers = [
            (field.pre_save, field.get_db_prep_save, field.get_db_prep_save(None, connection)) for field in fields
        ]
        options: Any = model._meta
        self.mark = options.get_field(told_apart_by)
        self.key = model._meta.pk
        columns = ", ".join(quote(str(field.column)) for field in fields)
        row = f"({', '.join(['%s'] * len(fields))})"
        conflict = ", ".join(quote(options.get_field(name).column) for name in unless)
        self._sql = (
            f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES {', '.join([row] * count)}"  # noqa: S608
            f"{f' ON CONFLICT ({conflict}) DO NOTHING' if unless else ''}"
            f" RETURNING {quote(self.mark.column)}, {quote(str(self.key.column))}"
        )

    def run(self, connection: Any, rows: Sequence[models.Model]) -> dict[Any, Any]:
        values = [
            empty if (value := pre_save(row, True)) is None else prepare(value, connection)
            for row in rows
            for pre_save, prepare, empty in self._writers
        ]
        with prepared_cursor(connection) as cursor:
            cursor.execute(self._sql, values)
            return dict(cursor.fetchall())
