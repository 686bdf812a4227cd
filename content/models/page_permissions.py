"""Permissions on public pages.

Nobody publishes alone, superusers included (docs/adr/0021), and nobody deletes alone what readers have had
(docs/adr/0047). A deleted page belongs to nobody until it is restored (docs/adr/0168).
"""

from typing import Any

from django.db.models import Q
from wagtail.models import Page, PagePermissionTester

from access.models import StaffRole, User

from ..page_references import get_references

NEVER_DELETED = ("content.homepage", "content.helppage")
# Beside the homes and under no site, so that no address leads to what stands in it.
DELETED_PAGES_SLUG = "deleted-pages"


class PublicPagePermissions(PagePermissionTester):
    """Wagtail's permissions, except for publishing and deleting.

    The permission `publish`, which reviewers hold, is left the meaning of taking pages away: a page that harms must be
    gone at once, and that needs no second person. Putting one before readers does (`actions.publish_approved`).
    """

    def __init__(self, user: Any, page: Page) -> None:
        super().__init__(user, page)
        # What Wagtail lets nobody do with the root of the tree, superusers included.
        self.page_is_root: bool = page.depth == 1 or is_deleted(page)

    def can_add_subpage(self) -> bool:
        return not is_deleted(self.page) and super().can_add_subpage()

    def can_submit_for_moderation(self) -> bool:
        return not is_deleted(self.page) and super().can_submit_for_moderation()

    def can_publish(self) -> bool:
        # Wagtail's buttons, bulk actions, admin API and copies all ask here. Approval publishes past it, with
        # `skip_permission_checks` (`review/actions.py`).
        return False

    def can_publish_subpage(self) -> bool:
        return False

    def can_delete(self, ignore_bulk: bool = False) -> bool:
        """Return whether this person may delete the page, alone or as the second of two.

        Alone only what nobody has seen and nothing refers to. Wagtail's other conditions stay, but that one may be
        allowed only pages with none beneath them: they go and come back with it.
        """
        if not super().can_delete(ignore_bulk=True) or is_never_deleted(self.page):
            return False
        return not needs_second_person(self.page) or (
            self._may_publish() and may_be_second_person(self.page, self.user)
        )

    def can_move(self) -> bool:
        """Return whether the page may be moved. Moving takes nothing away: the old address leads to the new one."""
        # Wagtail asks `can_delete` for moving too; past our own, which would demand a second person.
        return super().can_delete(ignore_bulk=True)

    def can_ask_to_delete(self) -> bool:
        """Return whether this person may propose the page for deletion."""
        return self.can_edit() and not is_never_deleted(self.page)

    def can_set_view_restrictions(self) -> bool:
        return self._may_publish()

    def can_unschedule(self) -> bool:
        return self._may_publish()

    def _may_publish(self) -> bool:
        if not self.user.is_active or self.page_is_root:
            return False
        return self.user.is_superuser or "publish" in self.permissions


def is_deleted(page: Page) -> bool:
    """Return whether the page is deleted and waits to be restored, or is where such pages stand."""
    return page.url_path.startswith(f"/{DELETED_PAGES_SLUG}/")


def is_never_deleted(page: Page) -> bool:
    """Return whether the page is a home page or a page of help, or has one beneath it."""
    if page.is_leaf():
        return page.cached_content_type.model_class()._meta.label_lower in NEVER_DELETED
    kinds = page.get_descendants(inclusive=True).values_list("content_type__app_label", "content_type__model")
    return any(f"{app}.{model}" in NEVER_DELETED for app, model in kinds.distinct())


def needs_second_person(page: Page) -> bool:
    """Return whether readers have had the page, or something refers to it, so that deleting takes two."""
    if page.live or page.first_published_at:
        return True
    going = page.get_descendants(inclusive=True)
    # The pages beneath go with it, so they count as well.
    was_read = going.filter(Q(live=True) | Q(first_published_at__isnull=False))
    return was_read.exists() or get_references(page).exists()


def may_be_second_person(page: Page, user: User) -> bool:
    """Return whether somebody else has asked for the deletion."""
    # Through the page: the room of DeletionRequest stands above the models.
    asked_by = Page.objects.filter(pk=page.pk).values_list("deletion_request__asked_by", flat=True).first()
    return asked_by is not None and asked_by != user.pk and user.has_role(StaffRole.EDITOR)
