"""Which keys have expired, and which will soon: coordinators are mailed KEY_WARN_DAYS before, once for each."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..models import ContactWay
from ..ways.choosing import get_mail_keys
from ..ways.ending import end_way
from ..ways.models import KEY_UNUSABLE, KEY_WARN_DAYS, WayKind


@dataclass(frozen=True)
class Expiring:
    """A key that expires within `days`, the least of KEY_WARN_DAYS that it has come to."""

    way: ContactWay
    days: int


def list_due(now: datetime) -> list[Expiring]:
    """Return the keys of whose end coordinators haven't been mailed yet at this distance. Not what has a successor."""
    soon = now + timedelta(days=max(KEY_WARN_DAYS))
    ending = ContactWay.objects.filter(
        channel=WayKind.MAIL_KEY, is_active=True, mail_key_until__gt=now, mail_key_until__lte=soon
    ).select_related("contact__partner")
    rows = list(ending.order_by("mail_key_until", "pk"))
    newest = get_mail_keys({way.contact_id for way in rows})
    found = []
    for way in rows:
        days = _get_distance(way, now)
        is_replaced = way.confirmed_at is not None and newest[way.contact_id].pk != way.pk
        if not is_replaced and (way.mail_key_warned is None or days < way.mail_key_warned):
            found.append(Expiring(way, days))
    return found


def note(due: list[Expiring]) -> None:
    """Remember that coordinators were mailed about these."""
    for each in due:
        ContactWay.objects.filter(pk=each.way.pk).update(mail_key_warned=each.days)


def end_expired(now: datetime) -> int:
    """End the keys that have expired; e-mails go out readable from now on. Return how many."""
    over = ContactWay.objects.filter(channel=WayKind.MAIL_KEY, is_active=True, mail_key_until__lte=now)
    return sum(end_way(way, reason=KEY_UNUSABLE, at=now) for way in over.order_by("pk"))


def _get_distance(way: ContactWay, now: datetime) -> int:
    assert way.mail_key_until is not None  # asked for by the query
    left = way.mail_key_until - now
    return min(days for days in KEY_WARN_DAYS if left <= timedelta(days=days))
