"""Receiving, taking, answering, planning, declining and forgetting requests for a session."""

import secrets
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from audit.models import AuditEntry
from case_forms.session_requests import actions
from outreach_pages.records.actions import cancel_session, plan_again, record_session
from outreach_pages.records.labels import CancelReason
from outreach_pages.records.models import InformativeSession
from tests.world.places import make_unit_with_worker, make_user

from ..actions import TakenBy
from ..following import read_following
from ..models import Answer, DeclineReason, RequestState, SessionRequest
from ..purge import forget_due
from ..reading import build_plan, get_open_lines, list_for_home
from .scene import NAME, make_request_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return make_request_scene()


def plan(scene, request, *, by=None, days=7, **given):
    today = timezone.localdate()
    values = {
        "unit": scene.unit,
        "municipality": scene.place.municipality,
        "place_type": "high_school",
        "place_name": "Shkolla “Prova”",
        "date": today + timedelta(days=days),
        "starts_at": timezone.datetime(2026, 1, 1, 0, 5).time(),
        "ends_at": timezone.datetime(2026, 1, 1, 0, 50).time(),
        "audience": "high_school",
        **given,
    }
    return actions.plan_for_request(request=request, by=by or scene.worker, values=values)


def test_a_request_goes_to_the_unit_of_its_region_sealed(scene):
    received = scene.receive()
    request = received.request
    assert (request.unit, request.municipality) == (scene.unit, scene.place.municipality)
    assert len(received.code.split()) == 4
    stored = SessionRequest.objects.filter(pk=request.pk).extra(select={"raw": "answers"}).values_list("raw").get()[0]
    assert NAME not in str(stored)
    assert NAME not in str(list(AuditEntry.objects.values_list("detail", flat=True)))


def test_the_same_form_sent_twice_is_one_request_with_one_code(scene):
    secret = secrets.token_bytes(32)
    first, second = scene.receive(secret=secret), scene.receive(secret=secret)
    assert (first.request.pk, first.code, second.created) == (second.request.pk, second.code, False)
    assert SessionRequest.objects.count() == 1


def test_a_region_without_a_unit_is_answered_by_every_coordinator_and_no_worker(scene):
    request = scene.receive(municipality=scene.elsewhere.municipality.slug).request
    assert request.unit is None
    assert SessionRequest.objects.visible_to(scene.coordinator).get() == request
    assert not SessionRequest.objects.visible_to(scene.worker).exists()


def test_a_unit_reads_its_own_and_nobody_elses(scene):
    _unit, stranger = make_unit_with_worker(scene.elsewhere)
    editor = make_user("editor")
    request = scene.receive().request
    for person, sees in ((scene.worker, True), (scene.coordinator, True), (stranger, False), (editor, False)):
        assert SessionRequest.objects.visible_to(person).filter(pk=request.pk).exists() is sees


def test_of_two_workers_the_second_learns_who_has_it_and_may_take_it_over(scene):
    other = make_user("worker", unit=scene.unit)
    request = scene.receive().request
    actions.take_request(request=request, by=scene.worker)
    for act in (
        lambda: actions.take_request(request=request, by=other),
        lambda: actions.answer_request(request=request, by=other, answer=Answer.CONTACT),
        lambda: actions.decline_request(request=request, by=other, reason=DeclineReason.OTHER),
        lambda: plan(scene, request, by=other),
    ):
        with pytest.raises(TakenBy) as taken:
            act()
        assert taken.value.person == scene.worker
    assert not InformativeSession.objects.exists()
    over = actions.take_request(request=request, by=other, seen=str(scene.worker.pk))
    assert over.taken_by == other


def test_an_answer_offers_a_day_and_the_asker_reads_it(scene):
    request, day = scene.receive().request, timezone.localdate() + timedelta(days=9)
    told = actions.answer_request(request=request, by=scene.worker, answer=Answer.DAY, offered_on=day, text="Paradite.")
    with translation.override("en"):
        read = read_following(told)
    assert (read.state, read.day, read.text, read.language) == ("received", day, "Paradite.", "sq")
    assert read.answer == "We offer this day; we contact you to agree on it."
    assert told.taken_by == scene.worker


def test_a_planned_session_is_followed_to_its_end(scene):
    request = scene.receive().request
    session = plan(scene, request, days=-1)
    request.refresh_from_db()
    assert (request.state, request.session) == (RequestState.PLANNED, session)
    assert (read_following(request).state, read_following(request).day) == ("planned", session.date)
    cancel_session(session=session, by=scene.worker, reason=CancelReason.UNIT)
    request.refresh_from_db()
    assert read_following(request).state == "cannot"
    plan_again(session=session, by=scene.worker)
    record_session(session=session, by=scene.worker, values={}, counts={})
    request.refresh_from_db()
    assert read_following(request).state == "held"
    with pytest.raises(TakenBy):
        plan(scene, request)


def test_a_declined_request_says_why_and_nothing_else_can_be_done(scene):
    request = scene.receive().request
    told = actions.decline_request(request=request, by=scene.worker, reason=DeclineReason.TOO_FEW, text="Bashkohuni.")
    assert (read_following(told).state, read_following(told).text) == ("cannot", "Bashkohuni.")
    with pytest.raises(TakenBy):
        actions.answer_request(request=request, by=scene.worker, answer=Answer.CONTACT)


def test_the_unit_hands_a_request_to_the_centre_with_nothing_of_its_answer(scene):
    request = scene.receive().request
    actions.answer_request(request=request, by=scene.worker, answer=Answer.DAY, offered_on=timezone.localdate())
    handed = actions.hand_to_centre(request=request, by=scene.worker)
    assert (handed.unit, handed.state, handed.taken_by, handed.offered_on) == (None, "new", None, None)
    assert not SessionRequest.objects.visible_to(scene.worker).exists()
    assert read_following(handed).answer == ""
    assert actions.take_request(request=handed, by=scene.coordinator).taken_by == scene.coordinator


def test_a_plan_begins_with_what_was_answered(scene):
    begun = build_plan(scene.receive().request)
    assert begun["place_name"] == "Shkolla “Prova”"
    assert (begun["audience"], begun["place_type"]) == ("high_school", "high_school")
    assert NAME not in str(begun)


def test_the_oldest_stands_first_and_one_that_waits_long_is_marked(scene, settings):
    settings.SESSION_REQUEST_ANSWER_DAYS = 3
    new = scene.receive().request
    old = scene.receive(at=timezone.now() - timedelta(days=3, minutes=1)).request
    lines = get_open_lines(scene.worker, "en")[0:50]
    assert [(line.request, line.is_late) for line in lines] == [(old, True), (new, False)]
    assert lines[0].institution == "Shkolla “Prova”"
    actions.answer_request(request=old, by=scene.worker, answer=Answer.CONTACT)
    assert [line.request for line in list_for_home(scene.worker, "en")] == [new]


def test_a_declined_request_is_forgotten_when_its_time_is_over(scene, settings):
    settings.SESSION_REQUEST_CLOSED_DAYS = 90
    received = scene.receive()
    actions.decline_request(request=received.request, by=scene.worker, reason=DeclineReason.OTHER, text="Jo tani.")
    assert forget_due(timezone.now() + timedelta(days=89)) == 0
    assert forget_due(timezone.now() + timedelta(days=91)) == 1
    request = SessionRequest.objects.get()
    assert (request.answers, request.answer_text, request.receipt_hash) == ({}, "", None)
    assert actions.get_request(received.code) is None
    assert forget_due(timezone.now() + timedelta(days=92)) == 0


def test_a_planned_one_is_forgotten_after_its_session_and_answers_by_their_own_terms(scene, settings):
    settings.SESSION_REQUEST_CLOSED_DAYS = 90
    request = scene.receive().request
    plan(scene, request, days=200)
    assert forget_due(timezone.now() + timedelta(days=250)) == 0
    assert forget_due(timezone.now() + timedelta(days=291)) == 1
    other = scene.receive().request
    assert forget_due(timezone.now() + timedelta(days=370)) == 1
    other.refresh_from_db()
    assert (other.answers, other.state) == ({}, "new")
