"""The permission policy for procedures, which holds for superusers too."""

from typing import Any

from case_forms.form_builder.permissions import FormPermissionPolicy


class ProcedurePermissionPolicy(FormPermissionPolicy):
    """As for forms: nobody publishes alone, nothing is deleted. Nor is a second procedure made by hand.

    Of two procedures in force the one that began last decides: a new one would silently replace all that there is.
    """

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action != "add" and super().user_has_permission(user, action)
