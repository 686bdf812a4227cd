"""Wagtail hooks: the records of the controller in the admin."""

from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from access.models import StaffRole
from access.wagtail_hooks import RoleMenuItem

from . import views

PATTERNS = [
    path("breaches/", views.BreachesView.as_view(), name="breaches"),
    path("breaches/register.pdf", views.BreachesFileView.as_view(), name="breaches_file"),
    path("breaches/<uuid:pk>/", views.BreachView.as_view(), name="breach"),
    path("processing/", views.RecordView.as_view(), name="record"),
    path("processing/record.<slug:ending>", views.RecordFileView.as_view(), name="record_file"),
]
ROLES = (StaffRole.OPERATOR, StaffRole.COORDINATOR)


@hooks.register("register_admin_urls")
def pages_of_the_records() -> list[URLResolver | URLPattern]:
    return [path("", include((PATTERNS, "accountability")))]


@hooks.register("register_admin_menu_item")
def breaches_menu() -> MenuItem:
    address = reverse("accountability:breaches")
    return RoleMenuItem(
        _("Breaches of personal data"), address, name="breaches", icon_name="warning", order=240, roles=ROLES
    )


@hooks.register("register_admin_menu_item")
def record_menu() -> MenuItem:
    address = reverse("accountability:record")
    return RoleMenuItem(
        _("Record of processing"), address, name="processing", icon_name="doc-full", order=241, roles=ROLES
    )
