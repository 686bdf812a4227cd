"""Another unit's closed case can be asked about, somebody is chased for the answer, and it is said where nobody can."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from access.models import Assignment
from case_forms.cases import deadline_clock
from case_forms.cases.finding import requests
from case_forms.cases.finding.models import IdentityQuestion, IdentityRequest, ProbableMatch, RequestAnswer
from case_forms.cases.finding.related import build_related
from case_forms.cases.models import Case, Deadline
from case_forms.submissions.case_purge import forget_case
from notifications.directory.models import Role
from notifications.outbox.models import Notice, Purpose
from tests.world.offices import make_staffed_office

from . import scenes
from .scenes import ANA, ANNA, Two, client_of
from .test_between_units import ask_about, pair, two

__all__ = ["pair", "two"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def close(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now())
    Deadline.objects.unmet().filter(case=case).update(ended_at=timezone.now(), next_mark_at=None)


def asked_about_closed(two: Two, pair: tuple[Case, Case]) -> IdentityRequest:
    close(pair[0])
    match = ProbableMatch.objects.get(case=pair[1])
    return requests.ask_about_match(match=match, by=two.other_worker)


def test_the_unit_that_closed_it_is_told_and_then_a_coordinator_until_somebody_answers(
    two: Two, pair: tuple[Case, Case]
) -> None:
    asked = asked_about_closed(two, pair)
    assert asked.deadline is not None
    deadline_clock.advance(timezone.now())
    [told] = Notice.objects.filter(purpose=Purpose.DUTY, case_id=pair[0].pk)
    assert told.role == Role.MOBILE_UNIT
    # It is never left without a next step.
    duty = Deadline.objects.get(pk=asked.deadline.pk)
    assert duty.next_mark_at is not None
    assert duty.met_at is None
    assert any(step["do"] == "call" for step in told.ladder)
    for person in (two.worker, two.coordinator):
        assert reverse("finding:request", args=[asked.pk]) in client_of(person).get("/field/").content.decode()
    requests.answer_request(request=asked, agree=True, by=two.coordinator)
    duty.refresh_from_db()
    assert duty.met_at is not None
    assert Case.objects.visible_to(two.other_worker).filter(pk=pair[0].pk).exists()


def test_another_form_about_the_closed_case_leaves_the_question_running(two: Two, pair: tuple[Case, Case]) -> None:
    asked = asked_about_closed(two, pair)
    two.send(two.worker, **ANA, case_ref=pair[0].reference)
    assert asked.deadline is not None
    duty = Deadline.objects.get(pk=asked.deadline.pk)
    assert (duty.ended_at, duty.met_at) == (None, None)
    assert duty.next_mark_at is not None


def test_the_unit_that_asked_reads_since_when_nobody_has_answered(two: Two, pair: tuple[Case, Case]) -> None:
    asked = asked_about_closed(two, pair)
    IdentityRequest.objects.filter(pk=asked.pk).update(asked_at=timezone.now() - timedelta(days=2))
    page = client_of(two.other_worker).get(reverse("finding:request", args=[asked.pk])).content.decode()
    assert "not answered since" in page
    assert "It is reminded, and then its coordinator is asked to call." in page
    related = client_of(two.other_worker).get(reverse("finding:related", args=[pair[1].reference])).content.decode()
    assert "nobody has answered for more than a day" in related


def test_a_unit_without_anybody_and_a_region_without_a_coordinator_is_said(two: Two, pair: tuple[Case, Case]) -> None:
    asked = asked_about_closed(two, pair)
    assert requests.can_be_answered(asked)
    yesterday = timezone.localdate() - timedelta(days=1)
    Assignment.objects.filter(user__in=(two.worker, two.mate, two.coordinator)).update(
        starts_on=yesterday, ends_on=yesterday
    )
    assert not requests.can_be_answered(asked)
    page = client_of(two.other_worker).get(reverse("finding:request", args=[asked.pk])).content.decode()
    assert "Nobody can answer at present" in page
    # Still somebody is told: the chain goes on to coordinators of elsewhere.
    deadline_clock.advance(timezone.now())
    assert Notice.objects.filter(purpose=Purpose.DUTY, case_id=pair[0].pk).exists()


def test_when_the_case_is_forgotten_the_question_ends_and_says_so(
    two: Two, pair: tuple[Case, Case], django_capture_on_commit_callbacks: Any
) -> None:
    asked = asked_about_closed(two, pair)
    with django_capture_on_commit_callbacks(execute=True):
        assert forget_case(pair[0].pk, date(2099, 1, 1), again=True)
    asked.refresh_from_db()
    assert asked.answer == RequestAnswer.GONE
    assert asked.deadline is not None
    assert not Deadline.objects.unmet().filter(pk=asked.deadline.pk).exists()
    page = client_of(two.other_worker).get(reverse("finding:request", args=[asked.pk])).content.decode()
    assert "Nobody can answer any more" in page
    assert Notice.objects.filter(case_id=pair[1].pk, role=Role.MOBILE_UNIT).exists()
    # Nor is it named as a likeness any more.
    assert build_related(Case.objects.get(pk=pair[1].pk), two.other_worker).matches == []


def test_asking_about_a_case_that_was_forgotten_meanwhile_is_refused_in_words(two: Two) -> None:
    case = two.send(two.worker, **ANA)
    ask_about(two, two.other_worker)
    question = IdentityQuestion.objects.get(case=None)
    assert question.found_id == case.pk
    close(case)
    forget_case(case.pk, date(2099, 1, 1), again=True)
    answer = client_of(two.other_worker).post(reverse("finding:ask", args=[question.pk]))
    assert answer.status_code == 410
    assert "Nobody can answer any more" in answer.content.decode()
    assert not IdentityRequest.objects.exists()


def test_many_likenesses_take_as_many_queries_as_few(two: Two) -> None:
    own = two.send(two.other_worker, **ANNA)
    ProbableMatch.objects.all().delete()

    def add(number: int) -> None:
        place = scenes.make_place(f"bashki-{number}", f"Bashki {number}")
        unit = scenes.make_unit(place)
        worker = scenes.make_user("worker", unit=unit)
        case = two.send(worker, **ANA)
        make_staffed_office(Role.COORDINATOR, region=place.region, contacts=1)
        ProbableMatch.objects.get_or_create(case=own, other=case)
        IdentityRequest.objects.create(
            case=case, unit=two.there, asked_by=two.other_worker, expires_at=timezone.now() + timedelta(days=1)
        )

    def count() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as queries:
            matches = build_related(Case.objects.get(pk=own.pk), two.other_worker).matches
        assert all(len(line.coordinators) == 1 and line.request for line in matches)
        return len(matches), len(queries)

    add(1)
    few, asked_for_few = count()
    for number in range(2, 8):
        add(number)
    many, asked_for_many = count()
    assert (few, many) == (1, 7)
    assert asked_for_many == asked_for_few
