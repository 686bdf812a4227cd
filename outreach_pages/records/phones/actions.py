"""Record a session from what a phone delivered, or set it aside for somebody of the unit. Each is one mutation."""

import uuid
from collections.abc import Collection
from typing import Any

from django.db import transaction

from access.models import MobileUnit, User
from audit import clock
from audit.chain import get_actor, log_event

from ..actions import OUTCOME, TARGET_KIND, NotAllowed, NotNow, plan_session, record_session
from ..forms.outcome import OutcomeForm
from ..forms.plan import PlanForm
from ..labels import SessionState
from ..models import InformativeSession
from .form import PLAN, SEEN, SESSION, describe_state, read_posted
from .models import PhoneRecord, PhoneRecordKind, ReturnedWhy

Fields = list[tuple[str, str]]
CODES = {"too_early": ReturnedWhy.TOO_EARLY, "reported": ReturnedWhy.REPORTED}


class NotRecorded(Exception):
    """It can't be recorded as it came. `why`: ReturnedWhy."""

    def __init__(self, why: ReturnedWhy) -> None:
        super().__init__(str(why.value))
        self.why = why


def find_session(fields: Fields) -> InformativeSession | None:
    """Return the session that the fields name, whosever it is."""
    named = dict(fields).get(SESSION, "")
    try:
        return InformativeSession.objects.select_related("unit", "municipality").filter(pk=uuid.UUID(named)).first()
    except ValueError:
        return None


def record_from_phone(*, fields: Fields, confirmed: Collection[str], by: User) -> InformativeSession:
    """Record what was written down, as the page does. `confirmed`: fields whose warning was answered on the phone.

    Somebody else's record is never overwritten. Raises NotRecorded; nothing is stored then.
    """
    session = find_session(fields)
    if session is None or not InformativeSession.objects.visible_to(by).filter(pk=session.pk).exists():
        raise NotRecorded(ReturnedWhy.NOT_THERE)
    if session.state == SessionState.CANCELLED:
        raise NotRecorded(ReturnedWhy.CANCELLED)
    if session.state != SessionState.PLANNED and dict(fields).get(SEEN) != describe_state(session):
        raise NotRecorded(ReturnedWhy.CHANGED)
    form = OutcomeForm(read_posted(fields), instance=session)
    if not form.is_valid():
        raise NotRecorded(ReturnedWhy.REFUSED)
    if any(warning.field not in confirmed for warning in form.get_warnings()):
        raise NotRecorded(ReturnedWhy.CONFIRM)
    values = {name: form.cleaned_data[name] for name in OUTCOME if name in form.cleaned_data}
    used = form.cleaned_data["used"]
    try:
        return record_session(session=session, by=by, values=values, counts=form.counts(), used=used)
    except NotAllowed:
        raise NotRecorded(ReturnedWhy.NOT_THERE) from None
    except NotNow as refused:
        raise NotRecorded(CODES.get(refused.code, ReturnedWhy.CHANGED)) from None


def plan_from_phone(*, fields: Fields, by: User) -> InformativeSession:
    """Plan a session from what was written down, as the page does. Raises NotRecorded; nothing is stored then."""
    form = PlanForm(read_posted(fields), user=by)
    if not form.is_valid():
        raise NotRecorded(ReturnedWhy.REFUSED)
    if form.get_warnings():
        raise NotRecorded(ReturnedWhy.CONFIRM)
    try:
        return plan_session(by=by, values=form.cleaned_data)
    except NotAllowed:
        raise NotRecorded(ReturnedWhy.NOT_THERE) from None


def set_aside(*, identity: uuid.UUID, fields: Fields, by: User, unit: MobileUnit, why: ReturnedWhy) -> PhoneRecord:
    """Store what couldn't be recorded, under this UUID or another one where it is taken. Nothing typed is lost.

    `unit`: whose it is where the fields name no session; else the session's, if its writer works there.
    """
    with transaction.atomic():
        session = find_session(fields)
        if session is not None and not InformativeSession.objects.visible_to(by).filter(pk=session.pk).exists():
            session = session if session.unit_id == unit.pk else None
        if session is not None:
            unit = session.unit
        if PhoneRecord.objects.filter(pk=identity).exists():
            identity = uuid.uuid4()
        record = PhoneRecord(id=identity, user=by, unit=unit, session=session, reason=why, arrived_at=clock.now())
        record.kind = PhoneRecordKind.PLAN if PLAN in dict(fields) else PhoneRecordKind.RECORD
        record.fields = [list(pair) for pair in fields]
        record.save(force_insert=True)
        _log("session.phone_record_waits", record, by, why=str(why.value))
    return record


def end_phone_record(*, record: PhoneRecord, by: User, recorded: bool) -> None:
    """Empty a record that was decided about. A second call changes nothing."""
    with transaction.atomic():
        locked = PhoneRecord.objects.select_for_update(of=("self",)).get(pk=record.pk)
        if locked.ended_at is not None:
            return
        locked.fields, locked.ended_at = [], clock.now()
        locked.save(update_fields=["fields", "ended_at"])
        _log("session.phone_record_ended", locked, by, recorded=recorded)


def _log(action: str, record: PhoneRecord, by: User, **detail: Any) -> None:
    target = record.session_id or record.pk
    log_event(action, actor=get_actor(by), target_kind=TARGET_KIND, target_id=target, **detail)
