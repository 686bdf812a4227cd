"""Entries in the admin's reports menu: the operator's page of rows put aside, and the audit log for auditors."""

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from access.models import StaffRole

from .audit_reader import read_audit_log
from .views import put_aside


class OperatorsMenuItem(MenuItem):
    role = StaffRole.OPERATOR

    def is_shown(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.has_role(self.role))


class AuditorsMenuItem(OperatorsMenuItem):
    role = StaffRole.AUDITOR


@hooks.register("register_admin_urls")
def admin_urls() -> list[URLPattern]:
    return [path("put-aside/", put_aside, name="put_aside"), path("audit/", read_audit_log, name="audit")]


@hooks.register("register_reports_menu_item")
def put_aside_menu_item() -> MenuItem:
    return OperatorsMenuItem(_("Failed tasks"), reverse("put_aside"), icon_name="warning", order=90)


@hooks.register("register_reports_menu_item")
def audit_log_menu_item() -> MenuItem:
    return AuditorsMenuItem(_("Record of who did what"), reverse("audit"), icon_name="history", order=80)
