"""What an anonymous flooder does: sends the public form over HTTP as fast as a thread can, page after page."""

import http.client
import re
import threading
import time
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode

FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
PAGES_AT_MOST = 8


@dataclass
class Sender:
    """One browser without JavaScript, on a connection of its own."""

    port: int
    page: str
    statuses: list[int] = field(default_factory=list)

    def send(self, *, what: str, municipality: str = "", danger: str = "yes") -> str:
        """Goes through the form and sends it. Returns the last page, "" when the server was busy."""
        html = self._ask("GET", self.page)
        typed = {"what": what, "danger_now": danger, "child_involved": "yes", "municipality": municipality}
        for _page in range(PAGES_AT_MOST):
            fields = [(name, unescape(value)) for name, value in FIELD.findall(html)]
            if not fields:
                return ""
            going = "send" if 'value="_review"' in html else "next"
            body = urlencode([*fields, *((key, value) for key, value in typed.items() if value), ("go", going)])
            html = self._ask("POST", self.page, body)
            if going == "send":
                return html
        return ""

    def _ask(self, method: str, path: str, body: str | None = None) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            self.statuses.append(answer.status)
            return answer.read().decode()
        finally:
            connection.close()


@dataclass
class Flood:
    """So many threads sending until they are stopped. `sent`: how many got a receipt."""

    port: int
    page: str
    threads: int
    sent: int = 0
    refused: int = 0
    busy: int = 0

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._running = [threading.Thread(target=self._go, daemon=True) for _number in range(self.threads)]

    def start(self) -> "Flood":
        for thread in self._running:
            thread.start()
        return self

    def stop(self) -> None:
        self._over.set()
        for thread in self._running:
            thread.join(120)

    def _go(self) -> None:
        while not self._over.is_set():
            sender = Sender(self.port, self.page)
            try:
                html = sender.send(what="Nothing of this is true.")
            except OSError:
                html = ""
            with self._lock:
                self.sent += 'class="receipt"' in html
                self.refused += 429 in sender.statuses
                self.busy += 503 in sender.statuses
            if not html:
                time.sleep(0.2)
