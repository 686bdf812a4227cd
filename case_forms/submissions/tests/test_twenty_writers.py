"""Twenty people write about one case at the same moment, over HTTP: nothing that was said is lost, and each is told.

Real threads of a real server, each with a connection of its own: on SQLite that needs a database in a file, as the
browsers' tests do; on PostgreSQL it runs with the servers' leg.
"""

import http.client
import json
import re
import threading
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from access.models import FieldToken, StaffRole, User
from audit.verification import verify_chain
from case_forms.cases.closing.open_ends import find_open_ends
from case_forms.cases.facts.models import CaseFact
from case_forms.cases.models import Case, CaseClosing, CaseEvent, Deadline, DeadlineKind, Referral
from case_forms.submissions.models import Submission
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice, Reply
from tests.world.offices import PIN
from tests.world.places import make_coordinator, make_user
from tests.world.scene import Scene, make_scene

TOKEN = "a" * 32  # of the CSRF cookie and the form, which only have to be the same
FORM = "application/x-www-form-urlencoded"


@dataclass
class Writer:
    """One of the twenty: what they send, and the answer."""

    what: str
    path: str
    body: str
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 0
    location: str = ""
    page: str = ""

    def send(self, address: str, start: threading.Barrier) -> None:
        line = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
        start.wait(60)
        line.request("POST", self.path, self.body, self.headers)
        answer = line.getresponse()
        self.status, self.location = answer.status, answer.getheader("Location", "")
        self.page = answer.read().decode(errors="replace")
        line.close()


def by(user: User, what: str, path: str, **given: str) -> Writer:
    """Somebody signed in, who sends a form of a page."""
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
    body = urlencode({"csrfmiddlewaretoken": TOKEN, **given})
    return Writer(what, path, body, {"Cookie": cookies, "Content-Type": FORM})


def by_app(scene: Scene, user: User, case: Case) -> Writer:
    """An app that sends a form about the case."""
    body = {
        "uuid": str(uuid.uuid4()),
        "form": scene.follow_up.form.key,
        "version": scene.follow_up.number,
        "occurred_at": timezone.now().isoformat(),
        "answers": {"case_ref": case.reference, "assessed": True},
    }
    headers = {"Authorization": f"Bearer {FieldToken.issue(user)}", "Content-Type": "application/json"}
    return Writer("form", "/api/field/v1/submissions", json.dumps(body), headers)


def by_office(notice: Notice, kind: str, **more: str) -> Writer:
    """Somebody of the office with the link open, who answers."""
    client = Client()
    path = f"/n/{notice.link_token}/"
    assert client.post(path, {"pin": PIN}).status_code == 303
    cookies = "; ".join(
        f"{name}={value.value}" for name, value in client.cookies.items() if name != settings.CSRF_COOKIE_NAME
    )
    headers = {"Cookie": f"{cookies}; {settings.CSRF_COOKIE_NAME}={TOKEN}", "Content-Type": FORM}
    body = urlencode({"csrfmiddlewaretoken": TOKEN, "kind": kind, **more})
    return Writer("answer", f"{path}reply/", body, headers)


def write_at_once(address: str, writers: list[Writer]) -> None:
    start = threading.Barrier(len(writers))
    threads = [threading.Thread(target=writer.send, args=(address, start)) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(180)


def check(address: str) -> None:
    scene = make_scene()
    case = Case.objects.get(reference=scene.send().receipt["case"])
    scene.follow(case.reference, to_org=scene.offices["protection_service"].slug, service=["shelter"])
    for _time in range(12):
        send_due()
    referral = Referral.objects.get(case=case)
    notice = Notice.objects.get(pk=referral.notice_id)
    colleagues = [make_user(StaffRole.WORKER, unit=scene.unit) for _number in range(9)]
    coordinator = make_coordinator(scene.place)
    now = timezone.now()
    task = Deadline.objects.create(
        case=case,
        event=CaseEvent.objects.create(case=case, kind="x"),
        kind=DeadlineKind.TASK,
        key="one_task",
        label={"sq": "Detyra", "en": "The task"},
        starts_at=now,
        owner="mobile_unit",
    )
    page = f"/field/cases/{case.reference}"
    before = {
        "forms": Submission.objects.filter(case=case).count(),
        "events": CaseEvent.objects.filter(case=case).count(),
        "facts": CaseFact.objects.filter(case=case).count(),
    }
    seen = get_seen(colleagues[0], f"{page}/close/")
    when = {"owner": "mobile_unit", "due": ""}
    when["due"] = f"{timezone.localtime(now) + timedelta(days=2):%Y-%m-%dT%H:%M}"
    closing = {"reason": "finished", "seen": seen, "open": "x", "contact": "x", "note": "x", "last_contact_on": ""}
    closing |= {"wish": "agrees", "despite": find_open_ends(case).despite}
    writers = [
        *(by_app(scene, user, case) for user in (scene.worker, *colleagues[:5])),
        *(by(user, "task", f"{page}/tasks/{task.pk}/done/", text=f"Words {user.pk}") for user in colleagues[:4]),
        *(by(user, "new task", f"{page}/tasks/", text=f"New {user.pk}", **when) for user in colleagues[4:8]),
        *(by(user, "lead", f"{page}/lead/") for user in colleagues[5:7]),
        by(colleagues[7], "close", f"{page}/close/", **closing),
        by(coordinator, "close", f"{page}/close/", **closing),
        by_office(notice, "accepted"),
        by_office(notice, "declined", reason="full"),
    ]
    assert len(writers) == 20
    write_at_once(address, writers)

    told = {what: Counter(each.status for each in writers if each.what == what) for what in {w.what for w in writers}}
    assert not [
        (each.what, each.status, each.page[:300]) for each in writers if each.status >= 500 or not each.status
    ], told

    # Each form is there, and each app has its receipt.
    assert set(told["form"]) <= {200, 201}
    assert Submission.objects.filter(case=case).count() == before["forms"] + 6

    # One has done the task; the others are told so, and have their words back.
    task.refresh_from_db()
    assert task.met_at is not None
    assert told["task"] == {302: 1, 409: 3}
    assert CaseEvent.objects.filter(case=case, kind="task_done_by_hand").count() == 1
    kept = [each for each in writers if each.what == "task" and each.status == 409]
    assert all(re.search(r"Words \d+", each.page) for each in kept)

    # Every new task is there.
    assert told["new task"] == {302: 4}
    texts = [event.explanation[0]["words"]["en"] for event in CaseEvent.objects.filter(case=case, kind="task_added")]
    assert sorted(texts) == sorted(f"New {user.pk}" for user in colleagues[4:8])

    # Two said that they follow the person: one of them does, and the chain has both.
    case.refresh_from_db()
    assert case.lead in colleagues[5:7]

    # Of two who ask to close what others change meanwhile, at most one request stands; whoever is refused reads why.
    assert CaseClosing.objects.filter(case=case).count() <= 1
    assert set(told["close"]) <= {302, 409, 422}
    assert all(each.page or each.location for each in writers if each.what == "close")

    # One answer of the office counts, and the referral says the same as its notice.
    referral.refresh_from_db()
    notice.refresh_from_db()
    assert Reply.objects.filter(notice=notice, kind__in=["accepted", "declined"]).count() == 1
    assert referral.state == notice.state
    assert referral.state in ("accepted", "declined")

    assert CaseFact.objects.filter(case=case).count() >= before["facts"]
    report = verify_chain()
    assert report.ok, report


def get_seen(user: User, path: str) -> str:
    """What the page of closing says that was open when it was read."""
    client = Client()
    client.force_login(user)
    found = re.search(r'name="seen" value="([^"]*)"', client.get(path).content.decode())
    assert found is not None
    return found[1]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_twenty_writers_lose_nothing_on_sqlite(live_server: Any) -> None:
    check(live_server.url)


if connection.vendor == "postgresql":

    @pytest.mark.django_db(transaction=True)
    def test_twenty_writers_lose_nothing_on_postgresql(live_server: Any) -> None:
        check(live_server.url)
