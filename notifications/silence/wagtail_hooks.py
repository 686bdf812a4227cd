"""The page's address in the admin, and its entry in the menu of reports."""

from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from notifications.directory.wagtail_hooks import CoordinatorsMenuItem

from .views import SilenceView


@hooks.register("register_admin_urls")
def admin_urls() -> list[URLPattern]:
    return [path("silence/", SilenceView.as_view(), name="silence")]


@hooks.register("register_reports_menu_item")
def menu_item() -> MenuItem:
    return CoordinatorsMenuItem(
        _("How institutions answer"), reverse_lazy("silence"), icon_name="history", order=70, name="silence"
    )
