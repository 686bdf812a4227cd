"""Forms with warnings that can be confirmed. An error must be corrected; a warning needs only a yes (docs/adr/0025)."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from ..no_names import find_likely_names


@dataclass(frozen=True)
class FormWarning:
    """A warning. `field`: where it is; `words`: the question; `answer`: the label for confirming it."""

    field: str
    words: str
    answer: str


class ConfirmableForm(forms.ModelForm):
    """A form that raises warnings besides errors. `is_confirmed()`: valid, and every warning confirmed.

    A confirmation is for exactly the texts that were asked about: `<field>:<what>` is posted back, and something new in
    the field is asked about again.
    """

    fields_without_names: tuple[str, ...] = ()  # free texts in which a person's name is asked about
    CONFIRMED = "confirmed"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            field.widget.attrs.pop("maxlength", None)  # browsers cut pasted text silently
            choices = list(field.choices) if isinstance(field, forms.TypedChoiceField) else []  # type: ignore[arg-type]
            if choices and choices[0][0] == "":
                field.choices = [("", _("Choose")), *choices[1:]]  # type: ignore[attr-defined]

    def get_warnings(self) -> list[FormWarning]:
        """Return the warnings that aren't confirmed yet, of a form without errors."""
        if not self.is_valid():
            return []
        confirmed = set(self.get_confirmed_keys())
        return [warning for warning in self._find_warnings() if self.get_key(warning) not in confirmed]

    def get_confirmed_keys(self) -> list[str]:
        """Return the confirmations, for the page to carry along while something else must still be corrected."""
        return self.data.getlist(self.CONFIRMED) if hasattr(self.data, "getlist") else []

    def is_confirmed(self) -> bool:
        return self.is_valid() and not self.get_warnings()

    @staticmethod
    def get_key(warning: FormWarning) -> str:
        return f"{warning.field}:{warning.words}"

    def get_questions(self) -> list[dict[str, Any]]:
        """Return the warnings for the page: the question, and the box to tick."""
        return [
            {
                "warning": warning,
                "key": self.get_key(warning),
                "label": self.fields[warning.field].label,
                "id": f"confirm_{n}",
            }
            for n, warning in enumerate(self.get_warnings())
        ]

    def _find_warnings(self) -> list[FormWarning]:
        return [warning for name in self.fields_without_names if (warning := self._find_names(name))]

    def _find_names(self, name: str) -> FormWarning | None:
        names = find_likely_names(self.cleaned_data.get(name) or "")
        if not names:
            return None
        text = _("This looks like a person's name: %(names)s. Remove it, or confirm that it isn't one.")
        return FormWarning(name, text % {"names": ", ".join(names)}, _("It isn't a person's name"))
