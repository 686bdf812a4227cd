"""Records and plans of sessions that a phone delivers, beside its forms: recorded at once, or set aside.

They come sealed in the same envelope, under `outreach_pages.records.phones.form.FORM`, with the session's key among
their fields, which no form of the builder's has. A plan's UUID is the session's key: the record of a session that was
planned without a network names it, and waits for it where it comes first.
"""

from uuid import UUID

from django.db import transaction
from django.urls import reverse

from outreach_pages.records.models import InformativeSession
from outreach_pages.records.phones.actions import (
    NotRecorded,
    end_handed,
    find_session,
    plan_from_phone,
    record_from_phone,
    set_aside,
)
from outreach_pages.records.phones.form import FORM, PLAN, PLAN_FORM, SESSION, VERSION
from outreach_pages.records.phones.models import PhoneRecord, ReturnedWhy

from .envelopes import Filled
from .models import Device
from .returning import find_owner


def is_record(filled: Filled) -> bool:
    """Whether it is a session's record or plan: by its form, and by a field that no form of the builder's has."""
    names = {name for name, _value in filled.fields}
    return (filled.form == FORM and SESSION in names) or is_plan(filled)


def is_plan(filled: Filled) -> bool:
    return filled.form == PLAN_FORM and any(name == PLAN for name, _value in filled.fields)


def try_to_record(device: Device, uuid: UUID, filled: Filled) -> InformativeSession:
    """Record or plan it, in a transaction of its own. Raises NotRecorded."""
    if filled.version != VERSION:
        raise NotRecorded(ReturnedWhy.REFUSED)
    with transaction.atomic():
        if is_plan(filled):
            session = plan_from_phone(identity=uuid, fields=filled.fields, by=device.user)
        else:
            session = record_from_phone(fields=filled.fields, confirmed=filled.confirmed, by=device.user)
        end_handed(identity=uuid, by=device.user)
    return session


def keep_record(device: Device, uuid: UUID, filled: Filled, why: str) -> PhoneRecord:
    """Set it aside for the unit, of which somebody decides about it."""
    session = find_session(filled.fields)
    slug = session.unit.slug if session is not None else dict(filled.fields).get("unit", filled.unit)
    _owner, unit = find_owner(device, slug)
    return set_aside(
        identity=uuid,
        fields=filled.fields,
        by=device.user,
        unit=unit,
        why=ReturnedWhy(why),
        confirmed=filled.confirmed,
    )


def build_receipt(uuid: UUID) -> dict[str, object]:
    return {"submission": str(uuid), "case": None, "notices": []}


def get_record_address(record: UUID) -> str:
    return reverse("sessions:phone_record", args=[record])


__all__ = ["NotRecorded", "build_receipt", "get_record_address", "is_record", "keep_record", "try_to_record"]
