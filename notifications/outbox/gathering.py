"""After an outage: what waited for one contact is one e-mail, which says the oldest and lists the others.

Each of them stays a notice of its own: its attempt, its state, its link and its clock are as if it had been sent by
itself. What is urgent, and what takes back or adds to something that was read, always goes out by itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils import translation

from notifications.texts.mails import MailFurther
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .actions import EMAIL, build_link
from .models import Notice, Purpose
from .states import UNREACHED
from .ways.words import is_urgent

MANY = 3  # so many that waited for one contact are one mail, as they are one SMS (`ways.sending`)
MAX_TOGETHER = 25  # in one mail: its header names each of them, and a line of a mail has 998 letters (RFC 5322)
LISTED = frozenset(
    {
        *(Purpose.FIRST, Purpose.DEPUTY, Purpose.REROUTE, Purpose.INSTEAD, Purpose.EXPECT, Purpose.INFORM),
        *(Purpose.REMINDER, Purpose.CALL, Purpose.FALLBACK, Purpose.DUTY),
    }
)
ALSO_HEADER = "Notice-Also"


def gather(notices: Sequence[Notice]) -> list[list[Notice]]:
    """Divide the notices of a batch into mails, in their order; the oldest of each mail comes first."""
    waited: dict[tuple[object, ...], list[Notice]] = defaultdict(list)
    for notice in notices:
        if _may_be_listed(notice):
            waited[notice.contact_id, notice.language, notice.is_drill].append(notice)
    mail_of: dict[object, list[Notice]] = {}
    for group in waited.values():
        if len(group) >= MANY:
            group.sort(key=lambda notice: notice.owed_at)
            for at in range(0, len(group), MAX_TOGETHER):
                mail_of |= {notice.pk: group[at : at + MAX_TOGETHER] for notice in group[at : at + MAX_TOGETHER]}
    mails = {}
    for notice in notices:
        mail = mail_of.get(notice.pk, [notice])
        mails[mail[0].pk] = mail
    return list(mails.values())


def _may_be_listed(notice: Notice) -> bool:
    contact = notice.contact
    if notice.reason != UNREACHED or notice.purpose not in LISTED or notice.way_id or notice.channel != EMAIL:
        return False
    # Whatever can't be sent now says so by itself, and takes nothing else with it.
    if contact is None or not (contact.is_active and contact.partner.is_active and contact.reachable_at):
        return False
    return notice.link_revoked_at is None and not is_urgent(notice) and _has_link(notice)


def _has_link(notice: Notice) -> bool:
    try:
        build_link(notice)
    except (SealBroken, KeyRingError):
        return False
    return True


def build_further(notices: Iterable[Notice], language: str, now: datetime) -> list[MailFurther]:
    """Build what a mail lists of the notices beside its first: code, kind, until when to answer, link."""
    with translation.override(language):
        return [
            MailFurther(
                code=notice.code,
                kind=str(Purpose(notice.purpose).label),
                link=build_link(notice),
                answer_by=notice.answer_by if notice.answer_by and notice.answer_by > now else None,
            )
            for notice in notices
        ]


def name_also(notices: Iterable[Notice]) -> str:
    """Return what the header says: the ids of the other notices, as their own Message-IDs would have them."""
    return " ".join(notice.pk.hex for notice in notices)
