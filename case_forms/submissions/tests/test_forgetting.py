"""Answers whose time is over are forgotten, and only those."""

from datetime import date, timedelta
from unittest import mock

import pytest
from django.utils import timezone

from audit.models import AuditEntry, PutAside
from case_forms.cases.models import Case, CaseEvent
from case_forms.form_builder.definition import parse_form
from case_forms.form_builder.retention import without_overdue
from notifications.outbox.models import BriefDocument, Notice, Reply
from tests.world.forms import publish, small_form
from tests.world.scene import make_scene
from vault.tests.spoiling import spoil

from ..housekeeping import tidy
from ..models import Submission
from ..purge import first_due, forget_due, months_later
from ..seeding.reference import form_files

FAR = timedelta(days=400)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 11, 24), 2, date(2027, 1, 24)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
        (date(2026, 12, 31), 600, date(2076, 12, 31)),
    ],
)
def test_months_end_on_the_same_day_or_the_last_one(day, months, expected):
    assert months_later(day, months) == expected


def test_a_form_that_keeps_everything_has_no_day_of_forgetting():
    assert first_due(parse_form(small_form()), date(2026, 1, 1)) is None


@pytest.fixture
def scene(db):
    made = make_scene()
    definition = small_form()
    for section in definition["sections"]:
        for item in section["items"]:
            for asked in [item, *item.get("items", [])]:
                if asked["key"] in ("story", "companion_name"):
                    asked["keep_for"] = {"story": 12, "companion_name": 6}[asked["key"]]
    made.form = publish(definition)
    return made


def sent(scene, *, days_ago=0, **answers):
    submission = scene.send(story="Unmistakable", companions=[{"companion_name": "Ana"}], **answers).submission
    received_at = timezone.now() - timedelta(days=days_ago)
    due = first_due(submission.form_version.parsed_form, timezone.localdate(received_at))
    Submission.objects.filter(pk=submission.pk).update(received_at=received_at, forget_after=due)
    return submission


def close_cases():
    Case.objects.update(closed_at=timezone.now(), status="closed")


def fresh(submission):
    return Submission.objects.get(pk=submission.pk)


def test_receiving_notes_the_first_day_of_forgetting(scene):
    submission = scene.send().submission
    assert submission.forget_after == months_later(timezone.localdate(), 6)


def test_each_answer_goes_when_its_own_time_is_over(scene):
    submission = sent(scene, days_ago=200)
    close_cases()
    assert forget_due(timezone.localdate()) == 1
    answers = fresh(submission).answers
    assert answers["story"] == "Unmistakable"
    assert answers["companions"] == [{}]
    assert answers["municipality"] == submission.answers["municipality"]
    later = timezone.localdate() + FAR
    assert forget_due(later) == 1
    assert "story" not in fresh(submission).answers
    assert fresh(submission).forget_after is None
    assert forget_due(later) == 0


def test_what_is_forgotten_goes_from_the_notices_their_papers_and_the_reasons_too(scene):
    submission = sent(scene, days_ago=370)
    close_cases()
    police = next(one for one in Notice.objects.filter(case_id=submission.case_id) if "Ana" in str(one.brief))
    BriefDocument.objects.get_or_create(notice=police, defaults={"pdf": b"%PDF"})
    Reply.objects.create(notice=police, kind="accepted", note="Ana, as they wrote.")
    before = len(str(police.brief))
    assert forget_due(timezone.localdate()) == 1
    assert not any("Ana" in str(one.brief) for one in Notice.objects.filter(case_id=submission.case_id))
    police.refresh_from_db()
    assert 0 < len(str(police.brief)) < before
    assert not BriefDocument.objects.filter(notice=police).exists()
    assert Reply.objects.get(notice=police).note is None
    assert not CaseEvent.objects.filter(submission_id=submission.pk, explanation__isnull=False).exists()


def test_what_came_before_there_were_terms_keeps_what_it_was_told(scene):
    """Terms are of the version: publishing shorter ones forgets nothing earlier than was said when it was received."""
    submission = sent(scene)
    later = small_form()
    for section in later["sections"]:
        for item in section["items"]:
            for asked in [item, *item.get("items", [])]:
                if asked["key"] in ("story", "companion_name"):
                    asked |= {"keep_for": 1, "keep_basis": "others"}
    assert publish(later).number > submission.form_version.number
    close_cases()
    assert forget_due(timezone.localdate() + timedelta(days=100)) == 0
    assert fresh(submission).answers == submission.answers


def test_of_a_shipped_form_an_old_whereabouts_goes_and_the_rest_of_the_case_stays(db):
    """After two years and a bit; the story and the name stay until the case as a whole ends."""
    form = parse_form(next(each for each in form_files() if each["key"] == "initial_identification"))
    answers = {
        "whereabouts": "Behind the station",
        "safe_contact_phone": "+355691234567",
        "first_name": "Ana",
        "decision_reason": "As told.",
        "suspect_info": "A man in a grey car",
    }
    received, today = date(2026, 1, 10), date(2028, 2, 1)
    staying, forgotten = without_overdue(form, answers, received, today)
    assert set(forgotten) == {"whereabouts", "safe_contact_phone"}
    assert staying == {key: answers[key] for key in ("first_name", "decision_reason", "suspect_info")}
    assert first_due(form, received) == date(2028, 1, 10)


def test_nothing_is_forgotten_before_its_day(scene):
    submission = sent(scene, days_ago=20)
    close_cases()
    assert forget_due(timezone.localdate()) == 0
    assert fresh(submission).answers == submission.answers


def test_nothing_is_forgotten_while_the_case_is_open(scene):
    submission = sent(scene, days_ago=800)
    assert forget_due(timezone.localdate()) == 0
    assert fresh(submission).answers["story"] == "Unmistakable"
    close_cases()
    assert forget_due(timezone.localdate()) == 1


def test_the_record_says_which_questions_and_never_what_they_held(scene):
    submission = sent(scene, days_ago=800)
    close_cases()
    tidy()
    entry = AuditEntry.objects.get(action="answers.forgotten")
    assert entry.target_id == str(submission.pk)
    assert entry.detail == {"questions": ["companion_name", "story"]}


def test_sending_the_same_again_still_gets_the_first_receipt(scene):
    submission = sent(scene, days_ago=800)
    close_cases()
    forget_due(timezone.localdate())
    assert fresh(submission).receipt == submission.receipt


def test_one_submission_that_cannot_be_read_keeps_no_other_from_being_forgotten(scene):
    bad, *good = [sent(scene, days_ago=400) for _submission in range(3)]
    close_cases()
    spoil(bad, "answers")
    assert forget_due(timezone.localdate()) == 2
    assert all("story" not in fresh(submission).answers for submission in good)
    assert [(aside.kind, aside.row) for aside in PutAside.objects.all()] == [("submission.forget", str(bad.pk))]
    assert forget_due(timezone.localdate()) == 0  # left alone for a while


def test_one_task_of_the_hour_that_fails_keeps_no_other_from_being_done(scene):
    submission = sent(scene, days_ago=400)
    close_cases()
    with mock.patch("case_forms.submissions.housekeeping.tidy_exports", side_effect=RuntimeError):
        tidy()
    assert "story" not in fresh(submission).answers
    assert PutAside.objects.get().row == "intake.exports"
