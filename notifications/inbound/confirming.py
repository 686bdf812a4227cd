"""Send one short SMS back to whoever answered by SMS: that the answer was taken, or that somebody else has it.

Once for a notice, whatever comes in afterwards, so that two machines can't talk to each other without end. It goes to
the number that the directory has, never to the one that an SMS claims to come from.
"""

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction

from audit import clock
from audit.chain import log_event
from notifications.channels.base import ChannelError, Message, get_channel
from notifications.outbox.actions import build_link
from notifications.outbox.models import Notice, ReplyKind
from notifications.outbox.sender import get_sender
from notifications.outbox.states import NoticeState
from notifications.texts.in_force import Wording
from notifications.texts.ways import compose_answered
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import InboundOutcome, InboundRecord

log = structlog.get_logger(__name__)


def confirm(record_id: str) -> None:
    """Send the SMS back for this record, unless one went for its notice. Run by a worker."""
    found = InboundRecord.objects.select_related("notice", "dispatch__way__contact__partner")
    record = found.filter(pk=record_id, confirmed_at__isnull=True).first()
    if record is None or record.notice is None or record.dispatch is None or not _is_still_theirs(record):
        return
    message = _build_message(record, record.notice)
    if not _claim(record):
        return
    channel = get_channel(record.dispatch.channel)
    try:
        channel.open()
        channel.send(message)
    except ChannelError as error:
        log.warning("confirmation_not_sent", notice=str(record.notice_id), code=error.code)
    finally:
        channel.close()


def _is_still_theirs(record: InboundRecord) -> bool:
    assert record.notice is not None
    assert record.dispatch is not None
    way = record.dispatch.way
    contact = way.contact
    counts = way.is_active and way.confirmed_at is not None and contact.is_active and contact.partner.is_active
    return counts and record.notice.contact_id == contact.pk and record.notice.link_revoked_at is None


def _claim(record: InboundRecord) -> bool:
    """Note that it is sent, before it is: a worker that dies meanwhile sends none, and none is sent twice."""
    try:
        with transaction.atomic():
            unsent = InboundRecord.objects.filter(pk=record.pk, confirmed_at__isnull=True)
            if not unsent.update(confirmed_at=clock.now()):
                return False
            log_event("inbound.confirmed", target_kind="notice", target_id=record.notice_id, way=record.kind)
    except IntegrityError:
        return False  # one went for this notice before
    return True


def _build_message(record: InboundRecord, notice: Notice) -> Message:
    assert record.dispatch is not None
    wording = Wording(notice.language, clock.now(), sender=get_sender(notice))
    what = _get_outcome(record, notice)
    link = _build_link(notice) if what in ("accepted", "on_the_way") and not notice.opened_at else ""
    text = compose_answered(what, notice.code, link, wording)
    return Message(
        f"<{record.pk}.answered@{settings.MESSAGE_ID_DOMAIN}>",
        record.dispatch.way.address,
        "",
        text,
        code=notice.code,
        language=wording.language,
        is_drill=notice.is_drill,
    )


def _get_outcome(record: InboundRecord, notice: Notice) -> str:
    if record.outcome != InboundOutcome.TAKEN or notice.state not in (NoticeState.ACCEPTED, NoticeState.DECLINED):
        return "not_taken"
    if notice.state == NoticeState.DECLINED:
        return "declined"
    return "on_the_way" if notice.replies.filter(kind=ReplyKind.ON_THE_WAY).exists() else "accepted"


def _build_link(notice: Notice) -> str:
    """Return the notice's link, "" where it can't be decrypted: the rest is worth sending without it."""
    try:
        return build_link(notice)
    except (SealBroken, KeyRingError):
        return ""
