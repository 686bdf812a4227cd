"""Errors for a receiver of the Sentry protocol: where they happened, and not one word of what was being handled."""

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from notifications.channels.tests.servers import Receiver, receiver

from .. import error_sink
from ..error_sink import Sink, build_event, is_usable
from ..logs import error_without_content, event_without_content

CANARY = "Arta Hoxha, Vlora"


@pytest.fixture
def errors() -> Iterator[Receiver]:
    with receiver((200, {})) as found:
        yield found


def make_sink(errors: Receiver) -> Sink:
    return Sink(f"http://publickey@127.0.0.1:{errors.port}/7")


def fail() -> None:
    said = CANARY
    raise ValueError(f"{said} can't be parsed")


def make_line(event: str = "task_failed", logger: str = "config", level: str = "error") -> dict[str, Any]:
    """A line of the log as it is before it is written, with an error whose text quotes an answer."""
    try:
        fail()
    except ValueError as error:
        line = {"event": event, "logger": logger, "level": level, "exc_info": error, "case": "8PGXRZ"}
    return event_without_content(None, "", error_without_content(None, "", line))


def read(request: Any) -> bytes:
    return gzip.decompress(request.content) if request.headers.get("content-encoding") == "gzip" else request.content


def wait_for(errors: Receiver, count: int) -> None:
    until = time.monotonic() + 10
    while len(errors.requests) < count and time.monotonic() < until:
        time.sleep(0.02)


def test_the_receiver_learns_the_class_and_the_place_and_no_word_of_the_answer(errors):
    sink = make_sink(errors)
    sink.take(make_line())
    sink.flush(10)
    wait_for(errors, 1)
    (request,) = errors.requests
    content = read(request)
    assert b"ValueError" in content
    assert b"test_error_sink.py" in content
    assert b"task_failed" in content
    for each in ("Arta", "Hoxha", "parsed", "8PGXRZ"):
        assert each.encode() not in content
    event = json.loads(content.splitlines()[-1])
    assert set(event) <= error_sink.SENT
    frames = event["exception"]["values"][0]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "fail"
    assert all(set(frame) <= {"filename", "lineno", "function", "in_app"} for frame in frames)


def test_what_the_library_adds_by_itself_stays_here(errors, monkeypatch):
    monkeypatch.setenv("SENTRY_ENVIRONMENT", CANARY)
    monkeypatch.setenv("SENTRY_NAME", CANARY)
    sink = make_sink(errors)
    sink.take(make_line())
    sink.flush(10)
    wait_for(errors, 1)
    assert CANARY.encode() not in b"".join(read(each) for each in errors.requests)
    event = json.loads(read(errors.requests[0]).splitlines()[-1])
    assert not {"server_name", "user", "request", "breadcrumbs", "contexts", "extra", "modules", "environment"} & set(
        event
    )


def test_the_same_error_leaves_once_and_another_one_too(errors):
    sink = make_sink(errors)
    for _time in range(61):
        sink.take(make_line())
    sink.take(make_line(event="another"))
    sink.flush(10)
    wait_for(errors, 2)
    assert len(errors.requests) == 2


@pytest.mark.parametrize(
    ("logger", "level"), [("config", "info"), ("config", "warning"), ("urllib3.connectionpool", "error")]
)
def test_what_is_no_error_and_what_the_library_complains_of_stays_here(errors, logger, level):
    sink = make_sink(errors)
    sink.take(make_line(logger=logger, level=level))
    sink.flush(1)
    assert errors.requests == []


@pytest.mark.clock
@pytest.mark.parametrize("dsn", ["http://key@127.0.0.1:1/7", "nonsense", "https://", "http://key@127.0.0.1:1/"])
def test_a_receiver_that_is_away_or_no_address_stops_nothing(dsn):
    sink = Sink(dsn)
    began = time.monotonic()
    sink.take(make_line())
    assert time.monotonic() - began < 2


def test_a_line_without_an_error_is_an_event_too():
    event = build_event({"event": "device_alarm_has_nobody", "logger": "alarms", "level": "error"})
    assert event == {"level": "error", "logger": "alarms", "logentry": {"formatted": "device_alarm_has_nobody"}}


def test_an_address_in_a_library_s_sentence_stays_here():
    said = {"event": "Internal Server Error: /field/cases/8PGXRZ/", "logger": "django.request", "level": "error"}
    assert "8PGXRZ" not in str(build_event(said))


def test_an_address_without_a_key_or_a_project_is_known_as_none():
    assert is_usable("https://key@errors.example/7")
    for dsn in ("", "errors.example", "https://errors.example/7", "https://key@errors.example/", "ftp://key@host/7"):
        assert not is_usable(dsn)


LAST_WORDS = """
import django
django.setup()
import logging
try:
    raise ValueError("Arta Hoxha, Vlora")
except ValueError:
    logging.getLogger("config").exception("a_task_failed")
raise KeyError("Arta Hoxha, Vlora")
"""


def test_a_process_that_ends_by_an_error_has_shown_both(errors):
    environment = os.environ | {"SENTRY_DSN": f"http://publickey@127.0.0.1:{errors.port}/7"}
    done = subprocess.run([sys.executable, "-c", LAST_WORDS], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "a_task_failed" in done.stderr
    sent = b"".join(read(each) for each in errors.requests)
    assert len(errors.requests) == 2
    assert b"a_task_failed" in sent
    assert b"KeyError" in sent
    for each in ("Arta", "Hoxha"):
        assert each not in done.stderr
        assert each.encode() not in sent
