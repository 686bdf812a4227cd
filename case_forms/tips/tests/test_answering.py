"""The unit's pages: only theirs, recorded, answered once, and the chase ends when somebody of the unit acts."""

import re
import secrets
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from access.models import StaffRole
from audit.models import AuditEntry
from case_forms.submissions.models import Draft
from notifications.briefs.talk.pages import build_talk
from notifications.directory.models import Role
from notifications.outbox.models import Notice
from notifications.outbox.states import NoticeState
from tests.world.places import make_coordinator, make_place, make_unit_with_worker, make_user

from .. import public_actions
from ..models import Outcome, Tip, TipMessage, TipState
from ..purge import forget_due
from .scene import SECRET_WORDS, get_notices, make_tip_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return make_tip_scene()


@pytest.fixture
def tip(scene):
    return scene.receive(danger_now="yes").tip


@pytest.fixture
def worker(client, scene):
    client.force_login(scene.worker)
    return client


def page(tip):
    return reverse("signals:signal", args=[tip.reference])


def do(name, tip):
    return reverse(f"signals:{name}", args=[tip.reference])


def test_the_unit_reads_it_and_that_is_recorded_and_changes_nothing(worker, tip):
    html = worker.get(page(tip)).content.decode()
    assert SECRET_WORDS in html
    assert AuditEntry.objects.filter(action="signal.read", target_id=str(tip.pk)).count() == 1
    tip.refresh_from_db()
    assert tip.state == TipState.NEW


def test_a_notice_about_a_message_has_no_conversation_since_nobody_would_read_it(tip):
    notices = Notice.objects.filter(case_id=tip.pk, contact__isnull=False)
    notices.update(role="police")
    assert [build_talk(notice) for notice in notices] == [None] * len(notices)
    assert notices


def test_the_list_and_the_start_page_say_that_there_is_one_and_quote_nothing(worker, tip):
    for address in (reverse("signals:list"), reverse("intake:home")):
        html = worker.get(address).content.decode()
        assert tip.reference in html
        assert SECRET_WORDS not in html


def test_another_units_tip_is_not_there_and_reaching_for_it_is_recorded(client, tip):
    _unit, stranger = make_unit_with_worker(make_place())
    client.force_login(stranger)
    assert client.get(page(tip)).status_code == 404
    for name in ("take", "answer", "close"):
        assert client.post(do(name, tip), {"text": "x", "outcome": "handled"}).status_code == 404
    assert AuditEntry.objects.filter(action="access.denied", target_id=str(tip.pk)).exists()
    assert tip.reference not in client.get(reverse("signals:list")).content.decode()
    tip.refresh_from_db()
    assert tip.state == TipState.NEW


def test_a_coordinator_reads_those_of_the_region_and_of_no_other(client, scene, tip):
    client.force_login(scene.coordinator)
    assert client.get(page(tip)).status_code == 200
    client.force_login(make_coordinator(make_place()))
    assert client.get(page(tip)).status_code == 404


@pytest.mark.parametrize("role", [StaffRole.EDITOR, StaffRole.OPERATOR])
def test_nobody_else_reads_any(client, tip, role):
    client.force_login(make_user(role))
    assert client.get(page(tip)).status_code == 404
    assert client.get(reverse("signals:list")).status_code == 404


def test_answering_tells_the_person_once_and_ends_the_chase_of_the_unit_alone(worker, tip):
    for _press in range(2):
        answered = worker.post(do("answer", tip), {"text": "We are here.", "key": "one"})
        assert answered.status_code == 302
    tip.refresh_from_db()
    assert tip.state == TipState.ANSWERED
    assert [message.text for message in tip.messages.all()] == ["We are here."]
    notices = get_notices(tip)
    assert notices[Role.MOBILE_UNIT].state == NoticeState.CANCELLED
    assert notices[Role.POLICE].is_open


def test_an_empty_or_too_long_answer_is_refused_beside_the_field_and_stays(worker, tip):
    assert worker.post(do("answer", tip), {"text": "  ", "key": "one"}).status_code == 422
    long = "x" * 4001
    refused = worker.post(do("answer", tip), {"text": long, "key": "two"})
    html = refused.content.decode()
    assert refused.status_code == 422
    assert long in html
    assert "<title>Error: " in html
    assert re.search(r'class="error-summary"[^>]* autofocus', html)
    assert not TipMessage.objects.exists()


def test_taking_it_stops_the_reminders(worker, scene, tip):
    worker.post(do("take", tip))
    tip.refresh_from_db()
    assert (tip.state, tip.taken_by) == (TipState.READ, scene.worker)
    assert get_notices(tip)[Role.MOBILE_UNIT].state == NoticeState.CANCELLED


def test_closing_says_why(worker, tip):
    assert worker.post(do("close", tip), {"outcome": "taken_back"}).status_code == 422
    unsaid = worker.post(do("close", tip), {})
    assert unsaid.status_code == 422
    assert re.search(r"class=\"error-summary\"[^>]* autofocus", unsaid.content.decode())
    assert worker.post(do("close", tip), {"outcome": "spam"}).status_code == 302
    tip.refresh_from_db()
    assert (tip.state, tip.outcome) == (TipState.CLOSED, Outcome.SPAM)
    assert worker.post(do("close", tip), {"outcome": "handled"}).status_code == 422
    assert worker.post(do("answer", tip), {"text": "late", "key": "k"}).status_code == 422
    assert worker.post(do("take", tip)).status_code == 409


def test_looking_never_acts(worker, tip):
    for name in ("take", "answer", "close"):
        assert worker.get(do(name, tip)).status_code == 405


def test_an_identification_begins_with_what_is_known_and_is_tied_to_the_tip(worker, scene):
    tip = scene.receive(municipality=scene.place.municipality.slug, danger_now="yes").tip
    started = worker.post(reverse("intake:start", args=["small_identification"]), {"signal": tip.reference})
    assert started.status_code == 302
    draft = Draft.objects.get()
    assert draft.answers == {"municipality": scene.place.municipality.slug}
    tip.refresh_from_db()
    assert tip.identification == draft.pk
    assert tip.state == TipState.READ
    html = worker.get(page(tip)).content.decode()
    assert reverse("intake:review", args=[draft.pk]) in html


def test_nobody_begins_an_identification_from_another_units_tip(client, tip):
    _unit, stranger = make_unit_with_worker(make_place())
    client.force_login(stranger)
    started = client.post(reverse("intake:start", args=["small_identification"]), {"signal": tip.reference})
    assert started.status_code == 404
    assert not Draft.objects.exists()


def test_staff_cannot_begin_the_publics_form(worker, scene):
    assert worker.post(reverse("intake:start", args=["public_tip"])).status_code == 404
    assert "public_tip" not in worker.get(reverse("intake:home")).content.decode()


# ---- forgetting ----


def test_an_answer_is_forgotten_when_its_time_is_over_open_or_not(scene):
    tip = scene.receive(contact_ok=True, safe_contact_phone="+355691234567").tip
    forget_due(timezone.now() + timedelta(days=200))
    tip.refresh_from_db()
    assert "safe_contact_phone" not in tip.answers
    assert tip.answers["what"] == SECRET_WORDS
    assert not tip.events.filter(explanation__isnull=False).exists()
    forget_due(timezone.now() + timedelta(days=400))
    tip.refresh_from_db()
    assert "what" not in tip.answers


def test_everything_is_forgotten_some_time_after_it_was_closed(scene, settings):
    received = scene.receive()
    public_actions.add_message(tip_id=received.tip.pk, text="More.", secret=secrets.token_bytes(32))
    Tip.objects.update(state=TipState.CLOSED, outcome=Outcome.HANDLED, closed_at=timezone.now())
    later = timezone.now() + timedelta(days=settings.SIGNAL_CLOSED_DAYS + 1)
    assert forget_due(later) >= 1
    tip = Tip.objects.get()
    assert (tip.answers, tip.receipt_hash) == ({}, None)
    assert not tip.messages.exists()
    assert public_actions.get_tip(received.code) is None
    assert forget_due(later) == 0


def test_what_nobody_meant_goes_sooner(scene, settings):
    scene.receive()
    Tip.objects.update(state=TipState.CLOSED, outcome=Outcome.SPAM, closed_at=timezone.now())
    forget_due(timezone.now() + timedelta(days=settings.SIGNAL_SPAM_DAYS + 1))
    assert Tip.objects.get().forgotten_at is not None


def test_no_notice_of_the_unit_is_left_waiting_after_an_answer(worker, tip):
    worker.post(do("answer", tip), {"text": "We are here.", "key": "one"})
    assert not [notice for notice in Notice.objects.open() if notice.root.role == Role.MOBILE_UNIT]
