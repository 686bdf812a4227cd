"""SQLite locks no rows and takes any `select_for_update()`; here it refuses what PostgreSQL refuses.

The units run on SQLite. A lock that reaches over an outer join, which PostgreSQL answers with "FOR UPDATE cannot be
applied to the nullable side of an outer join", would pass every one of them, and fail whoever presses the button.
"""

from typing import Any

from django.db import NotSupportedError
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.constants import LOUTER

_get_from_clause = SQLCompiler.get_from_clause


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


def refuse_what_postgresql_refuses() -> None:
    SQLCompiler.get_from_clause = _get_a_from_clause_that_postgresql_takes
