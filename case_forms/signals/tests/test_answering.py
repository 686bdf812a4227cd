"""The unit's pages: only theirs, recorded, answered once, and the chase ends when somebody of the unit acts."""

import re
import secrets
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from access.models import StaffRole
from audit.models import AuditEntry
from case_forms.intake.models import Draft
from case_forms.signals import receiving
from case_forms.signals.forgetting import forget_due
from case_forms.signals.models import Outcome, Signal, SignalMessage, SignalState
from case_forms.testing import make_coordinator, make_place, make_unit_with_worker, make_user
from notifications.directory.models import Role
from notifications.outbox.models import Notice
from notifications.outbox.states import NoticeState

from .scene import SECRET_WORDS, make_signal_scene, notices_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return make_signal_scene()


@pytest.fixture
def signal(scene):
    return scene.receive(danger_now="yes").signal


@pytest.fixture
def worker(client, scene):
    client.force_login(scene.worker)
    return client


def page(signal):
    return reverse("signals:signal", args=[signal.reference])


def do(name, signal):
    return reverse(f"signals:{name}", args=[signal.reference])


def test_the_unit_reads_it_and_that_is_recorded_and_changes_nothing(worker, signal):
    html = worker.get(page(signal)).content.decode()
    assert SECRET_WORDS in html
    assert AuditEntry.objects.filter(action="signal.read", target_id=str(signal.pk)).count() == 1
    signal.refresh_from_db()
    assert signal.state == SignalState.NEW


def test_the_list_and_the_start_page_say_that_there_is_one_and_quote_nothing(worker, signal):
    for address in (reverse("signals:list"), reverse("intake:home")):
        html = worker.get(address).content.decode()
        assert signal.reference in html
        assert SECRET_WORDS not in html


def test_another_units_signal_is_not_there_and_reaching_for_it_is_recorded(client, signal):
    _unit, stranger = make_unit_with_worker(make_place())
    client.force_login(stranger)
    assert client.get(page(signal)).status_code == 404
    for name in ("take", "answer", "close"):
        assert client.post(do(name, signal), {"text": "x", "outcome": "handled"}).status_code == 404
    assert AuditEntry.objects.filter(action="access.denied", target_id=str(signal.pk)).exists()
    assert signal.reference not in client.get(reverse("signals:list")).content.decode()
    signal.refresh_from_db()
    assert signal.state == SignalState.NEW


def test_a_coordinator_reads_those_of_the_region_and_of_no_other(client, scene, signal):
    client.force_login(scene.coordinator)
    assert client.get(page(signal)).status_code == 200
    client.force_login(make_coordinator(make_place()))
    assert client.get(page(signal)).status_code == 404


@pytest.mark.parametrize("role", [StaffRole.EDITOR, StaffRole.OPERATOR])
def test_nobody_else_reads_any(client, signal, role):
    client.force_login(make_user(role))
    assert client.get(page(signal)).status_code == 404
    assert client.get(reverse("signals:list")).status_code == 404


def test_answering_tells_the_person_once_and_ends_the_chase_of_the_unit_alone(worker, signal):
    for _press in range(2):
        answered = worker.post(do("answer", signal), {"text": "We are here.", "key": "one"})
        assert answered.status_code == 302
    signal.refresh_from_db()
    assert signal.state == SignalState.ANSWERED
    assert [message.text for message in signal.messages.all()] == ["We are here."]
    notices = notices_of(signal)
    assert notices[Role.MOBILE_UNIT].state == NoticeState.CANCELLED
    assert notices[Role.POLICE].is_open


def test_an_empty_or_too_long_answer_is_refused_beside_the_field_and_stays(worker, signal):
    assert worker.post(do("answer", signal), {"text": "  ", "key": "one"}).status_code == 422
    long = "x" * 4001
    refused = worker.post(do("answer", signal), {"text": long, "key": "two"})
    html = refused.content.decode()
    assert refused.status_code == 422
    assert long in html
    assert "<title>Error: " in html
    assert re.search(r'class="error-summary"[^>]* autofocus', html)
    assert not SignalMessage.objects.exists()


def test_taking_it_stops_the_reminders(worker, scene, signal):
    worker.post(do("take", signal))
    signal.refresh_from_db()
    assert (signal.state, signal.taken_by) == (SignalState.READ, scene.worker)
    assert notices_of(signal)[Role.MOBILE_UNIT].state == NoticeState.CANCELLED


def test_closing_says_why(worker, signal):
    assert worker.post(do("close", signal), {"outcome": "taken_back"}).status_code == 422
    unsaid = worker.post(do("close", signal), {})
    assert unsaid.status_code == 422
    assert re.search(r"class=\"error-summary\"[^>]* autofocus", unsaid.content.decode())
    assert worker.post(do("close", signal), {"outcome": "spam"}).status_code == 302
    signal.refresh_from_db()
    assert (signal.state, signal.outcome) == (SignalState.CLOSED, Outcome.SPAM)
    assert worker.post(do("close", signal), {"outcome": "handled"}).status_code == 422
    assert worker.post(do("answer", signal), {"text": "late", "key": "k"}).status_code == 422
    assert worker.post(do("take", signal)).status_code == 409


def test_looking_never_acts(worker, signal):
    for name in ("take", "answer", "close"):
        assert worker.get(do(name, signal)).status_code == 405


def test_an_identification_begins_with_what_is_known_and_is_tied_to_the_signal(worker, scene):
    signal = scene.receive(municipality=scene.place.municipality.slug, danger_now="yes").signal
    started = worker.post(reverse("intake:start", args=["small_identification"]), {"signal": signal.reference})
    assert started.status_code == 302
    draft = Draft.objects.get()
    assert draft.answers == {"municipality": scene.place.municipality.slug}
    signal.refresh_from_db()
    assert signal.identification == draft.pk
    assert signal.state == SignalState.READ
    html = worker.get(page(signal)).content.decode()
    assert reverse("intake:review", args=[draft.pk]) in html


def test_nobody_begins_an_identification_from_another_units_signal(client, signal):
    _unit, stranger = make_unit_with_worker(make_place())
    client.force_login(stranger)
    started = client.post(reverse("intake:start", args=["small_identification"]), {"signal": signal.reference})
    assert started.status_code == 404
    assert not Draft.objects.exists()


def test_staff_cannot_begin_the_publics_form(worker, scene):
    assert worker.post(reverse("intake:start", args=["public_tip"])).status_code == 404
    assert "public_tip" not in worker.get(reverse("intake:home")).content.decode()


# ---- forgetting ----


def test_an_answer_is_forgotten_when_its_time_is_over_open_or_not(scene):
    signal = scene.receive(contact_ok=True, safe_contact_phone="+355691234567").signal
    forget_due(timezone.now() + timedelta(days=200))
    signal.refresh_from_db()
    assert "safe_contact_phone" not in signal.answers
    assert signal.answers["what"] == SECRET_WORDS
    assert not signal.events.filter(explanation__isnull=False).exists()
    forget_due(timezone.now() + timedelta(days=400))
    signal.refresh_from_db()
    assert "what" not in signal.answers


def test_everything_is_forgotten_some_time_after_it_was_closed(scene, settings):
    received = scene.receive()
    receiving.add_message(signal_id=received.signal.pk, text="More.", secret=secrets.token_bytes(32))
    Signal.objects.update(state=SignalState.CLOSED, outcome=Outcome.HANDLED, closed_at=timezone.now())
    later = timezone.now() + timedelta(days=settings.SIGNAL_CLOSED_DAYS + 1)
    assert forget_due(later) >= 1
    signal = Signal.objects.get()
    assert (signal.answers, signal.receipt_hash) == ({}, None)
    assert not signal.messages.exists()
    assert receiving.signal_of(received.code) is None
    assert forget_due(later) == 0


def test_what_nobody_meant_goes_sooner(scene, settings):
    scene.receive()
    Signal.objects.update(state=SignalState.CLOSED, outcome=Outcome.SPAM, closed_at=timezone.now())
    forget_due(timezone.now() + timedelta(days=settings.SIGNAL_SPAM_DAYS + 1))
    assert Signal.objects.get().forgotten_at is not None


def test_no_notice_of_the_unit_is_left_waiting_after_an_answer(worker, signal):
    worker.post(do("answer", signal), {"text": "We are here.", "key": "one"})
    assert not [notice for notice in Notice.objects.open() if notice.root.role == Role.MOBILE_UNIT]
