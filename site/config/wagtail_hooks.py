"""The admin as a whole: the panel of waiting work, our guides instead of Wagtail's help, a link to the field pages."""

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, resolve, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from access.policy import row_for

from .guides import views
from .templatetags.ui import may_open
from .waiting_panel import WaitingPanel


class FieldMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return may_open(user, "intake:home")


@hooks.register("register_admin_menu_item")
def register_field_item() -> MenuItem:
    return FieldMenuItem(_("The units' cases"), reverse_lazy("intake:home"), icon_name="home", order=50)


@hooks.register("register_admin_urls", order=-1)
def register_guide_urls() -> list[URLPattern]:
    return [
        path("guides/", views.all_guides, name="guides"),
        path("guides/<slug:slug>/", views.guide, name="guide"),
        path("guides/<slug:slug>/<slug:language>/", views.guide, name="guide_in"),
    ]


@hooks.register("register_help_menu_item")
def register_guides_item() -> MenuItem:
    return MenuItem(_("Our guides"), reverse_lazy("guides"), icon_name="help", order=10, name="our-guides")


@hooks.register("construct_help_menu")
def remove_wagtail_help_items(request: HttpRequest, items: list[MenuItem]) -> None:
    """Remove Wagtail's help links: English, on another site, about other things; one of them carries a badge."""
    items[:] = [item for item in items if item.name != "editor-guide" and not item.name.startswith("whats-new")]


@hooks.register("construct_reports_menu")
def remove_closed_reports(request: HttpRequest, items: list[MenuItem]) -> None:
    """Remove the reports that the policy table keeps from this person: wagtail-localize shows its own to everybody."""
    user: Any = request.user
    routes = [resolve(item.url) for item in items]
    rows = [row_for(route.view_name, route.route) for route in routes]
    items[:] = [item for item, row in zip(items, rows, strict=True) if row is not None and row.allows(user)]


@hooks.register("construct_homepage_panels")
def add_waiting_panel(request: HttpRequest, panels: list[Any]) -> None:
    panels.append(WaitingPanel(request))
