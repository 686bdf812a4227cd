"""The operator's page of rows put aside, in the admin's menu of reports."""

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from access.models import StaffRole

from .views import put_aside


class ForOperators(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.has_role(StaffRole.OPERATOR))


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [path("put-aside/", put_aside, name="put_aside")]


@hooks.register("register_reports_menu_item")
def rows_put_aside() -> MenuItem:
    return ForOperators(_("Failed tasks"), reverse("put_aside"), icon_name="warning", order=90)
