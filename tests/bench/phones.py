"""A thousand forms from twenty phones at once, after a day without a network: none is lost or answered by a 5xx.

503 with Retry-After is the door's word for "in a moment" and is counted apart: the phone comes again with the same
form. Each phone sends what is urgent first, and every fifth phone comes when the others are at what isn't: how long it
had to try until its urgent forms were in stands in a column of its own. Beside it: how soon after its receipt a notice
of an urgent form was with a mail server. Goals: every form here once and none as a draft, no other 5xx, and 99 of 100
notices of urgent forms within five seconds.
"""

import base64
import json
import os
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from tests.supervisor.house import House, wait_until

from .tables import percentile, table

ROOT = Path(__file__).resolve().parents[2]
LATE_SECONDS = 15.0  # after which every fifth phone comes
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
order = list(Arrival.objects.filter(state="received").order_by("arrived_at").values_list("is_urgent", flat=True))
print("COUNTED" + json.dumps({
    "received": sent.count(), "returned": Arrival.objects.filter(state="returned").count(), "urgent": len(cases),
    "waits": waits, "reasons": sorted(Arrival.objects.filter(state="returned").values_list("reason", flat=True)),
    "last_urgent": max((place for place, is_urgent in enumerate(order) if is_urgent), default=0),
}))
"""


@dataclass
class Phone:
    """One phone that delivers what it holds, and comes again when it is told to. `statuses`: of every answer."""

    port: int
    device: str
    token: str
    key: dict[str, str]
    version: int
    answers: dict[str, Any]
    count: int
    number: int
    statuses: list[int] = field(default_factory=list)
    urgent_waits: list[float] = field(default_factory=list)

    @property
    def is_late(self) -> bool:
        return self.number % 5 == 4

    def __post_init__(self) -> None:
        raw = base64.urlsafe_b64decode(self.key["public"] + "=")
        self.public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)

    def run(self) -> None:
        urgent = max(1, self.count * URGENT // FORMS)
        time.sleep(LATE_SECONDS if self.is_late else 0)
        for number in range(self.count):
            is_urgent = number < urgent
            body = self.seal(number, urgent=is_urgent)
            began = time.monotonic()
            while (status := self.send(body, urgent=is_urgent)) in (0, 429, 503):
                time.sleep(0.5)
            self.statuses.append(status)
            if is_urgent:
                self.urgent_waits.append(time.monotonic() - began)

    def send(self, body: bytes, *, urgent: bool) -> int:
        """Return the status; 0 for a connection that broke. A 503 without Retry-After counts as a fault."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        headers["X-Urgent"] = "yes" if urgent else "no"
        try:
            connection.request("POST", "/api/field/v1/sealed-submissions", body, headers)
            answer = connection.getresponse()
            answer.read()
        except OSError:
            return 0
        finally:
            connection.close()
        if answer.status == 503:
            self.statuses.append(503 if answer.headers["Retry-After"] else 599)
        return answer.status

    def seal(self, form: int, *, urgent: bool) -> bytes:
        identity, now = str(uuid.uuid4()), datetime.now(UTC)
        # Of each form another one: two people who share one are asked about, and then the form comes back as a draft.
        answers = self.answers | {"safe_contact_phone": f"+35560{self.number * 1000 + form + 1_000_000:07d}"}
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
        return json.dumps(body).encode()


def run(*, quick: bool) -> bool:
    count = FORMS // 10 if quick else FORMS
    with tempfile.TemporaryDirectory(prefix="vatra-bench-") as folder:
        house = House(Path(folder) / "house", Path(folder) / "static")
        try:
            house.begin_migrated().start().wait_ready(seconds=600)
            phones = make_phones(house, count)
            began = time.monotonic()
            threads = [threading.Thread(target=phone.run, daemon=True) for phone in phones]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(1800)
            took = time.monotonic() - began
            urgent = PHONES * max(1, count * URGENT // FORMS)
            wait_until(lambda: len(ask(house, COUNT)["waits"]) >= urgent, seconds=120, what="notices of urgent forms")
            found = ask(house, COUNT)
        finally:
            house.stop(seconds=60)
    statuses = [status for phone in phones for status in phone.statuses]
    faults = [status for status in statuses if status >= 500 and status != 503]
    waited = percentile(found["waits"], 0.99)
    row = [
        *(PHONES * count, f"{took:.1f}", statuses.count(201), found["received"], found["returned"]),
        *(statuses.count(503), len(faults), found["last_urgent"], f"{waited:.2f}", GOAL_SECONDS),
    ]
    heads = ["forms", "took s", "201", "received", "returned", "503 and again", "other 5xx"]
    heads += ["last urgent came as", "urgent: police notified after s (p99)", "goal"]
    for late, name in ((False, "first"), (True, "later")):
        tried = [seconds for phone in phones if phone.is_late == late for seconds in phone.urgent_waits]
        heads.append(f"urgent of phones that came {name}: s until received (p99)")
        row.append(f"{percentile(tried, 0.99):.2f}")
    print(table(heads, [row]))
    if found["reasons"]:
        print("Returned because of:", ", ".join(found["reasons"]))
    everything = found["received"] == PHONES * count == statuses.count(201)
    return bool(everything and not faults and waited <= GOAL_SECONDS)


def make_phones(house: House, count: int) -> list[Phone]:
    made = ask(house, PREPARE.replace("PHONES", str(PHONES)), "MADE")
    rows = json.loads((ROOT / "case_forms/submissions/seeding/demo_cases.json").read_text())["submissions"]
    answers = next(row["answers"] for row in rows if row["form"] == "initial_identification")
    unnamed = {key: value for key, value in answers.items() if key not in ("first_name", "last_name")}
    return [
        Phone(house.port, each["device"], each["token"], made["key"], made["version"], unnamed, count, number)
        for number, each in enumerate(made["phones"])
    ]


def ask(house: House, program: str, mark: str = "COUNTED") -> dict[str, Any]:
    said = house.manage("shell", "-c", program)
    return dict(json.loads(said.split(mark)[1].splitlines()[0]))


if __name__ == "__main__":
    raise SystemExit(0 if run(quick=bool(os.environ.get("QUICK"))) else 1)
