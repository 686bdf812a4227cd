"""A session that was counted on a phone is on its record once; what can't be recorded waits for its unit, unlost."""

import json
import uuid
from datetime import time, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.models import User
from case_forms.devices.actions import end_device
from case_forms.devices.models import Arrival, EndedWhy
from case_forms.submissions.models import Draft
from outreach_pages.records.actions import get_counts, record_session
from outreach_pages.records.models import InformativeSession
from outreach_pages.records.phones.models import PhoneRecord
from outreach_pages.tests.places import person, region, town, unit
from outreach_pages.tests.places import session as make_session
from tests.world.scene import Scene

from .phone import API, Phone

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(scene: Scene) -> InformativeSession:
    """A session of the worker's unit, begun an hour ago."""
    town("vend", "Vend", scene.worker.units().get().region)
    day = timezone.localdate() - timedelta(days=1)
    return make_session(scene.worker, scene.worker.units().get(), date=day, starts_at=time(10, 0))


def read_package(phone: Phone, session: InformativeSession, token: str = "") -> Any:
    return phone.client.get(f"{API}device-sessions/{session.pk}?language=en", headers=phone.bearer(token or phone.pack))


def write(
    phone: Phone, session: InformativeSession, *, confirmed: tuple[str, ...] = (), **typed: str
) -> dict[str, Any]:
    """What a phone writes: the package's own hidden fields, and what was typed."""
    hidden = read_package(phone, session).json()["fields"]
    values = {"total": "12", "count-female-15_17": "7", "count-male-15_17": "5", "method": "talk", "language": "sq"}
    fields = [*hidden, *([name, value] for name, value in {**values, **typed}.items()), ["topics", "reporting"]]
    return {
        "form": "session_record",
        "version": 1,
        "occurred_at": phone.now.isoformat(),
        "occurred_by_clock": True,
        "fields": fields,
        "confirmed": list(confirmed),
        "finished_at": phone.now.isoformat(),
    }


def test_the_form_is_the_pages_own(phone: Phone, scene: Scene, held: InformativeSession) -> None:
    client = Client()
    client.force_login(scene.worker)
    User.objects.filter(pk=scene.worker.pk).update(language="en")
    online = BeautifulSoup(client.get(reverse("sessions:outcome", args=[held.pk])).content, "html.parser")
    blank = BeautifulSoup(read_package(phone, held).json()["html"], "html.parser")
    names = {field["name"] for field in blank.select("[name]")}
    besides = {"csrfmiddlewaretoken", "kit_version"}
    shown = {field["name"] for field in online.select("main form [name]")}
    assert names == shown - besides


def test_what_was_counted_is_on_the_record_once(phone: Phone, held: InformativeSession) -> None:
    body = phone.seal(write(phone, held))
    answer = phone.deliver(body)
    assert answer.status_code == 201, answer.content
    assert phone.deliver(body).status_code == 200
    held.refresh_from_db()
    assert held.state == "held"
    assert get_counts(held) == {("female", "15_17"): 7, ("male", "15_17"): 5}
    assert held.held_by == phone.device.user
    status = phone.client.get(f"{API}sealed-submissions/{body['uuid']}", headers=phone.bearer()).json()
    assert status["state"] == "server"
    assert not PhoneRecord.objects.exists()
    assert Arrival.objects.count() == 1


def test_the_same_record_sealed_a_second_time_changes_nothing(phone: Phone, held: InformativeSession) -> None:
    plain, identity = write(phone, held), str(uuid.uuid4())
    phone.deliver(phone.seal(plain, identity))
    assert phone.deliver(phone.seal(plain, identity)).status_code == 200
    assert not PhoneRecord.objects.exists()


def test_a_colleagues_record_is_never_overwritten(phone: Phone, scene: Scene, held: InformativeSession) -> None:
    plain = write(phone, held)
    values = {"topics": ["rights"], "method": "talk", "language": "sq"}
    record_session(session=held, by=scene.worker, values=values, counts={("female", "18_24"): 3})
    answer = phone.deliver(phone.seal(plain))
    assert (answer.status_code, answer.json()["reason"]) == (422, "changed")
    assert get_counts(held) == {("female", "18_24"): 3}
    waiting = PhoneRecord.objects.get()
    assert answer.json()["url"] == reverse("sessions:phone_record", args=[waiting.pk])
    client = Client()
    client.force_login(scene.worker)
    page = client.get(answer.json()["url"]).content.decode()
    assert 'value="7"' in page
    posted = {name: value for name, value in plain["fields"] if not name.startswith("_")} | {"topics": ["reporting"]}
    assert client.post(answer.json()["url"], posted).status_code == 302
    assert sum(get_counts(held).values()) == 12
    waiting.refresh_from_db()
    assert (waiting.fields, waiting.ended_at is not None) == ([], True)
    assert client.get(answer.json()["url"]).status_code == 302


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"total": "13"}, "refused"),
        ({"total": "Kanarina"}, "refused"),
        ({"questions_raised": "tel. 0691234567"}, "refused"),
        ({"partner_names": "Arta Hoxha"}, "confirm"),
        ({"total": "70", "count-female-15_17": "65"}, "confirm"),
        ({"method": "no such"}, "refused"),
        ({"kit_version": "9" * 30}, "refused"),
    ],
)
def test_what_cannot_be_recorded_waits_for_the_unit(
    phone: Phone, scene: Scene, held: InformativeSession, typed: dict[str, str], reason: str
) -> None:
    answer = phone.deliver(phone.seal(write(phone, held, **typed)))
    assert (answer.status_code, answer.json()["reason"]) == (422, reason)
    held.refresh_from_db()
    assert held.state == "planned"
    written = dict(map(tuple, PhoneRecord.objects.get().fields))
    assert all(written[name] == value for name, value in typed.items())
    client = Client()
    client.force_login(scene.worker)
    assert client.get(answer.json()["url"]).status_code == 200
    listed = client.get(reverse("sessions:list")).content.decode()
    assert answer.json()["url"] in listed
    client.post(answer.json()["url"], {"do": "delete"})
    assert PhoneRecord.objects.waiting().count() == 0


def test_what_was_confirmed_on_the_phone_is_not_asked_again(phone: Phone, held: InformativeSession) -> None:
    typed = {"total": "70", "count-female-15_17": "65"}
    assert phone.deliver(phone.seal(write(phone, held, confirmed=("total",), **typed))).status_code == 201


def test_an_ended_phones_record_waits_for_its_unit(phone: Phone, scene: Scene, held: InformativeSession) -> None:
    body = phone.seal(write(phone, held))
    end_device(device=phone.device, by=scene.worker, why=EndedWhy.LOST)
    answer = phone.deliver(body)
    assert (answer.status_code, answer.json()["reason"]) == (422, "device_ended")
    assert PhoneRecord.objects.get().session == held
    assert read_package(phone, held).status_code in (401, 410)


def test_a_cancelled_session_and_none_at_all(phone: Phone, scene: Scene, held: InformativeSession) -> None:
    plain = write(phone, held)
    InformativeSession.objects.filter(pk=held.pk).update(
        state="cancelled", cancelled_at=timezone.now(), cancelled_by=scene.worker, cancel_reason="host"
    )
    assert phone.deliver(phone.seal(plain)).json()["reason"] == "cancelled"
    for named in (str(uuid.uuid4()), "Kanarina", ""):
        fields = [["_session", named], *(pair for pair in plain["fields"] if pair[0] != "_session")]
        answer = phone.deliver(phone.seal({**plain, "fields": fields}))
        assert (answer.status_code, answer.json()["reason"]) == (422, "not_a_worker")
    client = Client()
    client.force_login(scene.worker)
    for record in PhoneRecord.objects.all():
        page = client.get(reverse("sessions:phone_record", args=[record.pk]))
        assert page.status_code == 200
        assert "12" in page.content.decode()


def test_another_units_session_is_not_there_and_not_recorded(phone: Phone, held: InformativeSession) -> None:
    plain = write(phone, held)
    far = region("shkoder", "Shkodër", "AL-10")
    town("shkoder", "Shkodër", far)
    other = person("tjeter", unit=unit(far))
    theirs = make_session(other, unit(far), date=timezone.localdate() - timedelta(days=1))
    assert read_package(phone, theirs).status_code == 404
    fields = [["_session", str(theirs.pk)], *(pair for pair in plain["fields"] if pair[0] != "_session")]
    answer = phone.deliver(phone.seal({**plain, "fields": fields}))
    assert answer.json()["reason"] == "not_a_worker"
    theirs.refresh_from_db()
    assert theirs.state == "planned"
    assert PhoneRecord.objects.get().session is None, "nobody learns by it that there is such a session"
    client = Client()
    client.force_login(other)
    assert client.get(answer.json()["url"]).status_code == 404


def test_a_draft_of_a_phone_that_is_gone_waits_for_its_unit(phone: Phone, held: InformativeSession) -> None:
    record = str(uuid.uuid4())
    drafts = {record: write(phone, held)}
    assert phone.rescue(drafts).json() == {"saved": [record], "refused": []}
    assert phone.rescue(drafts).status_code == 200
    assert PhoneRecord.objects.get().reason == "rescued"
    assert not Draft.objects.exists()


def test_the_pack_says_which_sessions_this_person_records(phone: Phone, held: InformativeSession) -> None:
    answer = phone.client.get(f"{API}device-pack?language=en", headers=phone.bearer(phone.pack))
    (line,) = [each for each in answer.json()["sessions"] if each["id"] == str(held.pk)]
    assert line["package"] == f"/api/field/v1/device-sessions/{held.pk}?language=en"
    assert "Kanarina" not in json.dumps(line)
    assert read_package(phone, held, phone.queue).status_code == 403


def write_plan(phone: Phone, **typed: str) -> dict[str, Any]:
    """A plan as the phone writes it."""
    answer = phone.client.get(f"{API}device-session-plan?language=en", headers=phone.bearer(phone.pack))
    unit = phone.device.user.units().get()
    values = {
        "unit": unit.slug, "municipality": unit.region.municipalities.first().slug, "place_type": "high_school",
        "place_name": "Shkolla e fshatit", "date": (timezone.localdate() + timedelta(days=3)).isoformat(),
        "starts_at": "10:00", "ends_at": "10:45", "audience": "high_school", "language": "sq",
    }  # fmt: skip
    fields = [*answer.json()["fields"], *([name, value] for name, value in {**values, **typed}.items())]
    times = {"occurred_at": phone.now.isoformat(), "finished_at": phone.now.isoformat()}
    return {"form": "session_plan", "version": 1, "occurred_by_clock": True, "fields": fields, "confirmed": [], **times}


def test_a_plan_is_a_session_once(phone: Phone, held: InformativeSession) -> None:
    plain, identity = write_plan(phone), str(uuid.uuid4())
    body = phone.seal(plain, identity)
    assert phone.deliver(body).status_code == 201
    assert phone.deliver(body).status_code == 200
    assert phone.deliver(phone.seal(plain, identity)).status_code == 200
    made = InformativeSession.objects.exclude(pk=held.pk).get()
    assert (made.place_name, made.planned_by, made.state) == ("Shkolla e fshatit", phone.device.user, "planned")


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"ends_at": "09:00"}, "refused"),
        ({"unit": "no-such-unit"}, "refused"),
        ({"place_name": "tel. 0691234567"}, "refused"),
        ({"partner_names": "Arta Hoxha"}, "confirm"),
    ],
)
def test_a_plan_that_is_refused_waits_for_the_unit_and_is_corrected_there(
    phone: Phone, scene: Scene, held: InformativeSession, typed: dict[str, str], reason: str
) -> None:
    plain = write_plan(phone, **typed)
    answer = phone.deliver(phone.seal(plain))
    assert (answer.status_code, answer.json()["reason"]) == (422, reason)
    client = Client()
    client.force_login(scene.worker)
    assert client.get(answer.json()["url"]).status_code == 200
    assert answer.json()["url"] in client.get(reverse("sessions:list")).content.decode()
    right = dict(map(tuple, write_plan(phone)["fields"]))
    assert client.post(answer.json()["url"], right).status_code == 302
    assert InformativeSession.objects.exclude(pk=held.pk).count() == 1
    assert not PhoneRecord.objects.waiting().exists()


def test_an_ended_phone_takes_no_plan_along(phone: Phone, scene: Scene, held: InformativeSession) -> None:
    end_device(device=phone.device, by=scene.worker, why=EndedWhy.LOST)
    answer = phone.client.get(f"{API}device-session-plan", headers=phone.bearer(phone.pack))
    assert answer.status_code in (401, 410)
