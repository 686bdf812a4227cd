"""A walk through all 61 municipalities by the API, with the seeded directory: a living recipient, or a loud state that
the unit and a coordinator see."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from access.models import FieldToken, Municipality, User
from case_forms.builder.models import FormVersion
from case_forms.intake.drill import SCRIPT, drill_answers
from case_forms.intake.seeding.demo import seed_demo
from case_forms.intake.seeding.reference import seed_reference
from notifications.directory.models import DutyShift, Role
from notifications.outbox.models import Notice

pytestmark = pytest.mark.django_db
ROOT = "/api/field/v1"


@pytest.fixture(scope="module")
def seeded_once(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        seed_reference()
        seed_demo(with_cases=False)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def seeded(seeded_once: None, db: None) -> None:
    """The house as `make run` shows it, without cases."""


class Person:
    """Somebody of the staff who talks to the field API."""

    def __init__(self, username: str) -> None:
        token = FieldToken.issue(User.objects.get(username=username))
        self.headers = {"HTTP_AUTHORIZATION": f"Bearer {token}"}

    def get(self, path: str) -> Any:
        return Client().get(f"{ROOT}{path}", **self.headers)

    def send(self, body: dict[str, Any]) -> Any:
        return Client().post(f"{ROOT}/submissions", json.dumps(body), content_type="application/json", **self.headers)


def identification(place: Municipality) -> dict[str, Any]:
    script = json.loads(SCRIPT.read_text())
    version = FormVersion.objects.newest().get(form__key=script["form"])
    now = timezone.now()
    answers = drill_answers(version.definition, script, municipality=place.slug, occurred_at=now)
    return {
        "uuid": str(uuid4()),
        "form": script["form"],
        "version": version.number,
        "occurred_at": now.isoformat(),
        "answers": answers,
    }


@pytest.mark.parametrize("coordinators", [True, False], ids=["as seeded", "no coordinator on duty"])
def test_61_identifications_61_times_somebody_is_told_or_it_is_loud(seeded: None, coordinators: bool) -> None:
    if not coordinators:
        DutyShift.objects.filter(partner__role=Role.COORDINATOR).delete()
    worker, coordinator = Person("vlore1"), Person("koordinator")
    places = list(Municipality.objects.order_by("slug"))
    assert len(places) == 61
    quiet = []
    for place in places:
        received = worker.send(identification(place))
        assert received.status_code == 201, (place.slug, received.content)
        reference = received.json()["case"]
        seen = [person.get(f"/cases/{reference}") for person in (worker, coordinator)]
        assert [answer.status_code for answer in seen] == [200, 200], place.slug
        notices = seen[0].json()["notices"]
        assert {notice["role"] for notice in notices} >= {"police", "cpu", "responsible_authority"}, place.slug
        for notice in notices:
            if notice["is_unresolved"]:
                assert notice["loud"], (place.slug, notice["role"])
                assert notice["to_call"][0]["phone"], (place.slug, notice["role"])
            elif Notice.objects.get(pk=notice["id"]).contact is None:
                quiet.append((place.slug, notice["role"]))
        twin = {notice["id"]: notice["loud"] for notice in seen[1].json()["notices"]}
        assert twin == {notice["id"]: notice["loud"] for notice in notices}
    assert quiet == []
    roles_of_the_unit = {Role.POLICE, Role.CPU}
    reached = Notice.objects.filter(role__in=roles_of_the_unit, chases=None, contact__isnull=False).count()
    assert reached == 2 * 61  # the sending unit's region has both, so no case of these is without anybody


def test_where_the_units_own_region_has_nobody_either_the_case_is_loud(seeded: None) -> None:
    """Every police officer and every Child Protection Unit is off duty; then the coordinators too."""
    DutyShift.objects.filter(partner__role__in=(Role.POLICE, Role.CPU)).delete()
    worker, coordinator = Person("vlore1"), Person("koordinator")
    for step in ("a coordinator is asked", "nobody at all"):
        if step == "nobody at all":
            DutyShift.objects.filter(partner__role=Role.COORDINATOR).delete()
        for place in Municipality.objects.order_by("slug"):
            reference = worker.send(identification(place)).json()["case"]
            for person in (worker, coordinator):
                notices = person.get(f"/cases/{reference}").json()["notices"]
                loud = [notice for notice in notices if notice["is_unresolved"]]
                firsts = {notice["role"] for notice in loud if notice["chases"] is None}
                assert firsts == {"police", "cpu"}, (place.slug, step)
                assert all(notice["loud"] and notice["to_call"] for notice in loud), (place.slug, step)
                asked = [notice for notice in notices if notice["purpose"] == "fallback"]
                assert all(notice["is_unresolved"] == (step == "nobody at all") for notice in asked), (place.slug, step)
