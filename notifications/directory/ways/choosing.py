"""Which ways to a contact a notice takes, and when."""

from collections.abc import Collection
from datetime import datetime, time
from operator import attrgetter

from django.db.models import QuerySet
from django.utils import timezone

from audit.sealed_rows import keep_intact

from ..models import Contact
from ..read_ahead import About, fetch_together
from .models import ContactWay, SentFor, WayKind

# A call rings where nobody has answered, at a step of the ladder; it never goes out beside an e-mail.
RUNG_ONLY = frozenset({WayKind.VOICE.value})
# A key makes an e-mail unreadable for others; nothing goes out along it by itself.
IS_THE_EMAIL = frozenset({WayKind.MAIL_KEY.value})


def get_ways(
    contact: Contact, *, channels: Collection[str], is_urgent: bool, is_unanswered: bool, at: datetime
) -> list[ContactWay]:
    """Return the ways that a notice created `at` takes, the first to be taken first.

    `channels`: those this installation has. `is_unanswered`: it is a reminder, a deputy's or a call, or goes out again.
    """
    wanted = frozenset(channels) - RUNG_ONLY - IS_THE_EMAIL
    hour = timezone.localtime(at).time()
    return [
        way
        for way in keep_intact(fetch_together(About.CONTACT, contact.pk, _find_ways, attrgetter("contact_id")))
        if way.channel in wanted
        and is_for(way, is_urgent=is_urgent, is_unanswered=is_unanswered)
        and is_within_hours(way, hour)
    ]


def get_calls(contacts: Collection[int], *, channels: Collection[str], at: datetime) -> list[ContactWay]:
    """Return the numbers that may be rung automatically for these contacts (keys) at this hour."""
    if WayKind.VOICE.value not in channels:
        return []
    counted = ContactWay.objects.counted().filter(contact__in=contacts, channel=WayKind.VOICE)
    hour = timezone.localtime(at).time()
    return [way for way in keep_intact(counted.order_by("contact", "pk")) if is_within_hours(way, hour)]


def is_for(way: ContactWay, *, is_urgent: bool, is_unanswered: bool) -> bool:
    """Tell whether a notice takes this way, by how urgent it is."""
    if is_unanswered or way.sent_for == SentFor.ALL:
        return True
    return is_urgent and way.sent_for == SentFor.URGENT


def is_within_hours(way: ContactWay, hour: time) -> bool:
    """Tell whether a way is taken at this local time of day; from 22:00 until 06:00 goes over midnight."""
    begins, ends = way.hours_from, way.hours_until
    if begins is None or ends is None:
        return True
    if begins < ends:
        return begins <= hour < ends
    return hour >= begins or hour < ends


def get_mail_keys(contacts: Collection[int]) -> dict[int, ContactWay]:
    """Return the keys to which these contacts' (keys) e-mails are encrypted: of each the one that was tested last."""
    return {way.contact_id: way for way in keep_intact(_find_mail_keys(list(contacts)))}


def _find_ways(contacts: Collection[int]) -> QuerySet[ContactWay]:
    return ContactWay.objects.counted().filter(contact__in=contacts).order_by("after_minutes", "pk")


def _find_mail_keys(contacts: Collection[int]) -> QuerySet[ContactWay]:
    return (
        ContactWay.objects.counted()
        .filter(contact__in=contacts, channel=WayKind.MAIL_KEY)
        .order_by("confirmed_at", "pk")
    )
