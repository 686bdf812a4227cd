"""The values of a change: a form's fields as JSON, and back into a row. A PIN is only ever its hash."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.dateparse import parse_datetime

from ..models import Contact, DutyShift, Leave, Partner
from .models import ChangedKind

Row = Partner | Contact | DutyShift | Leave
Values = dict[str, Any]

MODELS: dict[str, type[Row]] = {
    ChangedKind.PARTNER.value: Partner,
    ChangedKind.CONTACT.value: Contact,
    ChangedKind.SHIFT.value: DutyShift,
    ChangedKind.LEAVE.value: Leave,
}
FIELDS: dict[str, tuple[str, ...]] = {
    ChangedKind.PARTNER.value: (
        "slug", "role", "names", "directorate", "municipality", "regions", "services", "is_active",
    ),
    ChangedKind.CONTACT.value: ("partner", "name", "duty", "email", "phone", "language", "is_active", "pin_hash"),
    ChangedKind.SHIFT.value: ("partner", "contact", "rank", "starts_at", "ends_at"),
    ChangedKind.LEAVE.value: ("contact", "starts_at", "ends_at", "kind"),
}  # fmt: skip


@dataclass(frozen=True)
class ChangeRequest:
    """What somebody asks for. `before` and `after` hold only what differs; `row` is as it would be, unsaved."""

    kind: str
    act: str
    row: Row
    before: Values
    after: Values


def get_kind(row: Row) -> str:
    return str(row._meta.model_name)


def get_values(row: Row, *, regions: list[int] | None = None) -> Values:
    """Return every field of a row that a change may touch. `regions`: those of a partner that isn't saved yet."""
    found: Values = {}
    for name in FIELDS[get_kind(row)]:
        if name == "regions":
            stored = _regions(row) if regions is None else regions
            found[name] = sorted(stored or [])
            continue
        field = row._meta.get_field(name)
        value = getattr(row, field.attname)  # type: ignore[union-attr]
        found[name] = value.isoformat() if isinstance(value, datetime) else value
    return found


def _regions(row: Row) -> list[int]:
    return sorted(row.regions.values_list("pk", flat=True)) if isinstance(row, Partner) and row.pk else []


def get_difference(before: Values, after: Values) -> tuple[Values, Values]:
    """Return only what differs, on both sides. Times are compared as moments."""
    changed = [name for name in after if _plain(before.get(name)) != _plain(after[name])]
    return {name: before.get(name) for name in changed}, {name: after[name] for name in changed}


def apply_values(row: Row, values: Values) -> list[int] | None:
    """Set these values on a row. Return the regions to set once it is saved, or None where they stay."""
    regions = None
    for name, value in values.items():
        if name == "regions":
            regions = value
            continue
        field = row._meta.get_field(name)
        if isinstance(field, models.DateTimeField) and isinstance(value, str):
            value = parse_datetime(value)
        setattr(row, field.attname, value)  # type: ignore[union-attr]
    return regions


def _plain(value: Any) -> Any:
    # An ISO time: the same moment may be written with another offset.
    if isinstance(value, str) and len(value) >= 16 and value[4:5] == "-" and "T" in value:
        moment = parse_datetime(value)
        return moment.timestamp() if moment else value
    return value or None if value in ("", None) else value
