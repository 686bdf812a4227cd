"""Pages, forms and procedures to approve, and pages to delete."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.models import TaskState

from access.models import StaffRole, User
from approvals.kinds import Kind, Waiting, register

from .models import DeletionRequest


def _find_reviews(user: User) -> Iterator[Waiting]:
    states: Any = TaskState.objects.reviewable_by(user)
    for state in states.select_related("workflow_state__requested_by"):
        url = reverse("wagtailadmin_home") + "#awaiting-review-section"
        asked = state.workflow_state
        yield Waiting(str(asked.content_object), url, state.started_at, asked.requested_by)


def _find_deletions(user: User) -> Iterator[Waiting]:
    if not user.has_role(StaffRole.EDITOR):
        return
    for asked in DeletionRequest.objects.exclude(asked_by=user).select_related("page", "asked_by"):
        url = reverse("wagtailadmin_pages:delete", args=[asked.page_id])
        yield Waiting(str(asked.page), url, asked.asked_at, asked.asked_by)


register(Kind("reviews", _("Pages, forms and procedures to approve"), ("wagtailcore.TaskState",), _find_reviews))
register(Kind("deletions", _("Pages to delete"), ("review.DeletionRequest",), _find_deletions))
