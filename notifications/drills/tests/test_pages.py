"""The pages of drills: whose they are, what they change, and what they say."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.models import StaffRole
from audit.models import AuditEntry
from notifications.directory.models import Role
from tests.world.offices import make_contact, make_office
from tests.world.places import Place, make_place, make_user

from ..models import DrillPlan, DrillResult, DrillRun, DrillState

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
PLAN = {"is_on": "on", "day": "12", "hours_from": "09:00", "hours_until": "14:00", "minutes": "20"}


@pytest.fixture
def place() -> Place:
    return make_place()


@pytest.fixture
def other() -> Place:
    return make_place("tropoje", "Tropojë")


def sign_in(role: StaffRole, place: Place | None = None) -> Client:
    user = make_user(role, region=place.region if place else None, language="en")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def client(place: Place) -> Client:
    return sign_in(StaffRole.COORDINATOR, place)


def page_of(place: Place) -> str:
    return reverse("drills_of_region", args=[place.region.slug])


def test_without_a_plan_the_page_says_that_nobody_would_notice(client, place, other):
    page = client.get(reverse("drills")).content.decode()
    assert place.region.name in page
    assert other.region.name not in page
    assert "nobody would notice" in page


def test_a_plan_is_saved_and_recorded_and_counts_from_the_switching_on(client, place):
    assert client.post(page_of(place), PLAN).status_code == 302
    plan = DrillPlan.objects.get()
    since = plan.on_since
    assert (plan.is_on, plan.day, plan.minutes, plan.climbs) == (True, 12, 20, False)
    assert AuditEntry.objects.get(action="drill.planned").detail == {"is_on": True}
    client.post(page_of(place), {**PLAN, "day": "14"})
    plan.refresh_from_db()
    assert (plan.day, plan.on_since) == (14, since)
    client.post(page_of(place), {key: value for key, value in PLAN.items() if key != "is_on"})
    client.post(page_of(place), PLAN)
    plan.refresh_from_db()
    assert plan.on_since > since


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": "29"}, {"day": "0"}, {"day": "x"}, {"minutes": "5"}, {"minutes": "99999"}, {"hours_until": "09:00"},
        {"hours_from": "03:00"}, {"hours_until": "23:00"}, {"hours_from": ""}, {"day": "-1"}, {"minutes": "1e9"},
    ],
)  # fmt: skip
def test_a_plan_that_would_wake_people_or_that_no_month_has_is_refused_beside_its_field(client, place, wrong):
    answer = client.post(page_of(place), {**PLAN, **wrong})
    assert answer.status_code == 422
    assert "There is a problem" in answer.content.decode()
    assert not DrillPlan.objects.exists()


def test_the_database_refuses_what_the_form_does(place):
    with pytest.raises(ValidationError):
        DrillPlan(region=place.region, day=31).clean()


def test_a_drill_by_hand_waits_for_a_worker_and_a_get_begins_none(client, place):
    begin = reverse("begin_drill", args=[place.region.slug])
    assert client.get(begin).status_code == 405
    assert client.post(begin).status_code == 302
    run = DrillRun.objects.get()
    assert (run.state, run.month) == (DrillState.WAITING, "")
    page = client.post(begin, follow=True).content.decode()
    assert "not over yet" in page
    assert DrillRun.objects.count() == 1
    assert "begins shortly" in client.get(page_of(place)).content.decode().lower()


def test_another_regions_drills_are_not_there_and_the_asking_is_recorded(client, other):
    for answer in (
        client.get(page_of(other)),
        client.post(page_of(other), PLAN),
        client.post(reverse("begin_drill", args=[other.region.slug])),
        client.get(reverse("drills_of_region", args=["nowhere"])),
    ):
        assert answer.status_code == 404
    assert not DrillRun.objects.exists()
    assert not DrillPlan.objects.exists()


def test_an_operator_sees_every_region_and_changes_none(place, other):
    operator = sign_in(StaffRole.OPERATOR)
    page = operator.get(reverse("drills")).content.decode()
    assert place.region.name in page
    assert other.region.name in page
    assert "Begin a drill" not in operator.get(page_of(place)).content.decode()
    assert operator.post(page_of(place), PLAN).status_code == 404
    assert operator.post(reverse("begin_drill", args=[place.region.slug])).status_code == 404


@pytest.mark.parametrize("role", [StaffRole.EDITOR, StaffRole.AUDITOR])
def test_nobody_else_sees_them(place, role):
    assert sign_in(role).get(reverse("drills")).status_code in (302, 403, 404)


def make_run(place: Place, state: str, *, days: int = 0, **fields: Any) -> DrillRun:
    at = timezone.now() - timedelta(days=days)
    return DrillRun.objects.create(region=place.region, state=state, begun_at=at, ended_at=at, **fields)


def test_the_page_says_by_role_and_way_what_became_of_it(client, place):
    run = make_run(place, DrillState.FAILED)
    office = make_office(Role.POLICE, directorate=place.directorate)
    contact = make_contact(office, name="<b>Agim</b>")
    at = run.begun_at
    rows: list[dict[str, Any]] = [
        {"channel": "email", "taken_at": at + timedelta(seconds=2)},
        {"channel": "sms", "taken_at": at, "delivered_at": at + timedelta(minutes=3)},
        {"channel": "voice", "error_code": "busy"},
        {"channel": "push", "not_needed": True},
    ]
    for row in rows:
        DrillResult.objects.create(run=run, role=Role.POLICE, office=office, contact=contact, awaits_answer=True, **row)
    DrillResult.objects.create(run=run, role=Role.CPU, error_code="no_contact")
    page = client.get(page_of(place)).content.decode()
    for words in (
        "handed over after 2 seconds", "arrived after 3 minutes", "failed (busy)", "it was opened before",
        "nobody on duty was found", "not opened", "&lt;b&gt;Agim&lt;/b&gt;",
    ):  # fmt: skip
        assert words in page
    assert "<b>Agim" not in page


def test_what_is_left_of_a_contact_and_a_role_that_are_gone_is_still_shown(client, place):
    run = make_run(place, DrillState.PASSED)
    DrillResult.objects.create(run=run, role="long_gone", channel="pigeon", taken_at=run.begun_at)
    assert client.get(page_of(place)).status_code == 200


def test_a_year_of_drills_is_on_a_page_and_the_queries_are_the_same_for_one_and_for_many(
    client, place, django_assert_max_num_queries
):
    for number in range(30):
        run = make_run(place, DrillState.PASSED, days=number, month=f"20{10 + number}-01")
        DrillResult.objects.create(run=run, role=Role.POLICE, channel="email", taken_at=run.begun_at)
    with django_assert_max_num_queries(45):
        page = client.get(page_of(place)).content.decode()
    assert page.count('class="vatra-drills__run"') == 12
    assert "Older" in page
    for number in ("3", "x", "-1", "99"):
        assert client.get(page_of(place), {"p": number}).status_code == 200


def test_a_plan_written_by_an_account_that_is_gone_stays(client, place):
    client.post(page_of(place), PLAN)
    DrillPlan.objects.update(changed_by=None)
    assert client.get(page_of(place)).status_code == 200
