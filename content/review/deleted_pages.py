"""Deleted pages, restorable for DELETED_PAGE_DAYS days (docs/adr/0168).

1. `put_aside`: the page and all beneath it stop being live, leave the schedule and the review, and move under a root of
   their own, where no address leads and nobody may edit.
2. `restore`: they go back to where they were, as drafts: going live again takes what going live takes.
3. `erase`: gone for good, with what Wagtail's history says of them. At once by two, or by the clock (`erase_due`).

All changes of a DeletedPage are made here, under a lock on its row.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from wagtail.actions.delete_page import DeletePageAction
from wagtail.actions.move_page import MovePageAction
from wagtail.actions.unpublish_page import UnpublishPageAction
from wagtail.coreutils import find_available_slug
from wagtail.log_actions import LogContext
from wagtail.log_actions import log as log_action
from wagtail.models import Locale, Page, PageLogEntry, Revision, WorkflowState
from wagtail_headless_preview.models import PagePreview

from access.models import StaffRole, User
from audit.chain import SYSTEM, Actor, get_actor, log_event
from audit.put_aside import for_each_row, get_put_aside_keys

from ..models import HomePage
from ..models.page_permissions import DELETED_PAGES_SLUG, PublicPagePermissions, is_deleted
from .models import DeletedPage, DeletedPagesRoot, DeletionRequest, EditorNews
from .news import queue_news

RESTORED_ACTION = "content.page_restored"
ERASE = "content.erase_page"  # what is put aside when one can't be erased
AT_MOST = 200  # pages in one pass


class NowhereToStand(Exception):
    """No page above it is left under which its type may stand."""


@dataclass(frozen=True)
class Restored:
    """A page that is back, as a draft.

    `is_elsewhere`: its place is gone, and it stands under the nearest page above that is left. `new_slug`: its own was
    taken meanwhile.
    """

    page: Page
    is_elsewhere: bool
    new_slug: str


@transaction.atomic
def put_aside(*, page: Page, by: User, asked: DeletionRequest | None = None) -> DeletedPage:
    """Take the page and those beneath it from readers and editors, and remember how to put them back.

    Permissions are the caller's.
    """
    going = list(page.get_descendants(inclusive=True).order_by("path"))
    above = page.get_ancestors().filter(depth__gt=1).order_by("-depth").values_list("pk", flat=True)
    deleted = DeletedPage(
        page_id=page.pk,
        deleted_by=by,
        asked_by=asked.asked_by if asked else None,
        why=asked.why if asked else "",
        slug=page.slug,
        above=list(above),
        pages=len(going),
        live_before=sum(each.live for each in going),
    )
    if asked is not None:
        asked.delete()
    _end_what_waits(going, by)
    log_action(instance=page.specific, action="wagtail.delete", user=by)
    # Without a person: unpublishing and moving are parts of this deletion, and no news of their own.
    with LogContext():
        for each in going:
            if each.live:
                UnpublishPageAction(each.specific, log_action=False).execute(skip_permission_checks=True)
        Page.objects.filter(pk=page.pk).update(slug=f"page-{page.pk}")
        MovePageAction(Page.objects.get(pk=page.pk), _get_root(), pos="last-child").execute(skip_permission_checks=True)
    deleted.save(force_insert=True)
    return deleted


def _end_what_waits(going: list[Page], by: User) -> None:
    """Withdraw what waits for review or its hour, and requests to delete one of the pages beneath."""
    keys = [str(each.pk) for each in going]
    kind = going[0].get_base_content_type()
    for state in WorkflowState.objects.active().filter(object_id__in=keys, base_content_type=kind):
        state.cancel(user=by)
    Revision.page_revisions.filter(object_id__in=keys).update(approved_go_live_at=None)
    DeletionRequest.objects.filter(page_id__in=keys).delete()
    for key in keys:
        PagePreview.objects.filter(token__startswith=f"id={key}:").delete()


def _get_root() -> Page:
    found = DeletedPagesRoot.objects.first()
    if found is not None:
        return found
    # The lock on the tree's root: of two deletions at once only one makes it.
    root = Page.objects.select_for_update().get(depth=1)
    found = DeletedPagesRoot.objects.first()
    if found is None:
        found = root.add_child(
            instance=DeletedPagesRoot(title="Deleted pages", slug=DELETED_PAGES_SLUG, live=False, locale=_get_locale())
        )
    return found


def _get_locale() -> Locale:
    return HomePage.objects.select_related("locale").order_by("pk")[0].locale


# ---- whose they are ----


class FormerPlaces:
    """What is left of the places where deleted pages stood; read once for all of them."""

    def __init__(self, deleted: Iterable[DeletedPage]) -> None:
        keys = {key for each in deleted for key in each.above}
        self.left = Page.objects.filter(depth__gt=1).specific().in_bulk(keys)
        self.homes = {home.locale_id: home for home in HomePage.objects.all()}

    def iter_left(self, deleted: DeletedPage) -> Iterator[Page]:
        """Yield the pages above it that aren't deleted, the nearest first, and the home page last."""
        yield from (self.left[key] for key in deleted.above if key in self.left and not is_deleted(self.left[key]))
        if (home := self.homes.get(deleted.page.locale_id)) is not None:
            yield home

    def get_new_parent(self, deleted: DeletedPage) -> Page | None:
        """Return the nearest page that is left and takes a page of this type, or None."""
        model = deleted.page.specific_class
        return next((each for each in self.iter_left(deleted) if model and model.can_exist_under(each)), None)

    def may_restore(self, deleted: DeletedPage, user: User) -> bool:
        """Return whether this person may put it back, or ask to have it deleted for good."""
        permissions = self._get_permissions(deleted, user)
        return permissions is not None and permissions.can_edit()

    def may_erase(self, deleted: DeletedPage, user: User) -> bool:
        """Return whether this person is the second of two who delete it for good: a reviewer, and not who asked."""
        permissions = self._get_permissions(deleted, user)
        is_second = deleted.erasure_asked_by_id is not None and deleted.erasure_asked_by_id != user.pk
        return is_second and permissions is not None and permissions.can_set_view_restrictions()

    def _get_permissions(self, deleted: DeletedPage, user: User) -> PublicPagePermissions | None:
        """Return the permissions on the nearest page that is left; None for whoever is no editor."""
        nearest = next(self.iter_left(deleted), None)
        if nearest is None or not user.is_active or not user.has_role(StaffRole.EDITOR):
            return None
        permissions = nearest.permissions_for_user(user)
        return permissions if isinstance(permissions, PublicPagePermissions) else None


def _lock(pk: int) -> DeletedPage | None:
    """Return the row under a lock; None when somebody restored or erased it meanwhile."""
    return DeletedPage.objects.select_for_update(of=("self",)).select_related("page").filter(pk=pk).first()


# ---- restoring ----


@transaction.atomic
def restore(*, pk: int, by: User) -> Restored | None:
    """Put a deleted page back as a draft, with those beneath it.

    None when somebody has restored or erased it meanwhile. Raises PermissionDenied and NowhereToStand.
    """
    deleted = _lock(pk)
    if deleted is None:
        return None
    places = FormerPlaces([deleted])
    if not places.may_restore(deleted, by):
        raise PermissionDenied
    parent = places.get_new_parent(deleted)
    if parent is None:
        raise NowhereToStand
    slug = find_available_slug(parent, deleted.slug)
    with LogContext():
        Page.objects.filter(pk=deleted.page_id).update(slug=slug)
        MovePageAction(Page.objects.get(pk=deleted.page_id), parent, pos="last-child").execute(
            skip_permission_checks=True
        )
    page = Page.objects.get(pk=deleted.page_id).specific
    deleted.delete()
    _set_slug_of_draft(page, slug)
    log_action(instance=page, action=RESTORED_ACTION, user=by)
    queue_news(EditorNews.What.RESTORED, title=page.get_admin_display_title(), by=by)
    log_event("page.restored", actor=get_actor(by), target_kind="page", target_id=page.pk)
    is_elsewhere = parent.pk != next(iter(deleted.above), None)
    return Restored(page, is_elsewhere, slug if slug != deleted.slug else "")


def _set_slug_of_draft(page: Page, slug: str) -> None:
    """Write the slug into the newest draft, which would bring the old one back when it is published."""
    newest = page.get_latest_revision()
    if newest is not None and newest.content.get("slug") != slug:
        newest.content["slug"] = slug
        Revision.objects.filter(pk=newest.pk).update(content=newest.content)


# ---- for good ----


@transaction.atomic
def ask_to_erase(*, pk: int, by: User) -> bool:
    """Ask another editor to delete it for good at once; an earlier request stands. Returns False when it is gone."""
    deleted = _lock(pk)
    if deleted is None:
        return False
    if not FormerPlaces([deleted]).may_restore(deleted, by):
        raise PermissionDenied
    if deleted.erasure_asked_by_id is None:
        deleted.erasure_asked_by = by
        deleted.save(update_fields=["erasure_asked_by"])
        queue_news(EditorNews.What.ERASURE, title=deleted.page.specific.get_admin_display_title(), by=by)
        log_event("page.erasure_asked", actor=get_actor(by), target_kind="page", target_id=deleted.page_id)
    return True


@transaction.atomic
def refuse_to_erase(*, pk: int, by: User) -> bool:
    """End the request: withdrawn by who made it, or refused by another. Returns False when there is none any more."""
    deleted = _lock(pk)
    if deleted is None or deleted.erasure_asked_by_id is None:
        return False
    if not FormerPlaces([deleted]).may_restore(deleted, by):
        raise PermissionDenied
    deleted.erasure_asked_by = None
    deleted.save(update_fields=["erasure_asked_by"])
    log_event("page.erasure_refused", actor=get_actor(by), target_kind="page", target_id=deleted.page_id)
    return True


@transaction.atomic
def erase_by_two(*, pk: int, by: User) -> bool:
    """Delete it for good, as the second of two. Returns False when it is gone already. Raises PermissionDenied."""
    deleted = _lock(pk)
    if deleted is None:
        return False
    if not FormerPlaces([deleted]).may_erase(deleted, by):
        raise PermissionDenied
    erase(deleted, actor=get_actor(by), asked_by=deleted.erasure_asked_by_id)
    queue_news(EditorNews.What.ERASED, title=f"#{deleted.page_id}", by=by)
    return True


@transaction.atomic
def erase(deleted: DeletedPage, *, actor: Actor, asked_by: int | None = None) -> None:
    """Delete the pages, and their words in Wagtail's history and in news; translations go by wagtail-localize."""
    pk = deleted.page_id
    page = Page.objects.get(pk=pk)
    going = list(page.get_descendants(inclusive=True))
    titles = {title for each in going for title in (each.title, each.draft_title, str(each.specific))}
    with LogContext():
        # Deletes `deleted` too.
        DeletePageAction(page).execute(skip_permission_checks=True)
    gone = [each.pk for each in going]
    PageLogEntry.objects.filter(page_id__in=gone).update(label="", data={})
    EditorNews.objects.filter(title__in=[title[:255] for title in titles]).update(title=f"#{pk}")
    log_event("page.erased", actor=actor, target_kind="page", target_id=pk, pages=len(gone), asked_by=asked_by)


def erase_due(now: datetime | None = None) -> int:
    """Delete for good what was deleted long enough ago, each page by itself. Returns how many."""
    now = now or timezone.now()
    over = DeletedPage.objects.filter(deleted_at__lte=now - timedelta(days=settings.DELETED_PAGE_DAYS))
    due = list(over.exclude(pk__in=get_put_aside_keys(ERASE, now)).order_by("deleted_at").values_list("pk", flat=True))
    return for_each_row(ERASE, due[:AT_MOST], _erase_due, at=now)


def _erase_due(pk: int) -> bool:
    with transaction.atomic():
        deleted = _lock(pk)
        if deleted is None:
            return False
        erase(deleted, actor=SYSTEM)
    return True
