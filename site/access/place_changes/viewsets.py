"""Admin screens of units and places."""

from typing import Any

from django.contrib import messages
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import BooleanColumn
from wagtail.admin.views.generic import CreateView, EditView
from wagtail.admin.viewsets.model import ModelViewSetGroup

from ..models import MobileUnit, Municipality, PoliceDirectorate, Region
from ..viewsets import UndeletableModelViewSet
from .forms import DirectorateForm, MobileUnitForm, MunicipalityForm, RegionForm
from .labels import describe_change


class WarnOfWaitingMixin:
    """Mixin of views that warns whoever saved about what waits for a second person."""

    def save_instance(self) -> Any:
        """Save, and add a warning for what waits and for what was withdrawn."""
        saved = super().save_instance()  # type: ignore[misc]
        if self.form.asked is not None:  # type: ignore[attr-defined]
            messages.warning(
                self.request,  # type: ignore[attr-defined]
                _("Waits for a second person: %(change)s. Everything else is saved.")
                % {"change": describe_change(self.form.asked)},  # type: ignore[attr-defined]
            )
        dropped = self.form.dropped  # type: ignore[attr-defined]
        if dropped is not None:
            by = dropped.asked_by
            messages.warning(
                self.request,  # type: ignore[attr-defined]
                _(
                    "What %(name)s had asked for is withdrawn by this: %(change)s."
                    " Ask for it again if it is still needed."
                )
                % {"name": by.get_full_name() or by.username, "change": describe_change(dropped)},
            )
        return saved


class PlaceCreateView(WarnOfWaitingMixin, CreateView):
    pass


class PlaceEditView(WarnOfWaitingMixin, EditView):
    pass


class PlaceViewSet(UndeletableModelViewSet):
    """Screens of one kind of place."""

    add_view_class = PlaceCreateView
    edit_view_class = PlaceEditView
    # Albania has 61 municipalities: all of them on one page.
    list_per_page = 61


class MobileUnitViewSet(PlaceViewSet):
    model = MobileUnit
    form_class = MobileUnitForm
    icon = "group"
    menu_label = _("Mobile units")
    list_display = ["name", "region", "callback_phone", BooleanColumn("is_active", label=_("active"))]
    list_filter = ["region", "is_active"]
    search_fields = ["name", "slug"]


class MunicipalityViewSet(PlaceViewSet):
    model = Municipality
    form_class = MunicipalityForm
    icon = "site"
    menu_label = _("Municipalities")
    list_display = ["name", "region", "police_directorate"]
    list_filter = ["region", "police_directorate"]
    search_fields = ["name"]


class DirectorateViewSet(PlaceViewSet):
    model = PoliceDirectorate
    form_class = DirectorateForm
    icon = "lock"
    menu_label = _("Police directorates")
    list_display = ["name", "short_name"]
    search_fields = ["name", "short_name"]


class RegionViewSet(PlaceViewSet):
    model = Region
    form_class = RegionForm
    icon = "globe"
    menu_label = _("Regions")
    list_display = ["name", "iso_code", BooleanColumn("is_outreach", label=_("has a mobile unit"))]


class PlacesGroup(ModelViewSetGroup):
    items = (MobileUnitViewSet, MunicipalityViewSet, DirectorateViewSet, RegionViewSet)
    menu_label = _("Units and places")
    menu_icon = "site"
    menu_order = 235
