"""Phones come back into the network together: every form is received once, also one that a phone sends twice at once.

Real threads of a real server, each with a connection of its own: on SQLite that needs a database in a file, as the
browsers' tests do; on PostgreSQL it runs with the servers' leg. The whole day's load is tests/bench/phones.py.
"""

import json
import threading
from collections import Counter
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from audit.verification import verify_chain
from case_forms.submissions.models import Submission
from notifications.outbox.models import Notice
from tests.world.places import make_coordinator, make_user
from tests.world.scene import make_scene

from ..models import Arrival
from .phone import Phone, make_phone

PHONES, FORMS = 4, 5


def deliver(address: str, phone: Phone, bodies: list[dict[str, Any]], statuses: list[int]) -> None:
    for body in bodies:
        line = HTTPConnection(urlsplit(address).netloc, timeout=120)
        headers = {"Content-Type": "application/json", **phone.bearer()}
        line.request("POST", "/api/field/v1/sealed-submissions", json.dumps(body), headers)
        answer = line.getresponse()
        answer.read()
        statuses.append(answer.status)
        line.close()


def check(address: str) -> None:
    scene = make_scene()
    coordinator = make_coordinator(scene.place)
    phones = [make_phone(scene, make_user("worker", unit=scene.unit), coordinator) for _number in range(PHONES)]
    sent: list[tuple[Phone, list[dict[str, Any]]]] = []
    for phone in phones:
        bodies = [phone.seal(phone.fill(scene, story=f"{phone.device.pk} {number}")) for number in range(FORMS)]
        sent += [(phone, bodies), (phone, bodies)]  # two tabs of one phone
    statuses: list[int] = []
    threads = [threading.Thread(target=deliver, args=(address, phone, bodies, statuses)) for phone, bodies in sent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)

    assert Counter(statuses) == {201: PHONES * FORMS, 200: PHONES * FORMS}
    assert Submission.objects.count() == Arrival.objects.count() == PHONES * FORMS
    by_case = Counter(Notice.objects.filter(role="police", purpose="first").values_list("case_id", flat=True))
    assert len(by_case) == PHONES * FORMS
    assert set(by_case.values()) == {1}
    report = verify_chain()
    assert report.ok, report


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_each_form_of_each_phone_is_received_once_on_sqlite(live_server: Any) -> None:
    check(live_server.url)


if connection.vendor == "postgresql":

    @pytest.mark.django_db(transaction=True)
    def test_each_form_of_each_phone_is_received_once_on_postgresql(live_server: Any) -> None:
        check(live_server.url)
