"""Units and places, staff and one's own account in the admin.

The policy table shuts Wagtail's own screens for users and groups.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import URLResolver, include, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component

from .models import StaffRole
from .place_changes.viewsets import PlacesGroup
from .staff.role_conflicts import get_people_with_both


@hooks.register("register_admin_viewset")
def places() -> PlacesGroup:
    return PlacesGroup()


@hooks.register("register_admin_urls")
def register_staff_urls() -> list[URLResolver]:
    return [path("", include("access.staff.urls"))]


class RoleMenuItem(MenuItem):
    """A menu item that only some roles see."""

    def __init__(self, *args: Any, roles: tuple[StaffRole, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roles = roles

    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_role(*self.roles)  # type: ignore[union-attr]


@hooks.register("register_admin_menu_item")
def staff_menu() -> MenuItem:
    return RoleMenuItem(
        _("Staff"), reverse("staff:list"), name="staff", icon_name="user", order=230, roles=(StaffRole.OPERATOR,)
    )


@hooks.register("register_admin_menu_item")
def resets_menu() -> MenuItem:
    roles = (StaffRole.OPERATOR, StaffRole.COORDINATOR)
    address = reverse("factor_resets:list")
    return RoleMenuItem(_("Lost second factors"), address, name="resets", icon_name="key", order=232, roles=roles)


class BothRolesPanel(Component):
    """A panel for operators: who is auditor and operator or coordinator too, from before that was refused."""

    name = "both_roles"
    template_name = "access/admin/both_roles.html"
    order = 30

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        return {"people": get_people_with_both()}


@hooks.register("construct_homepage_panels")
def add_both_roles_panel(request: HttpRequest, panels: list[Any]) -> None:
    user: Any = request.user
    if user.has_role(StaffRole.OPERATOR):
        panels.append(BothRolesPanel())


@hooks.register("insert_global_admin_js")
def lock_when_idle() -> SafeString:
    return format_html(
        '<script type="module" src="{}" data-idle-minutes="{}" data-lock="{}" data-alive="{}"></script>',
        static("js/cms/idle.js"),
        settings.IDLE_MINUTES,
        reverse("account_lock"),
        reverse("account_alive"),
    )


@hooks.register("register_admin_menu_item")
def by_two_menu() -> MenuItem:
    roles = (StaffRole.OPERATOR, StaffRole.COORDINATOR)
    address = reverse("by_two:list")
    return RoleMenuItem(
        _("Waiting for a second person"), address, name="by-two", icon_name="group", order=231, roles=roles
    )


@hooks.register("register_admin_menu_item")
def calls_menu() -> MenuItem:
    roles = (StaffRole.OPERATOR, StaffRole.COORDINATOR)
    return RoleMenuItem(
        _("Calls for help"), reverse("account_calls"), name="calls", icon_name="warning", order=233, roles=roles
    )


@hooks.register("register_admin_menu_item")
def own_account_menu() -> MenuItem:
    roles = (StaffRole.OPERATOR, StaffRole.COORDINATOR, StaffRole.EDITOR)
    return RoleMenuItem(
        _("Two-step sign-in"), reverse("mfa_index"), name="own-account", icon_name="key", order=9900, roles=roles
    )


@hooks.register("construct_settings_menu")
def remove_wagtail_account_items(_request: HttpRequest, items: list[MenuItem]) -> None:
    items[:] = [item for item in items if item.name not in ("users", "groups", "roles")]
