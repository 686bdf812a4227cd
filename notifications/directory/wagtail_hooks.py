"""The directory in the admin: who is notified, and who is on duty.

People and offices are never deleted here but set inactive, so that what was once sent still says to whom. Only shifts
and leave that haven't begun can be deleted.
"""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, reverse, reverse_lazy
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_filters import ModelChoiceFilter
from wagtail import hooks
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import BooleanColumn, Column, DateColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSetGroup
from wagtail.admin.widgets.button import Button

from access.models import StaffRole
from access.viewsets import UndeletableModelViewSet

from .actions import has_begun, is_running
from .agreements import views as agreement_views
from .agreements.admin import AgreementAddView, AgreementEditView, AgreementFilter, name_offices, show_state
from .agreements.forms import AgreementForm
from .changes.labels import contact_state, way_state
from .conflicts.screens import ConflictsPanel, check_conflict
from .editing import (
    ContactAddView,
    ContactEditView,
    DirectoryAddView,
    DirectoryEditView,
    DirectoryHistoryView,
    PartnerEditView,
    WayEditView,
)
from .filling.views import FillRosterView
from .forms import ContactForm, ContactWayForm, DutyShiftForm, LeaveForm, PartnerForm
from .models import Agreement, Contact, ContactWay, DutyShift, Leave, Partner
from .moments import moment_in_words
from .outlook_views import OnDutyView
from .own_duty.screens import duty_links, duty_request, requests
from .period_views import PeriodDeleteView, PeriodEditView, PeriodEndView
from .scope import get_entries, get_partners
from .senders import describe_sender
from .services.admin import PLACES_COLUMN, ServiceEditView, ServiceProfileForm, places_links
from .services.models import ServiceProfile
from .webhooks.views import webhook_keys
from .week_views import WeekView


class DirectoryIndex(generic.IndexView):
    """The list of one kind of entry. It can't be exported: who is notified is nobody's to carry about."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Wagtail offers an export to every list by this parameter.
        if "export" in request.GET:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_base_queryset(self) -> "QuerySet[Any]":
        return super().get_base_queryset().filter(pk__in=get_entries(self.request.user, self.model).values("pk"))


class MomentColumn(Column):
    """A column with day and hour, never "now": a roster is checked by its hours."""

    def __init__(self, name: str, *, empty: Any = "", **kwargs: Any) -> None:
        super().__init__(name, sort_key=name, **kwargs)
        self.empty = empty

    def get_value(self, instance: Any) -> str:
        moment: datetime | None = super().get_value(instance)
        return moment_in_words(moment) if moment else str(self.empty)


class StackedColumn(Column):
    """A column whose cells stand one below another on a phone, each with its label (static/css/cms.css)."""

    cell_template_name = "directory/stacked_cell.html"

    def __init__(self, name: str, **kwargs: Any) -> None:
        super().__init__(name, classname="vatra-stacked", **kwargs)


class DayColumn(StackedColumn):
    """A column with a day as it stands on paper, never "1 year ago"."""

    def get_value(self, instance: Any) -> str:
        return date_format(day, "SHORT_DATE_FORMAT") if (day := super().get_value(instance)) else ""


def describe_period(period: DutyShift | Leave) -> str:
    """Return whether the period is running, still to come, or over."""
    now = timezone.now()
    if is_running(period, now):
        return gettext("running now")
    return gettext("over") if has_begun(period, now) else gettext("to come")


def _own_offices(request: Any) -> "QuerySet[Partner]":
    return get_partners(request.user)


class RosterFilter(WagtailFilterSet):
    """A filter by office, among this person's only."""

    partner = ModelChoiceFilter(queryset=_own_offices, label=_("partner"))

    class Meta:
        model = DutyShift
        fields = ["partner__role", "partner", "rank"]


class DirectoryViewSet(UndeletableModelViewSet):
    index_view_class = DirectoryIndex
    add_view_class = DirectoryAddView
    edit_view_class = DirectoryEditView
    history_view_class = DirectoryHistoryView
    add_to_reference_index = False
    copy_view_enabled = False
    list_per_page = 50


class ContactViewSet(DirectoryViewSet):
    model = Contact
    form_class = ContactForm
    add_view_class = ContactAddView
    edit_view_class = ContactEditView
    icon = "user"
    menu_label = _("Contacts")
    list_display = [
        "name",
        "partner",
        "email",
        "phone",
        BooleanColumn("pin_hash", label=_("has a PIN")),
        DateColumn("pin_set_at", label=_("PIN set at")),
        Column("state", label=_("state"), accessor=contact_state),
    ]
    list_filter = ["partner__role", "is_active"]
    search_fields = ["name", "email"]


class PeriodViewSet(DirectoryViewSet):
    edit_view_class = PeriodEditView

    def get_edit_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        names = {"delete_period_url_name": self.get_url_name("delete"), "end_url_name": self.get_url_name("end")}
        return super().get_edit_view_kwargs(**names, **kwargs)

    def get_urlpatterns(self) -> list[Any]:
        given = {"form_class": self.form_class, "template_name": PeriodDeleteView.template_name}
        return [
            *super().get_urlpatterns(),
            path("delete/<int:pk>/", self.construct_view(PeriodDeleteView, **given), name="delete"),
            path("end/<int:pk>/", self.construct_view(PeriodEndView, **given), name="end"),
        ]


class DutyShiftViewSet(PeriodViewSet):
    model = DutyShift
    form_class = DutyShiftForm
    icon = "calendar-check"
    menu_label = _("Duty roster")
    list_display = [
        "partner",
        Column("rank", label=_("rank"), sort_key="rank"),
        Column("contact", label=_("contact"), accessor="contact.name", sort_key="contact__name"),
        MomentColumn("starts_at", label=_("from")),
        MomentColumn("ends_at", label=_("until"), empty=_("no end")),
        Column("when", label=_("when"), accessor=describe_period),
    ]
    filterset_class = RosterFilter
    ordering = ["partner", "rank", "-starts_at"]


class LeaveViewSet(PeriodViewSet):
    model = Leave
    form_class = LeaveForm
    icon = "user"
    menu_label = _("On leave")
    list_display = [
        "contact",
        MomentColumn("starts_at", label=_("from")),
        MomentColumn("ends_at", label=_("until")),
        Column("kind", label=_("reason"), accessor="get_kind_display"),
        Column("when", label=_("when"), accessor=describe_period),
        Column("entered_by", label=_("entered by"), accessor="entered_by"),
    ]
    list_filter = ["contact__partner__role", "kind"]


class ContactWayViewSet(DirectoryViewSet):
    model = ContactWay
    form_class = ContactWayForm
    edit_view_class = WayEditView
    icon = "mail"
    menu_label = _("Ways to contacts")
    list_display = [
        TitleColumn(
            "contact",
            label=_("contact"),
            accessor="contact.name",
            sort_key="contact__name",
            url_name="contactway:edit",
        ),
        StackedColumn("partner", label=_("partner"), accessor="contact.partner"),
        StackedColumn("channel", label=_("way"), accessor="get_channel_display", sort_key="channel"),
        StackedColumn("address", label=_("number or address"), accessor="shown_address", sort_key="address"),
        StackedColumn("sent_for", label=_("for"), accessor="get_sent_for_display"),
        StackedColumn("state", label=_("state"), accessor=way_state),
    ]
    list_filter = ["contact__partner__role", "channel", "is_active"]
    search_fields = ["contact__name", "address"]
    ordering = ["contact__name", "after_minutes", "pk"]


class PartnerViewSet(DirectoryViewSet):
    model = Partner
    form_class = PartnerForm
    icon = "group"
    menu_label = _("Partners")
    edit_view_class = PartnerEditView
    list_display = [
        "__str__",
        "role",
        "municipality",
        "directorate",
        Column("sender", label=_("name of the sender"), accessor=describe_sender),
        BooleanColumn("is_active", label=_("active")),
    ]
    list_filter = ["role", "is_active"]
    search_fields = ["slug"]


class AgreementIndex(DirectoryIndex):
    """The register of agreements, from which the rules about them are one press away."""

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        chosen = {name: value for name, value in self.request.GET.items() if name in ("state", "role", "region")}
        paper = f"{reverse('agreement_register')}?{urlencode(chosen)}"
        return [
            *super().header_more_buttons,
            Button(gettext("Print this register"), url=paper, icon_name="print", priority=20),
            Button(
                gettext("Who is notified only under an agreement"), url=reverse("agreement:rules"),
                icon_name="doc-full", priority=30,
            ),
        ]  # fmt: skip


class AgreementViewSet(DirectoryViewSet):
    model = Agreement
    form_class = AgreementForm
    index_view_class = AgreementIndex
    add_view_class = AgreementAddView
    edit_view_class = AgreementEditView
    filterset_class = AgreementFilter
    icon = "doc-full"
    menu_label = _("Agreements")
    list_display = [
        TitleColumn("partner", label=_("partner"), accessor=name_offices, url_name="agreement:edit"),
        StackedColumn("reference", label=_("reference")),
        StackedColumn("state", label=_("state"), accessor=show_state),
        DayColumn("signed_on", label=_("signed on")),
        DayColumn("review_on", label=_("to be reviewed on")),
    ]
    ordering = ["partner__role", "partner__slug", "pk"]

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("required/", agreement_views.rules, name="rules"),
            path("documents/<int:pk>/", agreement_views.documents, name="documents"),
            path("documents/<int:pk>/<int:number>/", agreement_views.document, name="document"),
        ]


class ServiceViewSet(DirectoryViewSet):
    model = ServiceProfile
    form_class = ServiceProfileForm
    edit_view_class = ServiceEditView
    icon = "home"
    menu_label = _("Services")
    list_display = ["partner", PLACES_COLUMN, DateColumn("checked_on", label=_("checked on"))]
    list_filter = ["partner__role"]


class DirectoryGroup(ModelViewSetGroup):
    items = (
        ContactViewSet,
        ContactWayViewSet,
        DutyShiftViewSet,
        LeaveViewSet,
        PartnerViewSet,
        AgreementViewSet,
        ServiceViewSet,
    )
    menu_label = _("Directory")
    menu_icon = "group"
    menu_order = 220


class CoordinatorsMenuItem(MenuItem):
    """A menu item for coordinators."""

    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_role(StaffRole.COORDINATOR)  # type: ignore[union-attr]


@hooks.register("register_admin_menu_item")
def changes_menu() -> MenuItem:
    address = reverse_lazy("directory_changes:list")
    return CoordinatorsMenuItem(_("Changes of the directory"), address, name="changes", icon_name="group", order=221)


@hooks.register("register_admin_menu_item")
def on_duty_menu() -> MenuItem:
    address = reverse_lazy("on_duty")
    return CoordinatorsMenuItem(_("Who is on duty"), address, name="on_duty", icon_name="calendar-check", order=219)


@hooks.register("register_admin_urls")
def changes_addresses() -> list[URLPattern | URLResolver]:
    return [
        path("", include("notifications.directory.changes.urls")),
        path("on-duty/", OnDutyView.as_view(), name="on_duty"),
        path("on-duty/week/", WeekView.as_view(), name="roster_week"),
        path("on-duty/asked/", requests, name="duty_requests"),
        path("on-duty/asked/<uuid:pk>/", duty_request, name="duty_request"),
        path("on-duty/<int:pk>/links/", duty_links, name="duty_links"),
        path("on-duty/<int:pk>/", FillRosterView.as_view(), name="fill_roster"),
        path("places-links/<int:pk>/", places_links, name="places_links"),
        path("webhook-keys/<int:pk>/", webhook_keys, name="webhook_keys"),
        path("office-conflicts/<int:pk>/", check_conflict, name="office_conflict_checked"),
    ]


@hooks.register("construct_homepage_panels")
def offices_to_check(request: HttpRequest, panels: list[Any]) -> None:
    user: Any = request.user
    if user.has_role(StaffRole.COORDINATOR, StaffRole.OPERATOR):
        panels.append(ConflictsPanel(user))


@hooks.register("register_admin_viewset")
def directory() -> DirectoryGroup:
    return DirectoryGroup()
