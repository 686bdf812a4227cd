"""Nobody answers a request: the unit is told after some days, then its coordinator; once, also in a flood."""

from datetime import timedelta

import pytest
from django.utils import timezone

from case_forms.session_requests import actions
from notifications.directory.models import Role
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import NoticeState
from tests.world.offices import make_staffed_office

from ..clock import advance, find_stranded
from ..models import Answer
from .scene import NAME, make_request_scene

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(settings):
    settings.SESSION_REQUEST_ANSWER_DAYS = 3
    scene = make_request_scene()
    make_staffed_office(Role.MOBILE_UNIT, region=scene.place.region)
    make_staffed_office(Role.COORDINATOR, region=scene.place.region, contacts=1)
    return scene


def after(**time):
    return timezone.now() + timedelta(**time)


def about(request):
    return Notice.objects.filter(case_id=request.pk, purpose=Purpose.DUTY)


def test_the_unit_is_told_after_three_days_once_and_of_nothing_that_was_written(scene):
    request = scene.receive().request
    assert advance(after(days=2, hours=23)) == 0
    assert advance(after(days=3, minutes=1)) == 1
    assert advance(after(days=3, minutes=2)) == 0
    assert advance(after(days=4, minutes=3)) == 0, "it is being chased"
    notice = about(request).get()
    assert (notice.role, notice.case_reference) == (Role.MOBILE_UNIT, request.reference)
    assert notice.contact is not None
    assert NAME not in str(notice.brief)
    assert "Prova" not in str(notice.brief)
    assert notice.ladder[0] == {"after_minutes": 1440, "do": "call", "repeat_minutes": 1440}


def test_whoever_answers_ends_the_chase_and_a_hand_over_begins_the_centres_time(scene):
    request = scene.receive().request
    advance(after(days=3, minutes=1))
    actions.answer_request(request=request, by=scene.worker, answer=Answer.CONTACT)
    assert about(request).get().state == NoticeState.CANCELLED
    assert advance(after(days=30)) == 0
    other = scene.receive().request
    advance(after(days=3, minutes=1))
    actions.hand_to_centre(request=other, by=scene.worker)
    assert about(other).get().state == NoticeState.CANCELLED
    assert advance(after(days=3, minutes=2)) == 1
    assert set(about(other).values_list("role", flat=True)) == {Role.MOBILE_UNIT, Role.COORDINATOR}


def test_many_requests_of_one_unit_are_one_chase(scene):
    for _number in range(4):
        scene.receive()
    assert advance(after(days=3, minutes=1)) == 1
    assert Notice.objects.filter(purpose=Purpose.DUTY).count() == 1


def test_nothing_that_waits_is_without_a_next_moment(scene):
    request = scene.receive().request
    advance(after(days=3, minutes=1))
    assert find_stranded(timezone.now()) == []
    actions.take_request(request=request, by=scene.worker)
    request.refresh_from_db()
    assert request.next_mark_at is not None
