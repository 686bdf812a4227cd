"""The directory's forms. A PIN can be written, never read."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import ModelChoiceField, ModelChoiceIterator
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.models import WagtailAdminModelForm

from access.languages import LANGUAGES
from audit.chain import get_actor, log_event

from .areas import Area, get_areas
from .changes.models import Act
from .changes.values import ChangeRequest, get_difference, get_kind, get_values
from .changes.who import get_regions
from .models import Agreement, Contact, DutyShift, Leave, Partner, Role
from .roster import utc
from .scope import get_partners, manages_area

MOMENT_HINT = _("Day, month, year and time in Tirana, such as 1.12.2026 08:00.")
DAY_HINT = _("Day, month and year, such as 1.12.2026.")


class DirectoryForm(WagtailAdminModelForm):
    """A form that offers only what this person manages, and records who changed what."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "partner" in self.fields and self.for_user is not None:
            self.fields["partner"].queryset = get_partners(self.for_user)

    def save(self, commit: bool = True) -> Any:
        is_new = self.instance._state.adding
        if not is_new:
            self.instance.version += 1
        saved = super().save(commit=commit)
        if commit:
            kind = self._meta.model._meta.model_name
            log_event(
                f"directory.{kind}_{'added' if is_new else 'changed'}",
                actor=get_actor(self.for_user),
                target_kind=kind,
                target_id=saved.pk,
                # Names of fields only; a PIN has an entry of its own.
                fields=sorted(name for name in self.changed_data if not name.startswith(("pin", "at_once"))),
            )
        return saved


class ChangeForm(DirectoryForm):
    """A form whose changes may need a second person's agreement (`changes.needs`)."""

    at_once = forms.BooleanField(
        label=_("Emergency: this can't wait for another coordinator"),
        required=False,
        help_text=_(
            "It takes effect at once. Every coordinator and operator is notified with your name, and another"
            " coordinator agrees to it or undoes it afterwards."
        ),
    )

    def build_change_request(self) -> ChangeRequest:
        """Return what this (valid) form asks for: only what differs from what is stored."""
        kind = get_kind(self.instance)
        regions = None
        if "regions" in self.cleaned_data:
            regions = sorted(region.pk for region in self.cleaned_data["regions"])
        stored = self._meta.model.objects.filter(pk=self.instance.pk).first() if self.instance.pk else None
        old = get_values(stored) if stored is not None else {}
        before, after = get_difference(old, get_values(self.instance, regions=regions))
        return ChangeRequest(kind, Act.CHANGE if stored else Act.ADD, self.instance, before if stored else {}, after)


class PartnerForm(ChangeForm):
    name_sq = forms.CharField(label=_("Name in Albanian"), max_length=120)
    name_en = forms.CharField(label=_("Name in English"), max_length=120)
    services = forms.CharField(
        label=_("services"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The keys of the services it offers, one per line."),
    )

    class Meta(WagtailAdminModelForm.Meta):
        model = Partner
        fields = ["slug", "role", "directorate", "municipality", "regions", "services", "is_active"]

    field_order = [
        "name_sq",
        "name_en",
        "slug",
        "role",
        "directorate",
        "municipality",
        "regions",
        "services",
        "is_active",
        "at_once",
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = self.instance.names or {}
        self.initial |= {f"name_{language}": names.get(language, "") for language in LANGUAGES}
        self.initial["services"] = "\n".join(self.instance.services)

    def clean_services(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["services"].splitlines() if line.strip()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.instance.names = {language: cleaned.get(f"name_{language}", "") for language in LANGUAGES}
        self._require_area(cleaned)
        self._refuse_services_of_others(cleaned)
        if self.for_user is not None and not self._is_managed_by_user(cleaned):
            raise ValidationError(_("Every place of an office must lie in your own regions."))
        return cleaned

    def _refuse_services_of_others(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("services") and cleaned.get("role") != Role.PROTECTION_SERVICE:
            self.add_error("services", _("Only a protection service has services: others are found by their area."))

    def _require_area(self, cleaned: dict[str, Any]) -> None:
        """Require the role's area: an office is found by its area alone, so without one it would never be notified."""
        role = cleaned.get("role")
        if role == Role.POLICE and not cleaned.get("directorate"):
            self.add_error("directorate", _("Police are found by their directorate. Choose it."))
        elif role == Role.CPU and not cleaned.get("municipality"):
            self.add_error("municipality", _("A Child Protection Unit is found by its municipality. Choose it."))
        elif role == Role.SCHOOL and not cleaned.get("municipality"):
            self.add_error("municipality", _("A school is found by its municipality. Choose it."))
        elif get_areas(role or "") == (Area.REGION,) and not cleaned.get("regions"):
            self.add_error("regions", _("This role is found by its regions. Choose at least one."))
        elif (
            get_areas(role or "") == (Area.MUNICIPALITY, Area.REGION)
            and not cleaned.get("municipality")
            and not cleaned.get("regions")
        ):
            self.add_error(
                "municipality", _("This role is found by its municipality or its regions. Choose one of them.")
            )

    def _is_managed_by_user(self, cleaned: dict[str, Any]) -> bool:
        directorate, municipality = cleaned.get("directorate"), cleaned.get("municipality")
        area = {
            "directorate": directorate.pk if directorate else None,
            "municipality": municipality.pk if municipality else None,
            "regions": [region.pk for region in cleaned.get("regions") or ()],
        }
        return manages_area(self.for_user, get_regions(area))


class ContactForm(ChangeForm):
    """The form of a contact. The PIN is agreed face to face and written twice; what is stored can't be shown again."""

    pin = forms.CharField(
        label=_("New PIN"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "inputmode": "numeric"}),
        help_text=_("6 to 10 digits, agreed with this person. Leave empty to leave their PIN as it is."),
    )
    pin_again = forms.CharField(
        label=_("Repeat the new PIN"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "inputmode": "numeric"}),
    )

    class Meta(WagtailAdminModelForm.Meta):
        model = Contact
        fields = ["partner", "name", "duty", "email", "phone", "language", "is_active"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        pin, again = cleaned.get("pin", ""), cleaned.get("pin_again", "")
        if pin != again:
            self.add_error("pin_again", _("The two PINs are not the same. Enter both again."))
        elif pin:
            try:
                self.instance.set_pin(pin)
            except ValidationError as error:
                self.add_error("pin", error)
        return cleaned

    def save(self, commit: bool = True) -> Any:
        saved = super().save(commit=commit)
        if commit and self.cleaned_data.get("pin"):
            log_event("directory.pin_set", actor=get_actor(self.for_user), target_kind="contact", target_id=saved.pk)
        return saved


class AgreementForm(DirectoryForm):
    class Meta(WagtailAdminModelForm.Meta):
        model = Agreement
        fields = ["partner", "reference", "signed_on", "valid_until"]
        help_texts = {"signed_on": DAY_HINT, "valid_until": DAY_HINT}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        signed, until = cleaned.get("signed_on"), cleaned.get("valid_until")
        if signed and until and until < signed:
            self.add_error("valid_until", _("An agreement can't end before it was signed."))
        return cleaned


class ContactsByPartner(ModelChoiceIterator):
    """Contacts under the name of their office, so that 51 of them can be looked through."""

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield ("", self.field.empty_label)
        found = self.queryset.select_related("partner").order_by("partner__role", "partner__slug", "name", "pk")
        for partner, contacts in groupby(found, key=lambda contact: contact.partner):
            yield (partner.name, [self.choice(contact) for contact in contacts])


class ContactChoiceField(ModelChoiceField):
    iterator = ContactsByPartner

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name}, {obj.duty}" if obj.duty else obj.name


class PeriodForm(ChangeForm):
    """The form of somebody's time: a contact, from when, until when."""

    contact = ContactChoiceField(queryset=Contact.objects.none(), label=_("Contact"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = Contact.objects.filter(pk=self.instance.contact_id) if self.instance.pk else Contact.objects.none()
        # An old shift may name somebody who is inactive by now; it must still be possible to save it.
        contacts = Contact.objects.filter(is_active=True) | known
        if self.for_user is not None:
            contacts = contacts.filter(partner__in=get_partners(self.for_user))
        self.fields["contact"].queryset = contacts

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        starts_at, ends_at = cleaned.get("starts_at"), cleaned.get("ends_at")
        # As moments: by the wall clock, the hour that happens twice would end before it began.
        if starts_at and ends_at and utc(ends_at) <= utc(starts_at):
            self.add_error("ends_at", _("The end must come after the start."))
        return cleaned


class DutyShiftForm(PeriodForm):
    class Meta(WagtailAdminModelForm.Meta):
        model = DutyShift
        fields = ["partner", "contact", "rank", "starts_at", "ends_at"]
        help_texts = {
            "rank": _("1 is on duty, 2 is the deputy. Where two shifts of one rank overlap, the shorter one counts."),
            "starts_at": MOMENT_HINT,
            "ends_at": _("Leave empty for a shift without an end."),
        }


class LeaveForm(PeriodForm):
    class Meta(WagtailAdminModelForm.Meta):
        model = Leave
        fields = ["contact", "starts_at", "ends_at", "kind"]
        help_texts = {
            "starts_at": MOMENT_HINT,
            "ends_at": _(
                "From this time on the person is notified again. If someone has left for good, set them inactive "
                "instead."
            ),
        }

    def save(self, commit: bool = True) -> Any:
        if self.instance._state.adding:
            self.instance.entered_by = self.for_user
        return super().save(commit=commit)
