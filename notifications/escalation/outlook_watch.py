"""Watch the roster of the days to come: the part of `/readyz`, and the weekly mail to coordinators.

The mail says how much is missing and leads to the page, which asks for the second factor. It never says when nobody is
on duty: whoever reads that mail and isn't meant to would know when to act.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from access.models import Assignment, Region, StaffRole, User
from notifications.directory.agreements.attention import count_attention
from notifications.directory.outlook import HORIZON, DeskOutlook, Lack, build_outlook
from notifications.outbox.models import Heartbeat
from notifications.texts.service_mails import ServiceMail, word_gaps

from .digest import get_start_of_today
from .rounds import claim_round, is_due_since, mail_each

ROSTER = "roster"  # parts of Heartbeat
MAILED = "roster.mailed"
EACH = timedelta(minutes=5)
SOON = timedelta(hours=24)
EMPTY_WITHIN = timedelta(hours=72)


def each_minute(argument: str = "", *, now: datetime | None = None) -> None:
    """Look at the roster every five minutes, and mail what is missing once a week (settings.EACH_MINUTE)."""
    moment = now or timezone.now()
    beat = Heartbeat.objects.filter(part=ROSTER).first()
    if beat is None or not timedelta(0) <= moment - beat.at < EACH:
        regions = Region.objects.filter(is_outreach=True)
        outlooks = build_outlook(regions, moment, moment + HORIZON)
        lacks = {**count_lacks(outlooks, moment), "nobody_72h": find_empty_regions(outlooks, regions, moment)}
        facts = {**lacks, **count_attention(timezone.localdate(moment))}
        Heartbeat.objects.update_or_create(part=ROSTER, defaults={"at": moment, "facts": facts})
    send_weekly(moment)


def count_lacks(outlooks: Iterable[DeskOutlook], now: datetime) -> dict[str, int]:
    """Count what is missing, by kind, and `soon`: how many times with nobody begin within a day."""
    found = [each for outlook in outlooks for each in outlook.shortfalls]
    counted = Counter(str(each.lack) for each in found)
    soon = sum(
        each.lack == Lack.NOBODY and each.stretch is not None and each.stretch.starts_at < now + SOON for each in found
    )
    return {**{lack.value: counted[lack.value] for lack in Lack}, "soon": soon}


def find_empty_regions(
    outlooks: Iterable[DeskOutlook], regions: Iterable[Region], now: datetime
) -> dict[str, list[str]]:
    """Return the roles that have nobody at some time of the next 72 hours, by the region's slug; {} where none has.

    Without the times: they stand on the page that asks for the second factor.
    """
    found: dict[str, set[str]] = defaultdict(set)
    slugs = {region.pk: region.slug for region in regions}
    for outlook in outlooks:
        empty = (each.stretch for each in outlook.shortfalls if each.lack == Lack.NOBODY)
        if any(stretch is not None and stretch.starts_at < now + EMPTY_WITHIN for stretch in empty):
            for place in outlook.desk.places:
                found[slugs[place.region_id]].add(outlook.desk.role)
    return {slug: sorted(found[slug]) for slug in sorted(found)}


def send_weekly(now: datetime) -> int:
    """Mail each coordinator whose roster has gaps, on Mondays from eight on. Return how many mails went out."""
    eight = get_start_of_today(now)
    monday = eight - timedelta(days=timezone.localdate(now).weekday())
    if now < monday or not claim_round(MAILED, now, lambda beat, at: is_due_since(beat, at, monday)):
        return 0
    words = {person: described for person in get_coordinators() if (described := _describe(person, now))}
    if not words:
        Heartbeat.objects.filter(part=MAILED, at=now).update(facts={})  # nothing is missing: no mail, until next week
        return 0
    return mail_each(MAILED, words, words.__getitem__, now)


def get_coordinators() -> list[User]:
    today = Assignment.objects.current().filter(role=StaffRole.COORDINATOR).values("pk")
    return list(User.objects.filter(is_active=True, assignments__in=today).exclude(email="").distinct().order_by("pk"))


def _describe(person: User, now: datetime) -> ServiceMail | None:
    """Word how much is missing in this coordinator's regions; None when nothing is."""
    regions = person.coordinated_regions().filter(is_outreach=True)
    counts = count_lacks(build_outlook(regions, now, now + HORIZON), now)
    nobody = counts[Lack.NOBODY] + counts[Lack.NO_OFFICE]
    others = sum(counts[lack] for lack in Lack) - nobody
    link = settings.PUBLIC_URL + reverse("on_duty")
    return word_gaps(nobody=nobody, others=others, is_soon=counts["soon"] > 0, page=link) if nobody + others else None
