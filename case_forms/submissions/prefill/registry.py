"""Forms that begin with answers worked out from data: rooms above register how, by the form's key."""

from collections.abc import Callable, Mapping
from typing import Any

from access.models import MobileUnit, User
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.outline import answer_keys

Prefill = Callable[[User, MobileUnit, Mapping[str, Any]], dict[str, Any]]

_PREFILLS: dict[str, Prefill] = {}


def register_prefill(form_key: str, prefill: Prefill) -> None:
    """`prefill(user, unit, sent)` gives answers by key; `sent` is what the start button posted."""
    _PREFILLS[form_key] = prefill


def prefilled(version: FormVersion, user: User, unit: MobileUnit, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The answers a new draft of this form begins with; what this version doesn't ask is left out."""
    prefill = _PREFILLS.get(version.form.key)
    if prefill is None:
        return {}
    asked = answer_keys(version.definition)
    return {key: value for key, value in prefill(user, unit, sent).items() if key in asked}
