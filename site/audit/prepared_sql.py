"""Inserts whose SQL is written once for each connection.

Django writes a statement anew each time: for a wide row that takes ten times as long as the database does
(docs/adr/0155). What each notice and each entry of the audit chain writes goes through here, and what it asks through
`prepared_values`; everything else through models and querysets, as everywhere.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import connections, models, router

from vault.prepared_cursor import prepared_cursor

M = TypeVar("M", bound=models.Model)
Statement = tuple[str, Sequence[Any]]
MAX_ROWS = 200  # PostgreSQL takes 65,535 values in a statement, and each length is kept
FEW_VALUES, MAX_WAYS = 30, 16  # of one row; of writing a wider one, by which of its values are NULL


def _prepare(field: "models.Field[Any, Any]", value: Any, connection: Any) -> Any:
    return field.get_db_prep_value(value, connection, prepared=False)


def insert_rows(
    rows: Sequence[M], *, told_apart_by: str, unless: Sequence[str] = (), then: "Statement | None" = None
) -> list[M]:
    """Insert new rows of one model, MAX_ROWS in a statement. Return those that were inserted, each with its key.

    `told_apart_by`: a field in which they all differ. `unless`: fields of a unique constraint; a row that would break
    it is left out. `then`: an UPDATE of another table that follows rows whose keys are known; PostgreSQL does both at
    once. Sends no signals.
    """
    if len(rows) > MAX_ROWS:
        first, rest = rows[:MAX_ROWS], rows[MAX_ROWS:]
        inserted = insert_rows(first, told_apart_by=told_apart_by, unless=unless)
        return inserted + insert_rows(rest, told_apart_by=told_apart_by, unless=unless, then=then)
    if not rows:
        return []
    model = type(rows[0])
    connection: Any = connections[router.db_for_write(model)]
    kept: dict[Any, _Insert] = connection.__dict__.setdefault("vatra_inserts", {})
    shape = (model, rows[0].pk is not None, told_apart_by, tuple(unless), len(rows))
    if shape not in kept:
        kept[shape] = _Insert(connection, *shape)
    inserted = kept[shape].run(connection, rows, then)
    for row in inserted:
        row._state.adding, row._state.db = False, connection.alias
    return inserted


def _get_plain_type(field: "models.Field[Any, Any]") -> type | None:
    """Return the type whose values this field gives to the database as they are; None: none, or nobody knows."""
    own, plain = type(field), next((each for each in PLAIN if isinstance(field, each)), None)
    if plain is None or any(getattr(own, name) is not getattr(plain, name) for name in PREPARES):
        return None
    return PLAIN[plain]


# Django's own fields of a text or a truth ask three times more before they hand over what they were given.
PLAIN: "dict[type[models.Field[Any, Any]], type]" = {
    models.CharField: str,
    models.TextField: str,
    models.BooleanField: bool,
}
PREPARES = ("get_db_prep_save", "get_db_prep_value", "get_prep_value", "to_python")


class _Insert:
    """One INSERT for so many rows.

    It has a RETURNING only where it says something that isn't known: SQLite keeps every page that such a statement
    changes a second time, and the answer has to be read.
    """

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
            (field.pre_save, field.get_db_prep_save, field.get_db_prep_save(None, connection), _get_plain_type(field))
            for field in fields
        ]
        options: Any = model._meta
        self.mark = options.get_field(told_apart_by)
        self.key = model._meta.pk
        columns = ", ".join(quote(str(field.column)) for field in fields)
        conflict = ", ".join(quote(options.get_field(name).column) for name in unless)
        self._begins = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES "  # noqa: S608
        self._ends = f" ON CONFLICT ({conflict}) DO NOTHING" if unless else ""
        self._returns = not has_keys or (bool(unless) and count > 1)
        if self._returns:
            self._ends += f" RETURNING {quote(self.mark.column)}, {quote(str(self.key.column))}"
        self._full = self._write(["%s"] * (len(fields) * count))
        self._with_nulls: dict[tuple[bool, ...], str] = {}

    def run(self, connection: Any, rows: Sequence[M], then: Statement | None = None) -> list[M]:
        """Insert them, and return those that were inserted, each with its key."""
        values = [
            empty
            if (value := pre_save(row, True)) is None
            else (value if type(value) is plain else prepare(value, connection))
            for row in rows
            for pre_save, prepare, empty, plain in self._writers
        ]
        sql, values = self._say_nulls(values)
        with prepared_cursor(connection) as cursor:
            if then is not None:
                self._execute_both(connection, cursor, (sql, values), then)
                return list(rows)
            cursor.execute(sql, values)
            if not self._returns:
                return list(rows) if cursor.rowcount == len(rows) else []
            keys = dict(cursor.fetchall())
        inserted = []
        for row in rows:
            key = keys.get(_prepare(self.mark, getattr(row, self.mark.attname), connection))
            if key is not None:
                row.pk = self.key.to_python(key)
                inserted.append(row)
        return inserted

    def _execute_both(self, connection: Any, cursor: Any, first: Statement, then: Statement) -> None:
        if self._ends:
            raise ValueError("only rows that are all inserted, and whose keys are known, have an UPDATE after them")
        if connection.vendor == "postgresql":
            # Each way there and back costs both sides more than what is done there.
            cursor.execute(f"WITH inserted AS ({first[0]}) {then[0]}", [*first[1], *then[1]])
        else:
            cursor.execute(*first)
            cursor.execute(*then)

    def _say_nulls(self, values: list[Any]) -> tuple[str, list[Any]]:
        """Return the statement for these values, and those that it takes: for one wide row, NULL is written out.

        psycopg parses a statement anew each time it has more than fifty values; a notice has as many as that, most of
        them NULL. Which ones are differs little from row to row: for many rows, and beyond so many ways, all are sent.
        """
        if len(values) > len(self._writers) or len(values) <= FEW_VALUES:
            return self._full, values
        empty = tuple(value is None for value in values)
        sql = self._with_nulls.get(empty)
        if sql is None:
            if len(self._with_nulls) >= MAX_WAYS:
                return self._full, values
            sql = self._with_nulls[empty] = self._write(["NULL" if each else "%s" for each in empty])
        return sql, [value for value in values if value is not None]

    def _write(self, places: Sequence[str]) -> str:
        width = len(self._writers)
        rows = (f"({', '.join(places[at : at + width])})" for at in range(0, len(places), width))
        return f"{self._begins}{', '.join(rows)}{self._ends}"
