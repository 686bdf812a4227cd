"""Registry of forms that begin with computed answers: rooms above register how, by the form's key."""

from collections.abc import Callable, Mapping
from typing import Any

from access.models import MobileUnit, User
from case_forms.form_builder.models import FormVersion

Prefill = Callable[[User, MobileUnit, Mapping[str, Any]], dict[str, Any]]

_PREFILLS: dict[str, Prefill] = {}


def register_prefill(form_key: str, prefill: Prefill) -> None:
    """Register `prefill(user, unit, sent)`, which returns answers by key; `sent` is what the start button posted."""
    _PREFILLS[form_key] = prefill


def prefilled(version: FormVersion, user: User, unit: MobileUnit, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers a new draft of this form begins with; what this version doesn't ask is left out."""
    prefill = _PREFILLS.get(version.form.key)
    if prefill is None:
        return {}
    # a prefill is code, and the form is data: a coordinator may have taken a question out
    asked = version.parsed_form.answer_keys
    return {key: value for key, value in prefill(user, unit, sent).items() if key in asked}
