"""Replay: a draft held against what was submitted, in counts and references, for those who may see them."""

import copy
import json
from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from access.models import StaffRole
from audit.models import AuditEntry
from case_forms.procedures.models import ProcedureVersion
from case_forms.simulation import replay as replaying
from case_forms.simulation.models import Replay
from case_forms.simulation.replay import TASK, ask_replay, run_replay, tidy_replays
from case_forms.submissions.models import Submission
from tests.world.places import make_place, make_user
from tests.world.scene import make_scene
from vault.tests.spoiling import spoil

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return make_scene()


@pytest.fixture
def coordinator(scene):
    return make_user(StaffRole.COORDINATOR, region=scene.place.region)


def everybody_tells_the_cpu(scene):
    draft = copy.deepcopy(scene.procedure.definition)
    next(rule for rule in draft["rules"] if rule["key"] == "tell_cpu")["when"] = True
    return draft


def replay(draft, by):
    asked = ask_replay(draft=draft, by=by)
    run_replay(str(asked.pk))
    asked.refresh_from_db()
    return asked


def test_a_draft_is_held_against_what_was_submitted(scene, coordinator):
    adult, child = scene.send(), scene.send(age_stated=12)
    found = replay(everybody_tells_the_cpu(scene), coordinator)
    assert (found.state, found.total, found.done) == ("ready", 2, 2)
    assert found.result["more"] == {"notify:cpu": 1, "deadline:assessment": 1}
    assert found.result["fewer"] == {}
    assert found.result["references"]["+notify:cpu"] == [adult.receipt["case"]]
    assert found.result["same"] == 1
    assert child.receipt["case"] not in json.dumps(found.result)


def test_of_too_many_the_newest_are_read_and_the_rest_is_counted(scene, coordinator):
    scene.send(age_stated=12)
    newest = scene.send()
    Submission.objects.filter(pk=newest.submission.pk).update(received_at=timezone.now() + timedelta(minutes=1))
    with mock.patch.object(replaying, "MAX_ROWS", 1):
        found = replay(everybody_tells_the_cpu(scene), coordinator)
    assert (found.state, found.total, found.done) == ("ready", 1, 1)
    assert found.result["problems"] == {"left_out": 1}
    assert found.result["references"]["+notify:cpu"] == [newest.receipt["case"]]


def test_it_holds_no_answer(scene, coordinator):
    scene.send(story="Arta Hoxha")
    found = replay(everybody_tells_the_cpu(scene), coordinator)
    assert "Hoxha" not in json.dumps(found.result) + found.draft
    assert not AuditEntry.objects.filter(detail__icontains="Hoxha").exists()


def test_it_changes_notifies_and_decides_nothing(scene, coordinator):
    scene.send()
    notices = scene.procedure.procedure.versions.count(), Submission.objects.count()
    with mock.patch("notifications.outbox.subjects.create_notice", side_effect=AssertionError):
        replay(everybody_tells_the_cpu(scene), coordinator)
    assert (scene.procedure.procedure.versions.count(), Submission.objects.count()) == notices


def test_nobody_learns_of_submissions_that_they_may_not_read(scene):
    scene.send()
    stranger = make_user(StaffRole.COORDINATOR, region=make_place().region)
    editor = make_user(StaffRole.EDITOR)
    for person in (stranger, editor):
        found = replay(everybody_tells_the_cpu(scene), person)
        assert (found.total, found.result["more"]) == (0, {})


def test_what_they_may_read_is_asked_when_it_runs(scene, coordinator):
    scene.send()
    asked = ask_replay(draft=everybody_tells_the_cpu(scene), by=coordinator)
    coordinator.assignments.update(ends_on=timezone.localdate() - timedelta(days=1))
    run_replay(str(asked.pk))
    asked.refresh_from_db()
    assert asked.total == 0


def test_drills_and_what_is_older_than_ninety_days_are_left_out(scene, coordinator):
    old = scene.send().submission
    Submission.objects.filter(pk=old.pk).update(received_at=timezone.now() - timedelta(days=91))
    drill = scene.send(age_stated=40).submission
    Submission.objects.filter(pk=drill.pk).update(is_drill=True)
    assert replay(everybody_tells_the_cpu(scene), coordinator).total == 0


def test_one_submission_that_does_not_open_is_counted_and_stops_no_other(scene, coordinator):
    broken, sound = scene.send().submission, scene.send(age_stated=33)
    spoil(broken, "answers")
    found = replay(everybody_tells_the_cpu(scene), coordinator)
    assert (found.state, found.result["problems"]) == ("ready", {"SealBroken": 1})
    assert found.result["references"]["+notify:cpu"] == [sound.receipt["case"]]


def test_a_draft_that_cannot_decide_is_counted(scene, coordinator):
    reference = scene.send().receipt["case"]
    draft = everybody_tells_the_cpu(scene)
    draft["rules"][0]["when"] = {"no_such_operator": [1]}
    found = replay(draft, coordinator)
    assert found.result["problems"] == {"not_decided_then": 1}
    assert found.result["references"]["!"] == [reference]


def test_a_form_about_a_case_is_decided_with_the_status_of_today_and_says_so(scene, coordinator):
    reference = scene.send().receipt["case"]
    scene.follow(reference, assessed=True)
    assert replay(everybody_tells_the_cpu(scene), coordinator).result["problems"] == {"status_of_today": 1}


def test_asking_is_recorded_and_enqueued_after_the_commit(scene, coordinator, django_capture_on_commit_callbacks):
    with mock.patch.object(replaying, "enqueue_bulk") as enqueued, django_capture_on_commit_callbacks(execute=True):
        asked = ask_replay(draft=everybody_tells_the_cpu(scene), by=coordinator)
        assert not enqueued.called
    enqueued.assert_called_once_with(TASK, str(asked.pk))
    assert AuditEntry.objects.filter(action="procedure.replay_asked", actor_id=str(coordinator.pk)).exists()


def test_running_it_twice_counts_once(scene, coordinator):
    scene.send()
    found = replay(everybody_tells_the_cpu(scene), coordinator)
    run_replay(str(found.pk))
    assert AuditEntry.objects.filter(action="procedure.replayed").count() == 1


def test_a_fault_is_said_and_leaves_no_half_result(scene, coordinator):
    with mock.patch.object(replaying, "_run", side_effect=RuntimeError):
        found = replay(everybody_tells_the_cpu(scene), coordinator)
    assert (found.state, found.result) == ("failed", {})
    assert found.finished_at is not None


def test_without_a_procedure_in_force_it_fails_in_its_row_and_not_in_the_worker(scene, coordinator):
    with mock.patch.object(ProcedureVersion.objects.__class__, "in_force", side_effect=ProcedureVersion.DoesNotExist):
        assert replay(everybody_tells_the_cpu(scene), coordinator).state == "failed"


def test_old_results_are_dropped_and_lost_ones_said_to_have_failed(scene, coordinator):
    lost, old = (ask_replay(draft=everybody_tells_the_cpu(scene), by=coordinator) for _ in range(2))
    Replay.objects.filter(pk=old.pk).update(asked_at=timezone.now() - timedelta(days=31))
    Replay.objects.filter(pk=lost.pk).update(asked_at=timezone.now() - timedelta(hours=2))
    assert tidy_replays(timezone.now()) == 1
    assert Replay.objects.get().state == "failed"
