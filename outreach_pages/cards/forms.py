"""Forms for typing a code, and for how long a card stays open."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .codes import parse_code

MAX_VALIDITY = datetime.timedelta(days=5 * 366)


class CodeForm(forms.Form):
    """A code from a card. The form checks only its shape, not whether there is such a card."""

    code = forms.CharField(
        label=_("Code on the card"),
        max_length=40,
        error_messages={"required": _("Write the code that is on the card.")},
    )

    def clean_code(self) -> str:
        code = parse_code(self.cleaned_data["code"])
        if not code:
            raise forms.ValidationError(_("A code has eight letters and digits. Check the card again."))
        return code


class CardForm(forms.Form):
    """The form that ends or extends a card: it stays, stays until a day, or ends now."""

    STAYS, UNTIL, ENDS = "stays", "until", "ends"
    how_long = forms.ChoiceField(
        label=_("How long the card works"),
        choices=[
            (STAYS, _("It stays active")),
            (UNTIL, _("Until the end of a day")),
            (ENDS, _("It ends now")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how long the card stays active.")},
    )
    last_day = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write the day as in 2027-05-31.")},
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("how_long") == self.STAYS and cleaned.get("last_day") and "last_day" in self.changed_data:
            self.add_error("how_long", _("You wrote a last day. Choose “Until the end of a day”, or empty the day."))
        if cleaned.get("how_long") == self.UNTIL and "last_day" not in self.errors:
            day, today = cleaned.get("last_day"), timezone.localdate()
            if day is None:
                self.add_error("last_day", _("Choose the last day on which the card is active."))
            elif day < today:
                self.add_error("last_day", _("That day has passed. To end the card today, choose “It ends now”."))
            elif day > today + MAX_VALIDITY:
                self.add_error("last_day", _("That is more than five years from now. Choose “It stays active”."))
        return cleaned

    def expires_on(self) -> datetime.date | None:
        """Return the last day on which the card is open; yesterday for one that ends now."""
        if self.cleaned_data["how_long"] == self.ENDS:
            return timezone.localdate() - datetime.timedelta(days=1)
        return self.cleaned_data["last_day"] if self.cleaned_data["how_long"] == self.UNTIL else None
