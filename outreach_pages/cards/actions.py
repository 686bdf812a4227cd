"""Ending and extending a card."""

import datetime

from django.db import transaction

from access.models import User
from audit.chain import get_actor, log_event

from ..records.models import InformativeSession
from ..records.rights import units_to_plan_for


class NotTheirs(Exception):
    """This person reads the session, but neither works in its unit nor leads it."""


def may_manage(user: User, session: InformativeSession) -> bool:
    """The unit's workers and the coordinator of its region. Others who see the session may print its papers."""
    return units_to_plan_for(user).filter(pk=session.unit_id).exists()


@transaction.atomic
def keep_card_until(*, session: InformativeSession, last_day: datetime.date | None, by: User) -> None:
    """Sets the card's last day; None lets it stay. Raises NotTheirs."""
    if not may_manage(by, session):
        raise NotTheirs
    session.card_expires_on = last_day
    session.save(update_fields=["card_expires_on", "changed_at"])
    log_event(
        "session.card_kept_until",
        actor=get_actor(by),
        target_kind="session",
        target_id=session.pk,
        last_day=last_day.isoformat() if last_day else "",
    )
