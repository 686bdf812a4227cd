"""Actions on a session. Each is one mutation that checks the right to it and is logged, whoever asks.

planned -> held -> reported, or planned -> cancelled. What was marked by mistake goes back to planned, until it is
reported; numbers and plans may be corrected, and the audit log says that they were.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from access.models import User
from audit import clock
from audit.chain import get_actor, log_event

from .labels import CancelReason, SessionState
from .models import InformativeSession, SessionCount, UsedMaterial
from .permissions import get_permissions, get_plannable_units
from .signals import session_corrected, session_held, session_not_held, session_reported

Cell = tuple[str, str]  # (sex, age group)

TARGET_KIND = "session"
CLOCK_TOLERANCE = timedelta(minutes=5)

# Fields of a plan that may be changed, and fields that are recorded when it has been held.
PLAN = (
    "unit",
    "municipality",
    "administrative_unit",
    "place_type",
    "place_name",
    "show_place",
    "date",
    "starts_at",
    "ends_at",
    "audience",
    "kit_version",
    "grades",
    "topics",
    "language",
    "partners",
    "partner_names",
    "krat_activity",
    "project",
    "is_public",
    "card_expires_on",
)
OUTCOME = (
    "topics",
    "method",
    "language",
    "partners",
    "partner_names",
    "kit_version",
    "materials",
    "materials_note",
    "questions_raised",
    "disability_access",
)


class NotAllowed(Exception):
    """The person has no right to do that with this session."""


class NotNow(Exception):
    """The session isn't in a state for that. `code`: changed (somebody was faster), too_early, not_held, reported."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def plan_session(
    *, by: User, values: Mapping[str, Any], identity: uuid.UUID | None = None, is_demo: bool = False
) -> InformativeSession:
    """Create a session, planned. `values`: of PLAN, already checked by the form. Raises NotAllowed.

    `identity`: the key that a phone gave the plan, under which its record names it; one that is free.
    """
    with transaction.atomic():
        if not get_plannable_units(by).filter(pk=values["unit"].pk).exists():
            raise NotAllowed
        session = InformativeSession(planned_by=by, is_demo=is_demo, **{name: values[name] for name in values})
        session.pk = identity or session.pk
        session.save(force_insert=True)
        _log("session.planned", session, by, unit=session.unit.slug, municipality=session.municipality.slug)
    return session


def change_plan(*, session: InformativeSession, by: User, values: Mapping[str, Any]) -> InformativeSession:
    """Change the plan. Nothing is written when nothing differs. Raises NotAllowed, NotNow."""
    with transaction.atomic():
        locked = _lock(session)
        if not get_permissions(by, locked).may_plan:
            raise NotAllowed
        changed = _set_changed(locked, PLAN, values)
        # Asked of the new unit as well: nobody moves a session to a unit that they can't plan for.
        if "unit" in changed and not get_plannable_units(by).filter(pk=locked.unit_id).exists():
            raise NotAllowed
        if changed:
            # A session that was held can't be moved to the future.
            _refuse_too_early(
                locked, "" if locked.state in (SessionState.PLANNED, SessionState.CANCELLED) else locked.state
            )
            if "kit_version" in changed:
                locked.used_materials.all().delete()  # those were of the other kit
            locked.save(update_fields=[*changed, "changed_at"])
            _log("session.changed", locked, by, fields=changed)
    return locked


def record_session(
    *,
    session: InformativeSession,
    by: User,
    values: Mapping[str, Any],
    counts: Mapping[Cell, int],
    used: Collection[int] | None = None,
) -> InformativeSession:
    """Store what happened and who came: a planned session becomes held, one that was held or reported is corrected.

    `values`: of OUTCOME. `counts`: {(sex, age group): how many}; zeros are left out. `used`: the pages of those
    materials of the kit's version that were really used; None leaves them as they are. A reported session keeps the
    version that it names. Raises NotAllowed, NotNow.
    """
    with transaction.atomic():
        locked = _lock(session)
        if not get_permissions(by, locked).may_record:
            raise NotAllowed
        _refuse_too_early(locked, "held")
        if locked.state == SessionState.REPORTED and _names_other_version(locked, values):
            raise NotNow("reported")
        changed = _set_changed(locked, OUTCOME, values)
        is_first = locked.state == SessionState.PLANNED
        if is_first:
            locked.state, locked.held_at, locked.held_by = SessionState.HELD, clock.now(), by
            changed += ["state", "held_at", "held_by"]
        before = get_counts(locked)
        wanted = {cell: number for cell, number in counts.items() if number}
        if wanted != before:
            _replace_counts(locked, wanted)
            changed.append("counts")
        if used is None and "kit_version" in changed:
            used = ()  # those that were stored are the other kit's
        if used is not None and _replace_used(locked, used):
            changed.append("used_materials")
        if changed:
            in_rows = ("counts", "used_materials")
            locked.save(update_fields=[*(name for name in changed if name not in in_rows), "changed_at"])
            people = sum(wanted.values())
            if is_first:
                _log("session.held", locked, by, participants=people)
                session_held.send(sender=InformativeSession, session=locked, at=locked.held_at)
            else:
                fields = [name for name in changed if name != "counts"]
                # The sum before stays in the audit log: the counts themselves are replaced.
                before_count = {"participants_before": sum(before.values())} if "counts" in changed else {}
                session_corrected.send(sender=InformativeSession, session=locked, at=clock.now(), fields=fields)
                _log("session.corrected", locked, by, fields=fields, participants=people, **before_count)
    return locked


def report_session(*, session_id: uuid.UUID, submission_id: uuid.UUID, by: User, at: datetime) -> InformativeSession:
    """Mark the session reported, in the caller's transaction with the submission.

    Raises InformativeSession.DoesNotExist, NotAllowed (another unit's), NotNow (not held yet, or reported already).
    """
    with transaction.atomic():
        locked = InformativeSession.objects.select_for_update(of=("self",)).visible_to(by).get(pk=session_id)
        if locked.state == SessionState.REPORTED:
            raise NotNow("reported")
        if locked.state != SessionState.HELD:
            raise NotNow("not_held")
        if not get_permissions(by, locked).may_report:
            raise NotAllowed
        locked.state, locked.reported_at, locked.reported_by = SessionState.REPORTED, at, by
        locked.report_submission = submission_id
        locked.save(update_fields=["state", "reported_at", "reported_by", "report_submission", "changed_at"])
        _log("session.reported", locked, by, submission=submission_id)
        session_reported.send(sender=InformativeSession, session=locked, submission_id=submission_id, at=at)
    return locked


def follow_correction(*, session_id: uuid.UUID, earlier: uuid.UUID, submission_id: uuid.UUID, by: User) -> None:
    """Let a reported session name the corrected report. Raises NotNow: another one has reported it."""
    with transaction.atomic():
        locked = InformativeSession.objects.select_for_update(of=("self",)).visible_to(by).get(pk=session_id)
        if locked.report_submission != earlier:
            raise NotNow("another_session")
        locked.report_submission = submission_id
        locked.save(update_fields=["report_submission", "changed_at"])
        _log("session.report_corrected", locked, by, submission=submission_id)


def cancel_session(*, session: InformativeSession, by: User, reason: CancelReason) -> InformativeSession:
    """Cancel a planned session. A second call changes nothing. Raises NotAllowed, NotNow."""
    with transaction.atomic():
        locked = _lock(session)
        if not get_permissions(by, locked).may_plan:
            raise NotAllowed
        if locked.state == SessionState.CANCELLED:
            return locked
        if locked.state != SessionState.PLANNED:
            raise NotNow("changed")
        locked.state, locked.cancelled_at, locked.cancelled_by = SessionState.CANCELLED, clock.now(), by
        locked.cancel_reason = reason
        locked.save(update_fields=["state", "cancelled_at", "cancelled_by", "cancel_reason", "changed_at"])
        _log("session.cancelled", locked, by, reason=str(reason))
    return locked


def plan_again(*, session: InformativeSession, by: User) -> InformativeSession:
    """Set a cancelled session, or one marked held by mistake, back to planned; its counts are deleted.

    A second call changes nothing. Raises NotAllowed, NotNow (it is reported).
    """
    with transaction.atomic():
        locked = _lock(session)
        if locked.state == SessionState.REPORTED:
            raise NotNow("reported")
        if not get_permissions(by, locked).may_plan:
            raise NotAllowed
        if locked.state == SessionState.PLANNED:
            return locked
        was, people = locked.state, sum(get_counts(locked).values())
        locked.counts.all().delete()
        locked.used_materials.all().delete()
        locked.state, locked.cancel_reason = SessionState.PLANNED, ""
        locked.held_at = locked.held_by = locked.cancelled_at = locked.cancelled_by = None
        locked.save()
        _log("session.planned_again", locked, by, was=str(was), participants=people)
        session_not_held.send(sender=InformativeSession, session=locked, at=clock.now())
    return locked


def get_counts(session: InformativeSession) -> dict[Cell, int]:
    """Return {(sex, age group): how many}, without zeros."""
    return {(row.sex, row.age_group): row.number for row in session.counts.all()}


def has_begun(session: InformativeSession, at: datetime | None = None) -> bool:
    """Whether the session has begun, or begins within CLOCK_TOLERANCE."""
    return session.begins_at() <= (at or clock.now()) + CLOCK_TOLERANCE


def _lock(session: InformativeSession) -> InformativeSession:
    # Only the session's row: a lock on the joined unit and municipality would hold up all their other sessions.
    rows = InformativeSession.objects.select_for_update(of=("self",)).select_related("unit", "municipality")
    return rows.get(pk=session.pk)


def _set_changed(session: InformativeSession, names: Iterable[str], values: Mapping[str, Any]) -> list[str]:
    """Set the values that differ, and return their names."""
    changed = [name for name in names if name in values and getattr(session, name) != values[name]]
    for name in changed:
        setattr(session, name, values[name])
    return changed


def _refuse_too_early(session: InformativeSession, state: str) -> None:
    """Refuse a held session that hasn't begun yet. Raises NotNow."""
    if state and not has_begun(session):
        raise NotNow("too_early")


def _replace_counts(session: InformativeSession, counts: Mapping[Cell, int]) -> None:
    session.counts.all().delete()
    rows = [
        SessionCount(session=session, sex=sex, age_group=age, number=number) for (sex, age), number in counts.items()
    ]
    SessionCount.objects.bulk_create(rows)


def _names_other_version(session: InformativeSession, values: Mapping[str, Any]) -> bool:
    """Whether these values would take away the version that the session names."""
    named = session.kit_version_id
    return named is not None and "kit_version" in values and getattr(values["kit_version"], "pk", None) != named


def _replace_used(session: InformativeSession, pages: Collection[int]) -> bool:
    """Store which materials of the session's version were used; whether that differs from what was stored."""
    held = session.kit_version.content["materials"] if session.kit_version else []
    wanted = {each["page"]: each["digest"] for each in held if each["page"] in pages}
    if wanted == dict(session.used_materials.values_list("page_id", "digest")):
        return False
    session.used_materials.all().delete()
    rows = [UsedMaterial(session=session, page_id=page, digest=digest) for page, digest in wanted.items()]
    UsedMaterial.objects.bulk_create(rows)
    return True


def _log(action: str, session: InformativeSession, by: User, **detail: Any) -> None:
    log_event(action, actor=get_actor(by), target_kind=TARGET_KIND, target_id=session.pk, **detail)
