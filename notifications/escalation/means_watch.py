"""Watch by what people are reached beside plain e-mail: contacts' keys, and phones of coordinators; for `/readyz`.

A key that has ended stops no notice: its e-mails go out readable. A coordinator without a phone is still mailed. So the
one is for the coordinators to look at, and the other only worth knowing.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from notifications.directory.models import ContactWay, StaffPhone
from notifications.directory.ways.models import KEY_UNUSABLE, KEY_WARN_DAYS, WayKind
from notifications.outbox.models import Heartbeat

from .outlook_watch import get_coordinators

MEANS = "means"  # a part of Heartbeat
EACH = timedelta(minutes=5)
FRESH = timedelta(minutes=15)
# What ended before that is known, and its contact goes on without a key.
RECENT = timedelta(days=30)


def each_minute(argument: str = "", *, now: datetime | None = None) -> None:
    """Count every five minutes what there is and what is missing (settings.EACH_MINUTE)."""
    moment = now or timezone.now()
    beat = Heartbeat.objects.filter(part=MEANS).first()
    if beat is None or not timedelta(0) <= moment - beat.at < EACH:
        facts = {**count_mail_keys(moment), **count_staff_phones(moment)}
        Heartbeat.objects.update_or_create(part=MEANS, defaults={"at": moment, "facts": facts})


def count_mail_keys(now: datetime) -> dict[str, int]:
    """Count contacts by their keys.

    `keys`: with one that counts. `keys_soon`: it ends within KEY_WARN_DAYS. `keys_ended`: theirs can't be used any more
    since a month at most, and they have no other.
    """
    of_active = ContactWay.objects.filter(channel=WayKind.MAIL_KEY, contact__is_active=True)
    counted = ContactWay.objects.counted().filter(channel=WayKind.MAIL_KEY, contact__is_active=True)
    until: dict[int, datetime | None] = {}
    for contact, ends_at in counted.order_by("confirmed_at", "pk").values_list("contact", "mail_key_until"):
        until[contact] = ends_at  # of several the newest is the one that is used (`ways.choosing`)
    soon = now + timedelta(days=max(KEY_WARN_DAYS))
    ended = of_active.filter(is_active=False, end_reason=KEY_UNUSABLE, ended_at__gt=now - RECENT)
    return {
        "keys": len(until),
        "keys_soon": sum(ends_at is not None and ends_at <= soon for ends_at in until.values()),
        "keys_ended": ended.exclude(contact__in=list(until)).values("contact").distinct().count(),
    }


def count_staff_phones(now: datetime) -> dict[str, int]:
    """Count coordinators, and those among them of whom no phone is woken."""
    coordinators = {person.pk for person in get_coordinators()}
    woken = set(StaffPhone.objects.counted(now).filter(user__in=coordinators).values_list("user", flat=True))
    return {"coordinators": len(coordinators), "without_phone": len(coordinators - woken)}


def describe_health(beats: Mapping[str, Heartbeat], now: datetime) -> dict[str, dict[str, Any]]:
    """Return the parts of `/readyz`: `mail_keys`, and `staff_phones` where phones can be woken.

    Ill where a key has ended, or where nobody has looked lately; a coordinator without a phone is counted, and no
    fault: they are mailed, and whether to add one is theirs.
    """
    beat = beats.get(MEANS)
    facts: dict[str, Any] = beat.facts if beat else {}
    is_fresh = beat is not None and now - beat.at <= FRESH
    age = round(max((now - beat.at).total_seconds(), 0.0), 1) if beat else None
    keys = {"ok": is_fresh and not facts.get("keys_ended"), "age_s": age}
    keys |= {name: facts.get(f"keys{mark}", 0) for name, mark in (("keys", ""), ("soon", "_soon"), ("ended", "_ended"))}
    parts = {"mail_keys": keys}
    if settings.VAPID_PRIVATE_KEY:
        counts = {name: facts.get(name, 0) for name in ("coordinators", "without_phone")}
        parts["staff_phones"] = {"ok": is_fresh, "age_s": age, **counts}
    return parts
