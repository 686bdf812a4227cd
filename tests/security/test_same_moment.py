"""Attack: withdraw, approve and change a page at the same moment, so that what is live, what the workflow says and what
is locked no longer fit each other. Real threads, each with a connection of its own: needs a database in a file, as the
browsers' tests do."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from wagtail.models import Page, TaskState, WorkflowState

from case_forms.submissions.seeding.reference import seed_groups
from content.models import ArticlePage, HomePage
from content.review.seeding import seed_review
from content.seeding.actions import seed_content
from content.tests.editors import Editor, get_form

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ROUNDS = 6


def at_once(*deeds: Callable[[], Any]) -> None:
    start = threading.Barrier(len(deeds))

    def go(deed: Callable[[], Any]) -> None:
        start.wait()
        try:
            deed()
        finally:
            connection.close()

    running = [threading.Thread(target=go, args=(deed,)) for deed in deeds]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(60)


def test_approving_withdrawing_and_changing_at_the_same_moment_leave_one_state() -> None:
    seed_content()
    seed_groups()
    seed_review()
    ana, besa = Editor("ana"), Editor("besa")
    home = HomePage.objects.get(locale__language_code="sq")
    page = home.add_child(instance=ArticlePage(title="Fillimi", slug="prove", intro="Hyrje."))
    page.save_revision().publish()

    def again() -> Page:
        return Page.objects.get(pk=page.pk).specific

    seen = set()
    for number in range(ROUNDS):
        ana.save(again(), action="submit", title=f"Raundi {number}")
        state = again().current_workflow_task_state
        assert state is not None, number
        before, revision = again().title, state.revision_id
        change = get_form(again(), title="E ndryshuar") | {"overwrite_revision_id": revision}
        withdrawal = get_form(again(), "cancel-workflow")
        at_once(
            lambda state=state: besa.post("review:decide", state.pk, action="approve"),
            lambda given=withdrawal: ana.client.post(f"/cms/pages/{page.pk}/edit/", given),
            lambda given=change: ana.client.post(f"/cms/pages/{page.pk}/edit/", given),
        )
        task = TaskState.objects.get(pk=state.pk)
        flow = WorkflowState.objects.get(pk=task.workflow_state_id)
        outcome = (flow.status, task.status)
        seen.add(outcome)
        assert outcome in {("approved", "approved"), ("cancelled", "cancelled")}, number
        live = again()
        assert live.title == (f"Raundi {number}" if flow.status == "approved" else before), outcome
        assert not live.workflow_in_progress
        assert task.revision.content["title"] == f"Raundi {number}", "what was looked at stays"
    assert seen
