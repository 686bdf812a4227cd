"""Queries and inserts whose SQL is written once for each connection, and then run with other values.

Django writes a query anew each time it is asked: for a wide row that takes ten times as long as answering it does
(docs/adr/0155). What each notice and each entry of the audit chain needs is asked for through here; everything else
through querysets, as everywhere.
"""

from collections.abc import Callable, Sequence
from itertools import count, islice
from typing import Any, Generic, TypeVar
from uuid import uuid4

from django.db import connections, models, router
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=models.Model)
MAX_ROWS = 200  # PostgreSQL takes 65,535 values in a statement, and each length is kept
MADE_UP = 1 << 40  # keys that stand in a query until true ones take their places


class PreparedQuery(Generic[M]):
    """A queryset that is asked for again and again with other keys.

    `build` returns it for a list of keys, which its SQL must name in one place, in their order and nowhere else: as
    `filter(contact__in=keys)` does. All else in it has to be the same each time. `key`: the field that they are of.
    """

    def __init__(self, key: "models.Field[Any, Any]", build: Callable[[Sequence[Any]], "models.QuerySet[M]"]) -> None:
        self._key, self._build = key, build

    def fetch(self, keys: Sequence[Any]) -> list[M]:
        """Return the rows for these keys, as the queryset would."""
        if not keys:
            return []
        connection: Any = connections[router.db_for_write(self._key.model)]
        # Few lengths, so that few statements are kept: the last key is repeated, which finds nothing more.
        wanted = [*keys, *[keys[-1]] * ((1 << (len(keys) - 1).bit_length()) - len(keys))]
        written = self._get_written(connection, len(wanted))
        return written.run(connection, [_prepare(self._key, key, connection) for key in wanted])

    def _get_written(self, connection: Any, length: int) -> "_Written[M]":
        # On the connection, because the SQL is in its dialect and ends with it.
        kept: dict[Any, _Written[M]] = connection.__dict__.setdefault("vatra_prepared", {})
        if (self, length) not in kept:
            made_up = list(islice(_make_up(self._key), length))
            queryset = self._build(made_up).using(connection.alias)
            kept[self, length] = _Written(queryset, [_prepare(self._key, key, connection) for key in made_up])
        return kept[self, length]


class _Written(Generic[M]):
    """One query as Django writes it, and what turns its rows into instances (as `ModelIterable` does)."""

    def __init__(self, queryset: "models.QuerySet[M]", made_up: list[Any]) -> None:
        self._compiler: Any = queryset.query.get_compiler(using=queryset.db)
        self._sql, parameters = self._compiler.as_sql()
        at = parameters.index(made_up[0]) if made_up[0] in parameters else len(parameters)
        self._before, self._after = list(parameters[:at]), list(parameters[at + len(made_up) :])
        if list(parameters[at : at + len(made_up)]) != made_up or set(made_up) & {*self._before, *self._after}:
            raise ValueError("the keys don't stand in one place of this query")
        klass_info, select = self._compiler.klass_info, self._compiler.select
        self._model: type[M] = klass_info["model"]
        self._first, self._end = klass_info["select_fields"][0], klass_info["select_fields"][-1] + 1
        self._names = [column[0].target.attname for column in select[self._first : self._end]]
        self._converters = self._compiler.get_converters([column[0] for column in select])
        self._populators: list[Any] = get_related_populators(klass_info, select, queryset.db)  # type: ignore[call-arg]  # as this Django has it

    def run(self, connection: Any, keys: Sequence[Any]) -> list[M]:
        with connection.cursor() as cursor:
            cursor.execute(self._sql, [*self._before, *keys, *self._after])
            rows = cursor.fetchall()
        found = []
        for row in self._compiler.apply_converters(rows, self._converters):
            instance = self._model.from_db(connection.alias, self._names, row[self._first : self._end])
            for populator in self._populators:
                populator.populate(row, instance)
            found.append(instance)
        return found


def _make_up(key: "models.Field[Any, Any]") -> Any:
    return iter(uuid4, None) if isinstance(key, models.UUIDField) else count(MADE_UP)


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
        self._fields = [field for field in model._meta.concrete_fields if has_keys or not field.primary_key]
        options: Any = model._meta
        self.mark = options.get_field(told_apart_by)
        self.key = model._meta.pk
        columns = ", ".join(quote(str(field.column)) for field in self._fields)
        row = f"({', '.join(['%s'] * len(self._fields))})"
        conflict = ", ".join(quote(options.get_field(name).column) for name in unless)
        self._sql = (
            f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES {', '.join([row] * count)}"  # noqa: S608
            f"{f' ON CONFLICT ({conflict}) DO NOTHING' if unless else ''}"
            f" RETURNING {quote(self.mark.column)}, {quote(str(self.key.column))}"
        )

    def run(self, connection: Any, rows: Sequence[models.Model]) -> dict[Any, Any]:
        values = [
            field.get_db_prep_save(field.pre_save(row, True), connection) for row in rows for field in self._fields
        ]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, values)
            return dict(cursor.fetchall())
