"""An operator alone doesn't shut out the people who could undo what an operator does (S8)."""

from collections.abc import Callable
from datetime import timedelta
from unittest import mock

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry

from ..models import Assignment, SessionEnd, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english", "committed")]
Person = Callable[..., User]


@pytest.fixture
def committed():
    with mock.patch("django.db.transaction.on_commit", lambda deed, **_more: deed()):
        yield


@pytest.fixture
def operator(person: Person) -> User:
    return person("operator", admin=True, username="olta", email="olta@vatra.example", language="en")


@pytest.fixture
def ana(person: Person) -> User:
    return person("coordinator", place="north", admin=True, username="ana", email="ana@vatra.example", language="en")


@pytest.fixture
def besa(person: Person) -> User:
    return person("coordinator", place="north", admin=True, username="besa", email="besa@vatra.example", language="en")


@pytest.fixture
def far(person: Person) -> User:
    return person("coordinator", place="south", admin=True, username="far", email="far@vatra.example", language="en")


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shut(by: User, user: User):
    return as_(by).post(reverse("staff:shut", args=[user.pk]))


def end(by: User, user: User, *, days: int = 0):
    day = (timezone.localdate() + timedelta(days=days)).strftime("%d.%m.%Y")
    return as_(by).post(
        reverse("staff:end_role", args=[user.pk, user.assignments.get().pk]), {"last_day": day}, follow=True
    )


def decide(by: User, decision: str = "agree"):
    return as_(by).post(reverse("by_two:session_end", args=[SessionEnd.objects.get().pk]), {"decision": decision})


def is_open(user: User) -> bool:
    return User.objects.get(pk=user.pk).is_active


def test_an_operator_alone_shuts_one_coordinator_of_a_region_and_not_the_next(operator, ana, besa, far):
    shut(operator, ana)
    assert not is_open(ana), "a lost phone can't wait"
    mail.outbox.clear()

    shut(operator, besa)
    shut(operator, besa)

    assert is_open(besa)
    assert as_(besa).get("/cms/").status_code == 200, "no session has ended either"
    asked = SessionEnd.objects.get()
    assert (asked.user, asked.closes_account, asked.asked_by) == (besa, True, operator)
    assert {to for letter in mail.outbox for to in letter.to} == {"besa@vatra.example", "far@vatra.example"}
    assert decide(operator).status_code == 200
    assert decide(besa).status_code == 200
    assert is_open(besa), "neither who asked nor the one concerned"
    page = as_(far).get(reverse("by_two:list")).content.decode()
    assert "Accounts and roles that are to end" in page
    assert decide(far).status_code == 302
    assert not is_open(besa)
    actions = list(AuditEntry.objects.filter(action__startswith="account.").values_list("action", "actor_id"))
    assert ("account.end_agreed", str(far.pk)) in actions
    assert actions.count(("account.shut", str(operator.pk))) == 2


def test_a_region_elsewhere_counts_for_itself(operator, ana, far):
    shut(operator, ana)
    shut(operator, far)
    assert not is_open(far)


@pytest.mark.parametrize("days", [0, 1, 29])
def test_ending_roles_is_the_same_also_tomorrow(operator, ana, besa, far, days):
    end(operator, ana, days=days)
    answer = end(operator, besa, days=days)
    assert "Nothing has ended yet" in answer.content.decode()
    assert besa.assignments.get().ends_on is None
    assert ana.assignments.get().ends_on is not None
    decide(far)
    assert besa.assignments.get().ends_on == timezone.localdate() + timedelta(days=days)


def test_ending_one_and_shutting_the_other_is_the_same(operator, ana, besa):
    end(operator, ana)
    shut(operator, besa)
    assert is_open(besa)


def test_months_later_one_alone_may_again(operator, ana, besa):
    shut(operator, ana)
    ana.assignments.update(starts_on=timezone.localdate() - timedelta(days=90))
    ana.assignments.update(ends_on=timezone.localdate() - timedelta(days=31))
    shut(operator, besa)
    assert not is_open(besa)


def test_whoever_has_the_role_again_is_not_counted_as_gone(operator, ana, besa):
    end(operator, ana)
    again = ana.assignments.get()
    Assignment.objects.filter(pk=again.pk).update(ends_on=None)
    shut(operator, besa)
    assert not is_open(besa)


def test_the_last_editor_takes_two_and_one_of_two_does_not(operator, far, person):
    first, second = (person("editor", username=name, email=f"{name}@vatra.example") for name in ("e1", "e2"))
    shut(operator, first)
    shut(operator, second)
    assert (is_open(first), is_open(second)) == (False, True)
    assert "Nothing has ended yet" in end(operator, second).content.decode()
    assert SessionEnd.objects.filter(user=second).count() == 2, "to close it, and to end the role"


def test_a_worker_is_shut_by_one(operator, person):
    worker = person("worker", place="north")
    shut(operator, worker)
    assert not is_open(worker)


def test_refused_nothing_ends_and_what_moved_on_is_not_made(operator, ana, besa, far):
    shut(operator, ana)
    end(operator, besa)
    asked = SessionEnd.objects.get()
    address = reverse("by_two:session_end", args=[asked.pk])
    besa.assignments.update(ends_on=timezone.localdate() - timedelta(days=1), starts_on="2026-01-01")
    assert "already ended" in as_(far).post(address, {"decision": "agree"}).content.decode()
    asked.refresh_from_db()
    assert asked.decided_at is None, "a decision is there whole or not at all"
    as_(far).post(address, {"decision": "refuse"})
    asked.refresh_from_db()
    assert asked.is_approved is False
    assert "decided in the meantime" in as_(far).post(address, {"decision": "agree"}).content.decode()


def test_a_request_about_sessions_alone_stays_as_it_was(operator, ana, besa, far):
    shut(operator, ana)
    shut(operator, besa)
    as_(operator).post(reverse("staff:end_sessions", args=[besa.pk]))
    asked = SessionEnd.objects.of_sessions().get()
    assert as_(far).get(reverse("by_two:session_end", args=[asked.pk])).status_code == 404
    assert is_open(besa)
