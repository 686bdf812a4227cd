"""The directory in the admin: who is told, and who is on duty. Nothing is deleted here: people and offices are set
inactive, so that what was once sent still says to whom."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.urls import path
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.ui.tables import BooleanColumn, Column, DateColumn
from wagtail.admin.views import generic
from wagtail.admin.views.generic.history import HistoryView
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup

from audit.chain import actor_of, record

from .forms import AgreementForm, ContactForm, DutyShiftForm, PartnerForm
from .models import Agreement, Contact, DutyShift, Partner
from .scope import entries_of


class MineOnly:
    """Another region's entry isn't there; reaching for it is recorded."""

    def get_object(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = super().get_object(*args, **kwargs)  # type: ignore[misc]
        if not entries_of(self.request.user, type(found)).filter(pk=found.pk).exists():
            record(
                "access.denied",
                actor=actor_of(self.request.user),
                target_kind=found._meta.model_name,
                target_id=found.pk,
            )
            raise Http404
        return found


class DirectoryIndex(generic.IndexView):
    def get_base_queryset(self) -> "QuerySet[Any]":
        return super().get_base_queryset().filter(pk__in=entries_of(self.request.user, self.model).values("pk"))


class DirectoryEdit(MineOnly, generic.EditView):
    pass


class DirectoryHistory(MineOnly, HistoryView):
    pass


class DirectoryViewSet(ModelViewSet):
    index_view_class = DirectoryIndex
    edit_view_class = DirectoryEdit
    history_view_class = DirectoryHistory
    add_to_reference_index = False
    copy_view_enabled = False
    list_per_page = 50
    form_class: type

    def get_form_class(self, for_update: bool = False) -> type:
        return self.form_class

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_common_view_kwargs(**{"delete_url_name": None, "usage_url_name": None, **kwargs})

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", self.index_view, name="index"),
            path("results/", self.index_results_view, name="index_results"),
            path("new/", self.add_view, name="add"),
            path("edit/<int:pk>/", self.edit_view, name="edit"),
            path("history/<int:pk>/", self.history_view, name="history"),
            path("history-results/<int:pk>/", self.history_results_view, name="history_results"),
        ]


class ContactViewSet(DirectoryViewSet):
    model = Contact
    form_class = ContactForm
    icon = "user"
    menu_label = _("Contacts")
    list_display = [
        "name",
        "partner",
        "email",
        "phone",
        BooleanColumn("pin_hash", label=_("has a PIN")),
        DateColumn("pin_set_at", label=_("PIN set at")),
        BooleanColumn("is_active", label=_("active")),
    ]
    list_filter = ["partner__role", "is_active"]
    search_fields = ["name", "email"]


class DutyShiftViewSet(DirectoryViewSet):
    model = DutyShift
    form_class = DutyShiftForm
    icon = "calendar-check"
    menu_label = _("Duty roster")
    list_display = [
        "partner",
        Column("rank", label=_("rank")),
        "contact",
        DateColumn("starts_at", label=_("from")),
        DateColumn("ends_at", label=_("until")),
    ]
    list_filter = ["partner__role", "rank"]


class PartnerViewSet(DirectoryViewSet):
    model = Partner
    form_class = PartnerForm
    icon = "group"
    menu_label = _("Partners")
    list_display = ["__str__", "role", "municipality", "directorate", BooleanColumn("is_active", label=_("active"))]
    list_filter = ["role", "is_active"]
    search_fields = ["slug"]


class AgreementViewSet(DirectoryViewSet):
    model = Agreement
    form_class = AgreementForm
    icon = "doc-full"
    menu_label = _("Agreements")
    list_display = ["partner", "reference", "signed_on", "valid_until"]


class DirectoryGroup(ModelViewSetGroup):
    items = (ContactViewSet, DutyShiftViewSet, PartnerViewSet, AgreementViewSet)
    menu_label = _("Directory")
    menu_icon = "group"
    menu_order = 220


@hooks.register("register_admin_viewset")
def directory() -> DirectoryGroup:
    return DirectoryGroup()
