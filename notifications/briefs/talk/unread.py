"""Chase those who accepted from a telephone until they have opened what they accepted.

An SMS or a pressed key says that somebody takes the case, and stops the chase for somebody else. It doesn't say that
they know whom they are to meet, and a number can be forged. So they are sent back to the notice, at once reminded and
then called like everybody who doesn't read: with the times of what is added to a notice (`get_read_times`).
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Q, QuerySet
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from audit.due import Due
from notifications import signals
from notifications.outbox.actions import build_link, cancel
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice, Purpose, Reply, ReplyKind
from notifications.outbox.states import OPEN, NoticeState
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import UnreadAcceptance
from .telling import build_back_brief, create_talk_notice
from .thread import NO_CASE, get_root, is_of_talk, iter_chains, why_over
from .times import get_read_times, get_unread_minutes

TALK_OVER = "talk_over"  # `Notice.reason` of the one that sent back to a notice which was opened meanwhile


@receiver(signals.notice_answered, dispatch_uid="briefs.await_opening")
def await_opening(notice: Notice, reply: Reply, **kwargs: Any) -> None:
    """Begin the wait, in the transaction of the answer."""
    if reply.kind in (ReplyKind.ACCEPTED, ReplyKind.ON_THE_WAY) and notice.opened_at is None:
        UnreadAcceptance.objects.get_or_create(notice=notice, defaults={"next_at": _later(reply.at)})


def _find_due(now: datetime) -> QuerySet[UnreadAcceptance]:
    over = ~Q(notice__state=NoticeState.ACCEPTED) | Q(notice__opened_at__isnull=False)
    over |= Q(notice__link_revoked_at__isnull=False)
    read = Q(next_at__isnull=True) & (Q(asking__isnull=True) | ~Q(asking__state__in=OPEN))
    return UnreadAcceptance.objects.filter(Q(next_at__lte=now) | over | read, ended_at__isnull=True).order_by("pk")


@transaction.atomic
def _turn(key: UUID, now: datetime) -> bool:
    notice = Notice.objects.select_related("contact__partner", "partner").defer("brief").get(pk=key)
    root = notice.root
    lock_chases(iter_chains(root))
    row = UnreadAcceptance.objects.select_for_update(of=("self",)).select_related("asking").get(pk=key)
    if row.ended_at is not None:
        return False
    if _is_over(key, root):
        return _end(row, now)
    if row.next_at is not None:
        return row.next_at <= now and _ask(row, notice, root, now)
    if row.asking is None or not row.asking.is_open:
        # Read and not opened after all, or withdrawn by hand: they are asked again later.
        row.next_at, row.asking = _later(now), None
        row.save(update_fields=["next_at", "asking"])
    return False


def _is_over(key: UUID, root: Notice) -> bool:
    still = Notice.objects.accepted_unread().filter(pk=key, link_revoked_at__isnull=True).exists()
    # A message from the public is no case, and whoever accepted it is to open it all the same.
    return not still or why_over(root) not in ("", NO_CASE)


def _end(row: UnreadAcceptance, now: datetime) -> bool:
    asking, row.next_at, row.ended_at = row.asking, None, now
    row.save(update_fields=["next_at", "ended_at"])
    if asking is not None and asking.is_open:
        cancel(notice=asking, reason=TALK_OVER)
    return True


def _ask(row: UnreadAcceptance, notice: Notice, root: Notice, now: datetime) -> bool:
    times = get_read_times(root.role)
    row.asked += 1
    what = _("You accepted a notice by telephone, and it has not been opened yet. Open it with your PIN.")
    row.asking = create_talk_notice(
        root,
        notice,
        purpose=Purpose.TALK,
        event_id=uuid5(notice.pk, f"unread {row.asked}"),
        brief=build_back_brief(root, _("Accepted, not opened"), what),
        answer_minutes=times.answer_minutes,
        ladder=times.ladder,
        now=now,
    )
    row.next_at = None if row.asking is not None else _later(now)
    row.save(update_fields=["next_at", "asking", "asked"])
    return row.asking is not None


def _later(now: datetime) -> datetime:
    return now + timedelta(minutes=get_unread_minutes())


def get_unread_link(notice: Notice) -> str:
    """Return the link of what this notice's recipient accepted by telephone and is sent back to; "" for none."""
    if not is_of_talk(notice):
        return ""
    mine = Notice.objects.accepted_unread().filter(
        chase_id=get_root(notice).chase_id, contact=notice.contact_id, link_revoked_at__isnull=True
    )
    found = mine.first()
    try:
        return build_link(found) if found is not None else ""
    except (SealBroken, KeyRingError):
        return ""  # its own mail and SMS have it, too


def find_stranded(now: datetime) -> list[str]:
    """Return what was accepted unread and about which nobody will be asked: there should be none."""
    accepted = Notice.objects.accepted_unread().filter(state=NoticeState.ACCEPTED, link_revoked_at__isnull=True)
    lost = accepted.exclude(unread_acceptance__ended_at__isnull=True, unread_acceptance__isnull=False)
    return [str(notice.pk) for notice in lost.only("pk", "chases", "case_id") if why_over(notice.root) in ("", NO_CASE)]


DUE = Due(
    name="notice.accepted_unread",
    label=_("Sending who accepted by telephone back to the notice"),
    rows=_find_due,
    act=_turn,
    at_most=100,
    find_stranded=find_stranded,
)
chase_unread = DUE.advance
