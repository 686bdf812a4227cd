"""One row, inserted or updated by SQL that is written once for each connection.

Django writes an INSERT and an UPDATE anew for each `save`, and PostgreSQL plans it anew (docs/adr/0155). For rows of
which each form that comes in writes one; everything else is saved as everywhere.
"""

from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError, connections, models, router

from vault.prepared_cursor import prepared_cursor

from .prepared_sql import insert_rows


def insert_row(row: models.Model) -> None:
    """Insert one new row that has its key, as `save(force_insert=True)` does. Sends no signals.

    Raises IntegrityError.
    """
    insert_rows([row], told_apart_by=row._meta.pk.name)


def update_row(row: models.Model, fields: Sequence[str]) -> None:
    """Write these fields of a row that is there, as `save(update_fields=fields)` does. Sends no signals.

    Raises DatabaseError where the row is gone.
    """
    connection: Any = connections[router.db_for_write(type(row))]
    kept: dict[Any, tuple[str, list[Any]]] = connection.__dict__.setdefault("vatra_updates", {})
    shape = (type(row), tuple(fields))
    if shape not in kept:
        kept[shape] = _write(connection, *shape)
    sql, columns = kept[shape]
    values = [column.get_db_prep_save(column.pre_save(row, False), connection) for column in columns]
    with prepared_cursor(connection) as cursor:
        cursor.execute(sql, values)
        if cursor.rowcount != 1:
            raise DatabaseError("a row that was to be updated isn't there")


def _write(connection: Any, model: type[models.Model], fields: tuple[str, ...]) -> tuple[str, list[Any]]:
    """Return the UPDATE of these fields, and the columns whose values it takes: theirs, and the key."""
    options: Any = model._meta
    quote = connection.ops.quote_name
    columns = [options.get_field(name) for name in fields]
    sets = ", ".join(f"{quote(column.column)} = %s" for column in columns)
    return (
        f"UPDATE {quote(options.db_table)} SET {sets} WHERE {quote(options.pk.column)} = %s",  # noqa: S608
        [*columns, options.pk],
    )
