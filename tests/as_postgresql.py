"""In tests SQLite refuses what PostgreSQL refuses, and it alone would take.

The units run on SQLite. It locks no rows and takes any `select_for_update()`: a lock that reaches over an outer join
would pass every one of them, and be an error for whoever presses the button on PostgreSQL. It also stores and compares
texts with a NUL character, which PostgreSQL's texts can't hold, and stores texts that are longer than their column.
"""

from collections.abc import Iterable
from typing import Any

from django.db import DataError, NotSupportedError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import CharField
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.constants import LOUTER

_compilers: Any = SQLCompiler
_fields: Any = CharField
_cursors: Any = CursorWrapper  # what its stubs leave out is taken, too
_get_from_clause = _compilers.get_from_clause
_execute, _executemany = _cursors._execute, _cursors._executemany
_prepare_for_column = _fields.get_db_prep_save


def find_fault(compiler: SQLCompiler) -> str:
    """Say why PostgreSQL refuses to lock what the query reads that is being compiled; "" where it doesn't.

    Source: PostgreSQL's documentation of SELECT, "The Locking Clause".
    """
    query = compiler.query
    if not query.select_for_update:
        return ""
    if query.distinct or query.combinator or query.group_by is not None:
        return "FOR UPDATE is not allowed with DISTINCT, UNION or GROUP BY"
    joined_loosely = {
        name
        for name, table in query.alias_map.items()
        if query.alias_refcount.get(name) and getattr(table, "join_type", None) == LOUTER
    }
    if query.select_for_update_of:
        locked = {name.strip('"') for name in compiler.get_select_for_update_of_arguments()}
        joined_loosely &= locked
    if joined_loosely:
        return f"FOR UPDATE reaches over an outer join to {sorted(joined_loosely)}: name what is locked, of=('self',)"
    return ""


def _get_a_from_clause_that_postgresql_takes(self: SQLCompiler) -> Any:
    # Here, since what a query joins is known only while it is compiled.
    if self.connection.vendor == "sqlite" and (fault := find_fault(self)):
        raise NotSupportedError(fault)
    return _get_from_clause(self)


def _check_texts(cursor: CursorWrapper, params: Any) -> None:
    values: Iterable[Any] = params.values() if isinstance(params, dict) else params or ()
    if cursor.db.vendor == "sqlite" and any(isinstance(value, str) and "\0" in value for value in values):
        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")


def _execute_what_postgresql_takes(self: CursorWrapper, sql: str, params: Any, *ignored: Any) -> Any:
    _check_texts(self, params)
    return _execute(self, sql, params, *ignored)


def _executemany_what_postgresql_takes(self: CursorWrapper, sql: str, param_list: Any, *ignored: Any) -> Any:
    param_list = list(param_list)
    for params in param_list:
        _check_texts(self, params)
    return _executemany(self, sql, param_list, *ignored)


def _prepare_what_fits_the_column(self: CharField[Any, Any], value: Any, connection: BaseDatabaseWrapper) -> Any:
    prepared = _prepare_for_column(self, value, connection)
    if (
        connection.vendor == "sqlite"
        and isinstance(prepared, str)
        and len(prepared) > (self.max_length or len(prepared))
    ):
        # Not the value: it may be an answer.
        raise DataError(f"value too long for type character varying({self.max_length}): {self}")
    return prepared


def refuse_what_postgresql_refuses() -> None:
    _fields.get_db_prep_save = _prepare_what_fits_the_column
    _compilers.get_from_clause = _get_a_from_clause_that_postgresql_takes
    _cursors._execute = _execute_what_postgresql_takes
    _cursors._executemany = _executemany_what_postgresql_takes
