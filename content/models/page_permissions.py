"""What an editor may do with a public page. Nobody publishes alone, superusers included (docs/adr/0021), and nobody
deletes alone what readers have had (docs/adr/0047)."""

from wagtail.models import PagePermissionTester


class PublicPagePermissions(PagePermissionTester):
    """Wagtail's answers, but for publishing.

    The permission `publish`, which reviewers hold, is left the meaning of taking pages away: a page that harms must be
    gone at once, and that needs no second person. Putting one before readers does (`actions.publish_approved`).
    """

    def can_publish(self) -> bool:
        return False

    def can_publish_subpage(self) -> bool:
        return False

    def can_delete(self, ignore_bulk: bool = False) -> bool:
        """As the second of two, or alone what nobody has seen and nothing leads to. Wagtail's other conditions stay."""
        from ..review.deleting import may_be_second, needs_another, never_deleted

        if not super().can_delete(ignore_bulk=ignore_bulk) or never_deleted(self.page):
            return False
        return not needs_another(self.page) or (self._may_take_away() and may_be_second(self.page, self.user))

    def can_move(self) -> bool:
        """Moving takes nothing away: the old address leads to the new one."""
        return super().can_delete(ignore_bulk=True)

    def can_ask_to_delete(self) -> bool:
        """Whether a page that this person can't delete may be proposed for it."""
        from ..review.deleting import never_deleted

        return self.can_edit() and not never_deleted(self.page)

    def can_set_view_restrictions(self) -> bool:
        return self._may_take_away()

    def can_unschedule(self) -> bool:
        return self._may_take_away()

    def _may_take_away(self) -> bool:
        if not self.user.is_active or self.page_is_root:
            return False
        return self.user.is_superuser or "publish" in self.permissions
