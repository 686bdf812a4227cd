"""Ask those who accepted a notice what came of it, until they say so.

Accepting begins the wait, an outcome or a refusal ends it. When it is over the recipient gets a notice of purpose
`outcome`: it says which notice it is about and nothing of the case. Its page takes the outcome, or "nothing yet", after
which they are asked again later. Who says nothing is reminded, and then a coordinator is asked to call.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from audit.due import Due
from notifications import signals
from notifications.outbox.actions import cancel
from notifications.outbox.escalation_chain import CALLS
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice, Purpose, Reply, ReplyKind
from notifications.outbox.states import NoticeState

from ..choices import can_report_another_outcome
from .models import AwaitedOutcome, TalkNotice
from .telling import build_back_brief, create_talk_notice, send_due_mails
from .thread import ABOUT, READS, TALK_PURPOSES, get_members, get_root, is_of_talk, iter_chains, takes_part, why_over
from .times import get_outcome_times

OUTCOME = "notice.outcome_due"  # the kind under which a notice is put aside when it can't be asked about
OVER = "notice.talk_over"
TALK_OVER = "talk_over"  # `Notice.reason` of one that sent back to a notice which has ended


@receiver(signals.notice_answered, dispatch_uid="briefs.await_outcome")
def await_outcome(notice: Notice, reply: Reply, **kwargs: Any) -> None:
    """Begin, postpone or end the wait for an outcome, in the transaction of the answer."""
    root = notice.root
    times = get_outcome_times(root.role)
    if times is None or notice.purpose not in (*READS, *CALLS, *TALK_PURPOSES):
        return
    if root.purpose in TALK_PURPOSES:
        # "Nothing yet", or a coordinator has reached them by phone: they are asked again later.
        # Asked of the database: the instance at hand may be older than the answer.
        is_open = Notice.objects.open().filter(pk=root.pk).exists()
        if root.purpose == Purpose.OUTCOME and not is_open:
            _postpone(root, reply.at + timedelta(minutes=times.again_minutes))
    elif notice.purpose in CALLS:
        return
    elif reply.kind in (ReplyKind.ACCEPTED, ReplyKind.ON_THE_WAY) and root.purpose in ABOUT:
        due = reply.at + timedelta(minutes=times.first_minutes + (reply.minutes or 0))
        AwaitedOutcome.objects.get_or_create(notice=notice, defaults={"next_at": due})
    elif reply.kind == ReplyKind.OUTCOME:
        chain = AwaitedOutcome.objects.filter(notice__chase_id=notice.chase_id, ended_at__isnull=True)
        chain.update(next_at=None, ended_at=reply.at)
    else:
        AwaitedOutcome.objects.filter(notice=notice, ended_at__isnull=True).update(next_at=None, ended_at=reply.at)


def _postpone(asked: Notice, until: datetime) -> None:
    """Ask again at that time whoever this notice asked."""
    about = get_root(asked).chase_id
    mine = AwaitedOutcome.objects.filter(notice__chase_id=about, notice__contact=asked.contact_id)
    mine.filter(ended_at__isnull=True).update(next_at=until)


def get_answered_notice(notice: Notice) -> Notice:
    """Return the notice that an outcome reported at this one belongs to: its recipient's own, of the conversation."""
    if not is_of_talk(notice):
        return notice
    mine = get_members(get_root(notice)).filter(contact=notice.contact_id, accepted_at__isnull=False)
    found = mine.order_by("-accepted_at").first()
    return found if found is not None and _takes_outcome(found) else notice


def _takes_outcome(notice: Notice) -> bool:
    return notice.state == NoticeState.ACCEPTED or can_report_another_outcome(notice)


@transaction.atomic
def _ask(key: UUID, now: datetime) -> bool:
    notice = Notice.objects.select_related("contact__partner", "partner").defer("brief").get(pk=key)
    root = notice.root
    lock_chases(iter_chains(root))
    row = AwaitedOutcome.objects.select_for_update().filter(pk=key, next_at__lte=now).first()
    times = get_outcome_times(notice.role)
    if row is None:
        return False
    still = get_members(root).filter(pk=key, state=NoticeState.ACCEPTED).exists()
    # Whose link was ended is asked nothing any more; what became of the person is the unit's to know.
    if times is None or not still or why_over(root):
        row.next_at, row.ended_at = None, now
        row.save(update_fields=["next_at", "ended_at"])
        return False
    row.next_at, row.asked = None, row.asked + 1
    row.save(update_fields=["next_at", "asked"])
    what = _("You have accepted a notice, and nobody has said yet what came of it. Please report the outcome here.")
    made = create_talk_notice(
        root,
        notice,
        purpose=Purpose.OUTCOME,
        event_id=uuid5(key, f"outcome {row.asked}"),
        brief=build_back_brief(root, _("The outcome is awaited"), what),
        answer_minutes=times.answer_minutes,
        ladder=times.ladder,
        now=now,
    )
    if made is None:
        AwaitedOutcome.objects.filter(pk=key).update(ended_at=now)
    return made is not None


def _withdraw_if_over(key: UUID, _now: datetime) -> bool:
    row = _find_talks(key=key).first()
    if row is None:
        raise TalkNotice.DoesNotExist
    is_holder = takes_part(row.about, row.notice.contact_id)
    is_asked = row.notice.purpose != Purpose.OUTCOME or _is_awaited(row)
    if is_holder and is_asked and not why_over(row.about):
        return False
    return cancel(notice=row.notice, reason=TALK_OVER)


def _is_awaited(row: TalkNotice) -> bool:
    contact = row.notice.contact_id
    return contact is not None and _find_awaited(chase=row.about.chase_id, contact=contact).exists()


ask_for_due_outcomes = Due(
    name=OUTCOME, rows=lambda _now: AwaitedOutcome.objects.all(), column="next_at", act=_ask, at_most=100
).advance

withdraw_what_is_over = Due(
    name=OVER,
    rows=lambda _now: TalkNotice.objects.filter(notice__in=Notice.objects.open().values("pk")).order_by("pk"),
    act=_withdraw_if_over,
    at_most=100,
).advance


def advance(now: datetime) -> int:
    """Turn the clock of conversations and outcomes. Return how much was done."""
    return send_due_mails(now) + ask_for_due_outcomes(now) + withdraw_what_is_over(now) + _wait_again(now)


def _wait_again(now: datetime) -> int:
    """Wait again for outcomes about which nobody is asked any more, whatever ended that: none is lost sight of."""
    count = 0
    for row in _find_waiting():
        times = get_outcome_times(row.notice.role)
        if times is not None and not _is_being_asked(row.notice):
            until = now + timedelta(minutes=times.again_minutes)
            count += AwaitedOutcome.objects.filter(pk=row.pk, next_at=None, ended_at=None).update(next_at=until)
    return count


def find_stranded(now: datetime) -> list[str]:
    """Return the outcomes that are awaited and about which nobody is asked: there should be none."""
    return [str(row.pk) for row in _find_waiting() if not _is_being_asked(row.notice)]


def _is_being_asked(notice: Notice) -> bool:
    contact = notice.contact_id
    return contact is not None and _find_asked(chase=notice.chase_id, contact=contact).exists()


def _find_talks(key: UUID) -> QuerySet[TalkNotice]:
    return TalkNotice.objects.select_related("notice", "about").filter(pk=key)


def _find_awaited(chase: UUID | None, contact: int) -> QuerySet[AwaitedOutcome]:
    return AwaitedOutcome.objects.filter(notice__chase_id=chase, notice__contact=contact, ended_at__isnull=True)


def _find_waiting() -> QuerySet[AwaitedOutcome]:
    return AwaitedOutcome.objects.filter(ended_at__isnull=True, next_at__isnull=True).select_related("notice")


def _find_asked(chase: UUID | None, contact: int) -> QuerySet[Notice]:
    chains = TalkNotice.objects.filter(about__chase_id=chase, notice__purpose=Purpose.OUTCOME)
    asked = chains.filter(notice__contact=contact).values("notice__chase_id")
    return Notice.objects.open().filter(chase_id__in=asked)
