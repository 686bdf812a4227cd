"""Apps that send one form after the other, over a balancer that leaves out a machine that doesn't answer; and a mail
server that notes when it took what."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller

from .inside import Sender

PATH = "/api/field/v1/submissions"
CONNECT_SECONDS = 2.0  # as proxy_connect_timeout of a balancer
ANSWER_SECONDS = 5.0  # as its proxy_read_timeout for these
REST_SECONDS = 10.0  # as its fail_timeout: so long a machine that failed is left out


class Sink:
    """Accepts every mail, and notes (Message-ID, when)."""

    def __init__(self, host: str) -> None:
        self.mails: list[tuple[str, float]] = []
        self.host, self.port = host, 2525
        self._controller = Controller(self, hostname=host, port=self.port)
        self._controller.start()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append((str(message_from_bytes(envelope.content)["Message-ID"]), time.time()))
        return "250 OK"

    def stop(self) -> None:
        self._controller.stop()


@dataclass
class Balancer:
    """Deals clients out to machines in turn; one that failed isn't asked for a while."""

    urls: Sequence[str]
    _failed: dict[str, float] = field(default_factory=dict)

    def choose(self, client: int) -> str:
        now = time.monotonic()
        well = [url for url in self.urls if now - self._failed.get(url, -REST_SECONDS) >= REST_SECONDS]
        among = well or list(self.urls)
        return among[client % len(among)]

    def note_failure(self, url: str) -> None:
        self._failed[url] = time.monotonic()


@dataclass
class Load:
    """`clients` threads, each of which sends a form until it was acknowledged, and then the next.

    `acknowledged`: {UUID: when}, by time.time().
    """

    senders: Sequence[Sender]
    balancer: Balancer
    clients: int
    pause: float = 0.0
    patience: float = ANSWER_SECONDS
    acknowledged: dict[str, float] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> "Load":
        for number in range(self.clients):
            self._threads.append(threading.Thread(target=self._send_all, args=(number,), daemon=True))
            self._threads[-1].start()
        return self

    def stop(self) -> "Load":
        """Begin no more forms; wait until those that were begun have been acknowledged."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(120)
        return self

    def _send_all(self, number: int) -> None:
        sender = self.senders[number % len(self.senders)]
        while not self._stopped.wait(self.pause):
            key, body = sender.write()
            began = time.time()
            while not self._send(number, sender.token, body):
                time.sleep(0.1)
            self.acknowledged[key] = time.time()
            self.took.append(self.acknowledged[key] - began)

    def _send(self, number: int, token: str, body: str) -> bool:
        url = self.balancer.choose(number)
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=CONNECT_SECONDS)
        try:
            connection.connect()
            connection.sock.settimeout(self.patience)
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            connection.request("POST", PATH, body, headers)
            answer = connection.getresponse()
            answer.read()
            said = str(answer.status)
        except (OSError, http.client.HTTPException) as error:
            self.balancer.note_failure(url)
            said = type(error).__name__
        finally:
            connection.close()
        self.answers[said] += 1
        return said in ("200", "201")


def measure_pause(times: Sequence[float], begin: float, end: float) -> float:
    """Return the longest time between two of these within [begin, end]."""
    within = [begin, *sorted(at for at in times if begin <= at <= end), end]
    return max(after - before for before, after in pairwise(within))
