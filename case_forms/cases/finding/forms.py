"""The form by which somebody asks whether a person is known.

What is typed is never stored, logged or put in an address.
"""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from audit import clock

from .identity import EARLIEST_YEAR, MAX_AGE, Identity, build_identity
from .spelling import fold_name, normalize_phone, split_name

MAX_NAME = 120


class PersonForm(forms.Form):
    """A code, or what is known of the person: at least one of them."""

    reference = forms.CharField(label=_("Case code"), max_length=12, required=False)
    name = forms.CharField(
        label=_("Name and surname"),
        help_text=_("As you heard them, in any order. Other spellings are found too."),
        max_length=MAX_NAME,
        required=False,
    )
    born = forms.CharField(
        label=_("Date or year of birth, or age"),
        help_text=_("For example 2009, 1.6.2009 or 16."),
        max_length=12,
        required=False,
    )
    phone = forms.CharField(label=_("Telephone number"), max_length=30, required=False)

    def clean_born(self) -> Any:
        """Read a year, a date as people write it, or an age."""
        typed = str(self.cleaned_data["born"]).strip()
        if not typed:
            return None
        read = _read_born(typed)
        if read is None:
            raise forms.ValidationError(_("Write a year, a date such as 1.6.2009, or an age."))
        return read

    def clean_phone(self) -> str:
        typed = str(self.cleaned_data["phone"]).strip()
        if typed and not normalize_phone(typed):
            raise forms.ValidationError(_("Write a telephone number, for example +355 69 123 4567."))
        return typed

    def clean(self) -> dict[str, Any]:
        """Ask for enough to look for: one part of a name alone is too little."""
        cleaned = super().clean() or {}
        if self.errors or cleaned.get("reference", "").strip():
            return cleaned
        parts = [part for part in split_name(cleaned.get("name", "")) if len(fold_name(part)) > 1]
        if not parts and not cleaned.get("phone"):
            self.add_error("name", _("Write a case code, a name, or a telephone number."))
        elif len(parts) == 1 and not cleaned.get("phone") and not self._has_date:
            self.add_error(
                "name", _("One name is not enough. Add the surname, the whole date of birth, or a telephone number.")
            )
        return cleaned

    @property
    def _has_date(self) -> bool:
        return len(str(self.cleaned_data.get("born") or "")) == 10

    def get_identity(self) -> Identity:
        """Return what was typed as an identity."""
        data, born = self.cleaned_data, self.cleaned_data.get("born")
        return build_identity(
            names=[data.get("name", "")],
            born=born if isinstance(born, str) else None,
            age=born if isinstance(born, int) else None,
            phones=[data.get("phone", "")],
            on=clock.localdate(),
        )


def _read_born(typed: str) -> str | int | None:
    """Return an ISO date or a year as text, an age as a number; None for anything else."""
    today = clock.localdate()
    if typed.isascii() and typed.isdigit():
        number = int(typed)
        if number <= MAX_AGE:
            return number
        return str(number) if EARLIEST_YEAR <= number <= today.year else None
    formats = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%d %m %Y"]
    try:
        day = forms.DateField(input_formats=formats).clean(typed)
    except forms.ValidationError:
        return None
    return day.isoformat() if day is not None and day.year >= EARLIEST_YEAR and day <= today else None
