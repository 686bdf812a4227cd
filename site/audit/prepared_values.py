"""Querysets and updates whose SQL is written once for each connection, and then run with other values by name.

Django writes a query anew each time it is asked: for a wide row that takes ten times as long as answering it does
(docs/adr/0155, 0216). What is built must be the same each time but for the values; each of them is put wherever its
placeholder stood in what Django wrote.

    DUE = Prepared(Notice, lambda chase, now: Notice.objects.filter(chase_id=chase, owed_at__lte=now),
                   chase="chase_id", now="owed_at")
    DUE.fetch(chase=key, now=now)
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Generic, TypeVar
from uuid import uuid4

from django.core.exceptions import EmptyResultSet
from django.db import connections, models, router
from django.db.models import signals
from django.db.models.base import ModelState
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query import FlatValuesListIterable, ModelIterable, get_related_populators
from django.db.models.sql import UpdateQuery

from vault.prepared_cursor import prepared_cursor

M = TypeVar("M")
FAR_AWAY = datetime(9000, 1, 1, tzinfo=UTC)  # made up: no row of ours lies there
SMALL, GREAT = 31_000, 1 << 40  # made up, within a small and a big integer column
OWN_WORD = re.compile(r"[a-z_]*")
_numbers = count()


class Prepared(Generic[M]):
    """A queryset that is asked for again and again with other values.

    `build` is called once with made-up values, by name, and returns the queryset: of instances, or a `values_list`.
    Each further name: the field that its value is of, or what that is called on `model`. A name whose value is a list
    is one for `build`, too; it mustn't be empty. No value may be None: that is another query.
    """

    def __init__(
        self,
        model: type[models.Model],
        build: "Callable[..., models.QuerySet[Any, M]]",
        **fields: "str | models.Field[Any, Any]",
    ) -> None:
        self._model, self._build, self._fields = model, build, _get_fields(model, fields)

    def fetch(self, **values: Any) -> list[M]:
        """Return the rows for these values, as the queryset would."""
        padded, shape = _pad(values)
        connection, kept = _get_kept(self._model)
        written: _Rows | None = kept.get((self, shape))
        if written is None:
            holders = _Placeholders(self._fields, padded, connection)
            written = kept[self, shape] = _Rows(self._build(**holders.made_up).using(connection.alias), holders)
        found: list[M] = written.fetch(connection, padded)
        return found

    def first(self, **values: Any) -> M | None:
        """Return the first row, in the queryset's order; None where there is none. The limit is the queryset's own."""
        return next(iter(self.fetch(**values)), None)


class PreparedQuery(Generic[M]):
    """A queryset that is asked for again and again with other keys: `build` returns it for a list of them.

    `key`: the field that they are of.
    """

    def __init__(
        self, key: "models.Field[Any, Any]", build: "Callable[[Sequence[Any]], models.QuerySet[Any, M]]"
    ) -> None:
        self._query = Prepared(key.model, lambda keys: build(keys), keys=key)

    def fetch(self, keys: Sequence[Any]) -> list[M]:
        """Return the rows for these keys, as the queryset would."""
        return self._query.fetch(keys=list(keys)) if keys else []


class PreparedUpdate:
    """An UPDATE that is made again and again with other values: of what `build` finds, to what `change` says.

    Both are called once, with made-up values, each with all of them by name. Only a value that is set, and compared
    with nothing, may be None.
    """

    def __init__(
        self,
        model: type[models.Model],
        build: "Callable[..., models.QuerySet[Any]]",
        change: Callable[..., Mapping[str, Any]],
        **fields: "str | models.Field[Any, Any]",
    ) -> None:
        self._model, self._build, self._change, self._fields = model, build, change, _get_fields(model, fields)

    def run(self, **values: Any) -> int:
        """Update, and return how many rows."""
        padded, shape = _pad(values)
        connection, kept = _get_kept(self._model)
        written: _Statement | None = kept.get((self, shape))
        if written is None:
            holders = _Placeholders(self._fields, padded, connection)
            rows = self._build(**holders.made_up).using(connection.alias)
            query: Any = rows.query.chain(UpdateQuery)
            query.add_update_values(self._change(**holders.made_up))
            sql, params = query.get_compiler(connection=connection).as_sql()
            written = kept[self, shape] = _Statement(sql, params, holders)
        with prepared_cursor(connection) as cursor:
            cursor.execute(written.sql, written.fill(padded))
            changed: int = cursor.rowcount
        return changed


@dataclass(frozen=True)
class DueQuery:
    """A prepared query that finds what is due, or updates it, and the values that it takes at a moment."""

    query: "Prepared[Any] | PreparedUpdate"
    get_values: Callable[[datetime], dict[str, Any]]


class PreparedAny:
    """Queries of which one statement asks whether each has anything to find.

    For each it looks for the first row of the very queryset, with its order: an EXISTS drops it, and a database that
    has no index to read in order may then choose one in which all rows have to be looked through.
    """

    def __init__(self, queries: Sequence[DueQuery]) -> None:
        self._queries = tuple(queries)

    def ask(self, now: datetime) -> list[bool]:
        """Return for each query, in their order, whether it finds a row at this moment."""
        if not self._queries:
            return []
        padded, shapes = [], []
        for each in self._queries:
            values, shape = _pad(each.get_values(now))
            padded.append(values)
            shapes.append(shape)
        connection, kept = _get_kept(self._queries[0].query._model)
        written: tuple[str, list[_First]] | None = kept.get((self, *shapes))
        if written is None:
            firsts = [
                _First(each.query, values, connection) for each, values in zip(self._queries, padded, strict=True)
            ]
            sql = f"SELECT {', '.join(f'({each.sql}) IS NOT NULL' for each in firsts)}"
            written = kept[self, *shapes] = (sql, firsts)
        sql, firsts = written
        params = [param for each, values in zip(firsts, padded, strict=True) for param in each.fill(values)]
        with prepared_cursor(connection) as cursor:
            cursor.execute(sql, params)
            return [bool(found) for found in cursor.fetchone()]


def _get_fields(model: type[models.Model], fields: Mapping[str, Any]) -> dict[str, Any]:
    options: Any = model._meta
    return {name: options.get_field(field) if isinstance(field, str) else field for name, field in fields.items()}


def _pad(values: dict[str, Any]) -> tuple[dict[str, Any], tuple[int, ...]]:
    """Return the values with lists of few lengths, so that few statements are kept, and these lengths.

    The last one is repeated, which finds nothing more.
    """
    lengths = []
    for name, value in values.items():
        if isinstance(value, list):
            length = 1 << (len(value) - 1).bit_length()
            values[name] = [*value, *value[-1:] * (length - len(value))]
            lengths.append(length)
    return values, tuple(lengths)


def _get_kept(model: type[models.Model]) -> tuple[Any, dict[Any, Any]]:
    # On the connection, because the SQL is in its dialect and ends with it.
    connection: Any = connections[router.db_for_write(model)]
    return connection, connection.__dict__.setdefault("vatra_prepared_values", {})


class _Placeholders:
    """The made-up values that stand in a statement until true ones take their places."""

    def __init__(self, fields: Mapping[str, Any], values: Mapping[str, Any], connection: Any) -> None:
        self.connection = connection
        self.fields = fields
        self.made_up: dict[str, Any] = {}
        self._which: list[tuple[Any, str, int | None]] = []
        for name, field in fields.items():
            value = values[name]
            if isinstance(value, list):
                self.made_up[name] = [_make_up(field) for _each in value]
                self._which += [(self.prepare(name, made), name, at) for at, made in enumerate(self.made_up[name])]
            else:
                self.made_up[name] = _make_up(field)
                self._which.append((self.prepare(name, self.made_up[name]), name, None))

    def prepare(self, name: str, value: Any) -> Any:
        return self.fields[name].get_db_prep_value(value, self.connection, prepared=False)

    def find(self, param: Any) -> tuple[str, int | None] | None:
        """Return whose place this parameter holds: (name, index in a list); None for one of the query itself."""
        return next(
            ((name, index) for made, name, index in self._which if type(made) is type(param) and made == param), None
        )


class _Statement:
    def __init__(self, sql: str, params: Sequence[Any], holders: _Placeholders, may_miss: Collection[str] = ()) -> None:
        self.sql = sql
        self._holders = holders
        self._params = list(params)
        places: dict[tuple[str, int | None], list[int]] = {}
        for at, each in enumerate(params):
            if (found := holders.find(each)) is not None:
                places.setdefault(found, []).append(at)
        self._places = [(name, index, ats) for (name, index), ats in places.items()]
        if missing := set(holders.made_up) - {name for name, _index in places} - set(may_miss):
            raise ValueError(f"these values don't stand in the statement: {', '.join(sorted(missing))}")

    def fill(self, values: Mapping[str, Any]) -> list[Any]:
        params, prepare = self._params.copy(), self._holders.prepare
        for name, index, ats in self._places:
            prepared = prepare(name, values[name] if index is None else values[name][index])
            for at in ats:
                params[at] = prepared
        return params


class _First(_Statement):
    """The key of the first row that a prepared query finds, or that an update would change."""

    def __init__(self, query: "Prepared[Any] | PreparedUpdate", values: Mapping[str, Any], connection: Any) -> None:
        holders = _Placeholders(query._fields, values, connection)
        rows: Any = query._build(**holders.made_up).using(connection.alias).values("pk")
        rows.query.distinct = False
        rows.query.set_limits(high=1)
        may_miss: Collection[str] = ()
        if isinstance(query, PreparedUpdate):
            # An update has no order; and what it only sets stands nowhere here.
            rows.query.clear_ordering(force=True)
            may_miss = holders.made_up
        try:
            sql, params = rows.query.get_compiler(connection=connection).as_sql()
        except EmptyResultSet:  # whatever the values
            sql, params, may_miss = "NULL", (), holders.made_up
        super().__init__(*_write_out(sql, params, holders), holders, may_miss)


def _write_out(sql: str, params: Sequence[Any], holders: _Placeholders) -> tuple[str, list[Any]]:
    """Write the query's own words and numbers into the SQL; what is left are the values that differ each time.

    SQLite parses a statement anew whenever a value is bound that might let it use a partial index, and PostgreSQL's
    plan for any value uses none.
    """
    places = sql.split("%s")
    if "%%" in sql or len(places) != len(params) + 1:
        return sql, list(params)
    written, left = [places[0]], []
    for param, following in zip(params, places[1:], strict=True):
        is_own = holders.find(param) is None
        if is_own and type(param) is int:
            written.append(str(param))
        elif is_own and isinstance(param, str) and OWN_WORD.fullmatch(param):
            written.append(f"'{param}'")
        else:
            written.append("%s")
            left.append(param)
        written.append(following)
    return "".join(written), left


class _Rows(_Statement):
    """One query as Django writes it, and what turns its rows into what the queryset gives."""

    _finds_nothing = False

    def __init__(self, queryset: "models.QuerySet[Any, Any]", holders: _Placeholders) -> None:
        compiler: Any = queryset.query.get_compiler(using=queryset.db)
        try:
            sql, params = compiler.as_sql()
        except EmptyResultSet:
            self._finds_nothing = True  # whatever the values
            return
        super().__init__(sql, params, holders)
        select = compiler.select
        self._converters = [
            (at, convert, expression, all(each(None, expression, holders.connection) is None for each in convert))
            for at, (convert, expression) in compiler.get_converters([column[0] for column in select]).items()
        ]
        kind: Any = queryset._iterable_class
        self._is_flat = issubclass(kind, FlatValuesListIterable)
        self._model: Any = None
        if issubclass(kind, ModelIterable):
            klass_info = compiler.klass_info
            self._first, self._end = klass_info["select_fields"][0], klass_info["select_fields"][-1] + 1
            self._names = [column[0].target.attname for column in select[self._first : self._end]]
            self._model = _get_maker(klass_info["model"], self._names)
            self._annotations = list((compiler.annotation_col_map or {}).items())
            self._populators: list[Any] = get_related_populators(klass_info, select, queryset.db)  # type: ignore[call-arg]  # as this Django has it
            _set_makers(self._populators)

    def fetch(self, connection: Any, values: Mapping[str, Any]) -> list[Any]:
        if self._finds_nothing:
            return []
        with prepared_cursor(connection) as cursor:
            cursor.execute(self.sql, self.fill(values))
            rows = cursor.fetchall()
        if self._converters:
            rows = [self._convert(row, connection) for row in rows]
        if self._model is None:
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

    def _convert(self, row: Sequence[Any], connection: Any) -> list[Any]:
        values = list(row)
        for at, convert, expression, leaves_none in self._converters:
            value = values[at]
            if value is None and leaves_none:
                continue
            for each in convert:
                value = each(value, expression, connection)
            values[at] = value
        return values


class _Maker:
    """Makes instances of one model of what was read, as its `from_db` would: of these attributes, always the same.

    Of a wide row Django's way takes several times as long as reading it does.
    """

    def __init__(self, model: type[models.Model], names: Sequence[str]) -> None:
        self._model = model
        # On a new instance a foreign key's attribute does nothing else; another, as a sealed value's, is asked.
        is_set = [
            hasattr(each, "__set__") and type(each) is not ForeignKeyDeferredAttribute
            for each in (getattr(model, name) for name in names)
        ]
        self._plain = [(at, name) for at, name in enumerate(names) if not is_set[at]]
        self._set = [(at, name) for at, name in enumerate(names) if is_set[at]]

    def from_db(self, alias: str, _names: Sequence[str], values: Sequence[Any]) -> models.Model:
        instance = self._model.__new__(self._model)
        state = instance._state = ModelState()
        state.adding, state.db = False, alias
        own = instance.__dict__
        for at, name in self._plain:
            own[name] = values[at]
        for at, name in self._set:
            setattr(instance, name, values[at])
        return instance


def _get_maker(model: type[models.Model], names: Sequence[str]) -> Any:
    """Return what makes its instances; the model itself where somebody else has a say in that."""
    is_asked = signals.pre_init.has_listeners(model) or signals.post_init.has_listeners(model)
    is_plain = (model.__init__, model.from_db.__func__) == (models.Model.__init__, models.Model.from_db.__func__)  # type: ignore[attr-defined]
    return _Maker(model, names) if is_plain and not is_asked else model


def _set_makers(populators: Sequence[Any]) -> None:
    for each in populators:
        each.model_cls = _get_maker(each.model_cls, each.init_list)
        _set_makers(each.related_populators)


def _make_up(field: Any) -> Any:
    """Return a value of this field that stands in no query. Raises TypeError for a kind of which there are too few."""
    kind, number = getattr(field, "target_field", field), next(_numbers)
    if isinstance(kind, models.UUIDField):
        return uuid4()
    if isinstance(kind, models.DateTimeField):
        return FAR_AWAY + timedelta(seconds=number % 1_000_000)
    if isinstance(kind, models.DateField):
        return (FAR_AWAY + timedelta(days=number % 100_000)).date()
    if isinstance(kind, models.CharField | models.TextField):
        return uuid4().hex
    if isinstance(kind, models.BigAutoField | models.BigIntegerField):
        return GREAT + number
    if isinstance(kind, models.IntegerField | models.AutoField):
        return SMALL + number % 1_000
    raise TypeError(f"no values can be made up of {kind}")
