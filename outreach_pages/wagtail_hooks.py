"""Wagtail hooks of this room: how sessions use a kit, and what people asked at sessions."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets import Button
from wagtail.models import Page

from access.models import StaffRole
from access.wagtail_hooks import RoleMenuItem

from .asked import views
from .kits.cms_views import UsageView
from .kits.models import KitPage, MaterialPage


@hooks.register("register_admin_urls")
def register_usage_url() -> list[URLPattern]:
    return [path("kits/<int:page_id>/usage/", UsageView.as_view(), name="kit_usage")]


@hooks.register("register_admin_urls")
def register_urls_of_what_was_asked() -> list[URLPattern]:
    # Under `cms/public/`, which has one row in access/policy.py.
    return [
        path("public/people-asked/", views.people_asked, name="people_asked"),
        path("public/people-asked/<uuid:session_id>/", views.people_asked_one, name="people_asked_one"),
    ]


@hooks.register("register_page_header_buttons")
def add_usage_button(page: Page, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    return _iter_usage_button(page, user)


@hooks.register("register_page_listing_more_buttons")
def add_usage_button_in_lists(page: Page, user: Any, next_url: str | None = None) -> Iterator[Button]:
    return _iter_usage_button(page, user)


def _iter_usage_button(page: Page, user: Any) -> Iterator[Button]:
    if isinstance(page.specific_deferred, KitPage | MaterialPage) and page.permissions_for_user(user).can_edit():
        yield Button(_("Used by sessions"), reverse("kit_usage", args=[page.pk]), icon_name="group", priority=45)


@hooks.register("register_reports_menu_item")
def add_what_was_asked() -> MenuItem:
    address = reverse("people_asked")
    return RoleMenuItem(_("People asked this"), address, icon_name="help", order=135, roles=(StaffRole.EDITOR,))
