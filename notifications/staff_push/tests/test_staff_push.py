"""Phones that wake our own people: theirs while they are signed in there, content-free, never a storm."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.models import Assignment, MobileUnit, Region, StaffRole, User
from access.sessions import actions as sessions
from access.sessions.models import StaffSession
from audit.models import AuditEntry
from config.sandbox import push_service
from notifications.channels import vapid
from notifications.channels.base import RecipientGone, RecipientRefused, Unreached
from notifications.channels.named_phones import CannotAdd
from notifications.channels.tests.servers import receiver
from notifications.directory.models import Role, StaffPhone
from notifications.outbox import alarm
from notifications.outbox.models import Purpose
from tests.world.notices import make_staffed_country, notify_officer
from tests.world.phones import PHONES

from .. import waking
from ..phones import COOKIE, MAX_PHONES, add_phone, get_phones, tidy
from ..waking import PAUSE, send_due, wake

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
PAGE = "/accounts/phones/"
PASSWORD = "nje-fjalekalim-i-gjate"


@pytest.fixture
def box(settings: Any) -> Any:
    """Phones that keep what they were woken with."""
    settings.NOTIFICATION_CHANNELS = {**settings.NOTIFICATION_CHANNELS, "push": "tests.world.phones.PushChannel"}
    PHONES.empty()
    return PHONES


@pytest.fixture
def region() -> Region:
    return Region.objects.create(slug="veri", name="Veri", iso_code="veri", is_outreach=True)


def staff(name: str, region: Region, role: str = StaffRole.COORDINATOR) -> User:
    user = User.objects.create_user(name, email=f"{name}@vatra.example", password=PASSWORD, language="en", is_demo=True)
    Assignment.objects.create(user=user, role=role, region=region if role == StaffRole.COORDINATOR else None)
    return user


@pytest.fixture
def me(region: Region) -> User:
    return staff("mira", region)


@pytest.fixture
def mine(client: Client, me: User) -> Client:
    client.force_login(me)
    return client


@pytest.fixture
def subscribe(tmp_path: Any) -> Callable[[], dict[str, str]]:
    def make() -> dict[str, str]:
        made = push_service.make_phone(tmp_path, "https://push.example/", vapid.get_public_key())
        return {"endpoint": made["endpoint"], **made["keys"]}

    return make


def give(user: User, values: dict[str, str], *, name: str = "Telefoni", only_alarms: bool = False) -> StaffPhone:
    session = StaffSession.objects.filter(user=user, ended_at=None).first() or StaffSession.objects.create(user=user)
    add_phone(user=user, session=session, name=name, values=values, only_alarms=only_alarms, at=timezone.now())
    return StaffPhone.objects.get(user=user, name=name)


def run(call: Callable[[], Any], capture: Any) -> None:
    with capture(execute=True):
        call()


# ---- the page ----


def test_a_phone_is_added_on_the_account_and_its_owner_is_mailed(
    mine, me, subscribe, django_capture_on_commit_callbacks
):
    assert vapid.get_public_key() in mine.get(PAGE).content.decode()
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        answer = mine.post(PAGE, {"do": "add", "name": " Telefoni  im ", **subscribe()})
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    (phone,) = get_phones(me, timezone.now())
    assert phone.name == "Telefoni im"
    assert [letter.to for letter in mail.outbox] == [[me.email]]
    entry = AuditEntry.objects.get(action="push.phone_added")
    assert (entry.actor_id, entry.target_kind, entry.target_id) == (str(me.pk), "user", str(me.pk))
    assert "Telefoni im" in mine.get(PAGE).content.decode()
    cookie = answer.cookies[COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/accounts/", True, "Lax")


def test_the_subscription_stands_sealed_and_is_in_no_page(mine, me, subscribe):
    values = subscribe()
    mine.post(PAGE, {"do": "add", "name": "Telefoni", **values})
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM directory_staffphone")
        stored = str(cursor.fetchall())
    for secret in values.values():
        assert secret not in stored
        assert secret not in mine.get(PAGE).content.decode()


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "x" * 61}, {"endpoint": "http://10.0.0.1/x"}, {"auth": "AA"}])
def test_what_is_no_phone_is_refused_in_words(mine, subscribe, wrong):
    answer = mine.post(PAGE, {"do": "add", "name": "Telefoni", **subscribe(), **wrong})
    assert answer.status_code == 422
    assert "There is a problem" in answer.content.decode()
    assert StaffPhone.objects.count() == 0


def test_a_person_ends_their_own_phones_only(mine, me, region, subscribe):
    theirs, own = give(staff("arta", region), subscribe()), give(me, subscribe())
    for key in (str(theirs.pk), "x", "9" * 30, "-1", ""):
        assert mine.post(PAGE, {"do": "end", "phone": key}).status_code == 302
    assert set(StaffPhone.objects.all()) == {theirs, own}
    mine.post(PAGE, {"do": "end", "phone": str(own.pk)})
    assert list(StaffPhone.objects.all()) == [theirs]
    assert AuditEntry.objects.filter(action="push.phone_ended").count() == 1
    assert theirs.name not in mine.get(PAGE).content.decode().partition('id="phones"')[2].partition("<form")[0]


def test_one_person_has_a_few_phones_and_each_name_once(me, subscribe):
    for number in range(MAX_PHONES):
        give(me, subscribe(), name=f"Telefoni {number}")
    with pytest.raises(CannotAdd):
        give(me, subscribe(), name="Një tjetër")
    StaffPhone.objects.first().delete()  # type: ignore[union-attr]
    with pytest.raises(CannotAdd):
        give(me, subscribe(), name="Telefoni 4")


def test_a_browser_in_other_hands_wakes_its_new_owner_alone(me, region, subscribe):
    values = subscribe()
    give(me, values)
    give(staff("arta", region), values)
    assert get_phones(me, timezone.now()) == []


def test_without_a_key_of_ours_there_is_no_page_and_no_link(mine, settings):
    settings.VAPID_PRIVATE_KEY = ""
    assert mine.get(PAGE).status_code == 404
    assert PAGE not in mine.get(reverse("account_sessions")).content.decode()


def test_the_sessions_page_leads_there(mine):
    assert PAGE in mine.get(reverse("account_sessions")).content.decode()


def test_strangers_get_no_page_and_the_worker_is_the_same_for_everybody(client):
    assert client.get(PAGE).status_code in (302, 403, 404)
    answer = client.get("/accounts/push-worker.js")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert answer.content == client.get("/n/push-worker.js").content


def test_a_session_in_duress_shows_no_phone(mine, me, subscribe):
    give(me, subscribe(), name="Kanarina")
    StaffSession.objects.update(in_duress=True)
    mine.raise_request_exception = False
    shown = mine.get(PAGE)
    ended = mine.post(PAGE, {"do": "end", "phone": str(StaffPhone.objects.get().pk)})
    assert (shown.status_code, ended.status_code) == (503, 503)
    assert b"Kanarina" not in shown.content
    assert StaffPhone.objects.count() == 1


# ---- what ends a phone ----


def is_woken(user: User) -> bool:
    return bool(get_phones(user, timezone.now()))


def test_signing_out_there_ends_it(mine, me, subscribe):
    mine.post(PAGE, {"do": "add", "name": "Telefoni", **subscribe()})
    assert is_woken(me)
    mine.post(reverse("account_logout"))
    assert not is_woken(me)
    assert (tidy(), StaffPhone.objects.count()) == (1, 0)


@pytest.mark.parametrize("how", ["from another device", "all", "left", "switched off", "a month"])
def test_it_ends_with_its_session_and_with_its_owners_work(me, subscribe, how):
    phone = give(me, subscribe())
    if how == "from another device":
        sessions.end_one(user=me, session=phone.session_id, by=me)
    elif how == "all":
        sessions.end_all(user=me, by=None)
    elif how == "left":
        Assignment.objects.filter(user=me).delete()
    elif how == "switched off":
        User.objects.filter(pk=me.pk).update(is_active=False)
    else:
        StaffSession.objects.update(started_at=timezone.now() - timedelta(days=31))
    assert not is_woken(me)
    wake([me], is_alarm=True)
    assert tidy() == 1


def test_it_outlasts_the_cookie_of_its_session_for_the_night(me, subscribe):
    give(me, subscribe())
    StaffSession.objects.update(started_at=timezone.now() - timedelta(hours=20))
    assert is_woken(me)


def test_signing_in_on_it_again_keeps_it(client, me, subscribe):
    client.force_login(me)
    client.post(PAGE, {"do": "add", "name": "Telefoni", **subscribe()})
    StaffSession.objects.update(started_at=timezone.now() - timedelta(days=29))
    old = StaffPhone.objects.get().session_id
    del client.cookies["vatra_session"]
    client.post(reverse("account_login"), {"login": me.username, "password": PASSWORD})
    phone = StaffPhone.objects.get()
    assert phone.session_id != old
    assert phone.session.started_at > timezone.now() - timedelta(hours=1)


def test_another_persons_sign_in_on_it_changes_nothing(client, me, region, subscribe):
    client.force_login(me)
    client.post(PAGE, {"do": "add", "name": "Telefoni", **subscribe()})
    old = StaffPhone.objects.get().session_id
    other = staff("arta", region)
    del client.cookies["vatra_session"]
    client.post(reverse("account_login"), {"login": other.username, "password": PASSWORD})
    phone = StaffPhone.objects.get()
    assert (phone.session_id, phone.user) == (old, me)


# ---- waking ----


def test_a_push_says_only_that_something_waits_and_leads_to_signing_in(
    me, subscribe, box, django_capture_on_commit_callbacks
):
    give(me, subscribe())
    run(lambda: wake([me], is_alarm=False), django_capture_on_commit_callbacks)
    assert send_due() == 1
    ((channel, message),) = box.taken
    assert (channel, message.subject, message.text) == ("push", "Vatra", "Something waits for you. Sign in to see it.")
    assert message.link.endswith("/accounts/home/")
    assert send_due() == 0


def test_it_is_encrypted_to_the_phone_and_says_the_same_in_albanian(tmp_path, me, django_capture_on_commit_callbacks):
    User.objects.filter(pk=me.pk).update(language="sq")
    with receiver((201, {})) as there:
        origin = f"http://127.0.0.1:{there.port}"
        made = push_service.make_phone(tmp_path, f"{origin}/", vapid.get_public_key())
        give(me, {"endpoint": made["endpoint"], **made["keys"]})
        run(lambda: wake([me], is_alarm=True), django_capture_on_commit_callbacks)
        assert send_due() == 1
        (sent,) = there.requests
        name = made["endpoint"].rstrip("/").rsplit("/", 1)[1]
        shown = push_service.receive(tmp_path, name, sent.headers, sent.content, origin=origin)
    assert (shown["title"], shown["lang"]) == ("Vatra", "sq")
    assert "mira" not in json.dumps(shown)
    assert shown["body"] != "Something waits for you. Sign in to see it."


def test_however_much_happens_it_is_one_push_in_two_minutes(me, subscribe, box, django_capture_on_commit_callbacks):
    give(me, subscribe())
    start = timezone.now()
    for second in range(0, 300, 5):
        at = start + timedelta(seconds=second)
        run(lambda at=at: wake([me], is_alarm=True, at=at), django_capture_on_commit_callbacks)
        send_due(now=at)
    assert len(box.taken) == 3
    send_due(now=start + timedelta(seconds=300) + PAUSE)
    assert len(box.taken) == 4  # the last ones are said, too
    assert StaffPhone.objects.get().owed_at is None


def test_a_phone_for_alarms_alone_takes_nothing_else(me, subscribe, box, django_capture_on_commit_callbacks):
    give(me, subscribe(), only_alarms=True)
    run(lambda: wake([me], is_alarm=False), django_capture_on_commit_callbacks)
    assert send_due() == 0
    run(lambda: wake([me], is_alarm=True), django_capture_on_commit_callbacks)
    assert send_due() == 1


def test_a_subscription_that_is_gone_is_removed(me, subscribe, box, django_capture_on_commit_callbacks):
    give(me, subscribe())
    box.failures["push"] = RecipientGone("http_410")
    run(lambda: wake([me], is_alarm=True), django_capture_on_commit_callbacks)
    assert (send_due(), StaffPhone.objects.count()) == (0, 0)


def test_a_push_service_that_is_away_is_tried_again_for_a_while(me, subscribe, box, django_capture_on_commit_callbacks):
    give(me, subscribe())
    box.failures["push"] = Unreached("timeout")
    start = timezone.now()
    run(lambda: wake([me], is_alarm=True, at=start), django_capture_on_commit_callbacks)
    tries = 0
    for second in range(0, 3600, 5):
        before = StaffPhone.objects.get().tries
        send_due(now=start + timedelta(seconds=second))
        tries += StaffPhone.objects.get().tries != before
    phone = StaffPhone.objects.get()
    assert (tries, phone.owed_at, phone.tries) == (5, None, 0)
    box.failures.clear()
    run(lambda: wake([me], is_alarm=True), django_capture_on_commit_callbacks)
    assert send_due() == 1


def test_one_phone_that_fails_stops_no_other(me, subscribe, box, django_capture_on_commit_callbacks):
    give(me, subscribe(), name="A")
    give(me, subscribe(), name="B")
    StaffPhone.objects.filter(name="A").update(secret=None)
    box.failures["A"] = RecipientRefused("push_subscription")
    run(lambda: wake([me], is_alarm=True), django_capture_on_commit_callbacks)
    assert send_due() == 1
    assert [message.address for _name, message in box.taken] == ["B"]


def test_a_fault_of_ours_at_one_phone_stops_no_other(
    me, subscribe, box, monkeypatch, django_capture_on_commit_callbacks
):
    for name in ("I pari", "I dyti"):
        give(me, subscribe(), name=name)
    build = waking.build_message

    def fail_once(phone: StaffPhone) -> Any:
        if phone.name == "I pari":
            raise KeyError("unforeseen")
        return build(phone)

    monkeypatch.setattr(waking, "build_message", fail_once)
    run(lambda: wake([me], is_alarm=True), django_capture_on_commit_callbacks)
    assert send_due() == 1
    assert [message.address for _name, message in box.taken] == ["I dyti"]
    assert not StaffPhone.objects.exclude(owed_at=None).exists()  # it isn't tried again: it would fail again


def test_nobody_is_woken_for_what_was_rolled_back(me, subscribe, box, django_capture_on_commit_callbacks):
    give(me, subscribe())
    with django_capture_on_commit_callbacks() as waiting:
        wake([me], is_alarm=True)
    assert len(waiting) == 1
    assert StaffPhone.objects.get().owed_at is None


def test_a_broker_that_is_away_keeps_nothing_from_being_committed(
    me, subscribe, box, monkeypatch, django_capture_on_commit_callbacks
):
    def fail(*_given: Any, **_more: Any) -> None:
        raise ConnectionError

    give(me, subscribe())
    monkeypatch.setattr(waking, "async_task", fail)
    run(lambda: wake([me], is_alarm=True), django_capture_on_commit_callbacks)
    assert send_due() == 1  # the minutely round


# ---- for what ----


def test_a_call_to_the_coordinators_wakes_those_of_the_region(subscribe, box, django_capture_on_commit_callbacks):
    staffed = make_staffed_country()
    region = staffed.country.vlore.region
    here, elsewhere = staff("here", region), staff("there", Region.objects.create(slug="x", name="X", iso_code="x"))
    for person in (here, elsewhere):
        give(person, subscribe(), only_alarms=True)
    to_coordinator = {"contact": staffed.coordinator, "role": Role.COORDINATOR, "ladder": ()}
    run(lambda: notify_officer(staffed), django_capture_on_commit_callbacks)
    run(lambda: notify_officer(staffed, **to_coordinator), django_capture_on_commit_callbacks)
    assert send_due() == 0  # to the police; to a coordinator, and no alarm
    run(lambda: notify_officer(staffed, **to_coordinator, purpose=Purpose.CALL), django_capture_on_commit_callbacks)
    assert [phone.user for phone in StaffPhone.objects.exclude(woken_at=None)] == [here] or send_due() == 1
    assert StaffPhone.objects.get(user=elsewhere).woken_at is None


def test_a_drill_a_test_and_a_daily_list_wake_no_staff(subscribe, box, django_capture_on_commit_callbacks):
    staffed = make_staffed_country()
    give(staff("here", staffed.country.vlore.region), subscribe())
    given = {"contact": staffed.coordinator, "role": Role.COORDINATOR, "ladder": ()}
    for more in ({"is_drill": True}, {"purpose": Purpose.TEST}, {"purpose": Purpose.DIGEST}):
        run(lambda more=more: notify_officer(staffed, **given, **more), django_capture_on_commit_callbacks)
    assert StaffPhone.objects.get().owed_at is None


def test_a_duty_of_a_unit_wakes_its_workers(subscribe, box, django_capture_on_commit_callbacks):
    staffed = make_staffed_country()
    unit = MobileUnit.objects.create(slug="nj", name="Njësia", region=staffed.country.vlore.region)
    worker = User.objects.create_user("punonjes", email="p@vatra.example")
    Assignment.objects.create(user=worker, role=StaffRole.WORKER, unit=unit)
    give(worker, subscribe())
    given = {"contact": staffed.coordinator, "role": Role.MOBILE_UNIT, "ladder": (), "unit": unit}
    run(lambda: notify_officer(staffed, **given), django_capture_on_commit_callbacks)
    assert StaffPhone.objects.get().owed_at is not None or StaffPhone.objects.get().woken_at is not None


def test_the_operators_alarm_wakes_operators(region, subscribe, box, monkeypatch, django_capture_on_commit_callbacks):
    operator = staff("op", region, StaffRole.OPERATOR)
    give(operator, subscribe(), only_alarms=True)
    monkeypatch.setattr(alarm, "build_health_part", lambda now: {"ok": False, "cases": 1, "oldest_s": 5.0})
    run(alarm.ring, django_capture_on_commit_callbacks)
    phone = StaffPhone.objects.get()
    assert phone.owed_at is not None or phone.woken_at is not None
