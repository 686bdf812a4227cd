"""A session that was planned, counted and reported on a phone is in the system once, in whatever order it arrives."""

import uuid
from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.models import User
from case_forms.devices.actions import end_device, grant_device, set_up_device
from case_forms.devices.models import EndedWhy
from outreach_pages.records.actions import cancel_session, get_counts, record_session
from outreach_pages.records.models import InformativeSession
from outreach_pages.records.phones import which
from outreach_pages.records.phones.ending import tidy
from outreach_pages.records.phones.form import build_plan_package
from outreach_pages.records.phones.models import PhoneRecord
from outreach_pages.tests.places import person, region, town, unit
from outreach_pages.tests.places import session as make_session
from tests.world.scene import Scene

from .phone import API, Phone
from .planned import count, plan, read_plan_package

pytestmark = pytest.mark.django_db

NOON = time(12, 0)


@pytest.fixture(autouse=True)
def place(scene: Scene) -> None:
    town("vend", "Vend", scene.worker.units().get().region)


@pytest.fixture
def worker(scene: Scene) -> Client:
    client = Client()
    client.force_login(scene.worker)
    return client


def ask(phone: Phone, body: dict[str, Any]) -> dict[str, Any]:
    answer = phone.client.get(f"{API}sealed-submissions/{body['uuid']}", headers=phone.bearer())
    said: dict[str, Any] = answer.json()
    return said


def test_the_blank_record_goes_along_with_the_plan(phone: Phone) -> None:
    package = read_plan_package(phone)
    blank = package["record"]
    assert (package["version"], blank["version"]) == (1, 1)
    assert blank["html"].count(blank["kit_place"]) == 1
    assert 'name="count-female-15_17"' in blank["html"]
    assert {"total", "topics", "used"} <= set(blank["words"])
    assert blank["class_size"] == 60
    assert "high_school" in blank["in_class"]


def test_a_coordinator_plans_for_a_unit_and_takes_no_record_along(scene: Scene) -> None:
    coordinator = person("kryesues", "coordinator", region=scene.place.region)
    package = build_plan_package(coordinator)
    assert package is not None
    assert package["record"] is None


def test_planned_then_counted_is_one_session_that_was_held(phone: Phone) -> None:
    key = str(uuid.uuid4())
    assert phone.deliver(plan(phone, key)).status_code == 201
    assert phone.deliver(count(phone, key)).status_code == 201
    session = InformativeSession.objects.get()
    assert (str(session.pk), session.state) == (key, "held")
    assert sum(get_counts(session).values()) == 12
    assert not PhoneRecord.objects.exists()


def test_a_count_that_comes_before_its_plan_is_received_and_joined(phone: Phone, worker: Client) -> None:
    key = str(uuid.uuid4())
    counted = count(phone, key, more={"confirmed": ["total"]}, total="70", **{"count-female-15_17": "65"})
    assert phone.deliver(counted).status_code == 201
    assert ask(phone, counted)["state"] == "server"
    waiting = PhoneRecord.objects.get()
    assert (waiting.reason, str(waiting.named)) == ("no_plan", key)
    address = reverse("sessions:phone_record", args=[waiting.pk])
    assert address in worker.get(reverse("sessions:list")).content.decode()
    assert worker.get(address).status_code == 200
    assert phone.deliver(plan(phone, key)).status_code == 201
    session = InformativeSession.objects.get()
    assert (str(session.pk), session.state, sum(get_counts(session).values())) == (key, "held", 70)
    waiting.refresh_from_db()
    assert (waiting.fields, waiting.session, waiting.ended_at is not None) == ([], session, True)
    assert ask(phone, counted)["state"] == "server"
    assert phone.deliver(counted).status_code == 200
    assert worker.get(address).url == reverse("sessions:session", args=[key])


def test_a_joined_count_that_is_wrong_waits_beside_its_session(phone: Phone, worker: Client) -> None:
    key = str(uuid.uuid4())
    counted = count(phone, key, total="13")
    phone.deliver(counted)
    assert phone.deliver(plan(phone, key)).status_code == 201
    waiting = PhoneRecord.objects.get()
    assert (waiting.reason, str(waiting.session_id)) == ("refused", key)
    said = ask(phone, counted)
    assert (said["state"], said["reason"]) == ("returned", "refused")
    assert 'value="13"' in worker.get(said["url"]).content.decode()


def test_what_came_at_the_very_moment_of_its_plan_is_joined_in_the_next_hour(phone: Phone) -> None:
    key = str(uuid.uuid4())
    phone.deliver(plan(phone, key))
    counted = count(phone, str(uuid.uuid4()))
    phone.deliver(counted)
    waiting = PhoneRecord.objects.get()
    named = [["_session", key] if name == "_session" else [name, value] for name, value in waiting.fields]
    waiting.fields, waiting.named = named, key
    waiting.save()
    tidy()
    assert InformativeSession.objects.get(pk=key).state == "held"
    tidy()
    assert not PhoneRecord.objects.waiting().exists()


def test_everything_sent_twice_is_there_once(phone: Phone) -> None:
    key = str(uuid.uuid4())
    bodies = [count(phone, key), plan(phone, key)]
    for body in [*bodies, *bodies, *reversed(bodies)]:
        assert phone.deliver(body).status_code in (200, 201)
    assert phone.deliver(plan(phone, key)).status_code == 200, "sealed a second time"
    session = InformativeSession.objects.get()
    assert sum(get_counts(session).values()) == 12


def test_a_refused_plan_is_corrected_and_its_count_joins_it(phone: Phone, worker: Client) -> None:
    key = str(uuid.uuid4())
    answer = phone.deliver(plan(phone, key, ends_at="10:00"))
    assert (answer.status_code, answer.json()["reason"]) == (422, "refused")
    assert phone.deliver(count(phone, key)).status_code == 201
    assert not InformativeSession.objects.exists()
    counted = PhoneRecord.objects.get(kind="record")
    page = worker.get(reverse("sessions:phone_record", args=[counted.pk])).content.decode()
    assert reverse("sessions:phone_record", args=[key]) in page, "it leads to the plan"
    right = dict(PhoneRecord.objects.get(kind="plan").fields) | {"ends_at": "11:45"}
    assert worker.post(answer.json()["url"], right).status_code == 302
    session = InformativeSession.objects.get()
    assert (str(session.pk), session.state, sum(get_counts(session).values())) == (key, "held", 12)
    assert not PhoneRecord.objects.waiting().exists()
    assert worker.post(answer.json()["url"], right).status_code == 302
    assert InformativeSession.objects.count() == 1, "pressed a second time"


def enter_at_the_desk(scene: Scene, **fields: Any) -> InformativeSession:
    day = timezone.localdate() - timedelta(days=1)
    values = {"date": day, "starts_at": time(10, 30), "ends_at": time(11, 30), **fields}
    return make_session(scene.worker, scene.worker.units().get(), **values)


def test_a_plan_that_a_colleague_has_entered_is_asked_about_and_joined(
    phone: Phone, scene: Scene, worker: Client
) -> None:
    here = enter_at_the_desk(scene)
    key = str(uuid.uuid4())
    answer = phone.deliver(plan(phone, key))
    assert (answer.status_code, answer.json()["reason"]) == (422, "same_time")
    assert phone.deliver(count(phone, key)).status_code == 201
    here.refresh_from_db()
    assert here.state == "planned", "nothing before somebody has decided"
    page = worker.get(answer.json()["url"]).content.decode()
    assert f'value="{here.pk}"' in page
    chosen = worker.post(answer.json()["url"], {"do": "which", "session": str(here.pk)})
    assert chosen.url == reverse("sessions:session", args=[here.pk])
    session = InformativeSession.objects.get()
    assert (session.pk, session.state, sum(get_counts(session).values())) == (here.pk, "held", 12)
    assert not PhoneRecord.objects.waiting().exists()
    packed = phone.client.get(f"{API}device-pack?language=en", headers=phone.bearer(phone.pack)).json()["sessions"]
    assert [(line["id"], line["plans"]) for line in packed] == [(str(here.pk), [key])]
    late = count(phone, key)
    assert phone.deliver(late).json()["reason"] == "changed", "what names the plan names its session now"


def test_what_was_counted_waits_beside_a_session_that_a_colleague_has_counted(
    phone: Phone, scene: Scene, worker: Client
) -> None:
    here = enter_at_the_desk(scene)
    values = {"topics": ["rights"], "method": "talk", "language": "sq"}
    record_session(session=here, by=scene.worker, values=values, counts={("female", "18_24"): 3})
    key = str(uuid.uuid4())
    answer = phone.deliver(plan(phone, key))
    phone.deliver(count(phone, key))
    assert worker.post(answer.json()["url"], {"do": "which", "session": str(here.pk)}).status_code == 302
    waiting = PhoneRecord.objects.waiting().get()
    assert (waiting.reason, waiting.session) == ("changed", here)
    assert get_counts(here) == {("female", "18_24"): 3}
    page = worker.get(reverse("sessions:phone_record", args=[waiting.pk])).content.decode()
    assert 'value="12"' in page


def test_a_plan_beside_a_colleagues_is_planned_where_it_is_another_one(
    phone: Phone, scene: Scene, worker: Client
) -> None:
    enter_at_the_desk(scene)
    key = str(uuid.uuid4())
    answer = phone.deliver(plan(phone, key))
    phone.deliver(count(phone, key))
    typed = dict(map(tuple, PhoneRecord.objects.get(kind="plan").fields))
    assert worker.post(answer.json()["url"], typed).status_code == 302
    assert InformativeSession.objects.get(pk=key).state == "held"
    assert InformativeSession.objects.count() == 2


@pytest.mark.parametrize("other", ["cancelled", "after it", "elsewhere"])
def test_what_is_another_session_asks_nobody(phone: Phone, scene: Scene, other: str) -> None:
    away = town("tjeter", "Tjetër", scene.worker.units().get().region)
    hours = {"starts_at": time(11, 45), "ends_at": NOON} if other == "after it" else {}
    here = enter_at_the_desk(scene, **hours, **({"municipality": away} if other == "elsewhere" else {}))
    if other == "cancelled":
        cancel_session(session=here, by=scene.worker, reason="host")
    assert phone.deliver(plan(phone, str(uuid.uuid4()))).status_code == 201


def test_a_colleagues_count_of_the_planned_session_is_never_overwritten(phone: Phone, scene: Scene) -> None:
    key = str(uuid.uuid4())
    phone.deliver(plan(phone, key))
    values = {"topics": ["rights"], "method": "talk", "language": "sq"}
    session = InformativeSession.objects.get()
    record_session(session=session, by=scene.worker, values=values, counts={("female", "18_24"): 3})
    assert phone.deliver(count(phone, key)).json()["reason"] == "changed"
    assert get_counts(session) == {("female", "18_24"): 3}


def test_a_count_whose_plan_never_comes_is_put_on_a_session(phone: Phone, scene: Scene, worker: Client) -> None:
    phone.deliver(count(phone, str(uuid.uuid4())))
    waiting = PhoneRecord.objects.get()
    here = enter_at_the_desk(scene)
    address = reverse("sessions:phone_record", args=[waiting.pk])
    assert worker.post(address, {"do": "which"}).status_code == 422
    assert worker.post(address, {"do": "which", "session": str(here.pk)}).url == address
    page = worker.get(address).content.decode()
    assert 'value="12"' in page
    posted = {name: value for name, value in waiting.fields if name[0] != "_"} | {"topics": ["reporting"]}
    assert worker.post(address, posted).status_code == 302
    here.refresh_from_db()
    assert here.state == "held"


def test_of_more_sessions_than_can_be_chosen_it_is_said_that_there_are_earlier_ones(
    phone: Phone, scene: Scene, worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.deliver(count(phone, str(uuid.uuid4())))
    address = reverse("sessions:phone_record", args=[PhoneRecord.objects.get().pk])
    earlier, later = (enter_at_the_desk(scene, starts_at=time(hour), ends_at=time(hour + 1)) for hour in (7, 9))
    words = "An earlier one is recorded on its own page"
    assert words not in worker.get(address, headers={"accept-language": "en"}).content.decode()
    monkeypatch.setattr(which, "MAX_OFFERED", 1)
    page = worker.get(address, headers={"accept-language": "en"}).content.decode()
    assert words in page
    assert f'value="{later.pk}"' in page
    assert f'value="{earlier.pk}"' not in page


def make_far(place: str = "shkoder") -> tuple[User, InformativeSession]:
    far = region(place, "Shkodër", "AL-10")
    town(place, "Shkodër", far)
    other = person("tjeter", unit=unit(far))
    return other, make_session(other, unit(far), date=timezone.localdate() - timedelta(days=1))


def test_another_units_sessions_are_neither_planned_nor_named_nor_seen(
    phone: Phone, scene: Scene, worker: Client
) -> None:
    other, theirs = make_far()
    answer = phone.deliver(plan(phone, str(uuid.uuid4()), unit=theirs.unit.slug))
    assert answer.json()["reason"] == "refused"
    assert phone.deliver(plan(phone, str(theirs.pk))).status_code == 201, "the key of a session that they don't know"
    assert phone.deliver(count(phone, str(theirs.pk))).status_code == 201
    theirs.refresh_from_db()
    assert (theirs.state, theirs.place_name) == ("planned", "Shkolla “Demo”")
    waiting = PhoneRecord.objects.get(kind="record")
    assert waiting.session is None
    posted = {"do": "which", "session": str(theirs.pk)}
    assert worker.post(reverse("sessions:phone_record", args=[waiting.pk]), posted).status_code == 422
    assert worker.post(answer.json()["url"], posted).status_code == 422
    stranger = Client()
    stranger.force_login(other)
    for record in PhoneRecord.objects.all():
        assert stranger.get(reverse("sessions:phone_record", args=[record.pk])).status_code == 404
        assert stranger.post(reverse("sessions:phone_record", args=[record.pk]), posted).status_code == 404


def test_another_workers_count_waits_for_no_plan_of_mine(phone: Phone, scene: Scene) -> None:
    """A plan doesn't give a session to whoever names it: its writer has to work in its unit."""
    other, _theirs = make_far()
    far = other.units().get().region
    grant_device(user=other, region=far, by=person("k2", "coordinator", region=far))
    made = set_up_device(user=other, name="Tjetri", replace=True)
    stranger = Phone(made.device, made.queue_token, made.pack_token)
    key = str(uuid.uuid4())
    assert stranger.deliver(count(stranger, key)).status_code == 201
    assert phone.deliver(plan(phone, key)).status_code == 201
    assert InformativeSession.objects.get(pk=key).state == "planned"
    assert PhoneRecord.objects.waiting().get().session is None


def test_a_form_of_another_version_is_set_aside_unlost(phone: Phone) -> None:
    key = str(uuid.uuid4())
    assert phone.deliver(plan(phone, key, more={"version": 2})).json()["reason"] == "refused"
    assert phone.deliver(count(phone, key, more={"version": 2})).json()["reason"] == "refused"
    assert {dict(each.fields).get("total") for each in PhoneRecord.objects.all()} == {None, "12"}


@pytest.mark.parametrize("first", ["plan", "count"])
def test_what_an_ended_phone_planned_and_counted_waits_and_joins(
    phone: Phone, scene: Scene, worker: Client, first: str
) -> None:
    key = str(uuid.uuid4())
    bodies = [plan(phone, key), count(phone, key)]
    end_device(device=phone.device, by=scene.worker, why=EndedWhy.LOST)
    for body in bodies if first == "plan" else reversed(bodies):
        answer = phone.deliver(body)
        assert (answer.status_code, answer.json()["reason"]) == (422, "device_ended")
    planned = PhoneRecord.objects.get(kind="plan")
    typed = dict(map(tuple, planned.fields))
    assert worker.post(reverse("sessions:phone_record", args=[planned.pk]), typed).status_code == 302
    counted = PhoneRecord.objects.get(kind="record")
    assert str(counted.session_id) == key
    assert InformativeSession.objects.get().state == "planned", "whoever finds the phone records nothing"
    page = worker.get(reverse("sessions:phone_record", args=[counted.pk])).content.decode()
    assert 'value="12"' in page


def test_a_plan_that_was_handed_over_unfinished_is_one_with_the_finished_one(phone: Phone, worker: Client) -> None:
    key = str(uuid.uuid4())
    fields = [["_plan", "1"], ["place_name", "Shkolla"]]
    draft = {"form": "session_plan", "version": 1, "occurred_at": phone.now.isoformat(), "fields": fields}
    assert phone.rescue({key: draft}).json()["saved"] == [key]
    assert phone.deliver(plan(phone, key)).status_code == 201
    assert not PhoneRecord.objects.waiting().exists()
    other = str(uuid.uuid4())
    phone.rescue({other: draft})
    assert phone.deliver(plan(phone, other, ends_at="10:00")).json()["reason"] == "refused"
    waiting = PhoneRecord.objects.waiting().get()
    assert (str(waiting.pk), dict(waiting.fields)["place_name"]) == (other, "Shkolla e fshatit")
    third = str(uuid.uuid4())
    assert phone.deliver(plan(phone, third, starts_at="14:00", ends_at="15:00")).status_code == 201
    assert phone.rescue({third: draft}).json()["saved"] == [third], "its answer was on the way"
    assert PhoneRecord.objects.waiting().count() == 1


def test_a_plan_that_was_handed_over_and_entered_here_is_asked_about(phone: Phone, worker: Client) -> None:
    key = str(uuid.uuid4())
    body = plan(phone, key)
    typed = {"unit": phone.device.user.units().get().slug, "municipality": "vend", "place_type": "high_school"}
    typed |= {"place_name": "Shkolla", "date": "2026-11-20", "starts_at": "09:00", "ends_at": "09:45"}
    typed |= {"audience": "high_school", "language": "sq"}
    draft = {"form": "session_plan", "version": 1, "occurred_at": phone.now.isoformat(), "fields": [["_plan", "1"]]}
    phone.rescue({key: draft})
    assert worker.post(reverse("sessions:phone_record", args=[key]), typed).status_code == 302
    assert phone.deliver(body).json()["reason"] == "same_time"
    assert InformativeSession.objects.count() == 1


def test_times_are_those_of_the_plan(phone: Phone) -> None:
    """A count of a session that is still to begin waits for the unit, as every other does."""
    key = str(uuid.uuid4())
    later = timezone.localdate() + timedelta(days=2)
    phone.deliver(plan(phone, key, date=later.isoformat()))
    assert phone.deliver(count(phone, key)).json()["reason"] == "too_early"
