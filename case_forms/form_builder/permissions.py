"""Permission policies for forms and lists, which hold for superusers too."""

from typing import Any

from wagtail.permission_policies import ModelPermissionPolicy

from .list_usage import is_used

NEVER = frozenset({"publish", "unpublish", "delete"})


class FormPermissionPolicy(ModelPermissionPolicy):
    """Django's permissions, but without publishing, unpublishing and deleting.

    Nobody publishes alone (docs/adr/0012), and what answers may point to is never deleted: a form is archived instead.
    This closes every route of Wagtail's at once, also those that it adds later.
    """

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action not in NEVER and super().user_has_permission(user, action)


class FactPermissionPolicy(ModelPermissionPolicy):
    """Django's permissions, but no kind of fact is ever deleted: cases may hold it."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action != "delete" and super().user_has_permission(user, action)


class ListPermissionPolicy(ModelPermissionPolicy):
    """Django's permissions, but lists that forms choose from can't be deleted, one by one or in bulk."""

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Any) -> bool:
        is_allowed = super().user_has_permission_for_instance(user, action, instance)
        return is_allowed and not (action == "delete" and is_used(instance.key))
