"""One text field for each language of the service, in a form of the admin."""

from collections.abc import Mapping
from typing import Any

from django import forms

from .languages import NATIVE_NAMES, SPOKEN_LANGUAGES


def add_text_fields(
    form: forms.BaseForm, name: str, label: Any, texts: Mapping[str, str] | None, *, max_length: int = 200
) -> None:
    """Add the required fields `{name}_{code}`, filled with `texts` ({code: text})."""
    for code in SPOKEN_LANGUAGES:
        form.fields[f"{name}_{code}"] = forms.CharField(
            label=f"{label} ({NATIVE_NAMES.get(code, code)})",
            max_length=max_length,
            widget=forms.TextInput({"lang": code}),
        )
        form.initial[f"{name}_{code}"] = (texts or {}).get(code, "")


def name_text_fields(name: str) -> list[str]:
    """Return the names of these fields, in the order of the languages."""
    return [f"{name}_{code}" for code in SPOKEN_LANGUAGES]


def get_texts(cleaned: Mapping[str, Any], name: str, stored: Mapping[str, str] | None) -> dict[str, str]:
    """Return what was written in these fields. What is stored in a language without a field stays."""
    return dict(stored or {}) | {code: cleaned.get(f"{name}_{code}", "") for code in SPOKEN_LANGUAGES}
