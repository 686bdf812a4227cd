"""Queries and inserts whose SQL is written once for each connection, and then run with other values.

Django writes a query anew each time it is asked: for a wide row that takes ten times as long as answering it does
(docs/adr/0155). What each notice and each entry of the audit chain needs is asked for through here; everything else
through querysets, as everywhere.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import uuid4

from django.db import connections, models, router
from django.db.models.query import FlatValuesListIterable, ModelIterable, get_related_populators

M = TypeVar("M", bound=models.Model)
R = TypeVar("R")
MAX_ROWS = 200  # PostgreSQL takes 65,535 values in a statement, and each length is kept
MADE_UP = 1 << 40  # keys that stand in a query until true ones take their places


class PreparedQuery(Generic[R]):
    """A queryset that is asked for again and again with other keys.

    `build` returns it for a list of keys, as `filter(contact__in=keys)`: its SQL must name each of them once, in one
    place. All else in it has to be the same each time. `key`: the field that they are of.
    """

    def __init__(
        self, key: "models.Field[Any, Any]", build: Callable[[Sequence[Any]], "models.QuerySet[Any, R]"]
    ) -> None:
        self._key, self._build = key, build

    def fetch(self, keys: Sequence[Any]) -> list[R]:
        """Return the rows for these keys, as the queryset would."""
        if not keys:
            return []
        connection: Any = connections[router.db_for_write(self._key.model)]
        # Few lengths, so that few statements are kept: the last key is repeated, which finds nothing more.
        wanted = [*keys, *[keys[-1]] * ((1 << (len(keys) - 1).bit_length()) - len(keys))]
        written = self._get_written(connection, len(wanted))
        return written.run(connection, {at: _prepare(self._key, key, connection) for at, key in enumerate(wanted)})

    def _get_written(self, connection: Any, length: int) -> "_Written":
        kept = _get_kept(connection)
        if (self, length) not in kept:
            made_up = [_make_up(self._key, at) for at in range(length)]
            queryset = self._build(made_up).using(connection.alias)
            marks = {at: _prepare(self._key, key, connection) for at, key in enumerate(made_up)}
            written: _Written = _Written(queryset, marks)
            if not written.names_each_once():
                raise ValueError("the keys don't stand in one place of this query")
            kept[self, length] = written
        found: _Written = kept[self, length]
        return found


class PreparedLookup(Generic[R]):
    """A queryset that is asked for again and again with other values of the same names.

    `build` returns it for these names; it may end in `values_list`. `fields` says of which field each value is. Its SQL
    must name each of them at least once, and all else in it be the same each time: what is None this time, or a longer
    list, is another query. `model`: whose database is asked.
    """

    def __init__(
        self,
        model: type[models.Model],
        build: Callable[..., "models.QuerySet[Any, R]"],
        **fields: "models.Field[Any, Any]",
    ) -> None:
        self._model, self._build, self._fields = model, build, fields

    def fetch(self, **values: Any) -> list[R]:
        """Return the rows for these values, as the queryset would."""
        connection: Any = connections[router.db_for_write(self._model)]
        kept = _get_kept(connection)
        if self not in kept:
            made_up = {name: _make_up(each, at) for at, (name, each) in enumerate(self._fields.items())}
            queryset = self._build(**made_up).using(connection.alias)
            kept[self] = _Written(queryset, self._prepare_all(made_up, connection))
        found: list[R] = kept[self].run(connection, self._prepare_all(values, connection))
        return found

    def _prepare_all(self, values: Mapping[str, Any], connection: Any) -> dict[Any, Any]:
        return {name: _prepare(field, values[name], connection) for name, field in self._fields.items()}


def _get_kept(connection: Any) -> dict[Any, Any]:
    # On the connection, because the SQL is in its dialect and ends with it.
    kept: dict[Any, Any] = connection.__dict__.setdefault("vatra_prepared", {})
    return kept


class _Written:
    """One query as Django writes it, and what turns its rows into what it yields (as its iterable does).

    `marks`: the made-up value that stands for each name. Raises ValueError where one stands nowhere.
    """

    def __init__(self, queryset: "models.QuerySet[Any, Any]", marks: Mapping[Any, Any]) -> None:
        self._compiler: Any = queryset.query.get_compiler(using=queryset.db)
        self._sql, parameters = self._compiler.as_sql()
        names = {made_up: name for name, made_up in marks.items()}
        self._parameters = [(names.get(_hashable(each)), each) for each in parameters]
        self._marks = set(marks)
        if {name for name, _value in self._parameters} - {None} != self._marks:
            raise ValueError("a value doesn't stand in one place of this query")
        self._select = [column[0] for column in self._compiler.select]
        self._converters = self._compiler.get_converters(self._select)
        self._is_flat = queryset._iterable_class is FlatValuesListIterable
        self._has_models = queryset._iterable_class is ModelIterable
        if self._has_models:
            klass_info = self._compiler.klass_info
            self._model: type[Any] = klass_info["model"]
            self._first, self._end = klass_info["select_fields"][0], klass_info["select_fields"][-1] + 1
            self._names = [column.target.attname for column in self._select[self._first : self._end]]
            self._annotations = list((self._compiler.annotation_col_map or {}).items())
            self._populators: list[Any] = get_related_populators(klass_info, self._compiler.select, queryset.db)  # type: ignore[call-arg]  # as this Django has it

    def names_each_once(self) -> bool:
        """Tell whether each name stands in the SQL once, all of them beside each other."""
        places = [at for at, (name, _value) in enumerate(self._parameters) if name is not None]
        return len(places) == len(self._marks) and places == list(range(places[0], places[0] + len(places)))

    def run(self, connection: Any, values: Mapping[Any, Any]) -> list[Any]:
        with prepared_cursor(connection) as cursor:
            cursor.execute(self._sql, [each if name is None else values[name] for name, each in self._parameters])
            rows = cursor.fetchall()
        if self._converters:
            rows = self._compiler.apply_converters(rows, self._converters)
        if not self._has_models:
            return [row[0] for row in rows] if self._is_flat else [tuple(row) for row in rows]
        found = []
        for row in rows:
            instance = self._model.from_db(connection.alias, self._names, row[self._first : self._end])
            for populator in self._populators:
                populator.populate(row, instance)
            for name, at in self._annotations:
                setattr(instance, name, row[at])
            found.append(instance)
        return found


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


def _make_up(field: "models.Field[Any, Any]", at: int) -> Any:
    """Return a value of this field's type that no query holds by itself, another one for each `at`."""
    target: Any = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(target, models.UUIDField):
        return uuid4()
    if isinstance(target, models.DateTimeField):
        return datetime(1800, 1, 1, tzinfo=UTC) + timedelta(days=at)
    if isinstance(target, models.DateField):
        return date(1800, 1, 1) + timedelta(days=at)
    if isinstance(target, models.CharField):
        return f"made up {at}"
    return MADE_UP + at


def _hashable(value: Any) -> Any:
    return value if isinstance(value, Hashable) else None


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
        with prepared_cursor(connection) as cursor:
            cursor.execute(self._sql, values)
            return dict(cursor.fetchall())
