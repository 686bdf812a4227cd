"""The addresses of the texts in the admin, and their entry in the menu."""

from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from notifications.directory.wagtail_hooks import CoordinatorsMenuItem

from . import views


@hooks.register("register_admin_urls")
def admin_urls() -> list[URLPattern]:
    return [
        path("texts/", views.texts, name="texts"),
        path("texts/preview/", views.text_preview, name="text_preview"),
        path("texts/preview/paper/", views.text_preview_paper, name="text_preview_paper"),
        path("texts/version/<int:pk>/", views.text_version, name="text_version"),
        path("texts/<str:key>/", views.text, name="text"),
    ]


@hooks.register("register_admin_menu_item")
def menu_item() -> MenuItem:
    return CoordinatorsMenuItem(
        _("Texts of messages"), reverse_lazy("texts"), name="texts", icon_name="mail", order=222
    )
