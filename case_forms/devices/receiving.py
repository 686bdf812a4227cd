"""Receive a form that a phone sealed: open it, and take the same road as every other form.

`receive_envelope` does, in one transaction and under the phone's lock:

1. answers again what came in before, by its UUID and the hash of its ciphertext;
2. opens it; what doesn't open is recorded and nothing is stored;
3. reads the fields as the online pages do, and puts the phone's times by our clock;
4. stores a session's record on the session, or sets it aside (`session_records`);
5. takes the place of a draft that the phone handed over before, and that nobody has worked on here (`meeting`);
6. receives it (`submissions.actions.receive_submission`), or makes a draft of it with the reason (`returning`): when
   the answers can't be received as they are, and always when the phone has ended or its UUID was taken.

What can't be decided now leaves nothing, and is sent again (503).
"""

import hashlib
import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from access.models import MobileUnit
from audit import clock
from audit.chain import gathered_entries
from case_forms.form_builder.audience import is_public
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.actions import (
    AnswersRefused,
    ConfirmationNeeded,
    CorrectedSince,
    NotAllowed,
    UnknownForm,
    UuidReused,
    receive_submission,
)
from case_forms.submissions.models import Draft, Submission
from case_forms.submissions.validation.validate import Answers
from notifications.outbox.models import Notice
from outreach_pages.records.models import InformativeSession
from outreach_pages.records.phones.models import PhoneRecord, ReturnedWhy

from . import returning
from .actions import extend_delivery
from .clocks import correct, read_difference
from .envelopes import Filled, open_form
from .living import get_end
from .meeting import find_worked_on, is_worked_on, let_go, list_untouched, note_followed, put_beside
from .models import Arrival, ArrivalState, Device, SealedFile
from .returned import FIRST
from .returning import Problems, find_owner, get_address, read_problems, return_as_draft
from .session_records import NotRecorded, build_receipt, get_record_address, is_record, keep_record, try_to_record
from .typed import named_uuids, read_typed


@dataclass(frozen=True)
class Envelope:
    """What came over the wire. `sealed`: the ciphertext with its encapsulated key."""

    uuid: UUID
    key_id: str
    sealed: bytes = field(repr=False)
    is_urgent: bool = False
    made_at: datetime | None = None
    sent_at: datetime | None = None

    @property
    def sealed_hash(self) -> str:
        return hashlib.sha256(self.sealed).hexdigest()


@dataclass(frozen=True)
class Delivered:
    """What became of an envelope: `receipt` of a form that was received, else the draft that it is now.

    Of a session's record, `draft` is what was set aside. `url`: where that is. `is_gone`: it was discarded since.
    """

    receipt: dict[str, Any] | None = field(default=None, repr=False)
    created: bool = False
    draft: UUID | None = None
    url: str = ""
    reason: str = ""
    problems: Problems = field(default_factory=Problems, repr=False)
    is_gone: bool = False


@dataclass(frozen=True)
class _Read:
    """A form as it was opened, ready to be received or stored. `files`: {the phone's UUID: attachment}."""

    version: FormVersion
    filled: Filled
    answers: Answers = field(repr=False)
    files: dict[str, UUID] = field(repr=False)
    missing: int
    occurred_at: datetime
    from_phone: dict[str, Any]


def receive_envelope(*, device: Device, envelope: Envelope) -> Delivered:
    """Receive one form; the module's docstring has the steps.

    Raises FieldSealBroken, UnknownFieldKey, SealedNotRead, UnknownForm, NotDecided; nothing is stored then.
    """
    with gathered_entries():
        locked = _lock(device)
        earlier = Arrival.objects.filter(device=locked, uuid=envelope.uuid, sealed_hash=envelope.sealed_hash).first()
        if earlier is not None:
            return describe(earlier)
        filled = open_form(envelope.sealed, device=locked.pk, uuid=envelope.uuid, key_id=envelope.key_id)
        now = clock.now()
        difference = read_difference(envelope.sent_at, now)
        if is_record(filled):
            return _receive_record(locked, envelope, filled, now, difference)
        read, same = _meet(locked, envelope.uuid, filled, difference, now)
        if same is not None:
            _note(locked, envelope, now, difference, ArrivalState.RETURNED, same.pk, returning.ENDED)
            return Delivered(
                draft=same.pk, url=get_address(same.pk), reason=returning.ENDED, problems=read_problems(same)
            )
        reason, received = _try_to_receive(locked, envelope, read)
        if received is not None:
            _note(locked, envelope, now, difference, ArrivalState.RECEIVED, received.submission.pk)
            note_followed(locked, filled.follows, received.submission.pk)
            return Delivered(receipt=received.receipt, created=received.created)
        draft = _put_beside(locked, envelope, read, difference, now) if reason == returning.BESIDE else None
        reason = returning.BOTH if draft else reason
        draft = draft or _return(locked, envelope, read, reason, now)
        _note(locked, envelope, now, difference, ArrivalState.RETURNED, draft.pk, reason)
        note_followed(locked, filled.follows, draft.pk)
        return Delivered(draft=draft.pk, url=get_address(draft.pk), reason=reason, problems=read_problems(draft))


def _receive_record(
    device: Device, envelope: Envelope, filled: Filled, now: datetime, difference: timedelta
) -> Delivered:
    """Receive a session's record or plan. The same one sealed a second time gets the answer of the first.

    A record whose plan is still to come is received as it is: the plan joins it.
    """
    earlier = Arrival.objects.filter(device=device, uuid=envelope.uuid).first()
    if earlier is not None:
        return describe(earlier)
    calm = replace(envelope, is_urgent=False)  # nobody is in danger by it
    try:
        if get_end(device):
            raise NotRecorded(ReturnedWhy.ENDED)
        session = try_to_record(device, envelope.uuid, filled)
    except NotRecorded as refused:
        aside = keep_record(device, envelope.uuid, filled, refused.why)
        if refused.why == ReturnedWhy.NO_PLAN:
            _note(device, calm, now, difference, ArrivalState.RECEIVED, aside.pk)
            return Delivered(receipt=build_receipt(envelope.uuid), created=True)
        _note(device, calm, now, difference, ArrivalState.RETURNED, aside.pk, refused.why)
        return Delivered(draft=aside.pk, url=get_record_address(aside.pk), reason=refused.why)
    _note(device, calm, now, difference, ArrivalState.RECEIVED, session.pk)
    return Delivered(receipt=build_receipt(envelope.uuid), created=True)


def find_arrival(device: Device, uuid: UUID) -> Arrival | None:
    """Return the last one that came from this phone under this UUID."""
    return Arrival.objects.filter(device=device, uuid=uuid).order_by("-arrived_at", "-pk").first()


def describe(arrival: Arrival) -> Delivered:
    """Return what became of an envelope until now."""
    if arrival.state == ArrivalState.RECEIVED and InformativeSession.objects.filter(pk=arrival.result).exists():
        return Delivered(receipt=build_receipt(arrival.uuid))
    aside = PhoneRecord.objects.filter(pk=arrival.result).defer("fields").first()
    if aside is not None and arrival.state == ArrivalState.RECEIVED and aside.is_settled:
        return Delivered(receipt=build_receipt(arrival.uuid))
    if aside is not None:
        url = get_record_address(aside.pk)
        return Delivered(
            draft=aside.pk, url=url, reason=arrival.reason or aside.reason, is_gone=aside.ended_at is not None
        )
    submission = Submission.objects.filter(pk=arrival.result).first()
    if submission is not None:
        return Delivered(receipt=_refresh(submission.receipt))
    draft = Draft.objects.select_related("form_version__form", "owner", "unit").filter(pk=arrival.result).first()
    if draft is None:
        return Delivered(draft=arrival.result, url=get_address(arrival.result), reason=arrival.reason, is_gone=True)
    return Delivered(draft=draft.pk, url=get_address(draft.pk), reason=arrival.reason, problems=read_problems(draft))


def is_notified(receipt: dict[str, Any]) -> bool:
    """Whether at least one of a form's notices has left."""
    ids = [notice["id"] for notice in receipt.get("notices", ())]
    return bool(ids) and Notice.objects.filter(pk__in=ids, sent_at__isnull=False).exists()


def _refresh(receipt: dict[str, Any]) -> dict[str, Any]:
    """Return the receipt with its notices' states as they are now."""
    notices = receipt.get("notices", [])
    states = dict(Notice.objects.filter(pk__in=[each["id"] for each in notices]).values_list("pk", "state"))
    now = [{**each, "state": states.get(UUID(str(each["id"])), each["state"])} for each in notices]
    return {**receipt, "notices": now}


def _lock(device: Device) -> Device:
    joined = Device.objects.select_related("user", "grant__user", "grant__region", "queue_token")
    return joined.select_for_update(of=("self",)).get(pk=device.pk)


def _meet(
    device: Device, uuid: UUID, filled: Filled, difference: timedelta, now: datetime
) -> tuple[_Read, Draft | None]:
    """Return the form, read, and the draft that is the very same already: of a phone that has ended. See `meeting`."""
    rescued = list_untouched(device, (uuid, *filled.follows))
    read = _read(device, uuid, filled, difference, now, rescued)
    if not rescued:
        return read, None
    if get_end(device):
        same = [each for each in rescued if (each.form_version, each.answers) == (read.version, read.answers)]
        return (read, same[0]) if same else (_read(device, uuid, filled, difference, now), None)
    let_go(device, rescued, read.files.values())
    return read, None


def _read(
    device: Device,
    uuid: UUID,
    filled: Filled,
    difference: timedelta,
    now: datetime,
    rescued: Sequence[Draft] = (),
) -> _Read:
    """Read an opened form. Raises UnknownForm: the phone had no such version from us.

    `rescued`: drafts whose files it may name.
    """
    found = FormVersion.objects.filter(form__key=filled.form, number=filled.version).select_related("form").first()
    if found is None or is_public(found.parsed_form):
        raise UnknownForm
    names = named_uuids(found.parsed_form, filled.fields)
    # Also those that this very form has by now: it may have been sealed and sent a second time.
    free = Q(attachment__submission=None) | Q(attachment__submission=uuid)
    undrafted = Q(attachment__draft=None) | Q(attachment__draft__in=[draft.pk for draft in rescued])
    rows = SealedFile.objects.filter(free, undrafted, device=device, uuid__in=names)
    files = {str(uuid): key for uuid, key in rows.values_list("uuid", "attachment") if key is not None}
    answers, missing = read_typed(found.parsed_form, filled.fields, files)
    happened = filled.occurred_at or now
    if filled.occurred_by_clock:
        happened = correct(happened, difference) or happened
    finished = correct(filled.finished_at, difference)
    from_phone = {
        "clock_seconds": int(difference.total_seconds()),
        "finished_at": finished.isoformat() if finished else None,
    }
    return _Read(found, filled, answers, files, missing, happened, from_phone)


def _try_to_receive(device: Device, envelope: Envelope, read: _Read) -> tuple[str, Any]:
    """Return ("", what was received), or (why it becomes a draft, None)."""
    if get_end(device):
        return returning.ENDED, None
    if Draft.objects.filter(pk=envelope.uuid).exists() or is_worked_on(device, read.filled.follows):
        return returning.BESIDE, None
    if read.missing:
        # It would be left out in silence: the worker decides about it first.
        return returning.FILES, None
    try:
        with transaction.atomic():
            received = receive_submission(
                uuid=envelope.uuid,
                form_key=read.filled.form,
                version=read.filled.version,
                occurred_at=read.occurred_at,
                answers=read.answers,
                user=device.user,
                unit=_find_unit(read.filled.unit),
                strict=False,
                confirmed=read.filled.confirmed,
                from_phone=read.from_phone,
            )
    except AnswersRefused:
        return returning.REFUSED, None
    except ConfirmationNeeded:
        return returning.CONFIRM, None
    except CorrectedSince:
        return returning.CORRECTED, None
    except NotAllowed:
        return returning.NOT_THERE, None
    except UuidReused:
        return returning.BESIDE, None
    return "", received


def _find_unit(slug: str | None) -> MobileUnit | None:
    """Return the unit that a form names. Raises NotAllowed when there is none of this name."""
    if slug is None:
        return None
    found = MobileUnit.objects.filter(slug=slug).first()
    if found is None:
        raise NotAllowed("not_a_worker")
    return found


def _return(device: Device, envelope: Envelope, read: _Read, reason: str, now: datetime) -> Draft:
    owner, unit = find_owner(device, read.filled.unit)
    taken = Draft.objects.filter(pk=envelope.uuid).exists() or Submission.objects.filter(pk=envelope.uuid).exists()
    return return_as_draft(
        device=device,
        owner=owner,
        unit=unit,
        version=read.version,
        answers=read.answers,
        occurred_at=read.occurred_at,
        uuid=uuids.uuid4() if taken else envelope.uuid,
        files=read.files,
        from_phone={**read.from_phone, "why": reason, "at": now.isoformat(), "missing_files": read.missing},
    )


def _put_beside(device: Device, envelope: Envelope, read: _Read, difference: timedelta, now: datetime) -> Draft | None:
    """Put the text beside a draft of the same form that is worked on here; None where there is none, or no room."""
    records = (envelope.uuid, *read.filled.follows)
    draft = find_worked_on(device, records, read.version)
    if draft is None:
        return None
    read = _read(device, envelope.uuid, read.filled, difference, now, [draft])
    return put_beside(
        device,
        draft,
        record=envelope.uuid,
        filled=read.filled,
        files=read.files,
        occurred_at=read.occurred_at,
        from_phone={**read.from_phone, "why": returning.BOTH, "at": now.isoformat(), "missing_files": read.missing},
    )


def _note(
    device: Device,
    envelope: Envelope,
    now: datetime,
    difference: timedelta,
    state: str,
    result: UUID,
    reason: str = "",
) -> None:
    Arrival.objects.create(
        device=device,
        uuid=envelope.uuid,
        sealed_hash=envelope.sealed_hash,
        key_id=envelope.key_id,
        state=state,
        result=result,
        reason=reason,
        is_urgent=envelope.is_urgent,
        made_at=envelope.made_at,
        sent_at=envelope.sent_at,
        arrived_at=now,
        clock_seconds=int(difference.total_seconds()),
        next_mail_at=now + FIRST if envelope.is_urgent and state == ArrivalState.RETURNED else None,
    )
    device.queued = max(0, device.queued - 1)
    device.save(update_fields=["queued"])
    if device.ended_at is None:
        extend_delivery(device)
