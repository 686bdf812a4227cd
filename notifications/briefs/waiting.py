"""What else waits for a contact who has opened one notice with their PIN: the codes and links of the others.

A message to a phone that names several notices has the link of one. Each link asks for the PIN again.
"""

from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.db.models import F, Q

from notifications.outbox.actions import build_link
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import OPEN
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .links import is_link_open

MAX_WAITING = 10
MAX_LOOKED_AT = 60  # whether a link is open costs a look at its case

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Waiting:
    """Another notice that waits for this contact, with its link: for this contact's own page alone."""

    code: str
    link: str = field(repr=False)
    answer_by: datetime | None = None
    is_drill: bool = False


def list_waiting(notice: Notice, at: datetime) -> tuple[list[Waiting], bool]:
    """Return those that this contact may open, the most pressing first, at most MAX_WAITING; and whether more wait.

    Those of other chains that are open and were not opened yet, or whose answer is awaited.
    """
    others = (
        Notice.objects.filter(contact=notice.contact_id, state__in=OPEN, link_revoked_at__isnull=True)
        .filter(Q(opened_at__isnull=True) | Q(answer_by__isnull=False))
        .exclude(purpose__in=(Purpose.TEST, Purpose.DIGEST))
        .exclude(pk=notice.pk)
        .select_related("chases__chases")
        .defer("brief", "ladder")
        .order_by(F("answer_by").asc(nulls_last=True), "owed_at", "pk")
    )
    root, found = notice.root.pk, list[Waiting]()
    candidates = list(others[: MAX_LOOKED_AT + 1])
    for each in candidates[:MAX_LOOKED_AT]:
        if each.root.pk == root or not is_link_open(each, at) or (row := _build(each)) is None:
            continue
        if len(found) == MAX_WAITING:
            return found, True
        found.append(row)
    return found, len(candidates) > MAX_LOOKED_AT  # what nobody looked at may wait, too


def _build(notice: Notice) -> Waiting | None:
    try:
        link = build_link(notice)
    except (SealBroken, KeyRingError) as error:
        log.error("link_unreadable", notice=str(notice.pk), code=type(error).__name__)
        return None
    return Waiting(notice.code, link, notice.answer_by, notice.is_drill)
