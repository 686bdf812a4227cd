"""The task of Wagtail's workflow that an editor does who wrote nothing of it and didn't ask for it.

1. An editor submits a page. From here on it is locked for everybody, so that what is looked at is what will be
   published. Who submitted may withdraw it.
2. Another editor, of the groups named at the task, approves it or asks for changes. `may_decide` says who that can be;
   being a superuser is no reason.
3. Approving publishes exactly the revision that was looked at (`actions.publish_approved`), unless the checks found
   what must not reach a reader.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail.locks import WorkflowLock
from wagtail.models import AbstractGroupApprovalTask, Page, TaskState, WorkflowState

from access.models import StaffRole, User

from ..checks.run import must_not_be_published
from .authors import get_authors, is_as_submitted, note_submission

Action = tuple[str, Any, bool]


class ReviewLock(WorkflowLock):
    """What is being looked at stays as it is, for everybody."""

    def get_message(self, user: User) -> SafeString:
        state = self.object.current_workflow_task_state
        if state is None:
            return SafeString("")
        if may_decide(state, user):
            words = _("This page is waiting for you: check it, then approve it or ask for changes.")
        elif user.pk == state.workflow_state.requested_by_id:
            words = _("You submitted this page. Another editor is reviewing it; until then nobody can change it.")
        else:
            words = _("This page is waiting for another editor's approval. Until then nobody can change it.")
        address = reverse("review:decide", args=[state.pk])
        return format_html(
            '{} <span class="buttons"><a class="button button-small button-secondary" href="{}">{}</a></span>',
            words,
            address,
            _("See what is waiting"),
        )

    def get_locked_by(self, user: User, can_lock: bool = False) -> Any:
        return _("Awaiting approval")

    def get_description(self, user: User, can_lock: bool = False) -> Any:
        return _("Nobody can change the page until it is approved, sent back or withdrawn")


class DeletionRequest(models.Model):
    """Somebody asks that a page be deleted; another editor decides (deleting.py)."""

    wagtail_reference_index_ignore = True  # not one of the places that refer to the page

    page = models.OneToOneField(Page, models.CASCADE, related_name="deletion_request", verbose_name=_("page"))
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    why = models.CharField(_("why"), max_length=255)

    class Meta:
        verbose_name = _("request to delete a page")
        verbose_name_plural = _("requests to delete pages")
        ordering = ["asked_at"]

    def __str__(self) -> str:
        return f"{self.page_id} {self.asked_at:%Y-%m-%d}"


class Submitted(models.Model):
    """What was sent for approval, as it was then: the content's fingerprint and everybody who wrote of it."""

    wagtail_reference_index_ignore = True

    state = models.OneToOneField(TaskState, models.CASCADE, related_name="submitted", verbose_name=_("state"))
    fingerprint = models.CharField(_("fingerprint"), max_length=64)  # SHA-256 of the revision's content
    authors = models.JSONField(_("authors"), default=list)  # ids of people

    class Meta:
        verbose_name = _("text sent for approval")
        verbose_name_plural = _("texts sent for approval")

    def __str__(self) -> str:
        return f"{self.state_id}"


class EditorNews(models.Model):
    """Something one editor did alone that the others must hear of (news.py)."""

    wagtail_reference_index_ignore = True

    class What(models.TextChoices):
        UNPUBLISHED = "unpublished", _("a page was unpublished")
        DELETED = "deleted", _("a page was deleted")
        MOVED = "moved", _("a page was moved")
        PRIVACY = "privacy", _("who may read a page was changed")
        REDIRECT = "redirect", _("a redirect was added, changed or deleted")
        LINE = "line", _("the texts of a helpline were changed")
        LINE_NUMBER = "line_number", _("a helpline has a new number; readers see it once another editor has called it")
        LINE_SHOWN = "line_shown", _("a helpline is to be shown to readers")
        LINE_HIDDEN = "line_hidden", _("a helpline was hidden from readers")
        LINE_DELETED = "line_deleted", _("a helpline was deleted")
        WORD = "word", _("a word of the glossary was added, changed or deleted")
        PICTURE = "picture", _("the name or description of a picture or file was changed")
        NOT_PUBLISHED = (
            "not_published",
            _("a page was not published at its hour"),
        )

    what = models.CharField(_("what"), max_length=16, choices=What.choices)
    title = models.CharField(_("title"), max_length=255)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    told_at = models.DateTimeField(_("notified at"), null=True)

    class Meta:
        verbose_name = _("news for editors")
        verbose_name_plural = _("news for editors")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.what} {self.at:%Y-%m-%d}"


class PageReviewTask(AbstractGroupApprovalTask):
    """Wagtail's approval by members of a group, without approving one's own."""

    lock_class = ReviewLock

    class Meta:
        verbose_name = _("approval of a page by another editor")
        verbose_name_plural = _("approvals of pages by another editor")

    @transaction.atomic
    def start(self, workflow_state: WorkflowState, user: User | None = None) -> TaskState:
        state = super().start(workflow_state, user=user)
        note_submission(state)
        return state

    def user_can_access_editor(self, obj: Any, user: User) -> bool:
        return self._user_in_groups(user)

    def locked_for_user(self, obj: Any, user: User) -> bool:
        return True

    def user_can_lock(self, obj: Any, user: User) -> bool:
        return False

    def get_actions(self, obj: Any, user: User) -> list[Action]:
        state = obj.current_workflow_task_state
        if state is None or not may_decide(state, user):
            return []
        actions: list[Action] = [("reject", _("Ask for changes"), True)]
        if is_as_submitted(state) and not must_not_be_published(state.revision):
            actions.append(("approve", _("Approve"), True))
        return actions

    @transaction.atomic
    def on_action(self, task_state: TaskState, user: User, action_name: str, **kwargs: Any) -> None:
        """Approves or sends back. Raises PermissionDenied for whoever may not, and for a page that must not go out."""
        WorkflowState.objects.select_for_update().get(pk=task_state.workflow_state_id)  # withdrawing locks it too
        state = TaskState.objects.select_for_update().get(pk=task_state.pk).specific
        if state.status != TaskState.STATUS_IN_PROGRESS or not may_decide(state, user):
            raise PermissionDenied
        if action_name == "approve" and not is_as_submitted(state):
            raise PermissionDenied
        if action_name == "approve" and must_not_be_published(state.revision):
            raise PermissionDenied
        super().on_action(state, user, action_name, **kwargs)

    def get_task_states_user_can_moderate(self, user: User, **kwargs: Any) -> "models.QuerySet[TaskState]":
        waiting = self.task_states.filter(status=TaskState.STATUS_IN_PROGRESS)
        if not _is_reviewer(self, user):
            return waiting.none()
        return waiting.filter(pk__in=[state.pk for state in waiting if may_decide(state, user)])

    @classmethod
    def get_description(cls) -> Any:
        return _("An editor from the chosen groups who neither submitted nor wrote any of it gives approval")


def may_decide(state: TaskState, user: User) -> bool:
    """An editor today, of the task's groups, and neither who submitted nor anybody who wrote of it."""
    task = state.task.specific
    return isinstance(task, PageReviewTask) and _is_reviewer(task, user) and user.pk not in get_authors(state)


def _is_reviewer(task: PageReviewTask, user: User) -> bool:
    return user.has_role(StaffRole.EDITOR) and task._user_in_groups(user)
