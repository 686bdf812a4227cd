"""What a notice says by an SMS, a push or a call: a code, a link, a time. Nothing about a case or a person.

An SMS is sent in the letters of GSM 03.38, which know neither "ë" nor "ç": one such letter would make two or three
messages of one, each of which is paid for and may arrive by itself. The texts (`notifications.texts`) are written as
Albanian is.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation

from notifications.channels.base import Message, PayloadError
from notifications.directory.models import ContactWay
from notifications.directory.ways.models import WayKind
from notifications.texts.in_force import Wording, write_numbers
from notifications.texts.values import build_link
from notifications.texts.ways import WayFacts, compose_push, compose_sms, compose_voice
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..models import Notice, Purpose
from ..sender import get_sender

# An answer by SMS or key is taken for these; a call to a coordinator is answered where the number to call stands.
ANSWERABLE = frozenset(
    {Purpose.FIRST, Purpose.DEPUTY, Purpose.REMINDER, Purpose.REROUTE, Purpose.INSTEAD, Purpose.EXPECT}
)


def is_urgent(notice: Notice) -> bool:
    """Tell whether the procedure marked it urgent. One whose brief can't be decrypted is sent as not urgent."""
    try:
        brief: Any = notice.brief
    except (SealBroken, KeyRingError):
        return False
    return isinstance(brief, dict) and brief.get("urgent") is True


def build_way_message(
    notice: Notice, way: ContactWay, *, reference: str, now: datetime, others: Sequence[Notice] = ()
) -> Message:
    """Build the message of a notice for this way. Raises PayloadError; that is always our own fault.

    `others`: notices that wait for the same contact and are named by their codes in this one message.
    """
    try:
        link = build_link(notice.link_token)
        secret = way.secret or {}
    except (SealBroken, KeyRingError):
        # Without its cause: a traceback must not carry what is sealed.
        raise PayloadError("link_sealed") from None
    answer_by = notice.answer_by if notice.answer_by and notice.answer_by > now else None
    facts = WayFacts(
        purpose=notice.purpose,
        codes=[notice.code, *(other.code for other in others)],
        link=link,
        # The test of an address is counted nowhere, as a drill is, but says of itself that it is a test.
        is_drill=notice.purpose != Purpose.TEST and all(each.is_drill for each in (notice, *others)),
        answer_by=answer_by,
        can_reply=way.channel in settings.NOTIFICATION_REPLIES and notice.purpose in ANSWERABLE,
    )
    wording = Wording(notice.language, now, sender=get_sender(notice))
    subject, text = _compose(way, facts, wording, now)
    return Message(
        id=f"{notice.pk}.{reference}",
        address=way.address,
        subject=subject,
        text=text,
        code=notice.code,
        link=link,
        language=wording.language,
        reference=reference,
        is_drill=notice.is_drill,
        rehearses=facts.is_drill,
        sent_at=now,
        answer_by=answer_by,
        secret=secret,
        texts=write_numbers(wording.numbers),
    )


def _compose(way: ContactWay, facts: WayFacts, wording: Wording, now: datetime) -> tuple[str, str]:
    """Return the title and the text; both empty for an institution's system, which reads fields and no words."""
    if way.channel == WayKind.WEBHOOK:
        return "", ""
    with translation.override(wording.language):
        title = str(wording.sender.brand)
    if way.channel == WayKind.SMS:
        return title, compose_sms(facts, wording, now=now)
    return title, compose_push(facts, wording) if way.channel == WayKind.PUSH else compose_voice(facts, wording)
