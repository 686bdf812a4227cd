"""A change in words: each field with what stands now and what is asked for."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Field
from django.utils.translation import gettext as _

from ..models import PoliceDirectorate
from .actions import MODELS
from .models import PlaceChange


@dataclass(frozen=True)
class FieldRow:
    label: str
    before: str
    after: str


def rows_of(change: PlaceChange) -> list[FieldRow]:
    """Empty when what was asked for can't be read."""
    before, after = change.sides() or ({}, {})
    return [FieldRow(_label(change.kind, name), _words(before.get(name)), _words(after[name])) for name in after]


def in_words(change: PlaceChange) -> str:
    """ "number to call back: +355… → +355…", for one line of a list or beside a field."""
    if change.sides() is None:
        return _("What was asked for can't be read.")
    return "; ".join(f"{row.label}: {row.before or '–'} → {row.after or '–'}" for row in rows_of(change))


def _label(kind: str, name: str) -> str:
    field = MODELS[kind]._meta.get_field(name.removesuffix("_id"))
    assert isinstance(field, Field)
    return str(field.verbose_name)


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return str(PoliceDirectorate.objects.filter(pk=value).first() or "")
    return str(value or "")
