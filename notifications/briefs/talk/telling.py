"""Mail the readers of a notice that the unit added something: content-free, bounded, and chased until it is read.

A reader whose notice still waits for an answer gets its mail again; whoever has settled theirs gets a notice of purpose
`talk`, one at a time however much is added meanwhile. At most `NOTICE_ALARMS_PER_HOUR` mails an hour for one
conversation: what has to wait is sent by `send_due_mails` as soon as the bound allows.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from access.languages import in_each_language, same_in_each_language
from audit.chain import log_event
from audit.put_aside import for_each_row, get_put_aside_keys
from notifications.directory.models import Contact
from notifications.directory.resolve import Resolution
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.repeating import repeat
from notifications.outbox.sharing import SharingRefused, may_be_read
from notifications.outbox.subjects import Subject

from .models import TalkMessage, TalkNotice
from .thread import get_members, iter_chains, why_over
from .times import get_read_times

ONE_HOUR = timedelta(hours=1)
MAIL = "notice.talk_mail"  # the kind under which a conversation is put aside when its mail can't be sent
MAX_ROWS = 50  # conversations in one pass

log = structlog.get_logger(__name__)


def send_due_mails(now: datetime) -> int:
    """Mail the readers of every conversation for which that had to wait. Return for how many it was done."""
    keys = _find_waiting(now=now, aside=get_put_aside_keys(MAIL, now))
    return for_each_row(MAIL, keys, lambda key: _send_one(key, now), at=now)


def _find_waiting(now: datetime, aside: Collection[Any]) -> QuerySet[TalkMessage, UUID]:
    return (
        TalkMessage.objects.filter(mail_due_at__lte=now)
        .exclude(notice__in=aside)
        .order_by()
        .values_list("notice", flat=True)
        .distinct()[:MAX_ROWS]
    )


def _send_one(key: UUID, now: datetime) -> bool:
    with transaction.atomic():
        root = Notice.objects.defer("brief", "ladder", "link_token").get(pk=key)
        lock_chases(iter_chains(root))
        if why_over(root):
            TalkMessage.objects.filter(notice=root).update(mail_due_at=None)
            return False
        return tell_readers(root, now)


def tell_readers(root: Notice, now: datetime) -> bool:
    """Mail the readers of a locked conversation once for all that waits, unless the bound says later."""
    waiting = TalkMessage.objects.filter(notice=root, mail_due_at__isnull=False)
    if not waiting.exists():
        return False
    later = _get_earliest_time(root, now)
    if later is not None:
        waiting.filter(mail_due_at__lt=later).update(mail_due_at=later)
        return False
    newest = waiting.order_by("-at").first()
    assert newest is not None
    for reader in get_readers(root):
        if reader.is_open:
            repeat(notice=reader, at=now)
        elif reader.contact is not None:
            _send_back(root, reader, reader.contact, newest, now)
    waiting.update(mail_due_at=None, mailed_at=now)
    return True


def get_readers(root: Notice) -> list[Notice]:
    """Return one notice for each person who takes part: the one that still waits for an answer, where one does."""
    readers: dict[int | None, Notice] = {}
    for member in get_members(root).select_related("contact__partner", "partner", "chases").order_by("-owed_at"):
        if member.contact is None or not member.contact.is_active:
            continue
        if member.contact_id not in readers or member.is_open:
            readers[member.contact_id] = member
    return list(readers.values())


def _send_back(root: Notice, reader: Notice, contact: Contact, newest: TalkMessage, now: datetime) -> None:
    """Send somebody who has settled their notice back to it; the one that they haven't read yet is sent again."""
    open_ones = Notice.objects.open().filter(talk_notice__about=root, contact=contact, purpose=Purpose.TALK)
    if (unread := open_ones.defer("brief").first()) is not None:
        repeat(notice=unread, at=now)
        return
    if not may_be_read(reader, now):
        return
    times = get_read_times(root.role)
    create_talk_notice(
        root,
        reader,
        purpose=Purpose.TALK,
        event_id=uuid5(newest.pk, "mail"),
        brief=build_addition_brief(root),
        answer_minutes=times.answer_minutes,
        ladder=times.ladder,
        now=now,
    )


def create_talk_notice(
    root: Notice, reader: Notice, *, purpose: str, event_id: UUID, brief: dict[str, Any], now: datetime, **chase: Any
) -> Notice | None:
    """Create a notice by which the reader is sent back to theirs. None where consent no longer lets it pass."""
    try:
        notice = Subject.of_notice(root).notify(
            root.role,
            event_id=event_id,
            found=Resolution(root.role, reader.partner, reader.contact),
            brief=brief,
            purpose=purpose,
            at=now,
            **chase,
        )
    except SharingRefused as refused:
        log.info("talk_not_shared", notice=str(root.pk), code=refused.code)
        return None
    TalkNotice.objects.get_or_create(notice=notice, defaults={"about": root})
    log_event("notice.sent_back", target_kind="notice", target_id=notice.pk, about=root.pk, purpose=str(purpose))
    return notice


def build_addition_brief(root: Notice) -> dict[str, Any]:
    """Build what stands on the page beside the conversation: which notice it belongs to, and nothing of the case."""
    what = _("The unit has added something to a notice that you have taken. You read it here.")
    return build_back_brief(root, _("Added since"), what)


def build_back_brief(root: Notice, title: Any, what: Any) -> dict[str, Any]:
    rows = [
        {"key": "what", "label": in_each_language(_("What happened")), "value": in_each_language(what)},
        {
            "key": "code",
            "label": in_each_language(_("Code of the notice")),
            "value": same_in_each_language(root.code),
        },
    ]
    return {"sections": [{"title": in_each_language(title), "rows": rows}]}


def _get_earliest_time(root: Notice, now: datetime) -> datetime | None:
    """Return when the next mail may go; None when it may go now."""
    mailed = TalkMessage.objects.filter(notice=root, mailed_at__gt=now - ONE_HOUR).order_by()
    moments = sorted(at for at in mailed.values_list("mailed_at", flat=True).distinct() if at is not None)
    if len(moments) < settings.NOTICE_ALARMS_PER_HOUR:
        return None
    return moments[-settings.NOTICE_ALARMS_PER_HOUR] + ONE_HOUR
