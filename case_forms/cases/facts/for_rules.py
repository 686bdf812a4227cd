"""What rules of a procedure read of the facts of a case, under `_known`."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from case_forms.form_builder.definition import Form
from case_forms.form_builder.fact_types import KNOWN
from case_forms.form_builder.models import get_fact_catalogue
from case_forms.form_builder.references import parts_read
from case_forms.procedures.definition import Procedure

from ..models import Case
from .actions import facts_in
from .models import CaseFact
from .reading import get_known_values


def get_known_for_rules(
    case: Case | None,
    procedure: Procedure,
    form: Form,
    answers: Mapping[str, Any],
    *,
    occurred_at: datetime,
    without: Collection[str] = (),
) -> dict[str, Any] | None:
    """Return what is known once this form is counted in, as far as rules about it read it; None when none does.

    Nothing is opened that no rule reads. What the form says counts unless something newer is known: a form that comes
    in late tells the rules nothing that has been overtaken. The form of a new case is all that is known of it.
    """
    keys = keys_read(procedure, form.key)
    if not keys:
        return None
    known = get_known_values(case, keys=keys)
    newest = dict(_said_last(case, keys)) if case is not None else {}
    for said in facts_in(form, answers, get_fact_catalogue(keys), without=without):
        if said.key not in newest or newest[said.key] <= occurred_at:
            known[said.key] = said.value
    return known


def keys_read(procedure: Procedure, form: str) -> frozenset[str]:
    """Return the facts of a case that a procedure's rules about this form read, whatever they respond to."""
    return procedure.keep(f"facts read about {form}", lambda: _find_keys_read(procedure, form))


def _find_keys_read(procedure: Procedure, form: str) -> frozenset[str]:
    rules = [rule.stored for rule in procedure.rules if not rule.forms or form in rule.forms]
    parts = [rules, [fact.stored for fact in procedure.facts]]
    if f'"{KNOWN}' not in json.dumps(parts):
        return frozenset()
    return frozenset(part.split(".")[0] for part in _parts_in(parts) if part)


def _parts_in(part: Any) -> Collection[str]:
    """Return what is read of `_known` anywhere in a part of a definition."""
    if isinstance(part, list):
        return {found for each in part for found in _parts_in(each)}
    if not isinstance(part, dict):
        return set()
    found = set(parts_read(part, KNOWN)) if len(part) == 1 else set()
    return found | {name for each in part.values() for name in _parts_in(each)}


def _said_last(case: Case, keys: Collection[str]) -> list[tuple[str, datetime]]:
    # the oldest first, so that in a dict the newest of each key is left
    rows = CaseFact.objects.filter(case=case, key__in=keys).that_hold().order_by("occurred_at")
    return list(rows.values_list("key", "occurred_at"))
