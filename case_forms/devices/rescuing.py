"""Drafts that a phone hands over: its own keys are gone, and the vault's slot opens the drafts' key once more."""

import uuid as uuids
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from audit import clock
from audit.chain import get_actor, log_event
from case_forms.form_builder.audience import is_public
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.drafts.actions import remember_handed
from case_forms.submissions.models import Draft, Submission
from case_forms.submissions.validation.validate import Answers
from vault.field_keys import FieldSealBroken

from . import returning
from .envelopes import Filled, SealedNotRead, decode, open_draft, open_draft_key
from .living import get_end
from .meeting import find_worked_on, let_go, list_untouched, note_followed, put_beside
from .models import Arrival, ArrivalState, Device, Rescue, SealedFile
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
        joined = Device.objects.select_related("user", "grant__user", "grant__region", "queue_token")
        locked = joined.select_for_update(of=("self",)).get(pk=device.pk)
        if not Rescue.objects.filter(device=device, uuid=record).exists():
            _save(locked, record, version, filled)
    return True


def _set_record_aside(device: Device, record: UUID, filled: Filled) -> bool:
    with transaction.atomic():
        Device.objects.select_for_update(of=("self",)).get(pk=device.pk)
        if not Rescue.objects.filter(device=device, uuid=record).exists():
            # Finished, and here before its draft: that is the newer text.
            arrival = Arrival.objects.filter(device=device, uuid=record).order_by("-arrived_at", "-pk").first()
            here = arrival.result if arrival is not None else None
            aside = here or keep_record(device, record, filled, returning.RESCUED).pk
            Rescue.objects.create(device=device, uuid=record, draft=aside, at=clock.now())
    return True


def _save(device: Device, record: UUID, version: FormVersion, filled: Filled) -> None:
    now = clock.now()
    is_living = not get_end(device)
    before = (record, *filled.follows)  # under its own id where it was begun here
    rescued = list_untouched(device, before) if is_living else []
    owner, unit = find_owner(device, filled.unit)
    names = named_uuids(version.parsed_form, filled.fields)
    files = _find_files(device, names, rescued)
    answers, missing = read_typed(version.parsed_form, filled.fields, files)
    finished = _find_finished(device, record, answers) if is_living else None
    if finished is not None:
        Rescue.objects.create(device=device, uuid=record, draft=finished, at=now)
        return
    from_phone = {"at": now.isoformat(), "clock_seconds": 0, "finished_at": None, "missing_files": missing}
    here = find_worked_on(device, before, version) if is_living else None
    if here is not None and (joined := _put_beside(device, here, record, filled, from_phone)):
        note_followed(device, before, joined.pk)
        return
    let_go(device, rescued, files.values())
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
        from_phone={**from_phone, "why": returning.RESCUED},
    )
    if is_living:
        typed_at = None if filled.occurred_by_clock else filled.occurred_at
        remember_handed(draft, str(record), answers, moment=typed_at)
        draft.save(update_fields=["handed"])
    Rescue.objects.create(device=device, uuid=record, draft=draft.pk, at=now)
    note_followed(device, filled.follows, draft.pk)


def _find_files(device: Device, names: Collection[str], drafts: Iterable[Draft]) -> dict[str, UUID]:
    """Return {the phone's UUID of a file: attachment}, of those that are free or belong to one of these drafts."""
    free = Q(attachment__draft=None) | Q(attachment__draft__in=[each.pk for each in drafts])
    rows = SealedFile.objects.filter(free, device=device, uuid__in=names, attachment__submission=None)
    return {str(uuid): key for uuid, key in rows.values_list("uuid", "attachment") if key is not None}


def _put_beside(device: Device, draft: Draft, record: UUID, filled: Filled, from_phone: dict[str, Any]) -> Draft | None:
    """Put a handed draft beside the one that it goes on from, which is worked on here; None where there is no room."""
    names = named_uuids(draft.form_version.parsed_form, filled.fields)
    return put_beside(
        device,
        draft,
        record=record,
        filled=filled,
        files=_find_files(device, names, [draft]),
        occurred_at=filled.occurred_at or draft.occurred_at,
        from_phone={**from_phone, "why": returning.BOTH},
        is_handed=True,
    )


def _find_finished(device: Device, record: UUID, answers: Answers) -> UUID | None:
    """Return what this draft has become already: it was finished on the phone, and that came in first.

    A phone seals a draft that it has handed over as it is, so what was received is the same text. One that came back as
    a draft may have been changed here since, and then is another text.
    """
    arrival = Arrival.objects.filter(device=device, uuid=record).order_by("-arrived_at", "-pk").first()
    if arrival is None:
        return None
    if arrival.state == ArrivalState.RECEIVED or Submission.objects.filter(pk=arrival.result).exists():
        return arrival.result
    draft = Draft.objects.filter(pk=arrival.result).first()
    return draft.pk if draft is not None and draft.answers == answers else None
