"""What police and unit write to each other goes with its notice: when two cases become one, and two again."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from case_forms.cases import deadline_clock
from case_forms.cases.models import Case, CaseEvent, Deadline
from case_forms.cases.talk.writing import QUESTION, write
from notifications.briefs.models import TalkMessage
from notifications.briefs.talk.actions import write_as_recipient
from notifications.directory.models import Role
from notifications.outbox.actions import mark_opened
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import OPEN
from vault import data_keys
from vault.seal import split_token

from .. import merging
from .scenes import Two, client_of, make_two
from .test_between_units import _twins

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(settings: Any, tmp_path: Any) -> Two:
    settings.VAULT_CASE_KEY_DIR = tmp_path / "case_keys"
    data_keys._cached.clear()
    return make_two()


def notice_of(case: Case) -> Notice:
    """The police's notice, accepted: one that is open would be withdrawn as doubled."""
    notice = Notice.objects.get(case_id=case.pk, role=Role.POLICE, purpose=Purpose.FIRST)
    mark_opened(notice=notice, at=notice.owed_at)
    Notice.objects.filter(pk=notice.pk).update(state="accepted", accepted_at=notice.owed_at, next_step_at=None)
    notice.refresh_from_db()
    return notice


def ask(notice: Notice, text: str = "Kanarina: where is she?") -> TalkMessage:
    return write_as_recipient(notice=notice, text=text, key=uuid.uuid4(), wants_answer=True)


def answer(two: Two, case: Case, notice: Notice, question: TalkMessage) -> TalkMessage:
    root = Notice.objects.get(pk=notice.pk)
    key = uuid.uuid4()
    return write(case=case, root=root, text="Kanarina: here", key=key, by=two.worker, answers=question.pk)


def merge(two: Two, kept: Case, duplicate: Case) -> Any:
    asked = merging.propose_merge(kept=kept, duplicate=duplicate, by=two.worker)
    return merging.approve_merge(merge=asked, by=two.mate)


def undo(two: Two, merged: Any) -> None:
    merging.propose_undoing(merge=merged, by=two.mate)
    merging.approve_undoing(merge=merged, by=two.worker)


def clock_of(question: TalkMessage) -> Deadline:
    return Deadline.objects.get(key=QUESTION, event__detail__message=str(question.pk))


def key_of(message: TalkMessage) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, text FROM briefs_talkmessage")
        tokens = {uuid.UUID(str(key)): text for key, text in cursor.fetchall()}
    return split_token(tokens[message.pk]).owner


def page_of(two: Two, case: Case, notice: Notice) -> Any:
    browser: Client = client_of(two.worker)
    return browser.get(f"/field/cases/{case.reference}/notices/{notice.pk}/talk/")


def test_the_talk_of_the_duplicate_is_read_and_answered_at_the_case_that_stays(two: Two) -> None:
    first, second = _twins(two)
    notice = notice_of(second)
    question = ask(notice)
    merge(two, first, second)
    assert key_of(question) == first.pk
    page = page_of(two, first, notice)
    assert page.status_code == 200
    assert "Kanarina: where is she?" in page.content.decode()
    clock = clock_of(question)
    assert (clock.case_id, clock.met_at) == (first.pk, None)
    answer(two, first, notice, question)
    clock.refresh_from_db()
    assert clock.met_at is not None


def test_a_question_about_each_of_two_cases_keeps_its_own_clock_when_they_become_one(two: Two) -> None:
    first, second = _twins(two)
    mine, other = notice_of(first), notice_of(second)
    asked = ask(mine, "one"), ask(other, "two")
    merge(two, first, second)
    assert [clock_of(each).case_id for each in asked] == [first.pk, first.pk]
    # Each is chased: neither stays behind with a case that tells nobody.
    deadline_clock.advance(timezone.now() + timedelta(days=2))
    assert Notice.objects.filter(purpose=Purpose.DUTY, state__in=OPEN, case_id=first.pk).count() >= 2
    answer(two, first, other, asked[1])
    assert clock_of(asked[1]).met_at is not None
    assert clock_of(asked[0]).met_at is None


def test_undoing_gives_the_talk_back_with_what_was_written_meanwhile(two: Two) -> None:
    first, second = _twins(two)
    own, notice = notice_of(first), notice_of(second)
    before = ask(notice, "Kanarina: before")
    merged = merge(two, first, second)
    notice.refresh_from_db()
    meanwhile = ask(notice, "Kanarina: meanwhile")
    stays = ask(own, "Kanarina: of the first")
    deadline_clock.advance(timezone.now() + timedelta(days=2))
    undo(two, merged)
    for question in (before, meanwhile):
        clock = clock_of(question)
        assert (clock.case_id, clock.event.case_id) == (second.pk, second.pk)
        assert key_of(question) == second.pk
        assert Notice.objects.filter(chase_id=clock.chase_id).exclude(case_id=second.pk).count() == 0
    assert clock_of(stays).case_id == first.pk
    assert CaseEvent.objects.filter(kind=QUESTION, case=first).count() == 1
    page = page_of(two, second, notice).content.decode()
    assert "Kanarina: before" in page
    assert "Kanarina: meanwhile" in page
    assert page_of(two, first, notice).status_code == 404
    notice.refresh_from_db()
    answer(two, second, notice, meanwhile)
    assert clock_of(before).met_at is not None
    assert clock_of(meanwhile).met_at is not None
    # Withdrawn after the commit, or by the clock.
    deadline_clock.advance(timezone.now() + timedelta(days=2))
    assert not Notice.objects.filter(purpose=Purpose.DUTY, state__in=OPEN, chase_id=clock_of(before).chase_id).exists()


def test_whoever_opened_the_page_before_the_cases_became_one_writes_to_the_case_that_stays(two: Two) -> None:
    first, second = _twins(two)
    notice = notice_of(second)
    merge(two, first, second)
    assert notice.case_id == second.pk  # as it was read
    question = ask(notice)
    assert key_of(question) == first.pk
    assert clock_of(question).case_id == first.pk
    assert clock_of(question).event.case_id == first.pk
