"""Units that send identifications to a server that is too slow for them, and try again as docs/api.md tells them to."""

import http.client
import json
import os
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from .running_system import RunningSystem

ASK_FOR_ANSWERS = """
import json
from django.utils import timezone
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.drill import SCRIPT, drill_answers
script, now = json.loads(SCRIPT.read_text()), timezone.localtime()
version = FormVersion.objects.newest().get(form__key=script["form"])
answers = drill_answers(version.parsed_form, script, municipality="vlore", occurred_at=now)
body = dict(form=script["form"], version=version.number, occurred_at=now.isoformat(), answers=answers)
print("BODY " + json.dumps(body))
"""


@contextmanager
def starved(pid: int, *, share: float) -> Iterator[None]:
    """The process gets this share of the time only, as on a machine where others take the rest."""
    is_over = threading.Event()

    def hold_up() -> None:
        with suppress(ProcessLookupError):
            while not is_over.is_set():
                os.kill(pid, signal.SIGSTOP)
                time.sleep(0.5 * (1 - share))
                os.kill(pid, signal.SIGCONT)
                time.sleep(0.5 * share)

    thread = threading.Thread(target=hold_up)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@dataclass
class Load:
    """`statuses`: of every try of a submission; `pages`: of readers."""

    system: RunningSystem
    user: str = "vlore1"
    statuses: Counter = field(default_factory=Counter)
    pages: Counter = field(default_factory=Counter)
    acknowledged: set[str] = field(default_factory=set)
    without_retry_after: int = 0
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.token = self.system.manage("field_token", self.user).strip()
        said = self.system.manage("shell", "-v0", "-c", ASK_FOR_ANSWERS)
        self.body = json.loads(next(line for line in said.splitlines() if line.startswith("BODY "))[5:])

    def run(self, *, per_second: float, seconds: float, readers_per_second: float) -> int:
        """Sends at this rate whatever becomes of it; returns how many submissions were begun."""
        until, begun, due = time.monotonic() + seconds, 0, {self._submit: 0.0, self._read: 0.0}
        pace = {self._submit: 1 / per_second, self._read: 1 / readers_per_second}
        while time.monotonic() < until:
            for deed, at in due.items():
                if time.monotonic() >= at:
                    due[deed] = time.monotonic() + pace[deed]
                    begun += deed == self._submit
                    self._threads.append(threading.Thread(target=deed, daemon=True))
                    self._threads[-1].start()
            time.sleep(0.01)
        return begun

    def wait(self, *, seconds: float) -> None:
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _submit(self) -> None:
        own = str(uuid.uuid4())
        sent = json.dumps({**self.body, "uuid": own})
        for _try in range(60):
            status, retry_after = self._ask("POST", "/api/field/v1/submissions", sent)
            with self._lock:
                self.statuses[status] += 1
                self.without_retry_after += status == 503 and not retry_after
                if status in (200, 201):
                    self.acknowledged.add(own)
                    return
            time.sleep(2.0)

    def _read(self) -> None:
        """An address that no cache knows."""
        status, _retry_after = self._ask("GET", f"/en/nothing-{uuid.uuid4().hex}/", None)
        with self._lock:
            self.pages[status] += 1

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, str]:
        """(status, Retry-After); status 0 when there was no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.system.port, timeout=30)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"} if body else {}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()
        return answer.status, answer.getheader("Retry-After") or ""
