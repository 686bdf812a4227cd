"""A thousand forms from twenty phones at once, after a day without a network: each is received once, without a 5xx.

Each phone sends what is urgent first, and every fifth phone comes when the others are at what isn't. Then each asks, as
its page does, what became of its forms. After that a few more forms of each, while the web server's process is killed.
All of it on SQLite, then on a PostgreSQL and a Redis of its own (BENCH_DATABASES=sqlite or postgresql: on that alone).

Goals: every form here once and none as a draft; no 5xx at all; 99 of 100 notices of urgent forms with a mail server
within five seconds of their receipt; and few forms that aren't urgent received between the moment at which an urgent
one was first sent and its receipt. Beside it, how often a phone was told to come later (429).
"""

import base64
import json
import os
import signal
import tempfile
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from tests.servers import running_servers
from tests.supervisor.running_system import RunningSystem, get_stat, wait_until

from .tables import percentile, table

ROOT = Path(__file__).resolve().parents[2]
LATE_SECONDS = 15.0  # after which every fifth phone comes
ASKED = 5  # of its forms, after each phone has sent them
MAX_OVERTAKEN = 8  # forms that aren't urgent, between an urgent one's first sending and its receipt
AFTER_A_KILL = 5  # forms of each phone
PHONES, FORMS, URGENT = 20, 50, 5  # forms of each phone, and how many of them are urgent
GOAL_SECONDS = 5.0
PREPARE = """
import json
from access.models import Assignment, MobileUnit, User
from case_forms.devices.actions import grant_device, set_up_device
from case_forms.form_builder.models import FormVersion
from vault.field_keys import get_published
unit = MobileUnit.objects.get(region__slug="vlore")
coordinator = User.objects.get(username="koordinator")
made = []
for number in range(PHONES):
    user = User.objects.create_user(f"bench-phone-{number}", f"bench{number}@vatra.example", "x")
    Assignment.objects.create(user=user, role="worker", unit=unit)
    grant_device(user=user, region=unit.region, by=coordinator)
    done = set_up_device(user=user, name="bench", replace=True)
    made.append({"device": str(done.device.pk), "token": done.queue_token})
version = FormVersion.objects.newest().get(form__key="initial_identification").number
print("MADE" + json.dumps({"phones": made, "key": get_published()[0], "version": version}))
"""
COUNT = """
import json
from case_forms.devices.models import Arrival
from case_forms.submissions.models import Submission
from notifications.outbox.models import Attempt, Notice
sent = Submission.objects.filter(submitted_by__username__startswith="bench-phone-")
urgent = set(Arrival.objects.filter(is_urgent=True, state="received").values_list("result", flat=True))
cases = {each.case_id: each.received_at for each in sent if each.pk in urgent and each.case_id}
first = Notice.objects.filter(case_id__in=cases, role="police", purpose="first", sent_at__isnull=False)
waits = [(each.sent_at - cases[each.case_id]).total_seconds() for each in first]
came = Arrival.objects.filter(state="received").order_by("arrived_at").values_list("uuid", "is_urgent", "arrived_at")
print("COUNTED" + json.dumps({
    "received": sent.count(), "returned": Arrival.objects.filter(state="returned").count(), "urgent": len(cases),
    "waits": waits, "reasons": sorted(Arrival.objects.filter(state="returned").values_list("reason", flat=True)),
    "came": [(str(uuid), is_urgent, at.timestamp()) for uuid, is_urgent, at in came],
}))
"""


@dataclass
class Phone:
    """One phone that delivers what it holds, and comes again when it is told to. `statuses`: of every answer.

    `first_sent`: {an urgent form: when it was first sent, by the clock}. `broken`: connections without an answer.
    """

    port: int
    device: str
    token: str
    key: dict[str, str]
    version: int
    answers: dict[str, Any]
    number: int
    statuses: list[int] = field(default_factory=list)
    urgent_waits: list[float] = field(default_factory=list)
    first_sent: dict[str, float] = field(default_factory=dict)
    broken: int = 0
    filled: int = 0

    @property
    def is_late(self) -> bool:
        return self.number % 5 == 4

    def __post_init__(self) -> None:
        raw = base64.urlsafe_b64decode(self.key["public"] + "=")
        self.public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)

    def run(self, count: int) -> None:
        urgent = max(1, count * URGENT // FORMS)
        time.sleep(LATE_SECONDS if self.is_late else 0)
        sent = [self.deliver(is_urgent=number < urgent) for number in range(count)]
        contact = {"device": self.device, "app": "bench", "now": datetime.now(UTC).isoformat()}
        self.ask_until("POST", "device-contact", json.dumps(contact).encode())
        for identity in sent[-ASKED:]:
            self.ask_until("GET", f"sealed-submissions/{identity}")

    def deliver(self, *, is_urgent: bool) -> str:
        identity, body = self.seal(urgent=is_urgent)
        began = time.monotonic()
        if is_urgent:
            self.first_sent[identity] = time.time()
        self.ask_until("POST", "sealed-submissions", body, **{"X-Urgent": "yes" if is_urgent else "no"})
        if is_urgent:
            self.urgent_waits.append(time.monotonic() - began)
        return identity

    def ask_until(self, method: str, path: str, body: bytes | None = None, **more: str) -> None:
        """Ask until it is answered; what says when to come is asked again then."""
        while True:
            status, seconds = self.ask(method, path, body, **more)
            if status:
                self.statuses.append(status)
            else:
                self.broken += 1
            if status not in (0, 429) and status < 500:
                return
            time.sleep(seconds)

    def ask(self, method: str, path: str, body: bytes | None, **more: str) -> tuple[int, float]:
        """Return the status (0 for a connection that broke), and after how many seconds to ask again."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.token}", **more}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, f"/api/field/v1/{path}", body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, HTTPException):
            return 0, 0.5
        finally:
            connection.close()
        return answer.status, float(answer.headers["Retry-After"] or 0.5)

    def seal(self, *, urgent: bool) -> tuple[str, bytes]:
        """Return the next form's UUID and the request's body."""
        identity, now = str(uuid.uuid4()), datetime.now(UTC)
        self.filled += 1
        # Of each form another one: two people who share one are asked about, and then the form comes back as a draft.
        answers = self.answers | {"safe_contact_phone": f"+35560{self.number * 1000 + self.filled + 1_000_000:07d}"}
        fields = [
            [name, each]
            for name, value in answers.items()
            for each in (value if isinstance(value, list) else [value])
            if isinstance(each, str)
        ]
        plain = {
            "form": "initial_identification",
            "version": self.version,
            "occurred_at": (now - timedelta(hours=9)).isoformat(),
            "occurred_by_clock": True,
            "fields": fields,
            "confirmed": [],
            "finished_at": (now - timedelta(hours=8)).isoformat(),
        }
        info = f"vatra sealed submission 1\n{self.device}\n{identity}\n{self.key['id']}".encode()
        suite = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
        sealed = suite.encrypt(json.dumps(plain).encode(), self.public, info=info)
        body = {
            "uuid": identity,
            "device": self.device,
            "key": self.key["id"],
            "sealed": base64.urlsafe_b64encode(sealed).decode().rstrip("="),
            "sent_at": now.isoformat(),
            "urgent": urgent,
        }
        return identity, json.dumps(body).encode()


def run(*, quick: bool) -> bool:
    count = FORMS // 10 if quick else FORMS
    asked = os.environ.get("BENCH_DATABASES", "sqlite,postgresql").split(",")
    is_good = "sqlite" not in asked or run_on("SQLite", {}, count=count)
    if "postgresql" in asked:
        with running_servers(keeps_commits=True) as servers:
            is_good &= run_on("PostgreSQL and Redis", servers.environment, count=count)
    return is_good


def run_on(name: str, environment: dict[str, str], *, count: int) -> bool:
    print(f"\n{name}:")
    with tempfile.TemporaryDirectory(prefix="vatra-bench-") as folder:
        system = RunningSystem(Path(folder) / "system", Path(folder) / "static", more=environment)
        try:
            system.begin_migrated().start().wait_ready(seconds=900)
            phones = make_phones(system)
            before = system_seconds(system)
            took = deliver_all(phones, count)
            worked = system_seconds(system) - before
            urgent = PHONES * max(1, count * URGENT // FORMS)
            wait_until(lambda: len(ask(system, COUNT)["waits"]) >= urgent, seconds=120, what="notices of urgent forms")
            found = ask(system, COUNT)
            is_good = report(phones, found, count=count, took=took, worked=worked)
            is_good &= deliver_through_a_kill(system, phones, PHONES * (count + AFTER_A_KILL))
        finally:
            system.stop(seconds=60)
    return is_good


def deliver_all(phones: list[Phone], count: int) -> float:
    """Have all phones deliver so many forms at once; return the seconds it took."""
    began = time.monotonic()
    threads = [threading.Thread(target=phone.run, args=[count], daemon=True) for phone in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(1800)
    return time.monotonic() - began


def system_seconds(system: RunningSystem) -> float:
    """Return the processor's seconds that the service has used: less of them is waited for on a busy machine."""
    ticks = sum(int(each) for pid in system.everyone() if (stat := get_stat(pid)) for each in stat[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


def report(phones: list[Phone], found: dict[str, Any], *, count: int, took: float, worked: float) -> bool:
    statuses = [status for phone in phones for status in phone.statuses]
    faults = [status for status in statuses if status >= 500]
    waited, overtaken = percentile(found["waits"], 0.99), count_overtaken(phones, found["came"])
    row = [
        *(PHONES * count, f"{took:.1f}", f"{worked:.1f}", statuses.count(201), found["received"], found["returned"]),
        *(statuses.count(429), len(faults), overtaken, f"{percentile(found['waits'], 0.5):.2f}"),
        *(f"{waited:.2f}", GOAL_SECONDS),
    ]
    heads = ["forms", "took s", "processor s", "201", "received", "returned", "429 and again", "5xx"]
    heads += ["before an urgent one", "urgent: police notified after s (median)", "(p99)", "goal"]
    for late, name in ((False, "first"), (True, "later")):
        tried = [seconds for phone in phones if phone.is_late == late for seconds in phone.urgent_waits]
        heads.append(f"urgent of phones that came {name}: s until received (p99)")
        row.append(f"{percentile(tried, 0.99):.2f}")
    print(table(heads, [row]))
    if found["reasons"]:
        print("Returned because of:", ", ".join(found["reasons"]))
    if faults:
        print("5xx:", dict(Counter(faults)))
    everything = found["received"] == PHONES * count == statuses.count(201)
    return everything and not faults and waited <= GOAL_SECONDS and overtaken <= MAX_OVERTAKEN


def count_overtaken(phones: list[Phone], came: list[tuple[str, bool, float]]) -> int:
    """Return how many that aren't urgent were received, at most, after an urgent one was first sent and before it."""
    arrived = {identity: at for identity, _is_urgent, at in came}
    others = [at for _identity, is_urgent, at in came if not is_urgent]
    sent = [(arrived[key], at) for phone in phones for key, at in phone.first_sent.items() if key in arrived]
    return max((sum(began < other < end for other in others) for end, began in sent), default=0)


def deliver_through_a_kill(system: RunningSystem, phones: list[Phone], expected: int) -> bool:
    """Have each phone deliver some more, and kill the web server's process meanwhile: each form is here once."""
    for phone in phones:
        phone.statuses.clear()
        phone.broken = 0
    leader = system.leader("web")
    (worker,) = system.group(leader) - {leader}
    killing = threading.Timer(3.0, os.kill, (worker, signal.SIGKILL))
    killing.start()
    deliver_all(phones, AFTER_A_KILL)
    killing.join()
    found = ask(system, COUNT)
    counts = Counter(status for phone in phones for status in phone.statuses)
    broken = sum(phone.broken for phone in phones)
    print(f"Killed meanwhile: {found['received']} of {expected} received, {found['returned']} returned;", end=" ")
    print(f"connections that broke: {broken}; answers: {dict(sorted(counts.items()))}")
    return bool(found["received"] == expected and not found["returned"] and max(counts) < 500)


def make_phones(system: RunningSystem) -> list[Phone]:
    made = ask(system, PREPARE.replace("PHONES", str(PHONES)), "MADE")
    rows = json.loads((ROOT / "case_forms/submissions/seeding/demo_cases.json").read_text())["submissions"]
    answers = next(row["answers"] for row in rows if row["form"] == "initial_identification")
    unnamed = {key: value for key, value in answers.items() if key not in ("first_name", "last_name")}
    return [
        Phone(system.port, each["device"], each["token"], made["key"], made["version"], unnamed, number)
        for number, each in enumerate(made["phones"])
    ]


def ask(system: RunningSystem, program: str, mark: str = "COUNTED") -> dict[str, Any]:
    said = system.manage("shell", "-c", program)
    return dict(json.loads(said.split(mark)[1].splitlines()[0]))


if __name__ == "__main__":
    raise SystemExit(0 if run(quick=bool(os.environ.get("QUICK"))) else 1)
