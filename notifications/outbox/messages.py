"""Render a notice as a message for its channel.

It says nothing about a person: a code, a link, the time to answer, who sends it and how that can be checked; drills are
marked as drills.

A recipient who has learned not to press links must see that this one is ours: the organisation's full name, the unit,
its number (which stands on the PIN card, too), and how every link begins.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import get_template
from django.utils import timezone, translation

from access.languages import LANGUAGES
from audit.chain import get_head_note
from notifications.channels.base import Message, PayloadError
from notifications.directory.models import Contact
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .actions import build_link
from .models import Notice, Purpose
from .sender import OF_ORGANISATION, ORGANISATION, get_link_start, get_unit_to_call

MAX_MINUTES = 120
# Where the audit chain ended when this was sent (`get_head_note`): whoever keeps the mail can show that entries
# were cut off later.
CHAIN_HEADER = "Vatra-Chain"


def build_message_id(notice: Notice) -> str:
    """Return the Message-ID.

    It is the same at every attempt, so that mail programs show a doubled sending once, and another one each time the
    notice is repeated, so that they show that, too.
    """
    number = f".{notice.number}" if notice.repeats else ""
    return f"<{notice.pk}{number}@{settings.MESSAGE_ID_DOMAIN}>"


def build_message(notice: Notice, contact: Contact, *, now: datetime) -> Message:
    """Build the message of this notice in the contact's language. Raises PayloadError; that is always our own fault."""
    language = notice.language if notice.language in LANGUAGES else LANGUAGES[0]
    first = notice.root
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
    with translation.override(language):
        organisation, of_organisation = str(ORGANISATION), str(OF_ORGANISATION)
    context = {
        "code": notice.code,
        "first_code": first.code,
        "purpose": notice.purpose,
        "number": notice.number,
        "lines": lines,
        "count": count,
        "more": count - len(lines),
        "drill": notice.is_drill,
        "link": link,
        "link_start": get_link_start(),
        "organisation": organisation,
        "of_organisation": of_organisation,
        "unit": unit.name if unit else "",
        "phone": unit.callback_phone if unit else "",
        "first_declined": followed is not None and followed.declined_at is not None,
        "urgent": _is_urgent(notice),
        "minutes": _count_minutes_left(answer_by, now),
        "answer_by": answer_by,
        "answer_today": answer_by is not None and timezone.localdate(answer_by) == timezone.localdate(now),
    }
    # The first line of the template is the subject.
    subject, _newline, text = get_template(f"outbox/{language}/notice.txt").render(context).partition("\n")
    headers = {CHAIN_HEADER: get_head_note()}
    if first.pk != notice.pk or notice.repeats:
        # Mail programs thread a reminder, a deputy's notice and a call under the first notice.
        begun = f"<{first.pk}@{settings.MESSAGE_ID_DOMAIN}>"
        headers |= {"In-Reply-To": begun, "References": begun}
    return Message(build_message_id(notice), contact.email, subject, text.strip() + "\n", headers)


def _count_minutes_left(answer_by: datetime | None, now: datetime) -> int:
    """Return the minutes left to answer; 0 when there is no such time, or it is better given as a time of day."""
    minutes = round((answer_by - now).total_seconds() / 60) if answer_by else 0
    return minutes if minutes <= MAX_MINUTES else 0


def _is_urgent(notice: Notice) -> bool:
    """Tell whether the procedure marked it urgent. One whose brief can't be decrypted is sent as not urgent."""
    try:
        brief: Any = notice.brief
    except (SealBroken, KeyRingError):
        return False
    return isinstance(brief, dict) and brief.get("urgent") is True


def _build_digest_lines(notice: Notice, language: str) -> tuple[list[dict[str, Any]], int]:
    """Build what a daily list may say in a mail: codes, times, counts; and how many there are. Raises PayloadError."""
    try:
        brief: Any = notice.brief
    except (SealBroken, KeyRingError):
        raise PayloadError("brief_sealed") from None
    lines = [
        {
            "code": line["code"],
            "since": datetime.fromisoformat(line["since"]),
            "said": line["said"][language],
            "drill": line["drill"],
        }
        for line in brief["lines"]
    ]
    return lines, brief["count"]
