"""The unit's pages over HTTP: the list, one request, and each press, by whoever may and whoever may not."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from case_forms.session_requests import actions
from outreach_pages.records.models import InformativeSession
from tests.world.places import make_unit_with_worker, make_user

from ..models import Answer, SessionRequest
from .scene import NAME, make_request_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return make_request_scene()


@pytest.fixture
def asked(scene, client):
    client.force_login(scene.worker)
    return scene.receive().request


def url(name, asked):
    return reverse(f"session_requests:{name}", args=[asked.reference])


def get_plan(scene, **changed):
    return {
        "unit": scene.unit.slug,
        "municipality": scene.place.municipality.slug,
        "place_type": "high_school",
        "place_name": "Shkolla “Prova”",
        "date": (timezone.localdate() + timedelta(days=3)).isoformat(),
        "starts_at": "10:00",
        "ends_at": "10:45",
        "audience": "high_school",
        "language": "sq",
        **changed,
    }


def test_the_list_shows_what_was_asked_without_the_contact(client, asked, in_english):
    html = client.get(reverse("session_requests:list")).content.decode()
    assert asked.reference in html
    assert "Shkolla “Prova”" in html
    assert NAME not in html
    closed = client.get(reverse("session_requests:list") + "?state=closed").content.decode()
    assert asked.reference not in closed


def test_a_list_of_more_than_fifty_has_pages_and_few_queries(client, scene, asked, django_assert_max_num_queries):
    for _number in range(51):
        scene.receive()
    with django_assert_max_num_queries(16):
        first = client.get(reverse("session_requests:list"))
    assert first.content.decode().count("card-link") == 50
    assert client.get(reverse("session_requests:list") + "?page=2").content.decode().count("card-link") == 2


def test_reading_is_recorded_and_changes_nothing(client, asked):
    page = client.get(url("request", asked))
    assert NAME in page.content.decode()
    assert AuditEntry.objects.filter(action="session_request.read", target_id=str(asked.pk)).count() == 1
    assert SessionRequest.objects.get().state == "new"


def test_the_start_page_and_the_day_show_what_waits(client, asked):
    for name in ("intake:home", "intake:day"):
        assert asked.reference in client.get(reverse(name)).content.decode()


def test_people_of_another_unit_find_nothing(client, scene, asked):
    _unit, stranger = make_unit_with_worker(scene.elsewhere)
    client.force_login(stranger)
    assert asked.reference not in client.get(reverse("session_requests:list")).content.decode()
    assert client.get(url("request", asked)).status_code == 404
    for name in ("take", "answer", "decline", "hand_over", "plan"):
        assert client.post(url(name, asked), {"answer": "contact", "reason": "other"}).status_code == 404
    client.force_login(make_user("editor"))
    assert client.get(url("request", asked)).status_code == 404


def test_a_session_is_planned_from_it_with_the_records_own_form(client, scene, asked):
    page = client.get(url("plan", asked)).content.decode()
    assert "Shkolla “Prova”" in page
    assert NAME not in page
    wrong = client.post(url("plan", asked), get_plan(scene, ends_at="09:00", place_name="Shkolla “Tjetër”"))
    assert wrong.status_code == 422
    assert "Shkolla “Tjetër”" in wrong.content.decode()
    done = client.post(url("plan", asked), get_plan(scene))
    session = InformativeSession.objects.get()
    assert done["Location"] == reverse("sessions:session", args=[session.pk])
    assert SessionRequest.objects.get().session == session
    again = client.post(url("plan", asked), get_plan(scene))
    assert again.status_code == 409
    assert client.get(url("plan", asked))["Location"] == url("request", asked)
    assert InformativeSession.objects.count() == 1


def test_whoever_comes_second_reads_who_has_it_and_loses_nothing(client, scene, asked, in_english):
    other = make_user("worker", unit=scene.unit, first_name="Besa", last_name="Prova")
    actions.take_request(request=asked, by=other)
    late = client.post(url("plan", asked), get_plan(scene, place_name="Shkolla “Tjetër”"))
    assert late.status_code == 409
    assert "Besa Prova handles this request" in late.content.decode()
    assert "Shkolla “Tjetër”" in late.content.decode()
    assert not InformativeSession.objects.exists()
    answer = client.post(url("answer", asked), {"answer": "contact", "text": "Së shpejti."})
    assert answer.status_code == 409
    assert "Së shpejti." in answer.content.decode()
    over = client.post(url("take", asked), {"seen": other.pk})
    assert over.status_code == 302
    assert SessionRequest.objects.get().taken_by == scene.worker


@pytest.mark.parametrize(
    ("name", "given", "field"),
    [
        ("answer", {}, "answer"),
        ("answer", {"answer": "day"}, "offered_on"),
        ("answer", {"answer": "day", "offered_on": "2001-01-01"}, "offered_on"),
        ("answer", {"answer": "contact", "text": "Telefono +355 69 123 4567"}, "text"),
        ("answer", {"answer": "contact", "text": "x" * 301}, "text"),
        ("decline", {"text": "Jo"}, "reason"),
        ("decline", {"reason": "hax", "text": "Jo"}, "reason"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(client, asked, name, given, field):
    page = client.post(url(name, asked), given)
    html = page.content.decode()
    assert page.status_code == 422
    assert f'id="{name}_{field}_error"' in html
    assert given.get("text", "") in html
    assert SessionRequest.objects.get().state == "new"


def test_answered_declined_and_handed_over_by_a_press(client, scene, asked):
    assert client.post(url("answer", asked), {"answer": "later", "text": "Pas Pashkëve."}).status_code == 302
    assert SessionRequest.objects.get().answer == Answer.LATER
    assert client.post(url("hand_over", asked))["Location"] == reverse("session_requests:list")
    assert client.get(url("request", asked)).status_code == 404
    client.force_login(scene.coordinator)
    assert client.post(url("decline", asked), {"reason": "no_day"}).status_code == 302
    assert SessionRequest.objects.get().state == "declined"
    for name in ("answer", "decline", "hand_over"):
        given = {"answer": "contact", "reason": "other"}
        assert client.post(url(name, asked), given).status_code == 409
    assert client.get(url("take", asked)).status_code == 405
