"""A change in readable form: each field with its present and its requested value."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Field, Model
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from approvals.changes import FieldRow
from audit.models import AuditEntry

from ..models import PoliceDirectorate, User
from .actions import MODELS
from .models import PlaceChange
from .people import get_place

RENAMED_WITHIN = timedelta(days=30)


def build_rows(change: PlaceChange) -> list[FieldRow]:
    """Build one row for each field of the change; none when the sealed values can't be read."""
    before, after = change.sides() or ({}, {})
    then = change.names().get("directorates", {})
    return [
        FieldRow(_label(change.kind, name), _words(before.get(name), then), _words(after[name], then)) for name in after
    ]


def get_recent_renames(change: PlaceChange) -> list[str]:
    """Describe recent renames of the place and the directorates of this change, each with who made it.

    Recent: within `RENAMED_WITHIN` before the change was asked for, or since. One person can rename alone, so nobody
    should decide by such a name.
    """
    before, after = change.sides() or ({}, {})
    concerned: list[Model | None] = [get_place(change)]
    keys: set[Any] = {side.get("police_directorate_id") for side in (before, after)} - {None, ""}
    concerned += PoliceDirectorate.objects.filter(pk__in=keys).order_by("pk")
    return [words for each in concerned if each is not None for words in _renamed(each, change.asked_at)]


def _renamed(place: Model, asked_at: datetime) -> list[str]:
    """Describe the latest rename of this row in the audit log, in a list of none or one."""
    kind = str(place._meta.model_name)
    entries = AuditEntry.objects.filter(
        action=f"place.{kind}_changed", target_kind=kind, target_id=str(place.pk), at__gt=asked_at - RENAMED_WITHIN
    ).order_by("-number")
    for entry in entries:
        if {"name", "short_name"} & set(entry.detail.get("fields", ())):
            user = User.objects.filter(pk=entry.actor_id).first() if entry.actor_id.isdigit() else None
            by = (user.get_full_name() or user.username) if user else "–"
            day = date_format(timezone.localtime(entry.at), "SHORT_DATE_FORMAT")
            return [_("%(place)s: %(name)s changed its name on %(day)s.") % {"place": place, "name": by, "day": day}]
    return []


def describe_change(change: PlaceChange) -> str:
    """Describe the change in one line: "number to call back: +355… → +355…"."""
    if change.sides() is None:
        return _("What was asked for can't be read.")
    return "; ".join(f"{row.label}: {row.before or '–'} → {row.after or '–'}" for row in build_rows(change))


def _label(kind: str, name: str) -> str:
    field = MODELS[kind]._meta.get_field(name.removesuffix("_id"))
    assert isinstance(field, Field)
    return str(field.verbose_name)


def _words(value: Any, then: dict[str, str]) -> str:
    """Format a value. `then`: the directorates' names when the change was asked for, by key."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        now, before = str(PoliceDirectorate.objects.filter(pk=value).first() or ""), then.get(str(value), "")
        if before and before != now:
            return _("%(then)s (now called %(now)s)") % {"then": before, "now": now or "–"}
        return now
    return str(value or "")
