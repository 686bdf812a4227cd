"""Models of the approval: the workflow task, what was submitted, requests to delete, and news for editors.

1. An editor submits a page. From here on it is locked for everybody, so that what is reviewed is what will be
   published. Who submitted may withdraw it.
2. Another editor, of the groups named at the task, approves it or asks for changes. `may_decide` says who that can be;
   being a superuser is no reason.
3. Approving publishes exactly the revision that was reviewed (`actions.publish_approved`), unless the checks found
   what must not reach a reader.
"""

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail.locks import WorkflowLock
from wagtail.models import AbstractGroupApprovalTask, Page, Revision, TaskState, WorkflowState

from access.models import StaffRole, User

from ..checks.run import get_stopping_findings
from ..models.reviewed_page import ReviewedPage
from .authors import fingerprint, get_writers

Action = tuple[str, Any, bool]


class ReviewLock(WorkflowLock):
    """The lock on a page that waits for approval, for everybody."""

    def get_message(self, user: User) -> SafeString:
        state = self.object.current_workflow_task_state
        if state is None:
            return SafeString("")
        decides = may_decide(state, user)
        if decides:
            words = _("This page is waiting for you: check it, then approve it or ask for changes.")
        elif user.pk == state.workflow_state.requested_by_id:
            words = _("You submitted this page. Another editor is reviewing it; until then nobody can change it.")
        else:
            words = _("This page is waiting for another editor's approval. Until then nobody can change it.")
        address = reverse("review:decide", args=[state.pk])
        return format_html(
            '{} <span class="buttons"><a class="button button-small{}" href="{}">{}</a></span>',
            words,
            "" if decides else " button-secondary",
            address,
            _("Review and decide") if decides else _("See what is waiting"),
        )

    def get_locked_by(self, user: User, can_lock: bool = False) -> Any:
        return _("Awaiting approval")

    def get_description(self, user: User, can_lock: bool = False) -> Any:
        return _("Nobody can change the page until it is approved, sent back or withdrawn")


class DeletionRequest(models.Model):
    """A request to delete a page, which another editor decides (deleting.py)."""

    wagtail_reference_index_ignore = True  # not one of the places that refer to the page

    page = models.OneToOneField(Page, models.CASCADE, related_name="deletion_request", verbose_name=_("page"))
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    why = models.CharField(_("why"), max_length=255)
    # It endangers somebody: the second person deletes it at once and for good (docs/adr/0168).
    for_good = models.BooleanField(_("for good"), default=False)

    class Meta:
        verbose_name = _("request to delete a page")
        verbose_name_plural = _("requests to delete pages")
        ordering = ["asked_at"]

    def __str__(self) -> str:
        return f"{self.page_id} {self.asked_at:%Y-%m-%d}"


class DeletedPagesRoot(ReviewedPage, Page):
    """Where deleted pages stand until they are restored or gone: one, under the root of the tree and no site."""

    is_creatable = False
    parent_page_types: list[str] = []
    subpage_types: list[str] = []
    search_fields: list[Any] = []

    class Meta:
        verbose_name = _("deleted pages")
        verbose_name_plural = _("deleted pages")


class DeletedPage(models.Model):
    """A page that an editor deleted, with those beneath it: what is needed to put it back (deleted_pages.py).

    `above`: ids of the pages above it, the nearest first. `pages`: how many went, itself counted; `live_before`: how
    many of them readers had.
    """

    wagtail_reference_index_ignore = True

    page = models.OneToOneField(Page, models.CASCADE, related_name="deletion", verbose_name=_("page"))
    deleted_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("deleted by"))
    deleted_at = models.DateTimeField(_("deleted at"), default=timezone.now, db_index=True)
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("asked by"))
    why = models.CharField(_("why"), max_length=255, blank=True)
    slug = models.CharField(_("slug"), max_length=255)
    above = models.JSONField(default=list)
    pages = models.PositiveIntegerField(_("pages"), default=1)
    live_before = models.PositiveIntegerField(_("published before"), default=0)
    erasure_asked_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("deletion for good asked by")
    )

    class Meta:
        verbose_name = _("deleted page")
        verbose_name_plural = _("deleted pages")
        ordering = ["-deleted_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.page_id} {self.deleted_at:%Y-%m-%d}"

    @property
    def gone_on(self) -> date:
        """Return the day from which it can't be restored any more."""
        return timezone.localdate(self.deleted_at) + timedelta(days=settings.DELETED_PAGE_DAYS)

    @property
    def days_left(self) -> int:
        return max((self.gone_on - timezone.localdate()).days, 0)

    @property
    def beneath(self) -> int:
        return self.pages - 1


class SubmittedManager(models.Manager["Submitted"]):
    def record(self, state: TaskState) -> None:
        """Record what a task begins with: its content's fingerprint and its authors."""
        revision = Revision.objects.get(pk=state.revision_id)
        self.create(state=state, fingerprint=fingerprint(revision), authors=sorted(get_writers(revision)))

    def get_authors(self, state: TaskState) -> set[int]:
        """Return the ids of everybody who submitted the text or wrote any of it.

        Computed for tasks older than this table.
        """
        recorded = self.filter(state_id=state.pk).values_list("authors", flat=True).first()
        # Submitted before the upgrade that brought this table: the authors are worked out from the history
        # (docs/adr/0075).
        people = set(get_writers(state.revision) if recorded is None else recorded)
        return {pk for pk in (*people, state.workflow_state.requested_by_id, state.revision.user_id) if pk}

    def is_unchanged(self, state: TaskState) -> bool:
        """Return whether the revision holds, letter by letter, what it held when it was submitted."""
        recorded = self.filter(state_id=state.pk).values_list("fingerprint", flat=True).first()
        # Read from the database again: the state at hand may have loaded its revision before somebody wrote into it.
        return recorded is None or recorded == fingerprint(Revision.objects.get(pk=state.revision_id))


class Submitted(models.Model):
    """What was submitted for approval, as it was then: the content's fingerprint and everybody who wrote any of it."""

    wagtail_reference_index_ignore = True

    state = models.OneToOneField(TaskState, models.CASCADE, related_name="submitted", verbose_name=_("state"))
    fingerprint = models.CharField(_("fingerprint"), max_length=64)  # SHA-256 of the revision's content
    authors = models.JSONField(_("authors"), default=list)  # ids of people

    objects = SubmittedManager()

    class Meta:
        verbose_name = _("text sent for approval")
        verbose_name_plural = _("texts sent for approval")

    def __str__(self) -> str:
        return f"{self.state_id}"


class EditorNews(models.Model):
    """Something one editor did alone that the others are mailed about (news.py)."""

    wagtail_reference_index_ignore = True

    class What(models.TextChoices):
        UNPUBLISHED = "unpublished", _("a page was unpublished")
        DELETED = "deleted", _("a page was deleted")
        RESTORED = "restored", _("a deleted page was restored, as a draft")
        ERASURE = "erasure", _("somebody asks to delete a deleted page for good")
        ERASED = "erased", _("a page was deleted for good")
        MOVED = "moved", _("a page was moved")
        PRIVACY = "privacy", _("who may read a page was changed")
        REDIRECT = "redirect", _("a redirect was added, changed or deleted")
        LINE = "line", _("the texts of a helpline were changed")
        LINE_NUMBER = "line_number", _("a helpline has a new number; readers see it once another editor has called it")
        LINE_SHOWN = "line_shown", _("a helpline is to be shown to readers")
        LINE_HIDDEN = "line_hidden", _("a helpline was hidden from readers")
        LINE_DELETED = "line_deleted", _("a helpline was deleted")
        WAYS_DEAD = "ways_dead", _("a way of a helpline didn’t work; readers see it once another editor has tried it")
        WAYS_DUE = "ways_due", _("the ways of a helpline haven’t been tried for a long time")
        WORD = "word", _("a word of the glossary was added, changed or deleted")
        PICTURE = "picture", _("the name or description of a picture or file was changed")
        NOT_PUBLISHED = (
            "not_published",
            _("a page was not published at its hour"),
        )
        PROPOSED = "proposed", _("the service proposes new words for a page")

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
    """Wagtail's approval by members of a group, except for one's own work."""

    lock_class = ReviewLock

    class Meta:
        verbose_name = _("approval of a page by another editor")
        verbose_name_plural = _("approvals of pages by another editor")

    @transaction.atomic
    def start(self, workflow_state: WorkflowState, user: User | None = None) -> TaskState:
        state = super().start(workflow_state, user=user)
        Submitted.objects.record(state)
        return state

    def user_can_access_editor(self, obj: Any, user: User) -> bool:
        # Wagtail lets superusers past the groups, here and in `locked_for_user`; ours does not.
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
        if Submitted.objects.is_unchanged(state) and not get_stopping_findings(state.revision):
            actions.append(("approve", _("Approve"), True))
        return actions

    @transaction.atomic
    def on_action(self, task_state: TaskState, user: User, action_name: str, **kwargs: Any) -> None:
        """Approve the page or send it back.

        Raises PermissionDenied for whoever may not, and for a page that must not be published.
        """
        # The workflow before the task, the order in which withdrawing locks: of two at the same moment one wins.
        WorkflowState.objects.select_for_update().get(pk=task_state.workflow_state_id)  # withdrawing locks it too
        state = TaskState.objects.select_for_update().get(pk=task_state.pk).specific
        if state.status != TaskState.STATUS_IN_PROGRESS or not may_decide(state, user):
            raise PermissionDenied
        if action_name == "approve" and not Submitted.objects.is_unchanged(state):
            raise PermissionDenied
        if action_name == "approve" and get_stopping_findings(state.revision):
            raise PermissionDenied
        # With the state read under the lock, not the one that the view had loaded.
        super().on_action(state, user, action_name, **kwargs)

    def get_task_states_user_can_moderate(self, user: User, **kwargs: Any) -> "models.QuerySet[TaskState]":
        waiting = self.task_states.filter(status=TaskState.STATUS_IN_PROGRESS)
        if not _is_reviewer(self, user):
            return waiting.none()
        # Asked one by one: authors of older submissions are worked out in Python. Few pages wait at a time.
        return waiting.filter(pk__in=[state.pk for state in waiting if may_decide(state, user)])

    @classmethod
    def get_description(cls) -> Any:
        return _("An editor from the chosen groups who neither submitted nor wrote any of it gives approval")


def may_decide(state: TaskState, user: User) -> bool:
    """Return whether a person may decide: an editor today, of the task's groups, and no author of the text."""
    task = state.task.specific
    return (
        isinstance(task, PageReviewTask)
        and _is_reviewer(task, user)
        and user.pk not in Submitted.objects.get_authors(state)
    )


def _is_reviewer(task: PageReviewTask, user: User) -> bool:
    return user.has_role(StaffRole.EDITOR) and task._user_in_groups(user)
