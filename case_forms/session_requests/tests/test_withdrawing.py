"""Whoever asked for a session withdraws the request: its unit sees it, and a planned session stays and says so."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from case_forms.session_requests import actions
from notifications.directory.models import Role
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import NoticeState
from outreach_pages.records.actions import cancel_session, record_session
from outreach_pages.records.labels import CancelReason
from outreach_pages.records.waiting import list_waiting
from tests.world.offices import make_staffed_office

from ..actions import NothingToWithdraw, TakenBy
from ..clock import advance, find_stranded
from ..following import read_following
from ..models import Answer, DeclineReason, RequestState, SessionRequest
from ..purge import forget_due
from ..reading import get_closed_lines, get_open_lines, list_for_home
from .scene import NAME, make_request_scene
from .test_actions import plan

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene():
    scene = make_request_scene()
    make_staffed_office(Role.MOBILE_UNIT, region=scene.place.region)
    make_staffed_office(Role.COORDINATOR, region=scene.place.region, contacts=1)
    return scene


def withdraw(request):
    return actions.withdraw_request(request_id=request.pk)


def notices(request):
    return Notice.objects.filter(case_id=request.pk, purpose=Purpose.DUTY)


@pytest.mark.parametrize("state", ["new", "taken", "answered"])
def test_an_open_request_is_closed_at_once_and_nobody_is_told_about_it_any_more(scene, state):
    request = scene.receive().request
    advance(timezone.now() + timedelta(days=4))
    if state == "taken":
        actions.take_request(request=request, by=scene.worker)
    if state == "answered":
        actions.answer_request(request=request, by=scene.worker, answer=Answer.LATER, text="Në vjeshtë.")
    withdrawn = withdraw(request)
    assert (withdrawn.state, withdrawn.next_mark_at, withdrawn.answer_text) == (RequestState.WITHDRAWN, None, "")
    assert [each.state for each in notices(request)] == [NoticeState.CANCELLED]
    assert read_following(withdrawn).state == "withdrawn"
    assert len(get_open_lines(scene.worker, "sq")) == 0
    assert len(get_closed_lines(scene.worker, "sq")) == 1
    assert AuditEntry.objects.filter(action="session_request.withdrawn").count() == 1
    assert advance(timezone.now() + timedelta(days=30)) == 0


def test_withdrawn_twice_it_is_withdrawn_once(scene):
    request = scene.receive().request
    first = withdraw(request)
    assert withdraw(request).withdrawn_at == first.withdrawn_at
    assert AuditEntry.objects.filter(action="session_request.withdrawn").count() == 1


def test_whoever_was_about_to_act_reads_that_it_moved_on(scene):
    request = scene.receive().request
    withdraw(request)
    for act in (
        lambda: actions.take_request(request=request, by=scene.worker),
        lambda: actions.answer_request(request=request, by=scene.worker, answer=Answer.CONTACT),
        lambda: actions.decline_request(request=request, by=scene.worker, reason=DeclineReason.NO_DAY),
        lambda: actions.hand_to_centre(request=request, by=scene.worker),
        lambda: plan(scene, request),
    ):
        with pytest.raises(TakenBy):
            act()


def test_a_planned_session_stays_says_so_and_its_unit_is_told_once(scene, client):
    request = scene.receive().request
    session = plan(scene, request)
    assert advance(timezone.now()) == 0
    withdrawn = withdraw(request)
    session.refresh_from_db()
    assert (withdrawn.state, session.state) == (RequestState.PLANNED, "planned")
    assert withdrawn.is_without_asker
    [line] = list_waiting([session])
    assert line.is_late
    assert len(get_open_lines(scene.worker, "sq")) == 1
    scene.receive()
    assert next(each.request.pk for each in list_for_home(scene.worker, "sq")) == request.pk
    assert advance(timezone.now()) == 1
    assert advance(timezone.now() + timedelta(days=2)) == 0
    notice = notices(request).get()
    assert notice.role == Role.MOBILE_UNIT
    assert "has withdrawn the request" in str(notice.brief)
    assert NAME not in str(notice.brief)
    assert find_stranded(timezone.now()) == []
    client.force_login(scene.worker)
    for address in (
        reverse("session_requests:list"),
        reverse("session_requests:request", args=[request.reference]),
        reverse("sessions:session", args=[session.pk]),
    ):
        assert "tërhoq" in client.get(address).content.decode() or "withdr" in client.get(address).content.decode()
    cancel_session(session=session, by=scene.worker, reason=CancelReason.UNIT)
    session.refresh_from_db()
    assert list_waiting([session]) == []
    assert read_following(SessionRequest.objects.get(pk=request.pk)).state == "withdrawn"
    advance(timezone.now())
    assert notices(request).get().state == NoticeState.CANCELLED


def test_what_has_ended_is_not_withdrawn(scene):
    declined = scene.receive().request
    actions.decline_request(request=declined, by=scene.worker, reason=DeclineReason.NO_DAY)
    cancelled = scene.receive().request
    cancel_session(session=plan(scene, cancelled), by=scene.worker, reason=CancelReason.UNIT)
    held = scene.receive().request
    record_session(session=plan(scene, held, days=-1), by=scene.worker, values={}, counts={})
    for request in (declined, cancelled, held):
        with pytest.raises(NothingToWithdraw):
            withdraw(request)
        assert SessionRequest.objects.get(pk=request.pk).withdrawn_at is None


def test_what_was_written_ends_with_the_other_closed_requests(scene, settings):
    settings.SESSION_REQUEST_CLOSED_DAYS = 90
    request = scene.receive().request
    withdraw(request)
    forget_due(timezone.now() + timedelta(days=89))
    assert SessionRequest.objects.get(pk=request.pk).answers
    forget_due(timezone.now() + timedelta(days=91))
    forgotten = SessionRequest.objects.get(pk=request.pk)
    assert (forgotten.answers, forgotten.receipt_hash) == ({}, None)
    with pytest.raises(SessionRequest.DoesNotExist):
        withdraw(request)
