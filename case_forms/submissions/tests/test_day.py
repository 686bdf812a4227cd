"""The page of a person's day: what stands there, what can be pressed, and how it is narrowed and paged."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from access.models import StaffRole, User
from case_forms.cases.models import Case, Deadline, DeadlineKind
from case_forms.zones.models import PlannedVisit, Zone
from tests.world.places import make_user
from tests.world.scene import Scene, make_scene

pytestmark = pytest.mark.django_db


def begin() -> tuple[Scene, Case]:
    scene = make_scene()
    scene.send()
    Deadline.objects.all().delete()
    return scene, Case.objects.get()


def due(case: Case, ago: timedelta, key: str, **more: Any) -> Deadline:
    at = timezone.now() - ago
    return Deadline.objects.create(
        case=case,
        event=case.events.first(),
        key=key,
        label={"sq": key, "en": key},
        starts_at=at - timedelta(days=1),
        red_at=at,
        owner="mobile_unit",
        **more,
    )


def html(client: Client, user: User, query: str = "") -> str:
    client.force_login(user)
    answer = client.get(f"/field/day/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_is_overdue_stands_with_its_case_and_the_press_that_answers_it(client: Client) -> None:
    scene, case = begin()
    task = due(case, timedelta(hours=2), "Telefono", kind=DeadlineKind.TASK)
    due(case, timedelta(hours=1), "Ndjekje", form="small_follow_up")
    page = html(client, scene.worker)
    assert case.reference in page
    assert f"/field/cases/{case.reference}/tasks/{task.pk}/done/" in page
    assert "/field/forms/small_follow_up/start/" in page
    assert page.index("Telefono") < page.index("Ndjekje")


def test_a_coordinator_reads_the_same_and_is_offered_no_form_to_fill(client: Client) -> None:
    scene, case = begin()
    due(case, timedelta(hours=1), "Ndjekje", form="small_follow_up")
    coordinator = make_user(StaffRole.COORDINATOR, username="coord", region=scene.place.region)
    page = html(client, coordinator)
    assert "Ndjekje" in page
    assert "/field/forms/small_follow_up/start/" not in page


def test_more_than_a_screenful_says_n_of_n_and_leads_to_pages_that_remember_the_filter(client: Client) -> None:
    scene, case = begin()
    for number in range(60):
        due(case, timedelta(minutes=number + 1), f"k{number}")
    page = html(client, scene.worker, "?worker=mine")
    assert "1–20 of" in page
    assert "?worker=mine&amp;part=overdue" in page
    second = html(client, scene.worker, "?worker=mine&part=overdue&page=2")
    assert "Page 2 of 2" in second
    assert "?worker=mine&amp;part=overdue&amp;page=1" in second


@pytest.mark.parametrize(
    "query", ["?part=nothing", "?part=overdue&page=x", "?page=-1", "?worker=%00&unit=%27&region=" + "x" * 300]
)
def test_a_strange_address_shows_a_day(client: Client, query: str) -> None:
    scene, _case = begin()
    html(client, scene.worker, query)


def test_an_empty_day_says_so_in_each_part(client: Client) -> None:
    scene, case = begin()
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now())
    page = html(client, scene.worker)
    for words in ("Nothing is overdue.", "Nothing more is due today.", "Nothing is due in the next seven days."):
        assert words in page


def test_a_planned_visit_of_the_unit_stands_on_the_day(client: Client) -> None:
    scene, _case = begin()
    zone = Zone.objects.create(municipality=scene.place.municipality, name="Stacioni")
    PlannedVisit.objects.create(zone=zone, unit=scene.unit, on=timezone.localdate(), made_by=scene.worker)
    assert "Stacioni" in html(client, scene.worker)


def test_the_page_takes_as_many_queries_for_many_cases_as_for_one(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    scene, _case = begin()
    for age in range(19, 25):
        scene.send(age_stated=age)
    for each in Case.objects.all():
        due(each, timedelta(hours=1), "x", form="small_follow_up")
    client.force_login(scene.worker)
    with django_assert_max_num_queries(75):
        client.get("/field/day/")
