"""Asking our whole WSGI application in the test's own process."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.signals import request_finished, request_started
from django.db import close_old_connections


@contextmanager
def connections_stay_open() -> Iterator[None]:
    """As with Django's own test client: a test stands within a transaction, which would end with its connection.

    On SQLite in memory nothing would be closed; on PostgreSQL it would.
    """
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)
