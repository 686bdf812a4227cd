"""What an editor may do with a public page. Nobody publishes alone, superusers included (docs/adr/0021)."""

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

    def can_set_view_restrictions(self) -> bool:
        return self._may_take_away()

    def can_unschedule(self) -> bool:
        return self._may_take_away()

    def _may_take_away(self) -> bool:
        if not self.user.is_active or self.page_is_root:
            return False
        return self.user.is_superuser or "publish" in self.permissions
