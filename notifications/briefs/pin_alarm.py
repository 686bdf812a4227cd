"""Too many wrong PINs for one contact: people hear of it by another way than the mailbox that may be read by others.

The coordinators are asked by a notice of their own to phone the contact; the notice names the number, and the call is
how the contact hears of it. The chase of the notice that was tried goes on at once to whoever comes next. Once in a day
for each contact and PIN, however many tries follow.
"""

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import structlog
from django.db import transaction

from audit.chain import record
from notifications.directory.chain import resolve_chain
from notifications.directory.links import COORDINATOR_LINKS, OPERATOR
from notifications.directory.models import Contact, Role
from notifications.outbox.actions import owe_each
from notifications.outbox.coordinator_briefs import NO_PHONE, Words
from notifications.outbox.models import Notice

from .chase import ahead_of, lock_chase, next_step_now

ANSWER_MINUTES = 60
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

log = structlog.get_logger(__name__)


@transaction.atomic
def sound_pin_alarm(*, notice: Notice, at: datetime) -> list[Notice]:
    """Ask the coordinators to phone the contact of this notice, and let its chase go on. Twice is once."""
    contact = notice.contact
    if contact is None:
        return []
    event_id = uuid5(NAMESPACE_URL, f"pin-alarm:{contact.pk}:{contact.pin_set_at}:{at:%Y-%m-%d}")
    if Notice.objects.filter(event_id=event_id).exists():
        return []
    chase = lock_chase(notice)
    locked = next(member for member in chase if member.pk == notice.pk)
    next_step_now([locked, *ahead_of(locked, chase)], at)
    log.warning("pin_guessed", contact=contact.pk, notice=str(notice.pk))
    record("brief.contact_paused", target_kind="contact", target_id=contact.pk, notice=notice.pk)
    found = resolve_chain(
        role=Role.COORDINATOR,
        municipality=notice.municipality,
        at=at,
        unit=notice.unit,
        chain=[*COORDINATOR_LINKS, OPERATOR],
    )
    return owe_each(
        found.coordinators or ([found.contact] if found.contact else []),
        event_id=event_id,
        case_id=event_id,
        case_reference="PIN",
        role=Role.COORDINATOR,
        municipality=notice.municipality,
        unit=notice.unit,
        brief=_brief(contact),
        answer_minutes=ANSWER_MINUTES,
        at=at,
    )


def _brief(contact: Contact) -> dict[str, Any]:
    who = f"{contact.name}, {contact.partner.name}"
    number: Words = {language: contact.phone or NO_PHONE[language] for language in ("sq", "en")}
    rows = [
        {"key": "pin.why", "label": {"sq": "Arsyeja", "en": "Reason"}, "value": WHY},
        {"key": "pin.who", "label": {"sq": "Kontakti", "en": "Contact"}, "value": {"sq": who, "en": who}},
        {"key": "pin.phone", "label": {"sq": "Telefononi", "en": "Call"}, "value": number},
        {"key": "pin.do", "label": {"sq": "Çfarë të bëni", "en": "What to do"}, "value": DO},
    ]
    return {"sections": [{"title": TITLE, "rows": rows}]}
