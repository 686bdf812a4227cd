"""Admin forms of units and places. What needs two people isn't saved but asked for (docs/adr/0080)."""

from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_valid_number, parse
from wagtail.admin.forms.models import WagtailAdminModelForm

from audit.chain import get_actor, log_event

from ..models import MobileUnit, Municipality, PlaceChange, PoliceDirectorate, Region
from .actions import TAKES_TWO, ask_for_change, get_kind, get_waiting_fields, record_removed_number, withdraws
from .labels import describe_change
from .mails import mail_renaming


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
        self.named = "" if place._state.adding else get_full_name(place)
        waiting = PlaceChange.objects.waiting().filter(kind=get_kind(place), entry_id=place.pk or 0).first()
        if waiting is not None:
            self._show_waiting_change(waiting)

    def save(self, commit: bool = True) -> Any:
        """Save what one person may change, and ask for the rest, in one transaction."""
        place, is_new = self.instance, self.instance._state.adding
        with transaction.atomic():
            self._load_stored_values()
            waits = get_waiting_fields(place, self.before, by=self.for_user)
            after = {name: getattr(place, name) for name in waits}
            before = {name: self.before.get(name, "") for name in waits}
            # Only for this save: the change itself is made when a second person agrees.
            for name, value in before.items():
                setattr(place, name, value)
            saved = super().save(commit=commit)
            changed = sorted(set(self.changed_data) - {name.removesuffix("_id") for name in waits})
            if commit and (is_new or changed):
                self._log("added" if is_new else "changed", changed)
            if commit and after:
                earlier = PlaceChange.objects.waiting().filter(kind=get_kind(saved), entry_id=saved.pk).first()
                self.dropped = earlier if earlier and withdraws(earlier, after, by=self.for_user) else None
                self.asked = ask_for_change(place=saved, before=before, after=after, by=self.for_user)
            self._record_removed_values(saved)
            self._mail_renaming(saved)
        return saved

    def _load_stored_values(self) -> None:
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

    def _mail_renaming(self, place: Any) -> None:
        """Notify the other managers of a new name: one person changes it alone, and all decide by names."""
        names = {"before": self.named, "after": get_full_name(place)}
        if self.named and names["before"] != names["after"]:
            transaction.on_commit(partial(mail_renaming, place, names, by=self.for_user))

    def _log(self, what: str, fields: list[str]) -> None:
        kind = get_kind(self.instance)
        log_event(f"place.{kind}_{what}", actor=get_actor(self.for_user), target_kind=kind, target_id=self.instance.pk,
               fields=fields)  # fmt: skip

    def _record_removed_values(self, saved: Any) -> None:
        """Do nothing, for most kinds of place."""

    def _show_waiting_change(self, waiting: PlaceChange) -> None:
        """Show a waiting change beside the field that it concerns."""
        _before, after = waiting.sides() or ({}, TAKES_TWO[waiting.kind])
        name = next(iter(after)).removesuffix("_id")
        words = format_html(
            '<strong>{}</strong> <a href="{}">{}</a>',
            _("Waits for a second person."),
            reverse("by_two:place", args=[waiting.pk]),
            describe_change(waiting),
        )
        self.fields[name].help_text = format_html("{}<br>{}", self.fields[name].help_text, words)


def get_full_name(place: Any) -> str:
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
        return parse_phone_number(number) if number else ""

    def _record_removed_values(self, saved: Any) -> None:
        number = self.before.get("callback_phone", "")
        if number and not saved.callback_phone:
            record_removed_number(unit=saved, number=number, by=self.for_user)

    def clean_is_active(self) -> bool:
        is_active = bool(self.cleaned_data["is_active"])
        if not is_active and self.instance.pk and self.instance.assignments.current().exists():
            raise ValidationError(_("People still work in this unit. Move them to another one first."))
        return is_active


def parse_phone_number(text: str) -> str:
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
