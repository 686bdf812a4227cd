"""SQL compilers of the memory database: a query of a shape that was compiled before is not compiled again.

A simulation asks some two thousand small questions of a database that answers each in microseconds; Django takes a
hundred times as long to write the SQL, each time anew. Here the SQL is remembered in the process by the shape of its
query: everything about it but the values that it compares with. What isn't known for certain to be told apart by its
shape (unions, groups, conditions on expressions) is compiled as ever. Django loads this module by the name that
`database.MemoryOperations` gives; no other database uses it.

A shape is only remembered when the parameters that it predicts are those that Django came to.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db.models.expressions import Col
from django.db.models.fields.related_lookups import RelatedIn, RelatedLookupMixin
from django.db.models.lookups import BuiltinLookup, Exact, In, IsNull, Lookup
from django.db.models.sql import compiler
from django.db.models.sql.compiler import (
    SQLAggregateCompiler,
    SQLDeleteCompiler,
    SQLInsertCompiler,
    SQLUpdateCompiler,
)
from django.db.models.sql.query import Query
from django.db.models.sql.where import WhereNode

__all__ = ["SQLAggregateCompiler", "SQLCompiler", "SQLDeleteCompiler", "SQLInsertCompiler", "SQLUpdateCompiler"]

MAX_SHAPES = 4000  # the service has some three hundred; lists of many lengths make more
# Lookups whose SQL follows from their class, their column and the SQL of what they compare it with.
_PLAIN = frozenset(
    {
        BuiltinLookup.as_sql,
        Exact.as_sql,
        In.as_sql,
        IsNull.as_sql,
        RelatedIn.as_sql,
        RelatedLookupMixin.as_sql,
    }
)


class _Unshaped(Exception):
    """A query with a part that its shape wouldn't tell apart."""


@dataclass
class _Compiled:
    """What compiling a query of one shape came to. `sql`: None for one that can't find anything, and isn't asked."""

    sql: str | None
    select: Any
    klass_info: Any
    annotation_col_map: Any
    col_count: int | None
    has_extra_select: bool
    converters: Any = field(default=None)


_compiled: dict[Any, _Compiled] = {}
_remembering = threading.Lock()


class SQLCompiler(compiler.SQLCompiler):
    _known: _Compiled | None = None
    # Private parts of Django's that its stubs don't name.
    query: Any
    elide_empty: bool

    def as_sql(self, with_limits: bool = True, with_col_aliases: bool = False) -> tuple[str, Any]:
        try:
            shape, params = self._get_shape(with_limits, with_col_aliases)
        except (_Unshaped, EmptyResultSet, FullResultSet):
            return super().as_sql(with_limits, with_col_aliases)
        known = _compiled.get(shape)
        if known is None:
            return self._compile(shape, params, with_limits, with_col_aliases)
        self._known = known
        self.select, self.klass_info = known.select, known.klass_info
        self.annotation_col_map, self.col_count = known.annotation_col_map, known.col_count
        self.has_extra_select = known.has_extra_select
        if known.sql is None:
            raise EmptyResultSet
        return known.sql, tuple(params)

    def _compile(self, shape: Any, predicted: list[Any], *how: bool) -> tuple[str, Any]:
        try:
            sql, params = super().as_sql(*how)
        except EmptyResultSet:
            self._remember(shape, None)
            raise
        if list(params) == predicted:
            self._remember(shape, sql)
        return sql, params

    def _remember(self, shape: Any, sql: str | None) -> None:
        self._known = _Compiled(
            sql, self.select, self.klass_info, self.annotation_col_map, self.col_count, self.has_extra_select
        )
        with _remembering:
            if len(_compiled) >= MAX_SHAPES:
                _compiled.clear()
            _compiled[shape] = self._known

    def get_converters(self, expressions: Iterable[Any]) -> Any:
        # Asked about its whole selection (`results_iter`), a shape has the same answer each time.
        asked = list(expressions)
        if self._known is None or len(asked) != self._known.col_count:
            return super().get_converters(asked)
        if self._known.converters is None:
            self._known.converters = super().get_converters(asked)
        return self._known.converters

    # ---- the shape of a query ----

    def _get_shape(self, *how: bool) -> tuple[Any, list[Any]]:
        """Return what tells this query's SQL apart from every other's, and its parameters, in order."""
        query = self.query
        if (
            type(query) is not Query
            or query.combinator
            or query.group_by is not None
            or query.extra
            or query.extra_tables
            or query.extra_order_by
            or query.distinct_fields
            or query._filtered_relations  # type: ignore[attr-defined]
            or query.explain_info
            or not all(isinstance(name, str) for name in query.order_by)
        ):
            raise _Unshaped
        if not any(query.alias_refcount[alias] for alias in query.alias_map):
            query.get_initial_alias()  # as Django does first
        params: list[Any] = []
        deferred, is_deferred = query.deferred_loading
        shape = (
            how,
            self.elide_empty,
            query.model,
            tuple(_get_join(alias, join, query.alias_refcount[alias]) for alias, join in query.alias_map.items()),
            tuple(self._get_column(column) for column in query.select),
            tuple((name, self._get_sql(each, params)) for name, each in query.annotation_select.items()),
            self._get_condition(query.where, params),
            query.order_by,
            (query.default_cols, query.default_ordering, query.standard_ordering, query.distinct, query.subquery),
            (query.low_mark, query.high_mark),
            (_freeze(query.select_related), query.max_depth, query.select_for_update),
            (frozenset(deferred), is_deferred),
            (query.values_select, tuple((query.selected or {}).items())),
            tuple(query.external_aliases.items()),
        )
        return shape, params

    def _get_sql(self, expression: Any, params: list[Any]) -> str:
        sql, own = self.compile(expression)
        params.extend(own)
        return str(sql)

    def _get_condition(self, node: Any, params: list[Any]) -> Any:
        if type(node) is WhereNode:
            children = tuple(self._get_condition(child, params) for child in node.children)
            return (node.connector, node.negated, children)
        if not isinstance(node, Lookup) or type(node).as_sql not in _PLAIN or node.bilateral_transforms:
            raise _Unshaped
        column = self._get_column(node.lhs)
        # These two write what they compare with into the SQL itself.
        if isinstance(node, IsNull) or (
            isinstance(node.rhs, bool) and isinstance(node, Exact) and node.lhs.conditional
        ):
            return (type(node), column, node.rhs)
        try:
            sql, own = node.process_rhs(self, self.connection)
        except (EmptyResultSet, FullResultSet) as never_or_always:
            return (type(node), column, type(never_or_always))
        params.extend(own)
        return (type(node), column, sql)

    def _get_column(self, column: Any) -> tuple[str, int]:
        if type(column) is not Col:
            raise _Unshaped
        # Fields are made when Django starts and stay, so the id says which one it is; comparing two takes Django long.
        return column.alias, id(column.target)


def _get_join(alias: str, join: Any, references: int) -> Any:
    return (
        alias,
        bool(references),
        join.join_type,
        join.parent_alias,
        id(getattr(join, "join_field", None)),
        join.table_name,
    )


def _freeze(related: Any) -> Any:
    if isinstance(related, dict):
        return tuple((name, _freeze(below)) for name, below in related.items())
    return related
