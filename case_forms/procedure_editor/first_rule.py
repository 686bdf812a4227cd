"""The first rule of a form that sets nothing in motion: begun with the form filled in, for a coordinator to finish."""

import copy
from typing import Any

from access.languages import LANGUAGES, localize_to
from case_forms.form_builder.audience import PUBLIC, get_audience
from case_forms.form_builder.definition import Form
from case_forms.procedures.definition import Procedure
from case_forms.procedures.events.registry import EVENTS


def with_first_rule(procedure: Procedure, key: str, form: Form) -> tuple[dict[str, Any], str]:
    """Return (the definition with a rule about this form, the rule's key).

    A form that a rule names already keeps that one: its key is returned, and the definition is as it was.
    """
    definition: dict[str, Any] = copy.deepcopy(procedure.stored)
    existing = next((rule.key for rule in procedure.rules if key in rule.forms), None)
    if existing is not None:
        return definition, existing
    taken = {rule.key for rule in procedure.rules}
    name = key[:60]
    number = 1
    while name in taken:
        number += 1
        name = f"{key[:60]}_{number}"
    rule = {
        "key": name,
        "title": {language: localize_to(form.title, language) for language in LANGUAGES},
        "on": _event(form),
        "forms": [key],
        "when": True,
        # What is told to the sender is for a coordinator to write; the checker asks for it.
        "words": dict.fromkeys(LANGUAGES, ""),
        "then": [],
    }
    definition.setdefault("rules", []).append(rule)
    return definition, name


def _event(form: Form) -> str:
    """Return the first kind of event that is about forms of this audience and that somebody sends."""
    is_public = get_audience(form) == PUBLIC
    sent = (
        code
        for code, kind in EVENTS.items()
        if not kind.is_caused and kind.is_public == is_public and not kind.form_kind
    )
    codes = list(sent)
    return next((code for code in ("submission_received", "signal_received") if code in codes), codes[0])
