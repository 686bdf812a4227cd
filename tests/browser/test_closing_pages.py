"""Pages are closed once the server has nothing in hand, and one of two doesn't wait for the other's idle connection."""

import io
import threading
import time
from typing import Any
from wsgiref.handlers import SimpleHandler

import pytest
from playwright.sync_api import Browser

from . import quiet
from .quiet import SERVES, close, is_answering

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PATIENCE = 20.0  # seconds


def count_connections() -> int:
    return sum(SERVES in each.name for each in threading.enumerate())


def test_the_first_of_two_closes_while_the_other_keeps_its_connection_and_the_last_waits_for_all(
    chromium: Browser, live_server: Any, transactional_db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiet, "PATIENCE", PATIENCE)
    first, last = chromium.new_context(), chromium.new_context()
    for context in (first, last):
        context.new_page().goto(f"{live_server.url}/healthz")
    assert count_connections() >= 2
    began = time.monotonic()
    close(first)
    assert time.monotonic() - began < PATIENCE
    assert count_connections() >= 1
    close(last)
    assert count_connections() == 0


def test_a_request_under_way_is_told_from_a_connection_that_waits_for_the_next() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def answer(_environ: Any, start_response: Any) -> list[bytes]:
        begun.set()
        go_on.wait(PATIENCE)
        start_response("200 OK", [])
        return [b""]

    at_work = threading.Thread(target=lambda: SimpleHandler(io.BytesIO(), io.BytesIO(), io.StringIO(), {}).run(answer))
    idle = threading.Thread(target=go_on.wait, args=(PATIENCE,))
    for each in (at_work, idle):
        each.start()
    assert begun.wait(PATIENCE)
    assert is_answering(at_work)
    assert not is_answering(idle)
    go_on.set()
    at_work.join(PATIENCE)
    assert not is_answering(at_work)
