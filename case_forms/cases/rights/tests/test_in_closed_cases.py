"""What a person asks about their data is the person's, whatever became of the case: its clock runs in closed ones."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.test import Client
from django.utils import timezone

from access.models import StaffRole, User
from case_forms.cases import deadline_clock
from case_forms.cases.closing.actions import ClosingRequest, ask_to_close, decide_closing
from case_forms.cases.closing.open_ends import find_open_ends
from case_forms.cases.closing.reopening import reopen_case
from case_forms.cases.finding import merging
from case_forms.cases.models import Case, Deadline, RightsRequest
from case_forms.cases.rights.actions import NewRequest, register_request, withdraw_request
from case_forms.cases.rights.reminders import send_due
from case_forms.submissions.case_purge import due_cases, forget_case
from case_forms.submissions.forgetting_soon import find_forgetting_soon
from notifications.outbox.models import Notice, Purpose
from tests.world.notices import postbox
from tests.world.places import make_coordinator, make_user
from tests.world.procedures import deadline, enact, rule, small_procedure
from tests.world.scene import Scene, make_scene

__all__ = ["postbox"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("postbox")]

DAY = timedelta(days=1)
# As a form about data does: it begins the clock, and a second one, which says that it is settled, meets it.
CLOCKS = {"data_subject_request": 20, "data_breach": 1, "other_duty": 1}


@pytest.fixture
def scene(db: None) -> Scene:
    scene = make_scene()
    written = small_procedure()
    for key, days in CLOCKS.items():
        marks = deadline(key, amber_minutes=days * 1440, breach_minutes=30 * 1440)
        written["deadlines"][key] = {**marks, "owner": "coordinator", "ladder": "quick"}
    begin = [{"do": "deadline", "key": key} for key in CLOCKS]
    written["rules"].append(rule("asked", "Asked", form="small_follow_up", words="Begins.", then=begin))
    enact(written, since=timezone.now())
    scene.coordinator = make_coordinator(scene.place)
    scene.case = scene.send().submission.case
    return scene


def close(scene: Scene) -> Case:
    case = scene.case
    ends = find_open_ends(case)
    given = {"wish": "agrees", "despite": ends.despite, "seen": ends.fingerprint}
    wanted = ClosingRequest(act="close", reason="finished", open="Followed elsewhere.", **given)
    asked = ask_to_close(case=case, wanted=wanted, by=scene.worker)
    decide_closing(closing=asked, agree=True, by=scene.coordinator, seen=_seen(case))
    case.refresh_from_db()
    return case


def _seen(case: Case) -> str:
    return find_open_ends(case).fingerprint


def running(case: Case) -> set[str]:
    return set(Deadline.objects.running().filter(case=case).values_list("key", flat=True))


def told_coordinator(case: Case) -> int:
    return Notice.objects.filter(case_id=case.pk, purpose=Purpose.DUTY, role="coordinator").count()


def test_a_request_about_a_closed_case_runs_and_its_owner_is_told_when_it_is_due(scene: Scene) -> None:
    case = close(scene)
    scene.follow(case.reference)
    assert running(case) == {"data_subject_request", "data_breach"}
    Deadline.objects.filter(key="data_breach").delete()
    begun = Deadline.objects.get(key="data_subject_request")
    assert deadline_clock.advance(begun.starts_at + 19 * DAY) == 0
    assert deadline_clock.advance(begun.starts_at + 21 * DAY) == 1
    assert told_coordinator(case) == 1


def test_closing_a_case_ends_its_duties_but_those_about_the_persons_data(scene: Scene) -> None:
    scene.follow(scene.case.reference)
    due = Deadline.objects.get(key="data_breach")
    deadline_clock.advance(due.amber_at)
    chase = Notice.objects.get(purpose=Purpose.DUTY, chase_id=Deadline.objects.get(key="data_breach").chase_id)
    shown = {each.id for each in find_open_ends(scene.case).duties}
    assert due.pk not in shown, "closing doesn't end it, so the page doesn't say so"
    assert Deadline.objects.get(key="other_duty").pk in shown
    case = close(scene)
    assert running(case) == {"data_subject_request", "data_breach"}
    chase.refresh_from_db()
    assert chase.is_open, "its owner is chased on"
    assert deadline_clock.advance(due.starts_at + 21 * DAY) == 1


def test_it_stays_one_clock_when_the_case_is_opened_and_closed_again(scene: Scene) -> None:
    case = close(scene)
    scene.follow(case.reference)
    begun = Deadline.objects.get(key="data_subject_request")
    reopen_case(case=case, reason="contact_again", by=scene.worker)
    close(scene)
    found = Deadline.objects.get(key="data_subject_request")
    assert (found.pk, found.breach_at, found.ended_at) == (begun.pk, begun.breach_at, None)


def test_a_case_is_not_forgotten_while_the_person_waits_for_an_answer(scene: Scene) -> None:
    case = close(scene)
    today = timezone.localdate()
    Case.objects.filter(pk=case.pk).update(forget_after=today)
    asked = register(case, scene.worker)
    assert not due_cases(today).exists()
    assert not forget_case(case.pk, today)
    soon = find_forgetting_soon(scene.coordinator)
    assert (soon.case_count, [each.pk for each in soon.held]) == (0, [case.pk])
    withdraw_request(request=asked, by=scene.worker)
    assert forget_case(case.pk, today)


def test_a_form_about_data_keeps_the_case_until_it_is_settled(scene: Scene) -> None:
    case = close(scene)
    scene.follow(case.reference)
    today = timezone.localdate()
    Case.objects.filter(pk=case.pk).update(forget_after=today)
    assert not forget_case(case.pk, today)
    Deadline.objects.unmet().filter(case=case).update(met_at=timezone.now(), next_mark_at=None)
    assert forget_case(case.pk, today)


def test_a_restriction_keeps_no_case_for_ever(scene: Scene) -> None:
    case = close(scene)
    register(case, scene.worker, kind="restriction")
    today = timezone.localdate()
    Case.objects.filter(pk=case.pk).update(forget_after=today)
    assert forget_case(case.pk, today)


def test_a_forgotten_case_has_no_clock(scene: Scene) -> None:
    case = close(scene)
    scene.follow(case.reference)
    assert forget_case(case.pk, timezone.localdate(), again=True)
    assert running(case) == set()
    assert deadline_clock.advance(timezone.now() + 60 * DAY) == 0


def test_the_start_page_lists_what_is_to_be_answered_of_closed_cases(scene: Scene, client: Client) -> None:
    case = close(scene)
    scene.follow(case.reference)
    asked = register(case, scene.worker)
    for user in (scene.worker, scene.coordinator):
        client.force_login(user)
        for address in ("/field/", "/field/day/"):
            page = client.get(address).content.decode()
            assert f"/field/cases/{case.reference}/rights/{asked.pk}" in page
            assert page.count(f'href="/field/cases/{case.reference}/rights/"') == 2  # the request, the breach
        for name in ("rights_to_answer", "data_duties"):
            assert case.reference in client.get(f"/field/?list={name}").content.decode()


def test_duties_that_ended_in_the_second_they_began_run_again_after_the_upgrade(scene: Scene) -> None:
    case = close(scene)
    scene.follow(case.reference)
    Deadline.objects.unmet().filter(case=case).update(ended_at=timezone.now(), next_mark_at=None)
    import_module("case_forms.cases.migrations.0002_data_duties_run_in_closed_cases").run_again(apps, None)
    assert running(case) == {"data_subject_request", "data_breach"}
    assert Deadline.objects.get(key="other_duty").ended_at is not None
    assert deadline_clock.advance(timezone.now()) == 2


def test_merging_keeps_each_request_and_the_earlier_day(scene: Scene) -> None:
    other = scene.send().submission.case
    assert other is not None
    for case in (scene.case, other):
        scene.follow(case.reference)
    today = timezone.localdate()
    kept, _second = register(scene.case, scene.worker), register(other, scene.worker, asked_on=today - 9 * DAY)
    also = register(other, scene.worker, kind="correction")
    mate = make_user(StaffRole.WORKER, unit=scene.unit)
    asked = merging.propose_merge(kept=scene.case, duplicate=other, by=scene.worker)
    merging.approve_merge(merge=asked, by=mate)
    kept.refresh_from_db()
    also.refresh_from_db()
    assert (kept.due_on, also.case_id) == (today + 21 * DAY, scene.case.pk)
    runs = Deadline.objects.running().filter(key="data_subject_request")
    assert [each.case_id for each in runs] == [scene.case.pk] * 2
    User.objects.filter(pk=scene.coordinator.pk).update(email="coordinator@example.org")
    mail.outbox.clear()
    assert send_due(now=timezone.now() + 25 * DAY) == 2
    assert all(scene.case.reference in each.body for each in mail.outbox)


def register(case: Case, by: User, **more: Any) -> RightsRequest:
    given: dict[str, Any] = {
        "kind": "access",
        "received_through": "person",
        "identity": "known",
        "asked_on": timezone.localdate(),
        "language": "en",
        "identity_words": "Spoke with her alone.",
    }
    return register_request(case=case, wanted=NewRequest(**{**given, **more}), by=by)
