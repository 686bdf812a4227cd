"""What the browser tests stand on: a press ends once the page that it led to is whole (tests/chromium.py)."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.browser
SECOND_HALF_AFTER = 0.7  # seconds


class Slow(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        if self.path == "/":
            self.wfile.write(
                b"<a href='/slow'>on</a><button onclick='setTimeout(() => location = \"/slow\")'>go</button>"
            )
            return
        # Enough that the browser begins to show it.
        self.wfile.write(b"<title>slow</title><p>first</p>" + b" " * 4096)
        self.wfile.flush()
        time.sleep(SECOND_HALF_AFTER)
        self.wfile.write(b"<p>second</p>")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def slow_system() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_follows_a_press_sees_the_whole_page(chromium: Browser, slow_system: str) -> None:
    page = chromium.new_page()
    page.goto(slow_system)
    page.click("a")
    assert page.locator("p").count() == 2
    page.close()


def test_what_follows_an_address_sees_the_whole_page(chromium: Browser, slow_system: str) -> None:
    page = chromium.new_page()
    page.goto(slow_system)
    page.locator("button").click()
    expect(page).to_have_url(f"{slow_system}/slow")
    assert page.locator("p").count() == 2
    page.close()
