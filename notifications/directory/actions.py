"""End and delete what was entered into the roster."""

from datetime import datetime, timedelta

from django.db import transaction

from access.models import User
from audit.chain import get_actor, log_event

from .models import DutyShift, Leave

Period = DutyShift | Leave


def next_minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0) + timedelta(minutes=1)


def has_begun(period: Period, now: datetime) -> bool:
    return period.starts_at <= now


def is_running(period: Period, now: datetime) -> bool:
    return has_begun(period, now) and (period.ends_at is None or period.ends_at > now)


def delete_period(*, period: Period, by: User, now: datetime) -> bool:
    """Delete a shift or a leave that hasn't begun. False when it has: by what people were notified stays on record."""
    with transaction.atomic():
        locked = type(period).objects.select_for_update().filter(pk=period.pk).first()
        if locked is None or has_begun(locked, now):
            return False
        kind = locked._meta.model_name or ""
        contact, start = locked.contact_id, locked.starts_at.isoformat()
        log_event(
            f"directory.{kind}_deleted",
            actor=get_actor(by),
            target_kind=kind,
            target_id=locked.pk,
            contact=contact,
            starts_at=start,
        )
        locked.delete()
    return True


def end_period(*, period: Period, by: User, now: datetime) -> datetime | None:
    """End a running shift or leave at the next full minute, which is returned. None when it isn't running."""
    end = next_minute(now)
    with transaction.atomic():
        locked = type(period).objects.select_for_update().filter(pk=period.pk).first()
        if locked is None or not is_running(locked, now):
            return None
        # Ending never prolongs it: it may end within this very minute anyway.
        locked.ends_at = min(end, locked.ends_at) if locked.ends_at else end
        locked.version += 1
        locked.save(update_fields=["ends_at", "version"])
        kind = locked._meta.model_name or ""
        log_event(f"directory.{kind}_ended", actor=get_actor(by), target_kind=kind, target_id=locked.pk)
    return locked.ends_at
