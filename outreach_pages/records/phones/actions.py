"""Record a session from what a phone delivered, or set it aside for somebody of the unit. Each is one mutation."""

import uuid
from collections.abc import Collection, Mapping
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q

from access.models import MobileUnit, User
from audit import clock
from audit.chain import get_actor, log_event
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..actions import OUTCOME, TARGET_KIND, NotAllowed, NotNow, plan_session, record_session
from ..forms.outcome import OutcomeForm
from ..forms.plan import PlanForm
from ..labels import SessionState
from ..models import InformativeSession, SessionQuerySet
from ..permissions import get_permissions
from .form import (
    CONFIRMED,
    PLAN,
    PLANNED_HERE,
    SEEN,
    SESSION,
    describe_state,
    read_confirmed,
    read_named_kit,
    read_posted,
)
from .models import PhoneRecord, PhoneRecordKind, PhoneRecordQuerySet, ReturnedWhy

Fields = list[tuple[str, str]]
log = structlog.get_logger(__name__)
CODES = {"too_early": ReturnedWhy.TOO_EARLY, "reported": ReturnedWhy.REPORTED}


class NotRecorded(Exception):
    """It can't be recorded as it came. `why`: ReturnedWhy."""

    def __init__(self, why: ReturnedWhy) -> None:
        super().__init__(str(why.value))
        self.why = why


def find_session(fields: Fields) -> InformativeSession | None:
    """Return the session that the fields name, or that the plan has become which they name; whosever it is."""
    named = read_named(fields)
    rows = InformativeSession.objects.select_related("unit", "municipality")
    if named is None:
        return None
    entered = PhoneRecord.objects.filter(pk=named, kind=PhoneRecordKind.PLAN).values("session")
    # The very key before a plan that somebody has entered as another session.
    return rows.filter(pk=named).first() or rows.filter(pk__in=entered).first()


def read_named(fields: Fields) -> uuid.UUID | None:
    """Return the key of the session or plan that the fields name; None where it is none."""
    try:
        return uuid.UUID(dict(fields).get(SESSION, ""))
    except ValueError:
        return None


def record_from_phone(*, fields: Fields, confirmed: Collection[str], by: User) -> InformativeSession:
    """Record what was written down, as the page does. `confirmed`: fields whose warning was answered on the phone.

    Somebody else's record is never overwritten. Raises NotRecorded; nothing is stored then.
    """
    session = find_session(fields)
    if session is None or not InformativeSession.objects.visible_to(by).filter(pk=session.pk).exists():
        is_to_come = dict(fields).get(SEEN) == PLANNED_HERE
        raise NotRecorded(ReturnedWhy.NO_PLAN if is_to_come else ReturnedWhy.NOT_THERE)
    if session.state == SessionState.CANCELLED:
        raise NotRecorded(ReturnedWhy.CANCELLED)
    if session.state != SessionState.PLANNED and dict(fields).get(SEEN) != describe_state(session):
        raise NotRecorded(ReturnedWhy.CHANGED)
    form = OutcomeForm(read_posted(fields), instance=session, named_kit=read_named_kit(fields))
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


def plan_from_phone(*, identity: uuid.UUID, fields: Fields, by: User) -> InformativeSession:
    """Plan a session from what was written down, as the page does, under the key that its record names.

    A session that the unit has at that time may be the same one: somebody decides. Raises NotRecorded; nothing is
    stored then.
    """
    form = PlanForm(read_posted(fields), user=by, named_kit=read_named_kit(fields))
    if not form.is_valid():
        raise NotRecorded(ReturnedWhy.REFUSED)
    if form.get_warnings():
        raise NotRecorded(ReturnedWhy.CONFIRM)
    if find_same_time(form.cleaned_data).exists() or _is_entered(identity, by):
        raise NotRecorded(ReturnedWhy.SAME_TIME)
    try:
        made = plan_session(by=by, values=form.cleaned_data, identity=_get_free(identity))
    except NotAllowed:
        raise NotRecorded(ReturnedWhy.NOT_THERE) from None
    join_records(plan=identity)
    return made


def _is_entered(identity: uuid.UUID, by: User) -> bool:
    """Whether this very plan is a session of theirs already: it was handed over before, and entered by somebody."""
    entered = find_session([(SESSION, str(identity))])
    return entered is not None and InformativeSession.objects.visible_to(by).filter(pk=entered.pk).exists()


def find_same_time(plan: Mapping[str, Any]) -> SessionQuerySet:
    """Return the unit's sessions in that municipality that overlap with this plan, but for those that are cancelled."""
    found = InformativeSession.objects.exclude(state=SessionState.CANCELLED).filter(
        unit=plan["unit"], municipality=plan["municipality"], date=plan["date"]
    )
    return found.filter(starts_at__lt=plan["ends_at"], ends_at__gt=plan["starts_at"])


def enter_plan(*, record: PhoneRecord, by: User, values: Mapping[str, Any]) -> InformativeSession | None:
    """Plan the session of a plan that was set aside, and join what was counted of it.

    None where somebody has decided meanwhile. Raises NotAllowed.
    """
    with transaction.atomic():
        if not _lock_waiting(record):
            return None
        made = plan_session(by=by, values=values, identity=_get_free(record.pk))
        _end_as(record, made, by)
    return made


def join_plan(*, record: PhoneRecord, session: InformativeSession, by: User) -> bool:
    """Take a plan that was set aside as the plan of this session, and join what was counted of it.

    False where somebody has decided meanwhile. Raises NotAllowed.
    """
    with transaction.atomic():
        # Also of one that a colleague has recorded or reported: what was counted then waits beside it.
        if session.unit_id != record.unit_id or not get_permissions(by, session).may_record:
            raise NotAllowed
        if not _lock_waiting(record):
            return False
        _end_as(record, session, by)
    return True


def name_session(*, record: PhoneRecord, session: InformativeSession, by: User) -> None:
    """Say of which session a record is that was set aside: its page then shows both. Raises NotAllowed."""
    with transaction.atomic():
        if session.unit_id != record.unit_id or not get_permissions(by, session).may_record:
            raise NotAllowed
        if _lock_waiting(record):
            PhoneRecord.objects.filter(pk=record.pk).update(session=session)
            record.session = session
            _log("session.phone_record_named", record, by)


def join_records(*, plan: uuid.UUID) -> int:
    """Record what was counted of a plan before it was entered. Return how much of it is recorded now.

    What can't be recorded goes on waiting, with the session beside it and the reason. One stops no other.
    """
    waiting = PhoneRecord.objects.waiting().filter(kind=PhoneRecordKind.RECORD, named=plan, session=None)
    joined = 0
    for key in waiting.order_by("arrived_at", "pk").values_list("pk", flat=True):
        try:
            with transaction.atomic():
                joined += _join(key)
        except (SealBroken, KeyRingError) as error:
            log.error("phone_record_not_joined", record=str(key), error=type(error).__name__)
    return joined


def join_left_over() -> int:
    """Join what came at the very moment at which its plan was entered. Return how much of it is recorded now."""
    waiting = PhoneRecord.objects.waiting().filter(reason=ReturnedWhy.NO_PLAN, session=None)
    entered = PhoneRecord.objects.filter(kind=PhoneRecordKind.PLAN, session__isnull=False)
    here = Q(named__in=InformativeSession.objects.values("pk")) | Q(named__in=entered.values("pk"))
    plans = set(waiting.filter(here).values_list("named", flat=True))
    return sum(join_records(plan=plan) for plan in plans if plan is not None)


def _join(key: uuid.UUID) -> bool:
    rows = PhoneRecord.objects.select_for_update(of=("self",)).select_related("user")
    record = rows.waiting().filter(pk=key).first()
    fields = [(name, value) for name, value in record.fields] if record is not None else []
    session = find_session(fields)
    if record is None or session is None:
        return False
    if not InformativeSession.objects.visible_to(record.user).filter(pk=session.pk).exists():
        return False
    record.session, record.unit = session, session.unit
    if record.reason == ReturnedWhy.NO_PLAN:
        try:
            with transaction.atomic():
                record_from_phone(fields=fields, confirmed=read_confirmed(fields), by=record.user)
        except NotRecorded as refused:
            record.reason = refused.why
        else:
            record.fields, record.ended_at = [], clock.now()
            _log("session.phone_record_ended", record, record.user, recorded=True)
    record.save(update_fields=["session", "unit", "reason", "fields", "ended_at"])
    return record.ended_at is not None


def set_aside(
    *,
    identity: uuid.UUID,
    fields: Fields,
    by: User,
    unit: MobileUnit,
    why: ReturnedWhy,
    confirmed: Collection[str] = (),
) -> PhoneRecord:
    """Store what couldn't be recorded, under this UUID or another one where it is taken. Nothing typed is lost.

    It takes the place of what the same person's phone had handed over unfinished under this UUID. `unit`: whose it is
    where the fields name no session; else the session's, if its writer works there.
    """
    with transaction.atomic():
        session = find_session(fields)
        if session is not None and not InformativeSession.objects.visible_to(by).filter(pk=session.pk).exists():
            session = session if session.unit_id == unit.pk else None
        if session is not None:
            unit = session.unit
        if PhoneRecord.objects.filter(pk=identity).exists() and not _remove_handed(identity, by):
            identity = uuid.uuid4()
        record = PhoneRecord(id=identity, user=by, unit=unit, session=session, reason=why, arrived_at=clock.now())
        record.kind = PhoneRecordKind.PLAN if PLAN in dict(fields) else PhoneRecordKind.RECORD
        record.named = read_named(fields)
        record.fields = [*([name, value] for name, value in fields), *([CONFIRMED, name] for name in confirmed)]
        record.save(force_insert=True)
        _log("session.phone_record_waits", record, by, why=str(why.value))
    return record


def end_handed(*, identity: uuid.UUID, by: User) -> None:
    """End what the same person's phone had handed over unfinished under this UUID: it was finished, and is recorded."""
    for record in _list_handed(identity, by):
        end_phone_record(record=record, by=by, recorded=True)


def _remove_handed(identity: uuid.UUID, by: User) -> bool:
    """Remove it, in the transaction of what takes its place; False where there is none, or somebody decided."""
    return bool(_list_handed(identity, by).delete()[0])


def _list_handed(identity: uuid.UUID, by: User) -> PhoneRecordQuerySet:
    return PhoneRecord.objects.waiting().filter(pk=identity, user=by, reason=ReturnedWhy.RESCUED)


def _get_free(identity: uuid.UUID) -> uuid.UUID | None:
    """Return the key for a new session; None, and so a new one, where a session has it."""
    return None if InformativeSession.objects.filter(pk=identity).exists() else identity


def _lock_waiting(record: PhoneRecord) -> bool:
    return PhoneRecord.objects.select_for_update(of=("self",)).waiting().filter(pk=record.pk).first() is not None


def _end_as(record: PhoneRecord, session: InformativeSession, by: User) -> None:
    PhoneRecord.objects.filter(pk=record.pk).update(session=session)
    record.session = session
    end_phone_record(record=record, by=by, recorded=True)
    join_records(plan=record.pk)


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
