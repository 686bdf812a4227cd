"""A change in words: each field with what is stored and what is asked for. A PIN is never shown."""

from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from access.models import localize
from approvals.changes import FieldRow

from ..agreements.shareable import name_kinds
from ..keys.words import describe_key
from ..models import Contact, ContactWay, Role
from ..moments import moment_in_words
from ..ways.models import KEY_UNUSABLE, WayKind
from .models import DirectoryChange
from .values import FIELDS, MANY, MODELS

SAID_BY_KEY = ("address", "mail_key_until", "sent_for", "after_minutes")


def build_rows(change: DirectoryChange) -> list[FieldRow]:
    """Build a row for each field that changes, in the order of the form; none where the change can't be read."""
    before, after = change.sides() or ({}, {})
    # Of a key, the fingerprint stands with it, and the rest is the same for every key.
    unsaid = SAID_BY_KEY if after.get("channel") == WayKind.MAIL_KEY else ()
    names = [name for name in FIELDS[change.kind] if (name in after or name in before) and name not in unsaid]
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
    if name == "mail_key":
        return describe_key(value)
    if name in MANY:
        rows = MODELS[kind]._meta.get_field(name).related_model._default_manager  # type: ignore[union-attr]
        return ", ".join(str(row) for row in rows.filter(pk__in=value))
    if name == "facts":
        return name_kinds(value)
    if name == "roles":
        return ", ".join(str(Role(role).label) if role in Role.values else role for role in value)
    if name == "role":
        return str(Role(value).label) if value in Role.values else value
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    field: Any = MODELS[kind]._meta.get_field(name)
    if field.is_relation:
        return str(field.related_model._default_manager.filter(pk=value).first() or "")
    if field.get_internal_type() == "DateTimeField":
        moment = parse_datetime(value)
        return moment_in_words(moment) if moment else value
    if field.get_internal_type() == "TimeField":
        return str(value)[:5]
    if field.get_internal_type() == "DateField":
        day = parse_date(value)
        return date_format(day, "SHORT_DATE_FORMAT") if day else value
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


def is_way_untested(way: ContactWay) -> bool:
    """Tell whether a way waits for its test to be opened, and can be tested here."""
    return way.is_active and way.confirmed_at is None and way.channel in settings.NOTIFICATION_CHANNELS


def _describe_end(way: ContactWay) -> str:
    if way.end_reason == "gone":
        return _("ended: it can't be reached any more")
    return (
        _("ended: nothing can be encrypted to the key any more") if way.end_reason == KEY_UNUSABLE else _("not active")
    )


def way_state(way: ContactWay) -> str:
    """Return whether notices take this way."""
    if not way.is_active:
        return _describe_end(way)
    if way.channel not in settings.NOTIFICATION_CHANNELS:
        return _("not set up on this server")
    if way.confirmed_at is None:
        return _("waits for the test notice to be opened")
    if way.mail_key_until is not None:
        return _("counts until %(day)s") % {"day": date_format(localtime(way.mail_key_until), "SHORT_DATE_FORMAT")}
    return _("counts")
