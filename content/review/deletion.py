"""Delete a page: what readers have had, or something refers to, needs a second editor (docs/adr/0047).

1. One asks, and says why. The page stays as it is, for readers too.
2. Another, who may take pages away, looks at what refers to it, and deletes it or refuses.

A draft that nobody has seen and nothing refers to is deleted alone. Home pages and pages of help are never deleted.
"""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from wagtail.actions.delete_page import DeletePageAction
from wagtail.models import Page

from access.models import User
from audit.chain import get_actor, log_event

from ..models.page_permissions import is_never_deleted
from .models import DeletionRequest


@transaction.atomic
def ask_to_delete(*, page: Page, by: User, why: str) -> DeletionRequest:
    """Ask another editor to delete the page; an earlier request stands. Raises PermissionDenied."""
    if is_never_deleted(page) or not page.permissions_for_user(by).can_edit():
        raise PermissionDenied
    # The first request stays with its author: asking again must not make the second person the one who asked.
    asked, is_new = DeletionRequest.objects.get_or_create(page_id=page.pk, defaults={"asked_by": by, "why": why})
    if is_new:
        log_event("page.deletion_asked", actor=get_actor(by), target_kind="page", target_id=page.pk)
    return asked


@transaction.atomic
def end_deletion_request(*, page: Page, by: User) -> bool:
    """End a request: withdrawn by who made it, or refused by another. Returns False when there is none any more."""
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
    """Delete the page and those beneath it.

    Raises PermissionDenied for whoever may not do it, alone or as the second.
    """
    asked = DeletionRequest.objects.select_for_update().filter(page_id=page.pk).first()
    # Under the lock on the request, so that it can't be withdrawn between the question and the deletion.
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
    # After the entry: the page and its request are gone once it has run.
    DeletePageAction(page, user=by).execute()
