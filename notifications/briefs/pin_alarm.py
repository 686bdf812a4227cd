"""The alarm after too many wrong PINs for one contact, by another way than the mailbox that others may be reading.

The coordinators are asked by a notice of their own to phone the contact; the notice names the number, and the call is
how the contact hears of it. Never the contact themselves, who may be a coordinator: then another one is asked, else the
operators get a mail without the number. When whoever was asked doesn't answer, the alarm goes on to another
coordinator, wherever one is on duty, and never to the contact (`outbox.resolving`). The escalation of the notice that
was tried goes on at once to whoever comes next. Once in a day for each contact and PIN, however many tries follow.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from smtplib import SMTPException
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from access.languages import DEFAULT_LANGUAGE, LANGUAGES
from audit.chain import log_event
from audit.models import AuditEntry
from notifications.directory.chain import resolve_chain
from notifications.directory.links import COORDINATOR_LINKS, EVERY_COORDINATOR, OPERATOR
from notifications.directory.models import Contact, Role
from notifications.outbox.actions import create_notices
from notifications.outbox.alarm import operators_to_tell
from notifications.outbox.coordinator_briefs import NO_PHONE, Words
from notifications.outbox.locking import lock_chase
from notifications.outbox.models import Notice
from notifications.outbox.requests import NoticeRequest
from notifications.outbox.resolving import ABOUT, PAUSED, PIN_ALARM, every_coordinator, is_same_person

from .escalation_chain import get_chased_notices, next_step_now

ANSWER_MINUTES = 60
# Whoever was asked may be on leave by then, or not look: another coordinator after an hour, then whoever is on duty.
LADDER = (
    {"after_minutes": 60, "do": "deputy"},
    {"after_minutes": 120, "do": "call", "repeat_minutes": 120},
)
TITLE: Words = {"sq": "Thirrje telefonike", "en": "A phone call"}
WHY: Words = {
    "sq": (
        "Gjatë 24 orëve të fundit u provuan shumë PIN-e të gabuara për këtë kontakt. Lidhjet e tij nuk hapen nga rrjete"
        " të reja derisa kjo të kalojë, ose derisa t'i jepni një PIN të ri."
    ),
    "en": (
        "Many wrong PINs were tried for this contact within 24 hours. Their links don't open from new networks until"
        " that is over, or until you give them a new PIN."
    ),
}
DO: Words = {
    "sq": (
        "Telefononi personin në numrin që njihni. Nëse nuk ishte ai vetë, dikush tjetër mund të lexojë postën e tij:"
        " lëreni të ndryshojë fjalëkalimin e postës dhe jepini një PIN të ri, ballë për ballë."
    ),
    "en": (
        "Phone the person at a number that you know. If it wasn't them, somebody else may read their mail: have them"
        " change its password, and agree on a new PIN face to face."
    ),
}

MAIL = {
    "sq": (
        "Vatra: PIN-e të gabuara për koordinatorin në shërbim",
        "Gjatë 24 orëve të fundit u provuan shumë PIN-e të gabuara për koordinatorin në shërbim, dhe nuk u gjet asnjë"
        " koordinator tjetër që ta telefonojë. Telefononi ju koordinatorin në një numër që njihni. Nëse nuk ishte ai"
        " vetë, dikush tjetër mund të lexojë postën e tij: i duhen një fjalëkalim i ri i postës dhe një PIN i ri.",
    ),
    "en": (
        "Vatra: wrong PINs for the coordinator on duty",
        "Many wrong PINs were tried within 24 hours for the coordinator on duty, and no other coordinator was found who"
        " could phone them. Phone the coordinator yourself, at a number that you know. If it wasn't them, somebody else"
        " may read their mail: they need a new password for it, and a new PIN.",
    ),
}

log = structlog.get_logger(__name__)


@transaction.atomic
def sound_pin_alarm(*, notice: Notice, at: datetime) -> list[Notice]:
    """Ask the coordinators to phone the contact of this notice, and escalate it now.

    A second alarm of the day does nothing.
    """
    contact = notice.contact
    if contact is None:
        return []
    # The same for each contact, PIN and day, so whoever comes second finds the first one's.
    event_id = uuid5(NAMESPACE_URL, f"pin-alarm:{contact.pk}:{contact.pin_set_at}:{at:%Y-%m-%d}")
    paused = AuditEntry.objects.filter(action=PAUSED, target_kind="contact", target_id=str(contact.pk))
    if Notice.objects.filter(event_id=event_id).exists() or paused.filter(detail__event=str(event_id)).exists():
        return []
    # The escalation chain before the first audit entry, as everywhere (`outbox.locking`).
    chase = lock_chase(notice)
    locked = next(member for member in chase if member.pk == notice.pk)
    next_step_now([locked, *get_chased_notices(locked, chase)], at)
    log.warning("pin_guessed", contact=contact.pk, notice=str(notice.pk))
    log_event(PAUSED, target_kind="contact", target_id=contact.pk, notice=notice.pk, event=event_id)
    asked = _whom_to_ask(notice, contact, at)
    if asked is None:
        # No network inside a transaction: it would hold the one writer's lock while a mail server answers.
        transaction.on_commit(partial(_mail_operators, str(contact.pk)))
        return []
    return create_notices(
        asked,
        NoticeRequest(
            event_id=event_id,
            case_id=event_id,
            case_reference=PIN_ALARM,
            role=Role.COORDINATOR,
            municipality=notice.municipality,
            unit=notice.unit,
            brief=_brief(contact),
            answer_minutes=ANSWER_MINUTES,
            ladder=LADDER,
            at=at,
        ),
    )


def _whom_to_ask(notice: Notice, contact: Contact, at: datetime) -> Sequence[Contact] | None:
    """Return the coordinators near this notice, else every one on duty, without the contact whom it is about.

    Empty when no coordinator is on duty at all (which raises an alarm itself), None when the contact is the only one.
    """
    is_alone = False
    for chain in ([*COORDINATOR_LINKS, OPERATOR], [EVERY_COORDINATOR, OPERATOR]):
        found = resolve_chain(
            role=Role.COORDINATOR, municipality=notice.municipality, at=at, unit=notice.unit, chain=chain
        )
        near = found.coordinators or ([found.contact] if found.contact else [])
        others = [each for each in near if not is_same_person(each, contact)]
        if others:
            return others
        is_alone = is_alone or bool(near)
    # The search names the first of each office; a second one of the contact's own office is as good.
    others = [each for each in every_coordinator(at) if not is_same_person(each, contact)]
    return others[:1] or (None if is_alone else [])


def _mail_operators(contact: str) -> None:
    """Mail the operators, each over a connection of its own. The mail names nobody."""
    operators = operators_to_tell()
    if not operators:
        log.error("pin_alarm_has_nobody_to_tell", contact=contact)
    for operator in operators:
        language = operator.language if operator.language in MAIL else DEFAULT_LANGUAGE
        subject, words = MAIL[language]
        mail = EmailMessage(subject, words, settings.DEFAULT_FROM_EMAIL, [operator.email])
        try:
            mail.send()
        except (SMTPException, OSError) as error:
            log.error("pin_alarm_mail_failed", code=type(error).__name__, operator=operator.pk)


def _brief(contact: Contact) -> dict[str, Any]:
    who = f"{contact.name}, {contact.partner.name}"
    number: Words = {language: contact.phone or NO_PHONE[language] for language in LANGUAGES}
    rows = [
        {"key": "pin.why", "label": {"sq": "Arsyeja", "en": "Reason"}, "value": WHY},
        {"key": "pin.who", "label": {"sq": "Kontakti", "en": "Contact"}, "value": dict.fromkeys(LANGUAGES, who)},
        {"key": "pin.phone", "label": {"sq": "Telefononi", "en": "Call"}, "value": number},
        {"key": "pin.do", "label": {"sq": "Çfarë të bëni", "en": "What to do"}, "value": DO},
    ]
    return {"sections": [{"title": TITLE, "rows": rows}], ABOUT: contact.pk}
