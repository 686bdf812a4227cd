"""Staff, units and places in the admin. The policy table shuts Wagtail's own screens for users and groups."""

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import URLResolver, include, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_valid_number, parse
from wagtail import hooks
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.tables import BooleanColumn
from wagtail.admin.views.generic import CreateView, EditView
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup

from audit.chain import get_actor, log_event

from .models import MobileUnit, Municipality, PlaceChange, PoliceDirectorate, Region, StaffRole
from .place_changes.actions import TAKES_TWO, ask_for_change, drops, get_kind, note_number_taken_away
from .place_changes.actions import waits as place_waits
from .place_changes.labels import in_words
from .place_changes.mails import tell_of_renaming
from .staff.record_keepers import people_with_both


class PlaceForm(WagtailAdminModelForm):
    """Base form of units and places, which logs who changed what.

    What needs two people stays as it is and is asked for; the rest is saved at once.
    """

    asked: PlaceChange | None = None
    dropped: PlaceChange | None = None  # the request that waited until then, which the new one replaces

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        place = self.instance
        names = TAKES_TWO.get(get_kind(place), ())
        self.before = {} if place._state.adding else {name: getattr(place, name) for name in names}
        self.named = "" if place._state.adding else name_in_full(place)
        waiting = PlaceChange.objects.waiting().filter(kind=get_kind(place), entry_id=place.pk or 0).first()
        if waiting is not None:
            self._say_what_waits(waiting)

    def save(self, commit: bool = True) -> Any:
        """Save what one person may change, and ask for the rest, in one transaction."""
        place, is_new = self.instance, self.instance._state.adding
        with transaction.atomic():
            self._take_what_holds_now()
            waits = place_waits(place, self.before, by=self.for_user)
            after = {name: getattr(place, name) for name in waits}
            before = {name: self.before.get(name, "") for name in waits}
            # Only for this save: the change itself is made when a second person agrees.
            for name, value in before.items():
                setattr(place, name, value)
            saved = super().save(commit=commit)
            changed = sorted(set(self.changed_data) - {name.removesuffix("_id") for name in waits})
            if commit and (is_new or changed):
                self._record("added" if is_new else "changed", changed)
            if commit and after:
                earlier = PlaceChange.objects.waiting().filter(kind=get_kind(saved), entry_id=saved.pk).first()
                self.dropped = earlier if earlier and drops(earlier, after, by=self.for_user) else None
                self.asked = ask_for_change(place=saved, before=before, after=after, by=self.for_user)
            self._note_what_was_taken(saved)
            self._say_who_is_renamed(saved)
        return saved

    def _take_what_holds_now(self) -> None:
        """Lock the row, so that a change agreed since this page was opened isn't overwritten."""
        place = self.instance
        if place._state.adding or not self.before:
            return
        stored = type(place)._default_manager.select_for_update(no_key=True).get(pk=place.pk)
        self.before = {name: getattr(stored, name) for name in self.before}
        for name, value in self.before.items():
            # The form names the relation, TAKES_TWO its column.
            if name.removesuffix("_id") not in self.changed_data:
                setattr(place, name, value)

    def _say_who_is_renamed(self, place: Any) -> None:
        """Notify the other managers of a new name: one person changes it alone, and all decide by names."""
        names = {"before": self.named, "after": name_in_full(place)}
        if self.named and names["before"] != names["after"]:
            transaction.on_commit(partial(tell_of_renaming, place, names, by=self.for_user))

    def _record(self, what: str, fields: list[str]) -> None:
        kind = get_kind(self.instance)
        log_event(f"place.{kind}_{what}", actor=get_actor(self.for_user), target_kind=kind, target_id=self.instance.pk,
               fields=fields)  # fmt: skip

    def _note_what_was_taken(self, saved: Any) -> None:
        """Do nothing, for most kinds of place."""

    def _say_what_waits(self, waiting: PlaceChange) -> None:
        """Show a waiting change beside the field that it concerns."""
        _before, after = waiting.sides() or ({}, TAKES_TWO[waiting.kind])
        name = next(iter(after)).removesuffix("_id")
        words = format_html(
            '<strong>{}</strong> <a href="{}">{}</a>',
            _("Waits for a second person."),
            reverse("by_two:place", args=[waiting.pk]),
            in_words(waiting),
        )
        self.fields[name].help_text = format_html("{}<br>{}", self.fields[name].help_text, words)


def name_in_full(place: Any) -> str:
    """Return the name, and the short one if there is one."""
    return " / ".join(filter(None, (place.name, getattr(place, "short_name", ""))))


class MobileUnitForm(PlaceForm):
    class Meta(WagtailAdminModelForm.Meta):
        model = MobileUnit
        fields = ["name", "slug", "region", "callback_phone", "working_since", "is_active"]
        help_texts = {
            "slug": _("A short name in small letters without spaces. It is permanent."),
            "callback_phone": _(
                "Every officer who is notified of a case calls this number. Another number takes a second person. If"
                " the phone was lost, empty the field: that takes effect at once."
            ),
            "working_since": _("A year, or a year and month: 2026-03."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A new unit needs a number; an existing unit's can be removed at once, when the phone was lost.
        self.fields["callback_phone"].required = self.instance._state.adding
        if not self.instance._state.adding:
            # Cases, sessions and cards name the unit and its region; another region is another unit.
            self.fields["slug"].disabled = self.fields["region"].disabled = True

    def clean_callback_phone(self) -> str:
        number: str = self.cleaned_data["callback_phone"]
        if number == self.before.get("callback_phone"):
            return number  # unchanged: the demo's numbers aren't valid, and other fields are saved all the same
        return telephone(number) if number else ""

    def _note_what_was_taken(self, saved: Any) -> None:
        number = self.before.get("callback_phone", "")
        if number and not saved.callback_phone:
            note_number_taken_away(unit=saved, number=number, by=self.for_user)

    def clean_is_active(self) -> bool:
        is_active = bool(self.cleaned_data["is_active"])
        if not is_active and self.instance.pk and self.instance.assignments.current().exists():
            raise ValidationError(_("People still work in this unit. Move them to another one first."))
        return is_active


def telephone(text: str) -> str:
    """Return a valid number in international form (E.164). Raises ValidationError."""
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
        help_texts = {
            "is_outreach": _(
                "It says which coordinators keep which offices. It changes once a second person has agreed."
            )
        }


class MunicipalityForm(PlaceForm):
    """The form of a municipality: only its police directorate can be changed."""

    class Meta(WagtailAdminModelForm.Meta):
        model = Municipality
        fields = ["police_directorate"]
        help_texts = {
            "police_directorate": _(
                "Its office is notified of cases in this municipality, once a second person has agreed."
            )
        }


class DirectorateForm(PlaceForm):
    class Meta(WagtailAdminModelForm.Meta):
        model = PoliceDirectorate
        fields = ["name", "short_name"]


class SaysWhatWaits:
    """Mixin of views that warns whoever saved about what waits for a second person."""

    def save_instance(self) -> Any:
        """Save, and add a warning for what waits and for what was withdrawn."""
        saved = super().save_instance()  # type: ignore[misc]
        if self.form.asked is not None:  # type: ignore[attr-defined]
            messages.warning(
                self.request,  # type: ignore[attr-defined]
                _("Waits for a second person: %(change)s. Everything else is saved.")
                % {"change": in_words(self.form.asked)},  # type: ignore[attr-defined]
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
                % {"name": by.get_full_name() or by.username, "change": in_words(dropped)},
            )
        return saved


class PlaceCreateView(SaysWhatWaits, CreateView):
    pass


class PlaceEditView(SaysWhatWaits, EditView):
    pass


class PlaceViewSet(ModelViewSet):
    """Screens of one kind of place, without deletion or copying."""

    add_view_class = PlaceCreateView
    edit_view_class = PlaceEditView
    add_to_reference_index = False
    copy_view_enabled = False
    # Albania has 61 municipalities: all of them on one page.
    list_per_page = 61
    form_class: type

    def get_form_class(self, for_update: bool = False) -> type:
        return self.form_class

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        # No deletion and no usage page: cases and assignments refer to these rows.
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
    """A menu item that only some roles see."""

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


class BothRolesPanel(Component):
    """A panel for operators: who is auditor and operator or coordinator too, from before that was refused."""

    name = "both_roles"
    template_name = "access/admin/both_roles.html"
    order = 30

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        return {"people": people_with_both()}


@hooks.register("construct_homepage_panels")
def who_keeps_their_own_record(request: HttpRequest, panels: list[Any]) -> None:
    user: Any = request.user
    if user.has_role(StaffRole.OPERATOR):
        panels.append(BothRolesPanel())


@hooks.register("insert_global_admin_js")
def lock_when_idle() -> SafeString:
    return format_html(
        '<script type="module" src="{}" data-idle-minutes="{}" data-lock="{}" data-alive="{}"></script>',
        static("js/cms/idle.js"),
        settings.IDLE_MINUTES,
        reverse("account_lock"),
        reverse("account_alive"),
    )


@hooks.register("register_admin_menu_item")
def by_two_menu() -> MenuItem:
    roles = (StaffRole.OPERATOR, StaffRole.COORDINATOR)
    address = reverse("by_two:list")
    return RoleMenuItem(
        _("Waiting for a second person"), address, name="by-two", icon_name="group", order=231, roles=roles
    )


@hooks.register("register_admin_menu_item")
def calls_menu() -> MenuItem:
    roles = (StaffRole.OPERATOR, StaffRole.COORDINATOR)
    return RoleMenuItem(
        _("Calls for help"), reverse("account_calls"), name="calls", icon_name="warning", order=233, roles=roles
    )


@hooks.register("register_admin_menu_item")
def own_account_menu() -> MenuItem:
    roles = (StaffRole.OPERATOR, StaffRole.COORDINATOR, StaffRole.EDITOR)
    return RoleMenuItem(
        _("Two-step sign-in"), reverse("mfa_index"), name="own-account", icon_name="key", order=9900, roles=roles
    )


@hooks.register("construct_settings_menu")
def without_wagtails_accounts(_request: HttpRequest, items: list[MenuItem]) -> None:
    items[:] = [item for item in items if item.name not in ("users", "groups", "roles")]
