"""A change in words: each field with what is stored and what is asked for. A PIN is never shown."""

from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from access.models import Region, localize

from ..models import Contact
from ..moments import moment_in_words
from .models import DirectoryChange
from .values import FIELDS, MODELS


@dataclass(frozen=True)
class FieldRow:
    label: str
    before: str
    after: str


def build_rows(change: DirectoryChange) -> list[FieldRow]:
    """Build a row for each field that changes, in the order of the form."""
    values = change.values
    before, after = values["before"], values["after"]
    names = [name for name in FIELDS[change.kind] if name in after or name in before]
    return [
        FieldRow(_label(change.kind, name), _words(change.kind, name, before), _words(change.kind, name, after))
        for name in names
    ]


def _label(kind: str, name: str) -> str:
    if name == "pin_hash":
        return _("PIN")
    return str(MODELS[kind]._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def _words(kind: str, name: str, side: dict[str, Any]) -> str:
    value = side.get(name)
    if name not in side or value in (None, "", []):
        return ""
    if name == "pin_hash":
        return _("(a PIN, not shown)")
    if name == "names":
        return localize(value)
    if name == "regions":
        return ", ".join(Region.objects.filter(pk__in=value).values_list("name", flat=True))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    field: Any = MODELS[kind]._meta.get_field(name)
    if field.is_relation:
        return str(field.related_model._default_manager.filter(pk=value).first() or "")
    if field.get_internal_type() == "DateTimeField":
        moment = parse_datetime(value)
        return moment_in_words(moment) if moment else value
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return str(dict(field.flatchoices).get(value, value))


def contact_state(contact: Contact) -> str:
    """Return whether the roster counts on this contact."""
    if not contact.is_active:
        return _("not active")
    if contact.reachable_at is None:
        return _("waits for the test notice to be opened")
    return _("counts")
