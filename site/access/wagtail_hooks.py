"""Staff, units and places in the admin. Wagtail's own screens for users and groups are shut by the policy table."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import URLResolver, include, path, reverse
from django.utils.translation import gettext_lazy as _
from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_valid_number, parse
from wagtail import hooks
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import BooleanColumn
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup

from audit.chain import actor_of, record

from .models import MobileUnit, Municipality, PoliceDirectorate, Region, StaffRole


class PlaceForm(WagtailAdminModelForm):
    """Records who changed what."""

    def save(self, commit: bool = True) -> Any:
        is_new = self.instance._state.adding
        saved = super().save(commit=commit)
        if commit and (is_new or self.changed_data):
            kind = self._meta.model._meta.model_name
            record(
                f"place.{kind}_{'added' if is_new else 'changed'}",
                actor=actor_of(self.for_user),
                target_kind=kind,
                target_id=saved.pk,
                fields=sorted(self.changed_data),
            )
        return saved


class MobileUnitForm(PlaceForm):
    class Meta(WagtailAdminModelForm.Meta):
        model = MobileUnit
        fields = ["name", "slug", "region", "callback_phone", "working_since", "is_active"]
        help_texts = {
            "slug": _("A short name in small letters without spaces. It is permanent."),
            "callback_phone": _("Every officer who is notified of a case calls this number."),
            "working_since": _("A year, or a year and month: 2026-03."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["callback_phone"].required = True
        if not self.instance._state.adding:
            # Cases, sessions and cards name the unit and its region; another region is another unit.
            self.fields["slug"].disabled = self.fields["region"].disabled = True

    def clean_callback_phone(self) -> str:
        return telephone(self.cleaned_data["callback_phone"])

    def clean_is_active(self) -> bool:
        is_active = bool(self.cleaned_data["is_active"])
        if not is_active and self.instance.pk and self.instance.assignments.current().exists():
            raise ValidationError(_("People still work in this unit. Move them to another one first."))
        return is_active


def telephone(text: str) -> str:
    """A number that can be called, in its international form. Raises ValidationError."""
    try:
        number = parse(text, "AL")
    except NumberParseException as error:
        raise ValidationError(_("Write a telephone number, for example +355 69 123 4567.")) from error
    if not is_valid_number(number):
        raise ValidationError(_("This isn't a possible telephone number. Check for a missing or repeated digit."))
    return format_number(number, PhoneNumberFormat.E164)


class RegionForm(PlaceForm):
    class Meta(WagtailAdminModelForm.Meta):
        model = Region
        fields = ["name", "is_outreach"]


class MunicipalityForm(PlaceForm):
    class Meta(WagtailAdminModelForm.Meta):
        model = Municipality
        fields = ["police_directorate"]
        help_texts = {"police_directorate": _("Its office is notified of cases in this municipality from now on.")}


class DirectorateForm(PlaceForm):
    class Meta(WagtailAdminModelForm.Meta):
        model = PoliceDirectorate
        fields = ["name", "short_name"]


class PlaceViewSet(ModelViewSet):
    add_to_reference_index = False
    copy_view_enabled = False
    list_per_page = 61
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


@hooks.register("register_admin_viewset")
def places() -> PlacesGroup:
    return PlacesGroup()


@hooks.register("register_admin_urls")
def staff_addresses() -> list[URLResolver]:
    return [path("", include("access.staff.urls"))]


class RoleMenuItem(MenuItem):
    def __init__(self, *args: Any, roles: tuple[StaffRole, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roles = roles

    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_role(*self.roles)  # type: ignore[union-attr]


@hooks.register("register_admin_menu_item")
def staff_menu() -> MenuItem:
    return RoleMenuItem(
        _("Staff"), reverse("staff:list"), name="staff", icon_name="user", order=230, roles=(StaffRole.OPERATOR,)
    )


@hooks.register("register_admin_menu_item")
def resets_menu() -> MenuItem:
    roles = (StaffRole.OPERATOR, StaffRole.COORDINATOR)
    address = reverse("factor_resets:list")
    return RoleMenuItem(_("Lost second factors"), address, name="resets", icon_name="key", order=232, roles=roles)


@hooks.register("register_admin_menu_item")
def by_two_menu() -> MenuItem:
    roles = (StaffRole.OPERATOR, StaffRole.COORDINATOR)
    address = reverse("by_two:list")
    return RoleMenuItem(
        _("Waiting for a second person"), address, name="by-two", icon_name="group", order=231, roles=roles
    )


@hooks.register("construct_settings_menu")
def without_wagtails_accounts(_request: HttpRequest, items: list[MenuItem]) -> None:
    items[:] = [item for item in items if item.name not in ("users", "groups", "roles")]
