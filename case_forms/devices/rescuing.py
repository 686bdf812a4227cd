"""Drafts that a phone hands over: its own keys are gone, and the vault's slot opens the drafts' key once more."""

import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from audit import clock
from audit.chain import get_actor, log_event
from case_forms.form_builder.audience import is_public
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.models import Draft, Submission
from vault.field_keys import FieldSealBroken

from . import returning
from .envelopes import Filled, SealedNotRead, decode, open_draft, open_draft_key
from .models import Device, Rescue, SealedFile
from .returning import find_owner, return_as_draft
from .session_records import is_record, keep_record
from .typed import named_uuids, read_typed

MAX_DRAFTS = 100  # in one request


@dataclass(frozen=True)
class SealedDraft:
    """One draft as it lies on the phone. `record`: its id there, which is part of what it is sealed for."""

    record: str
    iv: str = field(repr=False)
    sealed: str = field(repr=False)


@dataclass(frozen=True)
class Rescued:
    """Which drafts are drafts here now, and which couldn't be opened or read; by their ids on the phone."""

    saved: list[str]
    refused: list[str]


def rescue_drafts(*, device: Device, key_id: str, slot: str, drafts: Sequence[SealedDraft]) -> Rescued:
    """Make a draft of each, idempotent by its id. One that doesn't open stops no other.

    Raises FieldSealBroken, UnknownFieldKey: the slot itself doesn't open.
    """
    key = open_draft_key(decode(slot), device=device.pk, key_id=key_id)
    saved: list[str] = []
    refused: list[str] = []
    for draft in drafts:
        (saved if _rescue(device, key, draft) else refused).append(draft.record)
    if refused:
        with transaction.atomic():
            log_event(
                "device.rescue_refused",
                actor=get_actor(device.user),
                target_kind="device",
                target_id=device.pk,
                drafts=len(refused),
            )
    return Rescued(saved, refused)


def _rescue(device: Device, key: bytes, draft: SealedDraft) -> bool:
    try:
        record = UUID(draft.record)
        filled = open_draft(decode(draft.sealed), key=key, iv=decode(draft.iv), record=draft.record)
    except (FieldSealBroken, SealedNotRead, ValueError):
        return False
    if is_record(filled):
        return _set_record_aside(device, record, filled)
    version = FormVersion.objects.filter(form__key=filled.form, number=filled.version).select_related("form").first()
    if version is None or is_public(version.parsed_form):
        return False
    with transaction.atomic():
        Device.objects.select_for_update(of=("self",)).get(pk=device.pk)
        if not Rescue.objects.filter(device=device, uuid=record).exists():
            _save(device, record, version, filled)
    return True


def _set_record_aside(device: Device, record: UUID, filled: Filled) -> bool:
    with transaction.atomic():
        Device.objects.select_for_update(of=("self",)).get(pk=device.pk)
        if not Rescue.objects.filter(device=device, uuid=record).exists():
            aside = keep_record(device, record, filled, returning.RESCUED)
            Rescue.objects.create(device=device, uuid=record, draft=aside.pk, at=clock.now())
    return True


def _save(device: Device, record: UUID, version: FormVersion, filled: Filled) -> None:
    now = clock.now()
    owner, unit = find_owner(device, filled.unit)
    names = named_uuids(version.parsed_form, filled.fields)
    rows = SealedFile.objects.filter(device=device, uuid__in=names)
    free = rows.filter(attachment__isnull=False, attachment__submission=None, attachment__draft=None)
    files: dict[str, Any] = {str(uuid): attachment for uuid, attachment in free.values_list("uuid", "attachment")}
    answers, missing = read_typed(version.parsed_form, filled.fields, files)
    taken = Draft.objects.filter(pk=record).exists() or Submission.objects.filter(pk=record).exists()
    draft = return_as_draft(
        device=device,
        owner=owner,
        unit=unit,
        version=version,
        answers=answers,
        occurred_at=filled.occurred_at or now,
        uuid=uuids.uuid4() if taken else record,
        files=files,
        from_phone={
            "why": returning.RESCUED,
            "at": now.isoformat(),
            "clock_seconds": 0,
            "finished_at": None,
            "missing_files": missing,
        },
    )
    Rescue.objects.create(device=device, uuid=record, draft=draft.pk, at=now)
