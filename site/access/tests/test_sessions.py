"""Sessions: idle, locked, ended; the PIN and the one for duress; what was typed meanwhile."""

import re
from datetime import timedelta
from unittest import mock

import pytest
from django.contrib.auth import login
from django.contrib.auth.hashers import check_password
from django.core import mail
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry

from ..known_callers import SESSION, TOKEN
from ..models import DuressAlarm, FieldToken, StaffPin, StaffSession, User
from ..sessions import actions, duress
from ..sessions.actions import describe_device

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
PIN, DURESS = "283746", "650193"


@pytest.fixture
def worker(person) -> User:
    return person("worker", username="ana", first_name="Ana", last_name="Hoxha", language="en")


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def lie_idle(user: User, minutes: int = 16) -> None:
    StaffSession.objects.filter(user=user).update(seen_at=timezone.now() - timedelta(minutes=minutes))


def actions_in_chain() -> list[str]:
    return list(AuditEntry.objects.order_by("number").values_list("action", flat=True))


def lock(client: Client, back: str = "/field/"):
    return client.post(reverse("account_lock"), {"next": back})


def unlock(client: Client, pin: str, back: str = "/field/"):
    return client.post(f"{reverse('account_unlock')}?next={back}", {"pin": pin})


# ---- idle ----


def test_after_a_quarter_of_an_hour_nothing_can_be_read(worker):
    client = as_(worker)
    assert client.get("/field/").status_code == 200
    lie_idle(worker, 14)
    assert client.get("/field/").status_code == 200, "a press begins the time anew"
    lie_idle(worker)
    answer = client.get("/field/?q=1")
    assert answer["Location"].startswith(f"{reverse('account_login')}?next=")
    assert client.get("/field/").status_code == 302, "and stays locked"
    assert client.get("/api/field/v1/forms").status_code == 401


def test_whether_somebody_is_signed_in_is_left_for_those_who_say_whose_turn_it_is(worker):
    client = as_(worker)
    key = client.session.session_key
    assert client.get("/field/").wsgi_request.META[SESSION] == key
    lie_idle(worker)
    assert client.get("/field/").wsgi_request.META[SESSION] == key, "who is locked out comes to unlock"
    StaffSession.objects.update(started_at=timezone.now() - timedelta(hours=13))
    assert client.get("/field/").wsgi_request.META[SESSION] == ""
    assert Client().get("/cms/").wsgi_request.META[SESSION] == ""
    for token, is_known in ((FieldToken.issue(worker), True), ("vft_made-up", False)):
        asked = Client().get("/api/field/v1/forms", headers={"Authorization": f"Bearer {token}"})
        assert asked.wsgi_request.META[TOKEN] is is_known
    request = Client().get("/accounts/login/").wsgi_request
    login(request, worker, backend="django.contrib.auth.backends.ModelBackend")
    assert request.META[SESSION] == request.session.session_key != ""


def test_a_page_that_renews_itself_keeps_no_session_open(worker):
    client = as_(worker)
    lie_idle(worker, 10)
    client.get("/field/cases/7K2M9Q/timeline/")
    client.get("/field/?renewed")
    assert timezone.now() - StaffSession.objects.get().seen_at > timedelta(minutes=9)
    client.post(reverse("account_alive"))
    assert timezone.now() - StaffSession.objects.get().seen_at < timedelta(minutes=1)


def test_signing_in_again_goes_on_in_the_same_session(worker):
    worker.set_password("a-long-enough-pass-phrase")
    worker.save()
    client = as_(worker)
    lie_idle(worker)
    answer = client.get("/field/sessions/")
    form = {"login": "ana", "password": "a-long-enough-pass-phrase", "next": "/field/sessions/"}
    back = client.post(answer["Location"], form)
    assert back["Location"] == "/field/sessions/"
    assert client.get("/field/sessions/").status_code == 200
    assert StaffSession.objects.count() == 1


def test_what_is_sent_from_a_page_that_lay_idle_is_kept_sealed_and_offered_again(worker):
    actions.set_pin(user=worker, pin=PIN)
    client = as_(worker)
    lie_idle(worker)
    answer = client.post("/field/sessions/plan/", {"place_text": "kanarina-4471", "csrfmiddlewaretoken": "x"})
    assert "kept=1" in answer["Location"]
    assert "kanarina-4471" not in str(dict(client.session))
    assert "kanarina-4471" not in client.get(answer["Location"]).content.decode()
    opened = client.post(answer["Location"], {"pin": PIN})
    assert opened["Location"] == reverse("account_typed")
    page = client.get(opened["Location"]).content.decode()
    assert 'name="place_text" value="kanarina-4471"' in page
    assert 'value="x"' not in page
    sent = client.post(opened["Location"], {"place_text": "kanarina-4471", "_typed": "send"})
    assert (sent.status_code, sent["Location"]) == (307, "/field/sessions/plan/")
    assert client.get(reverse("account_typed")).status_code == 302, "once"


def test_another_person_who_signs_in_there_is_offered_nothing(worker, person):
    client = as_(worker)
    lie_idle(worker)
    client.post("/field/sessions/plan/", {"place_text": "kanarina-4471"})
    client.force_login(person("worker"))
    assert client.get(reverse("account_typed"))["Location"] == reverse("account_home")


def test_a_session_ends_after_twelve_hours_however_often_it_was_unlocked(worker):
    actions.set_pin(user=worker, pin=PIN)
    client = as_(worker)
    StaffSession.objects.update(started_at=timezone.now() - timedelta(hours=13))
    lock(client)
    assert unlock(client, PIN)["Location"] == reverse("account_login")
    assert client.get("/field/")["Location"].startswith(reverse("account_login"))


# ---- lock and PIN ----


def test_one_press_locks_and_the_pin_opens_again(worker):
    actions.set_pin(user=worker, pin=PIN)
    client = as_(worker)
    answer = lock(client, "/field/sessions/")
    assert answer["Location"].startswith(reverse("account_unlock"))
    assert client.get("/field/")["Location"].startswith(reverse("account_unlock"))
    wrong = unlock(client, "111112")
    assert "This isn&#x27;t your PIN" in wrong.content.decode()
    assert client.get("/field/").status_code == 302
    assert unlock(client, PIN, "/field/sessions/")["Location"] == "/field/sessions/"
    assert client.get("/field/").status_code == 200
    assert "session.unlocked" in actions_in_chain()


def test_after_five_wrong_pins_the_session_is_over_and_its_right_pin_too(worker):
    actions.set_pin(user=worker, pin=PIN)
    client, other = as_(worker), as_(worker)
    lock(client)
    answers = [unlock(client, "111112") for _each in range(5)]
    assert answers[-1]["Location"] == f"{reverse('account_login')}?ended=1"
    assert unlock(client, PIN)["Location"] == reverse("account_login")
    assert client.get("/field/").status_code == 302
    assert other.get("/field/").status_code == 200
    assert actions_in_chain().count("session.ended_wrong_pins") == 1


def test_a_chain_that_cannot_be_written_leaves_no_screen_open(worker):
    client = as_(worker)
    with mock.patch("access.sessions.actions.log_event", side_effect=OperationalError):
        assert lock(client).status_code == 302
    assert client.get("/field/").status_code == 302
    assert "session.locked" not in actions_in_chain()


def test_a_locked_session_without_a_pin_is_opened_by_signing_in(worker):
    client = as_(worker)
    assert lock(client)["Location"].startswith(reverse("account_login"))
    assert client.get("/field/").status_code == 302
    assert client.get(reverse("account_unlock"))["Location"] == reverse("account_login")


def test_signing_out_of_a_locked_session_ends_it(worker):
    actions.set_pin(user=worker, pin=PIN)
    client = as_(worker)
    lock(client)
    client.post(reverse("account_logout"))
    assert unlock(client, PIN)["Location"] == reverse("account_login")
    assert StaffSession.objects.get().ended_why == "signed_out"


@pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example/"])
def test_unlocking_leads_to_no_other_site(worker, next_):
    actions.set_pin(user=worker, pin=PIN)
    client = as_(worker)
    lock(client, next_)
    assert unlock(client, PIN, next_)["Location"] == reverse("account_home")


@pytest.mark.parametrize(
    "pin", ["123456", "654321", "111111", "121212", "123123", "112233", "12345", "abcdef", "١٢٣٤٥٦"]
)
def test_a_pin_that_is_tried_first_is_refused(worker, pin):
    with pytest.raises(actions.ValidationError):
        actions.set_pin(user=worker, pin=pin)


# ---- duress ----


def test_the_pin_for_duress_opens_an_empty_day_in_which_nothing_is_reached(worker):
    actions.set_pin(user=worker, pin=PIN, duress_pin=DURESS)
    client = as_(worker)
    assert client.get("/field/")["Location"].startswith(reverse("account_unlock")), "asked for after signing in, too"
    assert unlock(client, DURESS)["Location"] == "/field/"
    day = client.get("/field/")
    assert "North" in day.content.decode()
    assert day.context["cases"].total == 0
    assert list(day.context["drafts"]) == []
    assert client.get("/field/sessions/").status_code == 200
    assert client.get("/field/signals/").status_code == 200
    client.raise_request_exception = False
    for address in ("/field/cases/7K2M9Q/", "/field/answers/", reverse("account_pin"), reverse("account_sessions")):
        assert client.get(address).status_code == 503, address
    assert client.get("/api/field/v1/forms").status_code == 503
    assert "access.denied" not in actions_in_chain()


def test_without_a_call_nobody_sees_the_empty_day(worker, monkeypatch):
    def fail(user):
        raise OperationalError

    actions.set_pin(user=worker, pin=PIN, duress_pin=DURESS)
    client = as_(worker)
    client.raise_request_exception = False
    client.get("/field/")
    monkeypatch.setattr(duress, "call_for_help", fail)
    assert unlock(client, DURESS).status_code == 503
    row = StaffSession.objects.get()
    assert row.is_locked
    assert not row.in_duress
    assert client.get("/field/").status_code == 302


def test_a_coordinator_sees_an_empty_day_too_and_signing_out_ends_the_session(person):
    besa = person("coordinator", place="north", language="en")
    actions.set_pin(user=besa, pin=PIN, duress_pin=DURESS)
    client = as_(besa)
    unlock(client, DURESS)
    day = client.get("/field/")
    assert "North" in day.content.decode()
    assert day.context["cases"].total == 0
    client.post(reverse("account_logout"))
    assert StaffSession.objects.get().ended_why == "signed_out"
    assert AuditEntry.objects.filter(action="account.signed_out", actor_id=str(besa.pk)).exists()


def test_another_person_signs_in_over_a_locked_session(worker, person):
    client = as_(worker)
    lie_idle(worker)
    assert client.get("/field/").status_code == 302
    other = person("worker", username="besa")
    other.set_password("a-long-enough-pass-phrase")
    other.save()
    client.post(reverse("account_login"), {"login": "besa", "password": "a-long-enough-pass-phrase"})
    assert client.get("/field/").status_code == 200
    assert int(client.session["_auth_user_id"]) == other.pk
    assert StaffSession.objects.filter(user=worker, is_locked=True).count() == 1


def test_the_real_pin_leads_back_from_the_empty_day(worker):
    actions.set_pin(user=worker, pin=PIN, duress_pin=DURESS)
    client = as_(worker)
    unlock(client, DURESS)
    lock(client)
    unlock(client, PIN)
    assert client.get(reverse("account_sessions")).status_code == 200


def test_the_coordinators_of_the_region_are_told_without_a_name(worker, person):
    actions.set_pin(user=worker, pin=PIN, duress_pin=DURESS)
    near = person("coordinator", place="north", email="besa@vatra.example", language="en")
    person("coordinator", place="south", email="far@vatra.example")
    person("operator", email="olta@vatra.example")
    unlock(as_(worker), DURESS)
    duress.ring()
    (letter,) = mail.outbox
    assert letter.to == ["besa@vatra.example"]
    assert not re.search("Ana|Hoxha|ana|North", f"{letter.subject} {letter.body}")
    duress.ring()
    assert len(mail.outbox) == 1
    alarm = DuressAlarm.objects.get()
    page = as_(near).get(reverse("account_calls")).content.decode()
    assert "Ana Hoxha" in page
    as_(near).post(reverse("account_calls"), {"seen": alarm.pk})
    DuressAlarm.objects.update(next_try_at=timezone.now())
    duress.ring()
    assert len(mail.outbox) == 1, "seen to: no more mails"
    assert actions_in_chain()[-1] == "session.duress_seen"


def test_a_call_that_nobody_sees_to_stands_first_and_every_call_can_be_reached(worker, person, monkeypatch):
    from access.sessions import views

    near = person("coordinator", place="north", email="besa@vatra.example", language="en")
    old = DuressAlarm.objects.create(user=worker, at=timezone.now() - timedelta(days=9))
    for days in range(3):
        at = timezone.now() - timedelta(days=days)
        DuressAlarm.objects.create(user=worker, at=at, seen_by=near, seen_at=at)
    monkeypatch.setattr(views, "CALLS_ON_A_PAGE", 2)
    client = as_(near)
    pages = [client.get(reverse("account_calls"), {"page": number}) for number in (1, 2)]
    shown = [call.pk for page in pages for call in page.context["calls"]]
    assert shown[0] == old.pk
    assert sorted(shown) == sorted(DuressAlarm.objects.values_list("pk", flat=True))
    assert "Page 1 of 2" in pages[0].content.decode()


def test_a_call_that_no_mail_server_took_is_tried_again(worker, person):
    actions.set_pin(user=worker, pin=PIN, duress_pin=DURESS)
    person("coordinator", place="north", email="besa@vatra.example")
    unlock(as_(worker), DURESS)
    with mock.patch("access.staff_mail.EmailMessage.send", side_effect=OSError):
        duress.ring()
    assert DuressAlarm.objects.get().told_at is None
    DuressAlarm.objects.update(next_try_at=timezone.now())
    duress.ring()
    assert len(mail.outbox) == 1


def test_mails_go_on_while_nobody_takes_one_and_reach_operators_when_nobody_answers(worker, person):
    actions.set_pin(user=worker, pin=PIN, duress_pin=DURESS)
    person("coordinator", place="north", email="besa@vatra.example")
    person("operator", email="olta@vatra.example")
    unlock(as_(worker), DURESS)
    with mock.patch("access.staff_mail.EmailMessage.send", side_effect=OSError):
        for _round in range(duress.MAX_TRIES + 3):
            DuressAlarm.objects.update(next_try_at=timezone.now())
            duress.ring()
    for _round in range(duress.MAX_TRIES + 3):
        DuressAlarm.objects.update(next_try_at=timezone.now())
        duress.ring()
    to = [letter.to[0] for letter in mail.outbox]
    assert to.count("besa@vatra.example") == duress.MAX_TRIES
    assert to.count("olta@vatra.example") == duress.MAX_TRIES - duress.MAIL_OPERATORS_AFTER


def test_without_a_coordinator_operators_are_told(worker, person):
    actions.set_pin(user=worker, pin=PIN, duress_pin=DURESS)
    person("operator", email="olta@vatra.example")
    unlock(as_(worker), DURESS)
    duress.ring()
    assert [letter.to for letter in mail.outbox] == [["olta@vatra.example"]]


def test_a_coordinator_of_elsewhere_and_the_person_see_no_call(worker, person):
    actions.set_pin(user=worker, pin=PIN, duress_pin=DURESS)
    unlock(as_(worker), DURESS)
    far = person("coordinator", place="south")
    assert "Ana Hoxha" not in as_(far).get(reverse("account_calls")).content.decode()
    alarm = DuressAlarm.objects.get()
    assert as_(far).post(reverse("account_calls"), {"seen": alarm.pk}).status_code == 404


def test_the_table_does_not_say_who_has_a_pin_for_duress(person):
    one, two = person("worker"), person("worker")
    actions.set_pin(user=one, pin=PIN, ask_at_sign_in=True)
    actions.set_pin(user=two, pin=PIN, duress_pin=DURESS)
    rows = [StaffPin.objects.get(user=each) for each in (one, two)]
    assert rows[0].duress.split("$")[0] == rows[1].duress.split("$")[0]
    assert [row.ask_at_sign_in for row in rows] == [True, True]
    assert not check_password(PIN, rows[0].duress)


def test_no_page_of_a_stand_in_writes_or_reads_for_the_person(worker):
    twin = duress.make_stand_in(worker)
    assert (twin.pk, twin.username, twin.roles()) == (0, "ana", worker.roles())
    assert not twin.units().exists()
    assert list(twin.units_shown()) == list(worker.units())
    assert worker.pk != 0
    assert not worker.stands_in


# ---- sessions and devices ----


def test_a_person_sees_and_ends_their_own_sessions_and_no_others(worker, person):
    here, there = as_(worker), as_(worker)
    stranger = as_(person("worker"))
    there_row, strange_row = there.session["access.session"], stranger.session["access.session"]
    assert str(there_row) in here.get(reverse("account_sessions")).content.decode()
    assert str(strange_row) not in here.get(reverse("account_sessions")).content.decode()
    here.post(reverse("account_end_session"), {"session": strange_row})
    assert stranger.get("/field/").status_code == 200
    here.post(reverse("account_end_session"), {"session": there_row})
    assert there.get("/field/").status_code == 302
    assert here.get("/field/").status_code == 200
    assert here.post(reverse("account_end_session"), {"session": "x"}).status_code == 302
    assert "session.ended" in actions_in_chain()


def test_ending_all_others_ends_tokens_too_and_not_this_session(worker):
    here, there, token = as_(worker), as_(worker), FieldToken.issue(worker)
    here.post(reverse("account_end_session"), {"session": "others"})
    assert here.get("/field/").status_code == 200
    assert there.get("/field/").status_code == 302
    assert FieldToken.holder_of(token) is None


def test_a_session_from_before_the_upgrade_goes_on_and_is_listed(worker):
    client = as_(worker)
    StaffSession.objects.all().delete()
    assert client.get("/field/").status_code == 200
    assert StaffSession.objects.filter(user=worker).count() == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537 Chrome/120 Mobile Safari/537", "Chrome · Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17 Safari/604", "Safari · iPhone"),
        ("<script>", ""),
    ],
)
def test_a_device_is_told_in_our_own_words(said, words):
    assert describe_device(said) == words
