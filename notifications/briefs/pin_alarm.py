"""The alarm after too many wrong PINs for one contact, by another way than the mailbox that others may be reading.

The coordinators are asked by a notice of their own to phone the contact; the notice names the number, and the call is
how the contact hears of it. Never the contact themselves, who may be a coordinator: then another one is asked, else the
operators get a mail without the number. When whoever was asked doesn't answer, the alarm goes on to another
coordinator, wherever one is on duty, and never to the contact (`outbox.resolving`). The escalation of the notice that
was tried goes on at once to whoever comes next; at a standing link (to one's own shifts, to a service's free places)
there is none. Once in a day for each contact and PIN, whatever link used up the count and however many tries follow.
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
from django.dispatch import receiver
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import DEFAULT_LANGUAGE, LANGUAGES, Texts, in_each_language, same_in_each_language
from access.models import MobileUnit, Municipality
from audit.chain import log_event
from audit.models import AuditEntry
from notifications import signals
from notifications.directory.chain import resolve_chain
from notifications.directory.links import COORDINATOR_LINKS, EVERY_COORDINATOR, OPERATOR
from notifications.directory.models import Contact, Role
from notifications.outbox.actions import create_notices
from notifications.outbox.alarm import get_operators_to_mail
from notifications.outbox.escalation_chain import get_followed_notices, take_next_step_at
from notifications.outbox.locking import lock_chase
from notifications.outbox.models import Notice
from notifications.outbox.requests import NoticeRequest
from notifications.outbox.resolving import ABOUT, PAUSED, PIN_ALARM, get_coordinators_on_duty, is_same_person
from notifications.outbox.service_briefs import CALL_TITLE, phone_or_none
from notifications.staff_push.waking import wake
from notifications.texts.in_force import Wording
from notifications.texts.service_mails import word_wrong_pins

ANSWER_MINUTES = 60
# Whoever was asked may be on leave by then, or not look: another coordinator after an hour, then whoever is on duty.
LADDER = (
    {"after_minutes": 60, "do": "deputy"},
    {"after_minutes": 120, "do": "call", "repeat_minutes": 120},
)
WHY = _(
    "Many wrong PINs were tried for this contact within 24 hours. Until that is over, or until you give them a new PIN,"
    " only notices of the last day open for them from new networks."
)
WHAT_TO_DO = _(
    "Phone the person at a number that you know. If it wasn't them, somebody else may read their mail: have them change"
    " its password, and agree on a new PIN face to face."
)

log = structlog.get_logger(__name__)


@receiver(signals.contact_guessed, dispatch_uid="briefs.raise_pin_alarm")
def raise_alarm_for_standing_link(contact: Contact, at: datetime, **kwargs: Any) -> None:
    """Raise the alarm when wrong PINs at a standing link used up the contact's count."""
    raise_pin_alarm(contact=contact, at=at)


@transaction.atomic
def raise_pin_alarm(*, contact: Contact, at: datetime, notice: Notice | None = None) -> list[Notice]:
    """Ask the coordinators to phone the contact. `notice`: at which the last PIN was tried; it escalates now.

    A second alarm of the day does nothing.
    """
    # The same for each contact, PIN and day, so whoever comes second finds the first one's.
    event_id = uuid5(NAMESPACE_URL, f"pin-alarm:{contact.pk}:{contact.pin_set_at}:{at:%Y-%m-%d}")
    paused = AuditEntry.objects.filter(action=PAUSED, target_kind="contact", target_id=str(contact.pk))
    if Notice.objects.filter(event_id=event_id).exists() or paused.filter(detail__event=str(event_id)).exists():
        return []
    tried: dict[str, Any] = {}
    if notice is not None:
        # The escalation chain before the first audit entry, as everywhere (`outbox.locking`).
        members = lock_chase(notice)
        locked = next(member for member in members if member.pk == notice.pk)
        take_next_step_at([locked, *get_followed_notices(locked, members)], at)
        tried = {"notice": notice.pk}
    log.warning("pin_guessed", contact=contact.pk, **{key: str(value) for key, value in tried.items()})
    log_event(PAUSED, target_kind="contact", target_id=contact.pk, event=event_id, **tried)
    municipality = notice.municipality if notice else _find_municipality(contact)
    unit = notice.unit if notice else None
    asked = _get_coordinators_to_ask(municipality, unit, contact, at) if municipality else None
    if asked is None or municipality is None:
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
            municipality=municipality,
            unit=unit,
            brief=_build_brief(contact),
            answer_minutes=ANSWER_MINUTES,
            ladder=LADDER,
            at=at,
        ),
    )


def _find_municipality(contact: Contact) -> Municipality | None:
    """Return a municipality for which the contact's office answers, else any; None where there is none at all."""
    office, places = contact.partner, Municipality.objects.select_related("region").order_by("pk")
    return (
        office.municipality
        or (places.filter(police_directorate=office.directorate).first() if office.directorate_id else None)
        or places.filter(region__in=office.regions.all()).first()
        or places.first()
    )


def _get_coordinators_to_ask(
    municipality: Municipality, unit: MobileUnit | None, contact: Contact, at: datetime
) -> Sequence[Contact] | None:
    """Return the coordinators near this place, else every one on duty, without the contact whom it is about.

    Empty when no coordinator is on duty at all (which raises an alarm itself), None when the contact is the only one.
    """
    is_alone = False
    for chain in ([*COORDINATOR_LINKS, OPERATOR], [EVERY_COORDINATOR, OPERATOR]):
        found = resolve_chain(role=Role.COORDINATOR, municipality=municipality, at=at, unit=unit, chain=chain)
        near = found.coordinators or ([found.contact] if found.contact else [])
        others = [each for each in near if not is_same_person(each, contact)]
        if others:
            return others
        is_alone = is_alone or bool(near)
    # The search names the first of each office; a second one of the contact's own office is as good.
    others = [each for each in get_coordinators_on_duty(at) if not is_same_person(each, contact)]
    return others[:1] or (None if is_alone else [])


def _mail_operators(contact: str) -> None:
    """Mail the operators, each over a connection of its own. The mail names nobody."""
    operators = get_operators_to_mail()
    if not operators:
        log.error("pin_alarm_has_nobody_to_tell", contact=contact)
    wake(operators, is_alarm=True)
    for operator in operators:
        language = operator.language if operator.language in LANGUAGES else DEFAULT_LANGUAGE
        with translation.override(language):
            subject, body = word_wrong_pins().compose(Wording(language, timezone.now()))
        mail = EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [operator.email])
        try:
            mail.send()
        except (SMTPException, OSError) as error:
            log.error("pin_alarm_mail_failed", code=type(error).__name__, operator=operator.pk)


def _build_brief(contact: Contact) -> dict[str, Any]:
    who = f"{contact.name}, {contact.partner.name}"
    rows: tuple[tuple[str, Promise | str, Texts], ...] = (
        ("pin.why", _("Reason"), in_each_language(WHY)),
        ("pin.who", _("Contact"), same_in_each_language(who)),
        ("pin.phone", _("Call"), phone_or_none(contact.phone)),
        ("pin.do", _("What to do"), in_each_language(WHAT_TO_DO)),
    )
    written = [{"key": key, "label": in_each_language(label), "value": value} for key, label, value in rows]
    return {"sections": [{"title": in_each_language(CALL_TITLE), "rows": written}], ABOUT: contact.pk}
