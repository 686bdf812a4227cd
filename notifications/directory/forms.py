"""The directory's forms. A PIN can be written, never read."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import ModelChoiceField, ModelChoiceIterator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.models import WagtailAdminModelForm

from access.language_fields import add_text_fields, get_texts, name_text_fields
from audit.chain import get_actor, log_event

from ..channels.mail_keys.keys import MAX_KEY_BYTES, BadKey
from ..channels.mail_keys.reading import find_problem, read_key
from ..channels.outgoing_http import BadEndpoint, parse_endpoint
from .areas import Area, get_areas
from .changes.models import Act
from .changes.values import MANY, ChangeRequest, get_difference, get_kind, get_values
from .changes.who import get_regions
from .keys.words import REFUSALS
from .models import Contact, ContactWay, DutyShift, Leave, Partner, Role
from .roster import utc
from .scope import get_partners, manages_area
from .ways.models import SentFor, WayKind
from .ways.numbers import NUMBERED, read_number

TYPED = (*NUMBERED, WayKind.WEBHOOK)  # the ways whose address a coordinator writes
ADDED_HERE = (*TYPED, WayKind.MAIL_KEY)
OF_SENDING = ("sent_for", "after_minutes", "hours_from", "hours_until")  # not asked of a key: each e-mail is encrypted

MOMENT_HINT = _("Day, month, year and time in Tirana, such as 1.12.2026 08:00.")
DAY_HINT = _("Day, month and year, such as 1.12.2026.")


class UnshownTextarea(forms.Textarea):
    """A text area that is always empty in a page, whatever was sent: as a password's field is."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


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

    def build_change_request(self) -> ChangeRequest:
        """Return what this (valid) form asks for: only what differs from what is stored."""
        kind = get_kind(self.instance)
        several = {
            name: sorted(row.pk for row in self.cleaned_data[name]) for name in MANY if name in self.cleaned_data
        }
        stored = self._meta.model.objects.filter(pk=self.instance.pk).first() if self.instance.pk else None
        old = get_values(stored) if stored is not None else {}
        before, after = get_difference(old, get_values(self.instance, several=several))
        return ChangeRequest(kind, Act.CHANGE if stored else Act.ADD, self.instance, before if stored else {}, after)


class PartnerForm(ChangeForm):
    services = forms.CharField(
        label=_("services"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The keys of the services it offers, one per line."),
    )

    class Meta(WagtailAdminModelForm.Meta):
        model = Partner
        fields = ["slug", "role", "directorate", "municipality", "regions", "services", "sender_set", "is_active"]

    field_order = [
        *name_text_fields("name"),
        "slug",
        "role",
        "directorate",
        "municipality",
        "regions",
        "services",
        "sender_set",
        "is_active",
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        add_text_fields(self, "name", str(_("Name")), self.instance.names, max_length=120)
        self.order_fields(self.field_order)
        self.initial["services"] = "\n".join(self.instance.services)

    def clean_services(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["services"].splitlines() if line.strip()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.instance.names = get_texts(cleaned, "name", self.instance.names)
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


class EmergencyForm(ChangeForm):
    """A form with which one person may add a recipient at once (`changes.emergency`). It changes nothing at once."""

    at_once = forms.BooleanField(
        label=_("Emergency: this can't wait for another coordinator"),
        required=False,
        help_text=_(
            "It takes effect at once, beside everybody who is notified now, and ends after 24 hours unless another"
            " coordinator agrees. Every coordinator and operator is notified with your name."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            del self.fields["at_once"]


class OfContactForm(ChangeForm):
    """The form of something of a contact's."""

    contact = ContactChoiceField(queryset=Contact.objects.none(), label=_("Contact"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = Contact.objects.filter(pk=self.instance.contact_id) if self.instance.pk else Contact.objects.none()
        # An old shift may name somebody who is inactive by now; it must still be possible to save it.
        contacts = Contact.objects.filter(is_active=True) | known
        if self.for_user is not None:
            contacts = contacts.filter(partner__in=get_partners(self.for_user))
        self.fields["contact"].queryset = contacts


class PeriodForm(OfContactForm):
    """The form of somebody's time: a contact, from when, until when."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        starts_at, ends_at = cleaned.get("starts_at"), cleaned.get("ends_at")
        # As moments: by the wall clock, the hour that happens twice would end before it began.
        if starts_at and ends_at and utc(ends_at) <= utc(starts_at):
            self.add_error("ends_at", _("The end must come after the start."))
        return cleaned


class DutyShiftForm(PeriodForm, EmergencyForm):
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


class ContactWayForm(OfContactForm, EmergencyForm):
    """The form of a way to a contact: a number, a webhook's address, or the key to which their e-mails are encrypted.

    A phone's push is added by the phone itself. What is pasted as a key never comes back in a page: it might have been
    a private one.
    """

    pasted_key = forms.CharField(
        label=_("Public key"),
        required=False,
        strip=False,
        widget=UnshownTextarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_(
            "For encrypted e-mail: this person’s OpenPGP public key, or S/MIME certificate (RSA). It begins with “BEGIN"
            " PGP PUBLIC KEY BLOCK” or “BEGIN CERTIFICATE”. Never ask anybody for a private key."
        ),
    )
    key_file = forms.FileField(
        label=_("Or the key as a file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".asc,.pgp,.gpg,.key,.crt,.cer,.pem,.der"}),
        help_text=_("Such as .asc, .crt or .pem."),
    )

    class Meta(WagtailAdminModelForm.Meta):
        model = ContactWay
        fields = [
            "contact",
            "channel",
            "address",
            "sent_for",
            "after_minutes",
            "hours_from",
            "hours_until",
            "is_active",
        ]
        help_texts = {
            "address": _(
                "A mobile number with its country code, such as +355 69 …; for a call also a landline. For the"
                " institution’s own system an address that begins with https://. For encrypted e-mail leave it empty."
            ),
            "sent_for": _("An e-mail is always sent as well."),
            "after_minutes": _(
                "0: at the same time as the e-mail. More: only if the notice wasn't opened until then, or if a way"
                " before this one fails."
            ),
            "hours_from": _("Leave both times empty for the whole day. From 22:00 until 06:00 is the night."),
            "is_active": _("Without it nothing is sent this way any more."),
        }

    field_order = ["contact", "channel", "address", "pasted_key", "key_file", *OF_SENDING, "is_active", "at_once"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channel = self.fields["channel"]
        if self.instance.pk is None:
            channel.choices = [(kind.value, kind.label) for kind in ADDED_HERE]
            self.fields["address"].required = False  # asked for where the way has one
            return
        # A way keeps its contact, its channel and its key: another one is another way.
        self.fields["contact"].disabled = channel.disabled = True
        self.fields["address"].disabled = self.instance.channel not in TYPED
        # A key's fingerprint stands below the form, where it is compared.
        of_key = ("address", *OF_SENDING) if self.instance.channel == WayKind.MAIL_KEY else ()
        for name in ("pasted_key", "key_file", *of_key):
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._clean_key(cleaned)
        if cleaned.get("channel") in TYPED and "address" in cleaned and not cleaned["address"]:
            self.add_error("address", _("Enter the number or the address."))
        if cleaned.get("channel") in NUMBERED and cleaned.get("address"):
            try:
                cleaned["address"] = read_number(cleaned["address"], mobile=cleaned["channel"] == WayKind.SMS)
            except ValidationError as error:
                self.add_error("address", error)
        if cleaned.get("channel") == WayKind.WEBHOOK and cleaned.get("address"):
            try:
                parse_endpoint(cleaned["address"])
            except BadEndpoint:
                self.add_error("address", _("Write an address that begins with https:// and leads to a public server."))
        hours = cleaned.get("hours_from"), cleaned.get("hours_until")
        if (hours[0] is None) != (hours[1] is None):
            self.add_error("hours_until", _("Give both times of day, or neither."))
        return cleaned

    def _clean_key(self, cleaned: dict[str, Any]) -> None:
        """Read the key, and forget what was sent. Only a public key that can be encrypted to stays, on the row."""
        pasted, file = cleaned.pop("pasted_key", ""), cleaned.pop("key_file", None)
        if cleaned.get("channel") != WayKind.MAIL_KEY:
            if pasted or file:
                self.add_error(
                    "pasted_key", _("A key is for encrypted e-mail only. Choose that way, or remove the key.")
                )
            return
        if self.instance.pk is not None:
            problem = find_problem(self.instance.mail_key, timezone.now()) if "is_active" in self.changed_data else None
            if cleaned.get("is_active") and problem is not None:
                self.add_error("is_active", REFUSALS[problem])
            return
        if pasted and file:
            self.add_error("pasted_key", _("Give the key once: paste it, or choose the file."))
            return
        # A byte more than may be: then it is too large, and nothing further of a file is read.
        content = file.read(MAX_KEY_BYTES + 1) if file else pasted.encode()
        if not content:
            self.add_error("pasted_key", _("Paste or upload the public key."))
            return
        try:
            key = read_key(content)
            if problem := find_problem(key.text, timezone.now()):
                raise BadKey(problem)
        except BadKey as bad:
            self.add_error("pasted_key", REFUSALS[bad.problem])
            return
        self.instance.mail_key, self.instance.mail_key_until = key.text, key.expires_at
        cleaned["address"] = key.fingerprint
        cleaned |= {"sent_for": SentFor.ALL, "after_minutes": 0, "hours_from": None, "hours_until": None}
