"""Nobody keeps the record of what they do themselves: a keeper of the record is neither operator nor coordinator."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ..models import Assignment, RoleRequest, User
from ..staff.decisions import decide_role
from ..staff.roles import give_role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
Person = Callable[..., User]
PAIRS = [("auditor", "operator"), ("auditor", "coordinator"), ("operator", "auditor"), ("coordinator", "auditor")]


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def region_for(role: str, regions) -> list:
    return [regions["north"]] if role == "coordinator" else []


@pytest.mark.parametrize(("has", "wants"), PAIRS)
def test_the_form_says_so_beside_the_role_and_asks_nobody(person: Person, regions, has, wants):
    operator, somebody = person("operator", admin=True, language="en"), person(has, username="ana")
    today = timezone.localdate().strftime("%d.%m.%Y")
    given = {"role": wants, "unit": "", "regions": [each.pk for each in region_for(wants, regions)], "starts_on": today}
    page = as_(operator).post(reverse("staff:give_role", args=[somebody.pk]), {**given, "ends_on": ""})
    assert "can't be operator or coordinator at the same time" in page.context["form"].errors["role"][0]
    assert not RoleRequest.objects.exists()
    assert somebody.assignments.count() == 1


@pytest.mark.parametrize(("has", "wants"), PAIRS)
def test_neither_the_shell_nor_the_table_takes_both(person: Person, regions, has, wants):
    somebody = person(has, username="ana")
    where = {"region": regions["north"]} if wants == "coordinator" else {}
    with pytest.raises(ValidationError, match="at the same time"):
        Assignment.objects.create(user=somebody, role=wants, **where)
    with pytest.raises(CommandError, match="at the same time"):
        call_command("give_role", "ana", wants, **({"region": ["north"]} if where else {}))


def test_one_after_the_other_is_fine_and_a_worker_may_keep_the_record(person: Person):
    somebody = person("operator")
    today = timezone.localdate()
    somebody.assignments.update(starts_on=today - timedelta(days=9), ends_on=today - timedelta(days=1))
    give_role(user=somebody, role="auditor", starts_on=today, by=None)
    give_role(user=person("worker"), role="auditor", starts_on=today, by=None)
    assert Assignment.objects.filter(role="auditor").count() == 2


def test_two_requests_that_wait_at_once_dont_both_come_true(person: Person, regions):
    operator, second = person("operator", admin=True, language="en"), person("coordinator", place="south")
    somebody, today = person("editor", username="ana"), timezone.localdate()
    asked = [give_role(user=somebody, role=role, starts_on=today, by=operator) for role in ("operator", "auditor")]
    decide_role(asked=asked[0], approve=True, by=second)
    with pytest.raises(ValidationError, match="at the same time"):
        decide_role(asked=asked[1], approve=True, by=second)
    assert not somebody.assignments.filter(role="auditor").exists()


def test_who_has_both_from_before_is_named_at_the_operators_start_page(person: Person):
    operator, both = (
        person("operator", admin=True, language="en"),
        person("auditor", first_name="Ana", last_name="Hoxha"),
    )
    assert "record of their own acts" not in as_(operator).get(reverse("wagtailadmin_home")).content.decode()
    Assignment.objects.bulk_create([Assignment(user=both, role="operator")])
    page = as_(operator).get(reverse("wagtailadmin_home")).content.decode()
    assert "record of their own acts" in page
    assert f'href="{reverse("staff:person", args=[both.pk])}">Ana Hoxha</a>' in page
    held = both.assignments.get(role="operator")
    held.ends_on = timezone.localdate()
    held.save()  # ending what exists is never refused
