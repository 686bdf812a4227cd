"""Forms of the account pages."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ..models import DEVICE_SCOPES, FieldToken
from .actions import PIN_DIGITS, check_pin


class PinField(forms.CharField):
    """Six digits, masked while they are typed."""

    def __init__(self, **more: Any) -> None:
        widget = forms.PasswordInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": PIN_DIGITS, "class": "input-short"}
        )
        super().__init__(widget=widget, max_length=PIN_DIGITS, **more)


class UnlockForm(forms.Form):
    pin = PinField(label=_("PIN"), error_messages={"required": _("Enter your PIN.")})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pin"].widget.attrs["autofocus"] = True


class PinForm(forms.Form):
    """The form that sets the PIN and, where `has_duress`, the duress PIN."""

    pin = PinField(label=_("New PIN"), help_text=_("Six digits. Not a date, not a row."))
    pin_again = PinField(label=_("The same PIN again"))
    ask_at_sign_in = forms.BooleanField(
        label=_("Ask for the PIN after signing in, too"),
        required=False,
    )
    duress_pin = PinField(
        label=_("A second PIN, for when somebody forces you (optional)"),
        required=False,
        help_text=_(
            "It opens an ordinary day with no cases and no drafts, and your coordinators are called for help. The PIN"
            " is then asked for after signing in, too."
        ),
    )
    duress_again = PinField(label=_("The same second PIN again"), required=False)

    def __init__(self, *args: Any, has_duress: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Workers and coordinators only (docs/adr/0067).
        if not has_duress:
            del self.fields["duress_pin"], self.fields["duress_again"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for first, again in (("pin", "pin_again"), ("duress_pin", "duress_again")):
            wanted = cleaned.get(first)
            if not wanted:
                continue
            try:
                check_pin(wanted)
            except ValidationError as error:
                self.add_error(first, error)
                continue
            if again not in self.errors and wanted != cleaned.get(again):
                self.add_error(again, _("The two entries differ."))
        if cleaned.get("duress_pin") and cleaned["duress_pin"] == cleaned.get("pin"):
            self.add_error("duress_pin", _("The two PINs must differ."))
        return cleaned


class TokenForm(forms.Form):
    """The form that makes a token of the field API."""

    name = forms.CharField(label=_("What it is for"), max_length=60, help_text=_("For example the name of the app."))
    scope = forms.ChoiceField(
        label=_("What it may do"), initial=FieldToken.Scope.SEND, widget=forms.RadioSelect,
        choices=[(value, label) for value, label in FieldToken.Scope.choices if value not in DEVICE_SCOPES],
    )  # fmt: skip
    days = forms.TypedChoiceField(
        label=_("How long it works"), coerce=int, initial=30,
        choices=[(7, _("7 days")), (30, _("30 days")), (90, _("90 days"))],
    )  # fmt: skip
