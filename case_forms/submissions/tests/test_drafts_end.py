"""Drafts that nobody changes end after two warnings; a form without a case is forgotten on its day."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from access.models import User
from audit.models import AuditEntry
from tests.world.procedures import enact, small_procedure
from tests.world.scene import Scene, make_scene

from ..case_purge import forget_submissions_without_case
from ..drafts.actions import start_draft
from ..drafts.ending import end_old_drafts, get_end
from ..models import Draft, Submission
from .test_case_purge import KEPT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def scene(db: None) -> Scene:
    return make_scene()


@pytest.fixture
def draft(scene: Scene) -> Draft:
    User.objects.filter(pk=scene.worker.pk).update(language="en", email="worker@vatra.example")
    return start_draft(
        form_version=scene.form, unit=scene.unit, owner=scene.worker, answers={"story": "Kanarina told."}
    )


def days_on(draft: Draft, days: float) -> datetime:
    return draft.saved_at + timedelta(days=days)


def test_a_draft_ends_after_a_month_and_two_warnings_that_say_nothing_of_it(draft: Draft) -> None:
    assert end_old_drafts(days_on(draft, 22)) == (0, 0)
    assert end_old_drafts(days_on(draft, 23.1)) == (1, 0)
    assert end_old_drafts(days_on(draft, 23.2)) == (0, 0)
    assert end_old_drafts(days_on(draft, 29.1)) == (1, 0)
    assert end_old_drafts(days_on(draft, 30)) == (0, 0)
    assert len(mail.outbox) == 2
    for letter in mail.outbox:
        assert letter.to == ["worker@vatra.example"]
        for word in ("Kanarina", "Small identification", "story"):
            assert word not in letter.subject + str(letter.body)
    assert end_old_drafts(days_on(draft, 30.2)) == (0, 1)
    assert not Draft.objects.exists()
    assert AuditEntry.objects.filter(action="draft.ended").count() == 1


def test_saving_it_again_begins_the_time_anew(draft: Draft) -> None:
    end_old_drafts(days_on(draft, 23.1))
    end_old_drafts(days_on(draft, 29.1))
    Draft.objects.update(saved_at=days_on(draft, 29.5))
    assert end_old_drafts(days_on(draft, 31)) == (0, 0)
    assert Draft.objects.get().warnings == 0


def test_one_that_was_old_already_gets_both_warnings_and_the_time_between(draft: Draft) -> None:
    assert end_old_drafts(days_on(draft, 300)) == (1, 0)
    assert end_old_drafts(days_on(draft, 302)) == (0, 0)
    assert end_old_drafts(days_on(draft, 305.1)) == (1, 0)
    assert end_old_drafts(days_on(draft, 305.5)) == (0, 0)
    assert end_old_drafts(days_on(draft, 306.2)) == (0, 1)


def test_a_warning_that_the_mail_server_did_not_take_is_no_warning(draft: Draft, monkeypatch: Any) -> None:
    monkeypatch.setattr("case_forms.submissions.drafts.ending._mail", lambda owner, count: False)
    assert end_old_drafts(days_on(draft, 40)) == (0, 0)
    assert Draft.objects.get().warnings == 0


def test_the_start_page_says_when_it_ends(scene: Scene, draft: Draft) -> None:
    end_old_drafts(timezone.now())
    assert get_end(Draft.objects.get()) is None
    Draft.objects.update(saved_at=timezone.now() - timedelta(days=24))
    end_old_drafts(timezone.now())
    client = Client()
    client.force_login(scene.worker)
    assert "will be deleted on" in client.get("/field/").content.decode()


def test_never_when_it_is_switched_off(draft: Draft, settings: Any) -> None:
    settings.DRAFT_DAYS = 0
    assert end_old_drafts(days_on(draft, 3000)) == (0, 0)
    assert Draft.objects.exists()


def test_a_form_without_a_case_is_forgotten_as_long_after_it_came_as_a_closed_case(scene: Scene) -> None:
    enact({**small_procedure(), "settings": {"closed_case_kept": KEPT}}, since=timezone.now())
    sent = scene.send(result="not_victim", story="Kanarina told.").submission
    assert sent.case is None
    day = timezone.localdate(sent.received_at)
    assert forget_submissions_without_case(day + timedelta(days=365 * 5 - 2)) == 0
    assert forget_submissions_without_case(day + timedelta(days=365 * 5 + 3)) == 1
    assert forget_submissions_without_case(day + timedelta(days=365 * 5 + 3)) == 0
    assert Submission.objects.get().answers == {}
    assert AuditEntry.objects.filter(action="submission.forgotten").count() == 1
