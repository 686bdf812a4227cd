"""Cursors for SQL that is the same each time: PostgreSQL keeps its plan, and psycopg how it reads it."""

from functools import cache, lru_cache
from typing import Any

MAX_KEPT = 512  # statements that psycopg has parsed, in a process


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
