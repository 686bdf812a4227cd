"""Say that a way to a contact has ended by itself: a coordinator agrees on another one with them."""

from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.dispatch import receiver
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import Texts, in_each_language, same_in_each_language
from audit import clock
from audit.chain import log_event
from notifications import signals
from notifications.directory.chain import resolve_chain
from notifications.directory.links import COORDINATOR_LINKS, OPERATOR
from notifications.directory.models import ContactWay, Role
from notifications.directory.ways.choosing import IS_THE_EMAIL
from notifications.directory.ways.models import WayKind

from ..actions import create_notices
from ..address_check import get_any_municipality
from ..models import Purpose
from ..requests import NoticeRequest

TITLE = _("A way to a contact has ended")
WHAT_TO_DO = _(
    "Nothing can be sent this way any more, so it was switched off; e-mails go on. Agree on another way with this"
    " person, and enter it under Ways to contacts."
)
TITLE_OF_KEY = _("E-mails to a contact are no longer encrypted")
WHAT_TO_DO_ABOUT_KEY = _(
    "Nothing can be encrypted to this key any more, so e-mails go out readable, as they did before there was a key: a"
    " code, a link and a time. Ask this person for their new key, and enter it under Ways to contacts."
)
# A browser drops a phone's subscription by itself, when it is cleaned up or not used for long. Whoever has other ways
# adds the phone again; where it happens again and again, something is wrong with the phone.
OFTEN = 3
OFTEN_WITHIN = timedelta(days=30)


@receiver(signals.way_ended, dispatch_uid="outbox.way_ended")
def tell_coordinators(way: ContactWay, **kwargs: Any) -> None:
    """Notify the coordinators of the contact's place, once for each end of a way that they must do something about."""
    now = clock.now()
    log_event("directory.way_ended", target_kind="contactway", target_id=way.pk, way=way.channel, reason=way.end_reason)
    if not needs_coordinator(way):
        return
    place = get_any_municipality(way.contact.partner)
    found = resolve_chain(
        role=Role.COORDINATOR, municipality=place, at=now, unit=None, chain=[*COORDINATOR_LINKS, OPERATOR]
    )
    event = uuid5(NAMESPACE_URL, f"way-ended:{way.pk}:{way.ended_at}")
    create_notices(
        [each for each in found.coordinators if each.pk != way.contact_id] or found.coordinators,
        NoticeRequest(
            event_id=event,
            case_id=event,
            case_reference="",
            role=Role.COORDINATOR,
            municipality=place,
            brief=_build_brief(way),
            purpose=Purpose.INFORM,
            at=now,
        ),
    )


def needs_coordinator(way: ContactWay) -> bool:
    """Tell whether somebody must do something about a way that has ended by itself.

    Not where a newer key of the same contact counts, nor for a phone beside which another way goes on, unless phones of
    this contact end again and again.
    """
    left = ContactWay.objects.counted().filter(contact=way.contact_id)
    if way.channel == WayKind.MAIL_KEY:
        return not left.filter(channel=WayKind.MAIL_KEY).exists()
    if way.channel != WayKind.PUSH:
        return True
    assert way.ended_at is not None  # `end_way` has set it
    same = ContactWay.objects.filter(contact=way.contact_id, channel=WayKind.PUSH, end_reason=way.end_reason)
    lately = same.filter(ended_at__gt=way.ended_at - OFTEN_WITHIN, ended_at__lte=way.ended_at).count()
    return not left.filter(channel__in=_get_reaching()).exists() or lately % OFTEN == 0


def _get_reaching() -> set[str]:
    """Return the channels by which this installation reaches a contact beside e-mail."""
    return set(settings.NOTIFICATION_CHANNELS) - IS_THE_EMAIL


def _build_brief(way: ContactWay) -> dict[str, Any]:
    contact, is_key = way.contact, way.channel == WayKind.MAIL_KEY
    what_to_do = WHAT_TO_DO_ABOUT_KEY if is_key else WHAT_TO_DO
    rows: tuple[tuple[str, Promise | str, Texts], ...] = (
        ("way.who", _("Contact"), same_in_each_language(f"{contact.name}, {contact.partner.name}")),
        ("way.which", _("Way"), in_each_language(WayKind(way.channel).label)),
        ("way.do", _("What to do"), in_each_language(what_to_do)),
    )
    written = [{"key": key, "label": in_each_language(label), "value": value} for key, label, value in rows]
    return {"sections": [{"title": in_each_language(TITLE_OF_KEY if is_key else TITLE), "rows": written}]}
