"""The pages' addresses in the admin, and their entry in the menu of reports."""

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from access.models import StaffRole

from .views import begin_drill_by_hand, drills, drills_of_region


class KeepersMenuItem(MenuItem):
    """A menu item for coordinators and operators."""

    def is_shown(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.has_role(StaffRole.COORDINATOR, StaffRole.OPERATOR))


@hooks.register("register_admin_urls")
def admin_urls() -> list[URLPattern]:
    return [
        path("drills/", drills, name="drills"),
        path("drills/<slug:slug>/", drills_of_region, name="drills_of_region"),
        path("drills/<slug:slug>/begin/", begin_drill_by_hand, name="begin_drill"),
    ]


@hooks.register("register_reports_menu_item")
def menu_item() -> MenuItem:
    return KeepersMenuItem(_("Drills"), reverse_lazy("drills"), icon_name="time", order=72, name="drills")
