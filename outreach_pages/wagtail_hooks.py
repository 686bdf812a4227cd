"""Wagtail hooks of this room: what people asked at sessions, under `cms/public/` (one row in access/policy.py)."""

from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from access.models import StaffRole
from access.wagtail_hooks import RoleMenuItem

from .asked import views


@hooks.register("register_admin_urls")
def register_urls_of_what_was_asked() -> list[URLPattern]:
    return [
        path("public/people-asked/", views.people_asked, name="people_asked"),
        path("public/people-asked/<uuid:session_id>/", views.people_asked_one, name="people_asked_one"),
    ]


@hooks.register("register_reports_menu_item")
def add_what_was_asked() -> MenuItem:
    address = reverse("people_asked")
    return RoleMenuItem(_("People asked this"), address, icon_name="help", order=135, roles=(StaffRole.EDITOR,))
