"""Actions on a card: end it, extend it; and who may."""

import datetime

from django.db import transaction

from access.models import User
from audit.chain import get_actor, log_event

from ..records.models import InformativeSession
from ..records.permissions import get_plannable_units


class NotAllowed(Exception):
    """This person may read the session, but neither works in its unit nor coordinates it."""


def may_manage_card(user: User, session: InformativeSession) -> bool:
    """Whether this person works in the session's unit or coordinates its region. Other readers may only print."""
    return get_plannable_units(user).filter(pk=session.unit_id).exists()


@transaction.atomic
def set_card_expiry(*, session: InformativeSession, last_day: datetime.date | None, by: User) -> None:
    """Set the card's last day; None: no end. Raises NotTheirs."""
    if not may_manage_card(by, session):
        raise NotAllowed
    session.card_expires_on = last_day
    session.save(update_fields=["card_expires_on", "changed_at"])
    log_event(
        "session.card_kept_until",
        actor=get_actor(by),
        target_kind="session",
        target_id=session.pk,
        last_day=last_day.isoformat() if last_day else "",
    )
