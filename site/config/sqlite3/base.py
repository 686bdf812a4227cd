"""The database backend for SQLite: Django's own, whose writers queue."""

from collections.abc import Callable
from typing import Any

from django.db.backends.sqlite3 import base

from .queueing import WriteQueue, get_queue

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLAC")


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's connection, which queues before each transaction and each single write.

    The turn ends with commit, rollback or the end of the connection. A database in memory has one connection and no
    queue. The methods with an underscore are Django's own (django/db/backends/base/base.py); its stubs leave them out.
    """

    transaction_mode: str | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn: WriteQueue | None = None
        self.execute_wrappers.append(self._write_in_turn)

    def _queue(self) -> WriteQueue | None:
        return None if self.is_in_memory_db() else get_queue(str(self.settings_dict["NAME"]))

    def _enter(self) -> None:
        queue = self._queue()
        if queue is not None and self._turn is None and queue.enter():
            self._turn = queue

    def _leave(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.leave()

    def _write_in_turn(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        """Execute one statement, in turn if it writes outside a transaction."""
        if self.in_atomic_block or self._turn is not None or sql[:6].upper() not in WRITES:
            return execute(sql, params, many, context)
        self._enter()
        try:
            return execute(sql, params, many, context)
        finally:
            self._leave()

    def _start_transaction_under_autocommit(self) -> None:
        """Take the turn before BEGIN; give it back if BEGIN fails."""
        # Only then does BEGIN take the write lock; a deferred transaction may never write.
        if self.transaction_mode == "IMMEDIATE":
            self._enter()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._leave()
            raise

    def _commit(self) -> None:
        # A commit that failed leaves the transaction open: Django rolls it back next, and the turn ends with that.
        super()._commit()  # type: ignore[misc]
        self._leave()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._leave()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._leave()
