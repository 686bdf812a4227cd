"""Forms with warnings that can be confirmed. An error must be corrected; a warning needs only a yes (docs/adr/0025)."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from ..names import likely_names


@dataclass(frozen=True)
class Doubt:
    """A warning. `field`: where it is; `words`: the question; `answer`: the label for confirming it."""

    field: str
    words: str
    answer: str


class AskingBack(forms.ModelForm):
    """A form that raises warnings besides errors. `is_settled()`: valid, and every warning confirmed.

    A confirmation is for exactly the texts that were asked about: `<field>:<what>` is posted back, and something new in
    the field is asked about again.
    """

    named_in: tuple[str, ...] = ()  # fields that might contain a person's name
    CONFIRMED = "confirmed"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            field.widget.attrs.pop("maxlength", None)  # browsers cut pasted text silently
            choices = list(field.choices) if isinstance(field, forms.TypedChoiceField) else []  # type: ignore[arg-type]
            if choices and choices[0][0] == "":
                field.choices = [("", _("Choose")), *choices[1:]]  # type: ignore[attr-defined]

    def doubts(self) -> list[Doubt]:
        """Return the warnings that aren't confirmed yet, of a form without errors."""
        if not self.is_valid():
            return []
        confirmed = set(self.settled())
        return [doubt for doubt in self._raised() if self.key_of(doubt) not in confirmed]

    def settled(self) -> list[str]:
        """Return the confirmations, for the page to carry along while something else must still be corrected."""
        return self.data.getlist(self.CONFIRMED) if hasattr(self.data, "getlist") else []

    def is_settled(self) -> bool:
        return self.is_valid() and not self.doubts()

    @staticmethod
    def key_of(doubt: Doubt) -> str:
        return f"{doubt.field}:{doubt.words}"

    def asked_back(self) -> list[dict[str, Any]]:
        """Return the warnings for the page: the question, and the box to tick."""
        return [
            {"doubt": doubt, "key": self.key_of(doubt), "label": self.fields[doubt.field].label, "id": f"confirm_{n}"}
            for n, doubt in enumerate(self.doubts())
        ]

    def _raised(self) -> list[Doubt]:
        return [doubt for name in self.named_in if (doubt := self._names_in(name))]

    def _names_in(self, name: str) -> Doubt | None:
        names = likely_names(self.cleaned_data.get(name) or "")
        if not names:
            return None
        told = _("This looks like a person's name: %(names)s. Remove it, or confirm that it isn't one.")
        return Doubt(name, told % {"names": ", ".join(names)}, _("It isn't a person's name"))
