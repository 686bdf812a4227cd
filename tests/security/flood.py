"""What an anonymous flooder does: sends the public form over HTTP as fast as a thread can, page after page."""

import http.client
import json
import re
import threading
import time
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlencode

from tests.supervisor.running_system import RunningSystem, wait_until

FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
PAGES_AT_MOST = 8
THREADS = 8
REAL = "A child is locked in the cellar behind the old mill."

COUNTED = """
import json
from django.conf import settings
from notifications.briefs.models import FurtherReport
from notifications.outbox.models import Attempt, Notice
from case_forms.tips.models import Tip
firsts = Notice.objects.filter(case_reference__startswith="S-", chases=None, municipality__slug="berat")
def of(role):
    found = firsts.filter(role=role)
    mails = Attempt.objects.filter(notice__chase_id__in=found.values("pk"), notice__role=role, outcome="accepted")
    return {"notices": found.count(), "mails": mails.count(),
            "reports": FurtherReport.objects.filter(notice__role=role).count()}
real = [s for s in Tip.objects.order_by("received_at") if s.answers.get("what") == WHAT]
when = None
if real:
    of_it = FurtherReport.objects.filter(source_id=real[0].pk, notice__role="police").first()
    if of_it is not None:
        sent = Attempt.objects.filter(notice__chase_id=of_it.notice_id, notice__role="police", outcome="accepted",
                                      started_at__gte=of_it.at).order_by("started_at").first()
        when = (sent.finished_at - real[0].received_at).total_seconds() if sent else None
print("COUNTED" + json.dumps({
    "tips": Tip.objects.count(),
    "held_back": Tip.objects.filter(held_back=True).count(),
    "lost": Tip.objects.filter(events__isnull=True).count(),
    "alarms": settings.NOTICE_ALARMS_PER_HOUR,
    "roles": {role: of(role) for role in ("mobile_unit", "police", "cpu")},
    "real": len(real), "told_after_s": when,
}))
"""


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


def counted(system: RunningSystem) -> dict[str, Any]:
    said = system.manage("shell", "-c", COUNTED.replace("WHAT", repr(REAL)))
    return dict(json.loads(said.split("COUNTED")[1].splitlines()[0]))


def send_a_real_one_meanwhile(system: RunningSystem, *, seconds: float) -> dict[str, Any]:
    """Flood one region for so long; halfway, report a real danger from another page. Returns what became of it all.

    `sending_took_s`: from opening the form to the receipt, under the flood. `told_after_s`: from the receipt's moment
    until a mail server had taken the mail to the police.
    """
    before = counted(system)["tips"]  # of the demo
    flood = Flood(system.port, "/pyet/berat/", THREADS).start()
    time.sleep(seconds / 2)
    started = time.monotonic()
    html = Sender(system.port, "/pyet/vlore/").send(what=REAL, municipality="berat")
    took = time.monotonic() - started
    time.sleep(seconds / 2)
    flood.stop()
    found: dict[str, Any] = wait_until(
        lambda: (said := counted(system)) and said["told_after_s"] is not None and said, seconds=90, what="told"
    )
    of_flood = {"sent": flood.sent, "refused": flood.refused, "busy": flood.busy}
    got_receipt = 'class="receipt"' in html
    return {"before": before, "got_receipt": got_receipt, "sending_took_s": took, **of_flood, **found}
