"""The board's address in the admin, and its entry in the menu of reports."""

from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from notifications.drills.wagtail_hooks import KeepersMenuItem

from .views import board


@hooks.register("register_admin_urls")
def admin_urls() -> list[URLPattern]:
    return [path("board/", board, name="board")]


@hooks.register("register_reports_menu_item")
def menu_item() -> MenuItem:
    return KeepersMenuItem(
        _("What waits, and what works"), reverse_lazy("board"), icon_name="view", order=5, name="board"
    )
