"""The directory's forms. A PIN can be written, never read."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.models import WagtailAdminModelForm

from access.models import StaffRole
from audit.chain import actor_of, record

from .models import Agreement, Contact, DutyShift, Partner
from .scope import partners_of


class DirectoryForm(WagtailAdminModelForm):
    """Offers only what this person keeps, and records who changed what."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "partner" in self.fields and self.for_user is not None:
            self.fields["partner"].queryset = partners_of(self.for_user)

    def save(self, commit: bool = True) -> Any:
        is_new = self.instance._state.adding
        saved = super().save(commit=commit)
        if commit:
            kind = self._meta.model._meta.model_name
            record(
                f"directory.{kind}_{'added' if is_new else 'changed'}",
                actor=actor_of(self.for_user),
                target_kind=kind,
                target_id=saved.pk,
                fields=sorted(name for name in self.changed_data if not name.startswith("pin")),
            )
        return saved


class PartnerForm(DirectoryForm):
    name_sq = forms.CharField(label=_("Name in Albanian"), max_length=120)
    name_en = forms.CharField(label=_("Name in English"), max_length=120)
    services = forms.CharField(
        label=_("services"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The keys of the services it offers, one a line."),
    )

    class Meta:
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
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = self.instance.names or {}
        self.initial |= {"name_sq": names.get("sq", ""), "name_en": names.get("en", "")}
        self.initial["services"] = "\n".join(self.instance.services)

    def clean_services(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["services"].splitlines() if line.strip()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.instance.names = {"sq": cleaned.get("name_sq", ""), "en": cleaned.get("name_en", "")}
        if (
            self.for_user is not None
            and not self.for_user.has_role(StaffRole.OPERATOR)
            and not self._in_my_regions(cleaned)
        ):
            raise ValidationError(_("Choose a municipality, directorate or region of your own."))
        return cleaned

    def _in_my_regions(self, cleaned: dict[str, Any]) -> bool:
        mine = self.for_user.coordinated_regions()
        municipality, directorate = cleaned.get("municipality"), cleaned.get("directorate")
        places = set()
        if municipality:
            places.add(municipality.region_id)
        if directorate:
            places |= set(directorate.municipalities.values_list("region", flat=True))
        places |= {region.pk for region in cleaned.get("regions") or ()}
        return mine.filter(pk__in=places).exists()


class ContactForm(DirectoryForm):
    """The PIN is agreed face to face and written twice; what is stored can't be shown again."""

    pin = forms.CharField(
        label=_("New PIN"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "inputmode": "numeric"}),
        help_text=_("6 to 10 digits, agreed with this person. Leave empty to keep the PIN they have."),
    )
    pin_again = forms.CharField(
        label=_("Repeat the new PIN"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "inputmode": "numeric"}),
    )

    class Meta:
        model = Contact
        fields = ["partner", "name", "duty", "email", "phone", "language", "is_active"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        pin, again = cleaned.get("pin", ""), cleaned.get("pin_again", "")
        if pin != again:
            self.add_error("pin_again", _("The two PINs are not the same. Write both again."))
        elif pin:
            try:
                self.instance.set_pin(pin)
            except ValidationError as error:
                self.add_error("pin", error)
        return cleaned

    def save(self, commit: bool = True) -> Any:
        saved = super().save(commit=commit)
        if commit and self.cleaned_data.get("pin"):
            record("directory.pin_set", actor=actor_of(self.for_user), target_kind="contact", target_id=saved.pk)
        return saved


class AgreementForm(DirectoryForm):
    class Meta:
        model = Agreement
        fields = ["partner", "reference", "signed_on", "valid_until"]


class DutyShiftForm(DirectoryForm):
    class Meta:
        model = DutyShift
        fields = ["partner", "contact", "rank", "starts_at", "ends_at"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contacts = Contact.objects.filter(is_active=True).select_related("partner")
        if self.for_user is not None:
            contacts = contacts.filter(partner__in=partners_of(self.for_user))
        self.fields["contact"].queryset = contacts
