"""Cursors for SQL that is the same each time: PostgreSQL keeps its plan, and psycopg how it reads it."""

from functools import cache, lru_cache
from typing import Any

MAX_KEPT = 512  # statements that psycopg has parsed, in a process


def prepared_cursor(connection: Any) -> Any:
    """Return a cursor for SQL that is the same each time: PostgreSQL keeps its plan for the connection.

    To be used in a `with`, within which all of its rows are fetched: on PostgreSQL it is one for all statements of the
    connection. Values are then sent beside the SQL instead of in it (settings.DATABASE_PREPARES). SQLite's own module
    keeps what it has parsed in any case.
    """
    if connection.vendor != "postgresql" or connection.settings_dict["OPTIONS"].get("prepare_threshold") is None:
        return connection.cursor()
    if connection.queries_logged:
        return _open(connection)  # one that notes each statement
    kept: _Kept | None = connection.__dict__.get("vatra_cursor")
    if kept is None or kept.raw is not connection.connection:
        cursor = _open(connection)
        kept = connection.__dict__["vatra_cursor"] = _Kept(cursor, connection.connection)
    return kept


class _Kept:
    """A cursor that stays open. A new one costs more than many a statement: it finds out again how to write values."""

    def __init__(self, cursor: Any, raw: Any) -> None:
        self.cursor, self.raw = cursor, raw

    def __enter__(self) -> Any:
        return self.cursor

    def __exit__(self, *_error: object) -> None:
        pass


def _open(connection: Any) -> Any:
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
    from psycopg import _queries

    parse = lru_cache(MAX_KEPT)(_queries._query2pg_nocache)

    class KeptQuery(_queries.PostgresQuery):
        """A query whose text is parsed once, however many values it takes: psycopg itself stops at fifty."""

        def convert(self, query: Any, vars: Any) -> None:
            if vars is None or not isinstance(query, str):
                super().convert(query, vars)
                return
            self.query, self._want_formats, self._order, self._parts = parse(
                self._ensure_bytes(query), self._tx.encoding
            )
            self.dump(vars)

    class BindingCursor(ServerBindingCursor):
        _query_cls = KeptQuery

    return BindingCursor
