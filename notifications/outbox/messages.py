"""Render a notice as a message for its channel.

It says nothing about a person: a code, a link, the time to answer, who sends it and how that can be checked; drills are
marked as drills.

A recipient who has learned not to press links must see that this one is ours: the sender's name, the unit,
its number (which stands on the PIN card, too), and how every link begins. The words are `notifications.texts`'.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation

from access.languages import localize_to
from audit.chain import get_head_note
from notifications.channels.base import Message, PayloadError
from notifications.directory.models import Contact
from notifications.texts.in_force import Wording, write_numbers
from notifications.texts.mails import DigestLine, MailFacts, compose_mail
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .actions import build_link
from .gathering import ALSO_HEADER, build_further, name_also
from .models import Notice, Purpose
from .sender import get_sender, get_unit_to_call
from .ways.words import is_urgent

MAX_MINUTES = 120
# Where the audit chain ended when this was sent (`get_head_note`): whoever keeps the mail can show that entries
# were cut off later.
CHAIN_HEADER = "Notice-Chain"


def build_message_id(notice: Notice) -> str:
    """Return the Message-ID.

    It is the same at every attempt, so that mail programs show a doubled sending once, and another one each time the
    notice is repeated, so that they show that, too.
    """
    number = f".{notice.number}" if notice.repeats else ""
    return f"<{notice.pk}{number}@{settings.MESSAGE_ID_DOMAIN}>"


def build_message(notice: Notice, contact: Contact, *, now: datetime, others: Sequence[Notice] = ()) -> Message:
    """Build the message of this notice in the contact's language. Raises PayloadError; that is always our own fault.

    `others`: notices that waited for the same contact and are listed in this one mail (`gathering`).
    """
    wording = Wording(notice.language, now, sender=get_sender(notice))
    facts = replace(_build_facts(notice, wording.language, now), further=build_further(others, wording.language, now))
    subject, text = compose_mail(facts, wording, now=now)
    headers = {CHAIN_HEADER: get_head_note()}
    if others:
        headers[ALSO_HEADER] = name_also(others)
    first = notice.root
    if first.pk != notice.pk or notice.repeats:
        # Mail programs thread a reminder, a deputy's notice and a call under the first notice.
        begun = f"<{first.pk}@{settings.MESSAGE_ID_DOMAIN}>"
        headers |= {"In-Reply-To": begun, "References": begun}
    with translation.override(wording.language):
        sender = str(wording.sender.address)
    texts = write_numbers(wording.numbers)
    return Message(build_message_id(notice), contact.email, subject, text, headers, texts=texts, sender=sender)


def _build_facts(notice: Notice, language: str, now: datetime) -> MailFacts:
    """Gather what the mail says. Raises PayloadError."""
    lines, count = _build_digest_lines(notice, language) if notice.purpose == Purpose.DIGEST else ([], 0)
    # A time that has passed isn't asked for any more.
    answer_by = notice.answer_by if notice.answer_by and notice.answer_by > now else None
    try:
        link = build_link(notice)
    except (SealBroken, KeyRingError):
        # Without its cause: a traceback must not carry what is sealed.
        raise PayloadError("link_sealed") from None
    followed = notice.chases if notice.purpose == Purpose.DEPUTY else None
    unit = get_unit_to_call(notice)
    return MailFacts(
        purpose=notice.purpose,
        code=notice.code,
        link=link,
        first_code=notice.root.code,
        number=notice.number,
        # The test of an address is counted nowhere, as a drill is, but says of itself that it is a test.
        is_drill=notice.is_drill and notice.purpose != Purpose.TEST,
        is_urgent=is_urgent(notice),
        first_declined=followed is not None and followed.declined_at is not None,
        unit=unit.name if unit else "",
        phone=unit.callback_phone if unit else "",
        minutes=_count_minutes_left(answer_by, now),
        answer_by=answer_by,
        lines=lines,
        count=count,
    )


def _count_minutes_left(answer_by: datetime | None, now: datetime) -> int:
    """Return the minutes left to answer; 0 when there is no such time, or it is better given as a time of day."""
    minutes = round((answer_by - now).total_seconds() / 60) if answer_by else 0
    return minutes if minutes <= MAX_MINUTES else 0


def _build_digest_lines(notice: Notice, language: str) -> tuple[list[DigestLine], int]:
    """Build what a daily list may say in a mail: codes, times, counts; and how many there are. Raises PayloadError."""
    try:
        brief: Any = notice.brief
    except (SealBroken, KeyRingError):
        raise PayloadError("brief_sealed") from None
    lines = [
        DigestLine(
            code=line["code"],
            since=datetime.fromisoformat(line["since"]),
            said=localize_to(line["said"], language),
            is_drill=line["drill"],
        )
        for line in brief["lines"]
    ]
    return lines, brief["count"]
