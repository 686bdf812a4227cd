"""A watch outside is asked while we work, once a minute, with nothing in the request; its address is in no log."""

import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.checks import run_checks
from django.utils import timezone

from notifications.outbox.models import Heartbeat

from .. import outside_watch
from ..outside_watch import PART, ask_if_due, describe_outside_watch

pytestmark = pytest.mark.django_db
SECRET = "3f0c-kanarina"


class Watch:
    """A real HTTP server that keeps what it was asked, and answers `status`, after `wait` seconds."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.status, self.wait = 200, 0.0
        watch = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                watch.asked.append((self.command, self.path, dict(self.headers), body))
                time.sleep(watch.wait)
                self.send_response(watch.status)
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.end_headers()

            do_POST = do_HEAD = do_GET

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/ping/{SECRET}"


@pytest.fixture
def watch(settings):
    found = Watch()
    settings.OUTSIDE_WATCH_URL, settings.LOOPBACK_ENDPOINTS = found.url, True
    yield found
    found.server.shutdown()
    found.server.server_close()


def work(at) -> None:
    for part in ("canary.urgent", "sweeper"):
        Heartbeat.objects.update_or_create(part=part, defaults={"at": at})


def get_health(at):
    return describe_outside_watch(Heartbeat.objects.in_bulk(), at)[PART]


def test_it_gets_a_bare_get_once_a_minute_from_whichever_sweeper(watch):
    now = timezone.now()
    for seconds in (0, 1, 30, 59, 60, 61):
        at = now + timedelta(seconds=seconds)
        work(at)
        ask_if_due(at)
    assert [(method, path, body) for method, path, _headers, body in watch.asked] == [
        ("GET", f"/ping/{SECRET}", b"")
    ] * 2
    assert {name.lower() for name in watch.asked[0][2]} <= {"host", "connection"}
    assert get_health(now + timedelta(seconds=61)) == {"ok": True, "age_s": 1.0, "failing_s": 0.0, "error": ""}


@pytest.mark.parametrize("late", ["canary.urgent", "sweeper"])
def test_it_is_not_asked_while_no_worker_or_no_sweeper_works(watch, late):
    now = timezone.now()
    work(now)
    Heartbeat.objects.filter(part=late).update(at=now - timedelta(minutes=2))
    assert not ask_if_due(now)
    assert watch.asked == []
    assert get_health(now)["error"] == "not_working"


def test_what_fails_is_said_by_a_code_since_when_and_without_the_address(watch, capfd, caplog):
    now = timezone.now()
    for minutes, status in ((0, 200), (1, 503), (2, 302), (8, 404)):
        watch.status = status
        work(now + timedelta(minutes=minutes))
        ask_if_due(now + timedelta(minutes=minutes))
    found = get_health(now + timedelta(minutes=8))
    assert found == {"ok": False, "age_s": 480.0, "failing_s": 420.0, "error": "http_404"}
    assert len(watch.asked) == 4  # no redirect was followed
    stored = str(list(Heartbeat.objects.values_list("facts", flat=True)))
    written = capfd.readouterr()
    assert SECRET not in stored + caplog.text + written.out + written.err


@pytest.mark.clock
def test_one_that_hangs_costs_its_own_time_and_no_more(watch, monkeypatch):
    monkeypatch.setattr(outside_watch, "OUTSIDE_SECONDS", 0.3)
    watch.wait = 2.0
    now = timezone.now()
    work(now)
    began = time.monotonic()
    assert not ask_if_due(now)
    assert time.monotonic() - began < 1.5
    assert get_health(now)["error"] == "timeout"


def test_an_address_inside_the_network_is_not_asked_where_loopback_is_not_let_through(watch, settings):
    settings.LOOPBACK_ENDPOINTS = False
    now = timezone.now()
    work(now)
    assert not ask_if_due(now)
    assert (watch.asked, get_health(now)["error"]) == ([], "endpoint_not_public")


def test_a_clock_that_was_set_back_keeps_it_from_nothing(watch):
    now = timezone.now()
    Heartbeat.objects.create(part=PART, at=now + timedelta(hours=3))
    work(now)
    assert ask_if_due(now)


def test_without_an_address_health_says_nothing_of_it_and_with_a_bad_one_the_start_fails_without_naming_it(settings):
    settings.OUTSIDE_WATCH_URL = ""
    assert describe_outside_watch({}, timezone.now()) == {}
    settings.OUTSIDE_WATCH_URL = f"http://watch.example/{SECRET}"
    found = [each for each in run_checks() if each.id == "escalation.E001"]
    assert len(found) == 1
    assert "endpoint_not_https" in found[0].msg
    assert SECRET not in str(found)
