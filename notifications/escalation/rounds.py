"""A round of mails to our own people: one worker sends it, each person separately, and one that failed is tried again.

A round is known by a part of Heartbeat. Until one of its mails has gone out it counts as unheard.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation

from access.models import User
from notifications.outbox.models import Heartbeat
from notifications.texts.in_force import Wording
from notifications.texts.service_mails import ServiceMail

RETRY_AFTER = timedelta(minutes=5)  # when no mail went out

log = structlog.get_logger(__name__)


def claim_round(part: str, now: datetime, is_due: Callable[[Heartbeat, datetime], bool]) -> bool:
    """Claim this round of mails: of two workers at once one sends them. The first round ever is always due."""
    last = Heartbeat.objects.filter(part=part).first()
    if last is None:
        facts = {"unheard": True, "since": now.isoformat()}
        _beat, made = Heartbeat.objects.get_or_create(part=part, defaults={"at": now, "facts": facts})
        return made
    if not is_due(last, now):
        return False
    facts = {**last.facts, "unheard": True}
    return Heartbeat.objects.filter(part=part, at=last.at).update(at=now, facts=facts) == 1


def is_due_since(beat: Heartbeat, now: datetime, start: datetime) -> bool:
    """Tell whether a round that is sent once from `start` on is due: it wasn't yet, or nobody was reached."""
    if beat.facts.get("unheard"):
        return now - beat.at >= RETRY_AFTER
    # A time ahead of now is left from a clock that was set back.
    return beat.at < start or beat.at > now


def mail_each(
    part: str, people: Iterable[User], word: Callable[[User], ServiceMail | tuple[str, str]], now: datetime
) -> int:
    """Mail each person in their language: an address that is refused mustn't stop the others' mails.

    `word`: returns a mail, or a subject and a text, in words of the active language. Returns how many mails were taken.
    """
    sent = 0
    for person in people:
        with translation.override(person.language):
            said = word(person)
            subject, body = said if isinstance(said, tuple) else said.compose(Wording(person.language, now))
            mail = EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [person.email])
        try:
            sent += mail.send() > 0
        except (SMTPException, OSError) as error:
            log.error("mail_of_a_round_failed", part=part, code=type(error).__name__, person=person.pk)
    if sent:
        beat = Heartbeat.objects.get(part=part)
        Heartbeat.objects.filter(part=part, at=now).update(facts={"since": beat.facts.get("since", now.isoformat())})
    return sent
