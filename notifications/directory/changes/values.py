"""The values of a change: a form's fields as JSON, and back into a row. A PIN is only ever its hash."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db import models
from django.utils.dateparse import parse_date, parse_datetime, parse_time

from ..models import Agreement, AgreementRule, Contact, ContactWay, DutyShift, Leave, Partner
from .models import ChangedKind

Row = Partner | Contact | DutyShift | Leave | ContactWay | Agreement | AgreementRule
Values = dict[str, Any]

MODELS: dict[str, type[Row]] = {
    ChangedKind.PARTNER.value: Partner,
    ChangedKind.CONTACT.value: Contact,
    ChangedKind.SHIFT.value: DutyShift,
    ChangedKind.LEAVE.value: Leave,
    ChangedKind.WAY.value: ContactWay,
    ChangedKind.AGREEMENT.value: Agreement,
    ChangedKind.AGREEMENT_RULE.value: AgreementRule,
}
# Fields that hold several rows: their keys, sorted, in a change.
MANY = ("regions", "municipalities", "directorates", "other_offices")
Several = dict[str, list[int]]
FIELDS: dict[str, tuple[str, ...]] = {
    ChangedKind.PARTNER.value: (
        "slug", "role", "names", "directorate", "municipality", "regions", "services", "sender_set", "is_active",
    ),
    ChangedKind.CONTACT.value: ("partner", "name", "duty", "email", "phone", "language", "is_active", "pin_hash"),
    ChangedKind.SHIFT.value: ("partner", "contact", "rank", "starts_at", "ends_at"),
    ChangedKind.LEAVE.value: ("contact", "starts_at", "ends_at", "kind"),
    ChangedKind.WAY.value: (
        "contact", "channel", "address", "mail_key", "mail_key_until", "sent_for", "hours_from", "hours_until",
        "after_minutes", "is_active",
    ),
    ChangedKind.AGREEMENT.value: (
        "partner", "other_offices", "reference", "roles", "regions", "municipalities", "directorates", "signed_on",
        "signed_by_us", "signed_by_them", "valid_from", "valid_until", "withdrawn_on", "review_on", "limits_facts",
        "facts",
    ),
    ChangedKind.AGREEMENT_RULE.value: ("role", "is_on"),
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


def get_values(row: Row, *, several: Several | None = None) -> Values:
    """Return every field of a row that a change may touch. `several`: of MANY, those that aren't saved yet."""
    found: Values = {}
    for name in FIELDS[get_kind(row)]:
        if name in MANY:
            given = (several or {}).get(name)
            found[name] = sorted(_read_many(row, name) if given is None else given)
            continue
        field = row._meta.get_field(name)
        value = getattr(row, field.attname)  # type: ignore[union-attr]
        found[name] = value.isoformat() if isinstance(value, datetime | date | time) else value
    return found


def _read_many(row: Row, name: str) -> list[int]:
    return list(getattr(row, name).values_list("pk", flat=True)) if row.pk else []


def get_difference(before: Values, after: Values) -> tuple[Values, Values]:
    """Return only what differs, on both sides. Times are compared as moments."""
    changed = [name for name in after if _plain(before.get(name)) != _plain(after[name])]
    return {name: before.get(name) for name in changed}, {name: after[name] for name in changed}


def apply_values(row: Row, values: Values) -> Several:
    """Set these values on a row. Return the fields of MANY to set once it is saved; others stay."""
    several: Several = {}
    for name, value in values.items():
        if name in MANY:
            several[name] = value
            continue
        field = row._meta.get_field(name)
        if isinstance(field, models.DateTimeField) and isinstance(value, str):
            value = parse_datetime(value)
        elif isinstance(field, models.TimeField) and isinstance(value, str):
            value = parse_time(value)
        elif isinstance(field, models.DateField) and isinstance(value, str):
            value = parse_date(value)
        setattr(row, field.attname, value)  # type: ignore[union-attr]
    return several


def _plain(value: Any) -> Any:
    # An ISO time: the same moment may be written with another offset.
    if isinstance(value, str) and len(value) >= 16 and value[4:5] == "-" and "T" in value:
        moment = parse_datetime(value)
        return moment.timestamp() if moment else value
    return value or None if value in ("", None) else value
