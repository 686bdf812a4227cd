"""Submit a page, publish what was approved, and publish on schedule."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import structlog
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from wagtail.log_actions import log as log_action
from wagtail.models import Page, PageLogEntry, Revision, TaskState, WorkflowState
from wagtail_localize.models import Translation

from access.models import User
from audit.chain import get_actor, log_event

from ..checks.run import get_stopping_findings
from .authors import get_last_translator
from .history import STOPPED_PUBLICATION
from .models import EditorNews, PageReviewTask, Submitted, may_decide
from .news import queue_news

log = structlog.get_logger(__name__)
Item = TypeVar("Item")
NOT_PUBLISHED = EditorNews.What.NOT_PUBLISHED


class NotApproved(Exception):
    """One of several submissions can't be approved. Its argument is the page's title."""


class ChangedSinceApproval(Exception):
    """A scheduled revision isn't what was approved."""


def publish_approved(workflow_state: WorkflowState, *, user: User) -> None:
    """Publish exactly the revision that another editor approved. Raises PermissionDenied without an approval."""
    approval = get_approval(workflow_state)
    if approval is None:
        raise PermissionDenied
    # `can_publish` is False for everybody; the approval that was just found takes its place.
    approval.revision.publish(user=user, skip_permission_checks=True)
    log_event(
        "page.approved",
        actor=get_actor(user),
        target_kind="page",
        target_id=workflow_state.object_id,
        revision=approval.revision_id,
        submitted_by=workflow_state.requested_by_id,
    )


def get_approval(workflow_state: WorkflowState) -> TaskState | None:
    """Return the last approval in this workflow that still holds, or None.

    By somebody who neither submitted nor wrote what was approved, and only if that is still what was submitted.
    """
    approved = workflow_state.task_states.filter(status=TaskState.STATUS_APPROVED, finished_by__isnull=False)
    for state in approved.select_related("revision", "task").order_by("-finished_at"):
        # A stock task of Wagtail's in the same workflow lets authors approve their own text.
        is_ours = isinstance(state.task.specific, PageReviewTask)
        if (
            is_ours
            and Submitted.objects.is_unchanged(state)
            and state.finished_by_id not in Submitted.objects.get_authors(state)
        ):
            return state
    return None


@transaction.atomic
def approve_together(states: Sequence[TaskState], *, user: User) -> None:
    """Approve several submissions in one transaction: all of them or, raising NotApproved, none (docs/adr/0165).

    Asks of each what approving it alone asks. Published in the order in which they were submitted.
    """
    # All workflows first and always in one order, so that neither of two bundles with common pages waits for ever.
    ids = sorted(state.workflow_state_id for state in states)
    list(WorkflowState.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    fresh = TaskState.objects.filter(pk__in=[state.pk for state in states]).select_related("revision", "task")
    waiting = [each.specific for each in fresh.order_by("workflow_state_id")]
    # Looked at before the first one acts: Wagtail mails authors at once, and a mail can't be rolled back.
    for state in waiting:
        if not can_be_approved(state, user):
            raise NotApproved(state.revision.as_object().get_admin_display_title())
    for state in waiting:
        state.task.specific.on_action(state, user, "approve")


def can_be_approved(state: TaskState, user: User) -> bool:
    """Return whether a submission waits and this person may approve it as it is."""
    return (
        state.status == TaskState.STATUS_IN_PROGRESS
        and may_decide(state, user)
        and state.revision.as_object().permissions_for_user(user).can_edit()
        and Submitted.objects.is_unchanged(state)
        and not get_stopping_findings(state.revision)
    )


def get_others_to_decide(state: TaskState, user: User) -> list[TaskState]:
    """Return what else waits for this person, as it was submitted, the first submitted first."""
    tasks = PageReviewTask.objects.filter(active=True)
    found = [each for task in tasks for each in task.get_task_states_user_can_moderate(user).select_related("revision")]
    return sorted((each for each in found if each.pk != state.pk), key=lambda each: each.workflow_state_id)


def get_translation(page: Page) -> Translation | None:
    """Return the sentence-by-sentence translation that this page is the result of."""
    return Translation.objects.filter(
        source__object_id=page.translation_key, target_locale_id=page.locale_id, enabled=True
    ).first()


@transaction.atomic
def submit_translation(page: Page, *, user: User) -> None:
    """Write the sentences translated so far into the page as a draft, and submit it for approval.

    Raises PermissionDenied when the page waits already or may not be submitted, ValidationError when a translated
    sentence doesn't fit its field.
    """
    translation = get_translation(page)
    workflow = page.get_workflow()
    if translation is None or workflow is None or not page.permissions_for_user(user).can_submit_for_moderation():
        raise PermissionDenied
    # In the name of the last translator: whoever only presses the button is not made its author.
    translation.save_target(user=get_last_translator(translation) or user, publish=False)
    # Read again: `save_target` has written a new revision, which the page at hand doesn't know.
    workflow.start(Page.objects.get(pk=page.pk).specific, user)


@transaction.atomic
def withdraw_submission(page: Page, *, user: User) -> bool:
    """Take back what waits for approval.

    Returns False when it was decided or withdrawn in the meantime; raises PermissionDenied for whoever may not. Locks
    what deciding locks, so that of two at the same moment one wins.
    """
    waiting = WorkflowState.objects.active().filter(
        object_id=str(page.pk), base_content_type=page.get_base_content_type()
    )
    state = waiting.select_for_update().first()
    if state is None:
        return False
    if not state.user_can_cancel(user):
        raise PermissionDenied
    state.cancel(user=user)
    return True


def was_publication_stopped(page: Page) -> bool:
    """Return whether the scheduled publication was stopped because the text differs from what was approved.

    No longer once somebody has submitted or published the page again.
    """
    last = PageLogEntry.objects.filter(
        page_id=page.pk,
        action__in=(STOPPED_PUBLICATION, "wagtail.workflow.start", "wagtail.publish", "wagtail.publish.schedule"),
    )
    newest = last.order_by("-timestamp", "-pk").first()
    return newest is not None and newest.action == STOPPED_PUBLICATION


def publish_due(now: datetime | None = None) -> dict[str, int]:
    """Unpublish pages that have expired and publish approved ones whose time has come. Returns how many of each.

    One page that can't be published stops no other: it is logged, and tried again the next minute. One whose text
    differs from what was approved is taken off the schedule, and the editors are notified.
    """
    now = now or timezone.now()
    over = Page.objects.filter(live=True, expire_at__lt=now).order_by("expire_at")
    due = Revision.page_revisions.filter(approved_go_live_at__lt=now).order_by("approved_go_live_at")
    taken = sum(_run_for_page(_unpublish, page, page.pk, or_log="page_not_taken_away") for page in over)
    published = sum(
        _run_for_page(_publish_or_stop, revision, revision.object_id, or_log="page_not_published") for revision in due
    )
    return {"published": published, "taken away": taken}


def _unpublish(page: Page) -> None:
    page.specific.unpublish(set_expired=True, log_action="wagtail.unpublish.scheduled")


def _publish_or_stop(revision: Revision) -> bool:
    try:
        _publish(revision)
    except ChangedSinceApproval:
        _unschedule(revision)
        return False
    return True


def _unschedule(revision: Revision) -> None:
    """Take the revision off the schedule, leave draft and live page as they are, and notify the editors."""
    page = revision.content_object
    Revision.objects.filter(pk=revision.pk).update(approved_go_live_at=None)
    log_action(instance=page, action=STOPPED_PUBLICATION, revision=revision)
    queue_news(NOT_PUBLISHED, title=page.get_admin_display_title(), by=None)
    log_event("page.not_published", target_kind="page", target_id=page.pk, revision=revision.pk)
    log.error("page_not_published", page=str(page.pk), code=ChangedSinceApproval.__name__)


def _publish(revision: Revision) -> None:
    """Publish a scheduled revision. Raises ChangedSinceApproval when it no longer holds what was approved."""
    state = (
        TaskState.objects.filter(revision=revision, status=TaskState.STATUS_APPROVED).order_by("-finished_at").first()
    )
    if state is not None and not Submitted.objects.is_unchanged(state):
        raise ChangedSinceApproval
    revision.publish(log_action="wagtail.publish.scheduled")


def _run_for_page(deed: Callable[[Item], bool | None], due: Item, page_id: object, *, or_log: str) -> bool:
    """Return whether it could be done; an error of one page is logged and stops no other."""
    try:
        # Its own transaction: what a failed page has written is undone, and the connection stays usable for the next.
        with transaction.atomic():
            return deed(due) is not False
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one page, the others are due
        log.error(or_log, page=str(page_id), code=type(error).__name__)
        return False
