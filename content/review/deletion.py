"""Delete a page: what readers have had, or something refers to, needs a second editor (docs/adr/0047).

1. One asks, and says why. The page stays as it is, for readers too.
2. Another, who may take pages away, looks at what refers to it, and deletes it or refuses.

A draft that nobody has seen and nothing refers to is deleted alone. Home pages and pages of help are never deleted.
What is deleted can be restored for some days, unless the two deleted it for good (`deleted_pages`, docs/adr/0168).
"""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from wagtail.models import Page

from access.models import User
from audit.chain import get_actor, log_event

from ..models.page_permissions import is_never_deleted, may_be_second_person
from .deleted_pages import erase, put_aside
from .models import DeletedPage, DeletionRequest, EditorNews
from .news import queue_news


@transaction.atomic
def ask_to_delete(*, page: Page, by: User, why: str, for_good: bool = False) -> DeletionRequest:
    """Ask another editor to delete the page; an earlier request stands. Raises PermissionDenied.

    `for_good`: it endangers somebody, and nobody shall be able to restore it.
    """
    if is_never_deleted(page) or not page.permissions_for_user(by).can_edit():
        raise PermissionDenied
    # The first request stays with its author: asking again must not make the second person the one who asked.
    asked, is_new = DeletionRequest.objects.get_or_create(
        page_id=page.pk, defaults={"asked_by": by, "why": why, "for_good": for_good}
    )
    if is_new:
        log_event("page.deletion_asked", actor=get_actor(by), target_kind="page", target_id=page.pk, for_good=for_good)
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
def delete_page(*, page: Page, by: User, for_good: bool = False) -> DeletedPage | None:
    """Delete the page and those beneath it. Returns what can be restored; None when it is gone for good.

    `for_good`: what the second person was shown; it takes the request that says so. Raises PermissionDenied for whoever
    may not do it, alone or as the second.
    """
    asked = DeletionRequest.objects.select_for_update().filter(page_id=page.pk).first()
    # Under the lock on the request, so that it can't be withdrawn between the question and the deletion.
    page = Page.objects.get(pk=page.pk).specific
    if not page.permissions_for_user(by).can_delete():
        raise PermissionDenied
    if for_good and not (asked is not None and asked.for_good and may_be_second_person(page, by)):
        raise PermissionDenied
    log_event(
        "page.deleted",
        actor=get_actor(by),
        target_kind="page",
        target_id=page.pk,
        asked_by=asked.asked_by_id if asked else None,
        for_good=for_good,
    )
    asked_by = asked.asked_by_id if asked else None
    deleted = put_aside(page=page, by=by, asked=asked)
    if not for_good:
        return deleted
    erase(deleted, actor=get_actor(by), asked_by=asked_by)
    queue_news(EditorNews.What.ERASED, title=f"#{page.pk}", by=by)
    return None
