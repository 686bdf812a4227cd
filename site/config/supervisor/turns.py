"""Turns: of several machines with one database only one prepares it at a time.

Migrations, the vault's first keys and what is seeded are written once for all machines. Two that are started together,
after an upgrade or a power cut, would make the same table and the same rows.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .instance import CannotStart

LOCK = 0x7661747261  # of whoever prepares the database: "vatra"
PATIENCE = 30 * 60.0  # seconds
PAUSE = 0.5  # seconds between two tries
Say = Callable[[str], None]


@contextmanager
def take_turn(say: Say, patience: float = PATIENCE) -> Iterator[None]:
    """Have the database for oneself among all machines that prepare it. Raises CannotStart.

    `patience`: seconds to wait for another machine. SQLite belongs to one machine, and to one copy of the service
    (`Instance`). PostgreSQL's lock ends with its connection, so a machine that dies frees it.
    """
    from django.db import DatabaseError, connection  # the supervisor imports this before there is Django

    if connection.vendor != "postgresql":
        yield
        return
    # A connection of its own, which does nothing else: migrations may close theirs, and an index that is made beside
    # other work waits for every statement that runs, also for one that would wait here. So each try is a short one.
    own: Any = connection.copy("turns")
    try:
        try:
            _wait(own, say, time.monotonic() + patience)
        except DatabaseError as error:
            raise CannotStart(f"The database of DATABASE_URL can't be used ({type(error).__name__}).") from None
        yield
    finally:
        own.close()


def _wait(own: Any, say: Say, until: float) -> None:
    is_said = False
    while True:
        with own.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            if cursor.fetchone() == (True,):
                return
        if time.monotonic() >= until:
            raise CannotStart("Another machine has been preparing the database all the while. Start this one again.")
        if not is_said:
            say("  database: another machine prepares it; this one waits")
            is_said = True
        time.sleep(PAUSE)
