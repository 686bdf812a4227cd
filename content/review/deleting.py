"""Deleting a page: what has been before readers, or is referred to, needs a second editor (docs/adr/0047).

1. One asks, and says why. The page stays as it is, for readers too.
2. Another, who may take pages away, looks at where it is referred to, and deletes it or refuses.

A draft that nobody has seen and nothing leads to is deleted alone. Home pages and pages of help are never deleted.
"""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from wagtail.actions.delete_page import DeletePageAction
from wagtail.models import Page

from access.models import StaffRole, User
from audit.chain import get_actor, log_event

from .models import DeletionRequest
from .references import references_to

STAY = ("content.homepage", "content.helppage")


def never_deleted(page: Page) -> bool:
    """A home page, a page of help, or what has one beneath it."""
    if page.is_leaf():
        return page.cached_content_type.model_class()._meta.label_lower in STAY
    kinds = page.get_descendants(inclusive=True).values_list("content_type__app_label", "content_type__model")
    return any(f"{app}.{model}" in STAY for app, model in kinds.distinct())


def needs_another(page: Page) -> bool:
    """Whether readers have had it, or something leads to it."""
    if page.live or page.first_published_at:
        return True
    going = page.get_descendants(inclusive=True)
    was_read = going.filter(Q(live=True) | Q(first_published_at__isnull=False))
    return was_read.exists() or references_to(page).exists()


def may_be_second(page: Page, user: User) -> bool:
    """Whether somebody else has asked for it, who is not this person."""
    asked = DeletionRequest.objects.filter(page_id=page.pk).first()
    return asked is not None and asked.asked_by_id != user.pk and user.has_role(StaffRole.EDITOR)


@transaction.atomic
def ask_to_delete(*, page: Page, by: User, why: str) -> DeletionRequest:
    """Asks another editor to delete it; asked before, the first request stands. Raises PermissionDenied."""
    if never_deleted(page) or not page.permissions_for_user(by).can_edit():
        raise PermissionDenied
    asked, is_new = DeletionRequest.objects.get_or_create(page_id=page.pk, defaults={"asked_by": by, "why": why})
    if is_new:
        log_event("page.deletion_asked", actor=get_actor(by), target_kind="page", target_id=page.pk)
    return asked


@transaction.atomic
def end_request(*, page: Page, by: User) -> bool:
    """The request is withdrawn by who made it, or refused by another. False when there is none any more."""
    asked = DeletionRequest.objects.select_for_update().filter(page_id=page.pk).first()
    if asked is None:
        return False
    if not page.permissions_for_user(by).can_edit():
        raise PermissionDenied
    asked.delete()
    log_event("page.deletion_refused", actor=get_actor(by), target_kind="page", target_id=page.pk)
    return True


@transaction.atomic
def delete_page(*, page: Page, by: User) -> None:
    """Deletes it and what stands beneath. Raises PermissionDenied for whoever may not do it alone or as the second."""
    asked = DeletionRequest.objects.select_for_update().filter(page_id=page.pk).first()
    page = Page.objects.get(pk=page.pk).specific
    if not page.permissions_for_user(by).can_delete():
        raise PermissionDenied
    log_event(
        "page.deleted",
        actor=get_actor(by),
        target_kind="page",
        target_id=page.pk,
        asked_by=asked.asked_by_id if asked else None,
    )
    DeletePageAction(page, user=by).execute()
