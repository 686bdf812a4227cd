"""The operator's page in the admin, and its entry in the menu of reports."""

from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from notifications.escalation.wagtail_hooks import OperatorsMenuItem

from .page import service_page


@hooks.register("register_admin_urls")
def admin_urls() -> list[URLPattern]:
    return [path("service/", service_page, name="service_state")]


@hooks.register("register_reports_menu_item")
def menu_item() -> MenuItem:
    return OperatorsMenuItem(_("State of the service"), reverse("service_state"), icon_name="desktop", order=6)
