"""Correct what recipients read: the form that a notice was made from was corrected (docs/adr/0114).

The brief is replaced where it is, so the link, the code, the clock and the answers stay those of one notice, and nobody
goes on reading what is wrong. What it said before is stored beside it. Whoever still has to answer gets the notice sent
again; whoever has settled it needs a notice of their own, which the caller creates.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from audit.chain import log_event
from notifications.directory.models import Contact
from notifications.outbox.actions import cancel
from notifications.outbox.agreement_limit import fit_to_office
from notifications.outbox.models import BriefDocument, Notice, Purpose
from notifications.outbox.repeating import repeat
from notifications.outbox.states import OPEN, NoticeState
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .further import READER_PURPOSES
from .models import EarlierBrief

CORRECTED = "corrected"  # `Notice.reason` of one withdrawn because the corrected form no longer names its office
READS = (*READER_PURPOSES, Purpose.INSTEAD, Purpose.CORRECTION)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class CorrectedNotices:
    """What became of notices whose brief was corrected.

    `again`: sent again, since somebody still has to answer them. `to_tell`: people who have read the earlier brief, or
    have taken the notice, and get nothing again: they need a notice of their own. `is_held`: somebody has it or is
    being asked; without that, the duty to notify is unmet.
    """

    again: list[Notice] = field(default_factory=list)
    to_tell: list[Contact] = field(default_factory=list)
    is_held: bool = False


@transaction.atomic
def correct_briefs(
    firsts: Iterable[Notice], *, brief: Mapping[str, Any], event_id: UUID, at: datetime
) -> CorrectedNotices:
    """Replace the briefs of these escalation chains, which are of one role, and send the open ones again.

    The caller has locked the chains (`outbox.locking.lock_chases`). Coordinators who were asked to call are left alone:
    their pages hold no answers. `event_id`: the correction's; the same again changes nothing.
    """
    keys = [first.chase_id for first in firsts]
    members = Notice.objects.filter(chase_id__in=keys, purpose__in=READS).select_related("contact", "partner")
    again: dict[int, Notice] = {}
    readers: dict[int, Contact] = {}
    is_held = False
    for notice in members.order_by("owed_at", "pk"):
        is_open = notice.state in OPEN
        has_taken = notice.accepted_at is not None and notice.state in (NoticeState.ACCEPTED, NoticeState.CLOSED)
        is_held = is_held or is_open or has_taken
        if not (is_open or has_taken) or not _replace_brief(notice, brief, event_id, at):
            continue
        if is_open and notice.contact_id is not None:
            again.setdefault(notice.contact_id, notice)
        elif notice.contact is not None:
            readers.setdefault(notice.contact.pk, notice.contact)
    for notice in again.values():
        repeat(notice=notice, at=at)
    to_tell = [contact for key, contact in readers.items() if key not in again]
    return CorrectedNotices(list(again.values()), to_tell, is_held)


def _replace_brief(notice: Notice, brief: Mapping[str, Any], event_id: UUID, at: datetime) -> bool:
    """Store what the brief said and put the corrected one in its place. False when that was done before."""
    try:
        before: Any = notice.brief
    except (SealBroken, KeyRingError) as error:
        # Nobody has read it, and nobody can: the corrected one makes the notice readable again.
        log.error("brief_unreadable", notice=str(notice.pk), code=type(error).__name__)
        before = None
    if EarlierBrief.objects.filter(notice=notice, event_id=event_id).exists():
        return False
    if before is not None:
        EarlierBrief.objects.create(notice=notice, event_id=event_id, brief=before, at=at, seen_at=notice.opened_at)
    notice.brief = fit_to_office(
        brief, role=notice.role, office=notice.partner, municipality=notice.municipality, at=at
    )
    notice.save(update_fields=["brief"])
    # The sheet is made again from the corrected brief when somebody asks for it.
    BriefDocument.objects.filter(notice=notice).delete()
    log_event("notice.corrected", target_kind="notice", target_id=notice.pk, case=notice.case_id)
    return True


@transaction.atomic
def withdraw_as_corrected(firsts: Iterable[Notice], *, at: datetime) -> list[Contact]:
    """End these escalation chains: the corrected form names another office. Return who had opened one of them.

    What was sent is withdrawn and the links of those who had taken it end, too. They must be told so by the caller.
    """
    readers: dict[int, Contact] = {}
    for first in firsts:
        members = Notice.objects.filter(chase_id=first.chase_id, purpose__in=READS, opened_at__isnull=False)
        for notice in members.select_related("contact").defer("brief"):
            if notice.contact is not None:
                readers.setdefault(notice.contact.pk, notice.contact)
        if first.state in OPEN:
            cancel(notice=first, reason=CORRECTED)
        for notice in Notice.objects.open().filter(chase_id=first.chase_id).defer("brief"):
            cancel(notice=notice, reason=CORRECTED)
        ended = Notice.objects.filter(chase_id=first.chase_id, purpose__in=READS, link_revoked_at__isnull=True)
        ended.update(link_revoked_at=at)
    return list(readers.values())
