"""A walk through all 61 municipalities by the API, with the seeded directory: a living recipient, or a loud state that
the unit and a coordinator see."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone

from access.models import FieldToken, Municipality, User
from case_forms.form_builder.models import FormVersion
from notifications.directory.models import DutyShift, Role
from notifications.outbox.models import Notice
from tests.seeds import lay_down_demo

from ..drill import SCRIPT, drill_answers

pytestmark = pytest.mark.django_db
ROOT = "/api/field/v1"


@pytest.fixture(scope="module")
def seeded_once(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        lay_down_demo()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def seeded(seeded_once: None, db: None) -> None:
    """The system as `make run` shows it, without cases."""


class Person:
    """Somebody of the staff who talks to the field API."""

    def __init__(self, username: str) -> None:
        token = FieldToken.issue(User.objects.get(username=username))
        self.headers = {"HTTP_AUTHORIZATION": f"Bearer {token}"}

    def get(self, path: str) -> Any:
        return Client().get(f"{ROOT}{path}", **self.headers)

    def send(self, body: dict[str, Any]) -> Any:
        return Client().post(f"{ROOT}/submissions", json.dumps(body), content_type="application/json", **self.headers)


@pytest.fixture
def identify(seeded: None) -> Callable[[Municipality], dict[str, Any]]:
    """The body of an identification of a potential victim, who may be a child, met in this municipality."""
    script = json.loads(SCRIPT.read_text())
    version = FormVersion.objects.newest().get(form__key=script["form"])
    now = timezone.now()
    answers = drill_answers(version.parsed_form, script, municipality="fier", occurred_at=now)

    def body(place: Municipality) -> dict[str, Any]:
        return {
            "uuid": str(uuid4()),
            "form": script["form"],
            "version": version.number,
            "occurred_at": now.isoformat(),
            "answers": {key: place.slug if value == "fier" else value for key, value in answers.items()},
        }

    return body


def test_61_identifications_61_times_somebody_living_is_told(
    identify: Callable[[Municipality], dict[str, Any]],
) -> None:
    """With the seeded roster the sending unit's own region has both police and a Child Protection Unit."""
    worker, coordinator = Person("vlore1"), Person("koordinator")
    places = list(Municipality.objects.order_by("slug"))
    assert len(places) == 61
    for place in places:
        received = worker.send(identify(place))
        assert received.status_code == 201, (place.slug, received.content)
        reference = received.json()["case"]
        for person in (worker, coordinator):
            notices = person.get(f"/cases/{reference}").json()["notices"]
            assert {notice["role"] for notice in notices} == {"police", "cpu", "responsible_authority"}, place.slug
            assert not any(notice["is_unresolved"] or notice["loud"] for notice in notices), place.slug
    living = Notice.objects.filter(chases=None, contact__is_active=True, contact__partner__is_active=True)
    assert living.count() == 3 * 61
    strangers = Notice.objects.filter(role=Role.POLICE).exclude(
        contact__partner__directorate=F("municipality__police_directorate")
    )
    assert strangers.exists()
    assert all("Jashtë zonës suaj" in str(notice.brief) for notice in strangers)


def test_61_identifications_61_times_it_is_loud_where_nobody_is_on_duty(
    identify: Callable[[Municipality], dict[str, Any]],
) -> None:
    """Police and Child Protection Units are off duty everywhere; half-way, the coordinators go too."""
    DutyShift.objects.filter(partner__role__in=(Role.POLICE, Role.CPU)).delete()
    worker, coordinator = Person("vlore1"), Person("koordinator")
    for number, place in enumerate(Municipality.objects.order_by("slug")):
        if number == 30:
            DutyShift.objects.filter(partner__role=Role.COORDINATOR).delete()
        reference = worker.send(identify(place)).json()["case"]
        for person in (worker, coordinator):
            notices = person.get(f"/cases/{reference}").json()["notices"]
            loud = [notice for notice in notices if notice["is_unresolved"]]
            assert {each["role"] for each in loud if each["chases"] is None} == {"police", "cpu"}, place.slug
            assert all(each["loud"] and each["to_call"][0]["phone"] for each in loud), place.slug
            asked = [notice for notice in notices if notice["purpose"] == "fallback"]
            assert len(asked) == 2, place.slug
            assert all(each["is_unresolved"] == (number >= 30) for each in asked), place.slug
