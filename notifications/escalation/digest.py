"""The daily list: what has had no answer for more than a day, sent to each coordinator once a day in one mail.

1. Each pass looks up the notices that have come to repeating their last call, and whose first day is over.
2. Each belongs to somebody: the coordinator who would be called about it now.
3. Whoever hasn't had a list today gets one that names all of theirs. It is one notice for each coordinator, repeated
   from day to day; its mail names codes, how far each escalation has come and since when, and nothing else.
4. A list on which nothing is left is closed.

Nothing is listed before eight in the morning. What comes to be a day old in the course of a day, when the list has gone
out already, is on the next one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

import structlog
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from access.languages import LANGUAGES
from audit.put_aside import for_each_row, get_put_aside_keys
from notifications.directory.models import Contact, Role
from notifications.outbox.actions import create_notice
from notifications.outbox.coordinator_briefs import NO_ANSWER, Words, call_brief
from notifications.outbox.escalation_policy import CALL, FIRST_DAY, is_daily
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.repeating import repeat, settle_replaced
from notifications.outbox.requests import NoticeRequest
from notifications.outbox.states import NOTHING_LEFT

from .callers import ask_for_somebody, coordinator_for, event_of_need, is_by_deed, reaches_somebody
from .escalation_chain import members, told

DIGEST = "notice.digest"  # what is put aside when a notice can't be listed
LIST = "contact.digest"  # and when a coordinator's list can't be made
FROM_HOUR = 8  # local time
MAX_LINES = 100  # of one list; what is left over is counted
AT_MOST = 2000  # notices looked at in one pass
LISTS = UUID("5a3f6d0e-6e5c-4d53-9a2b-3f0d7b1c9e42")  # the namespace of the lists' ids: a list belongs to no case
DAILY = ({"after_minutes": 24 * 60, "do": CALL, "repeat_minutes": 24 * 60},)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class DigestLine:
    """One escalation chain on a list. `steps`: how often a notice of each purpose was sent in it."""

    notice: Notice
    chase: list[Notice]

    @property
    def since(self) -> datetime:
        return self.chase[0].owed_at if self.chase else self.notice.owed_at

    @property
    def steps(self) -> dict[str, int]:
        counted: dict[str, int] = defaultdict(int)
        for member in self.chase:
            if member.pk != self.notice.pk or member.purpose == Purpose.CALL:
                counted[member.purpose] += member.number
        return counted


def list_silent(now: datetime, *, show_life: Callable[[], None] = lambda: None) -> int:
    """Send each coordinator the list of what has no answer, unless they had it today. Return how many lists went out.

    `show_life` is called before each notice that is looked at: with thousands it takes a while.
    """
    eight = begin_of_today(now)
    if now < eight:
        return 0
    found: dict[Contact, list[DigestLine]] = defaultdict(list)
    waiting: set[int] = set()

    def look_at(key: UUID) -> bool:
        show_life()
        return _look_at(key, now, found, waiting)

    for_each_row(DIGEST, _silent(now, eight), look_at, at=now)
    by_key = {contact.pk: contact for contact in found}
    sent = for_each_row(LIST, by_key, lambda key: _tell(by_key[key], found[by_key[key]], now, eight), at=now)
    _close_empty(found, waiting, now, eight)
    return sent


def begin_of_today(now: datetime) -> datetime:
    """Return eight in the morning of this day, in local time."""
    return timezone.make_aware(datetime.combine(timezone.localdate(now), time(FROM_HOUR)))


def _silent(now: datetime, eight: datetime) -> list[UUID]:
    """Return the ids of what may have to be listed: open, older than a day, with a clock, and on no list of today."""
    old = Notice.objects.open().filter(owed_at__lte=now - FIRST_DAY, next_step_at__isnull=False)
    unlisted = old.filter(Q(listed_at__isnull=True) | Q(listed_at__lt=eight)).exclude(purpose=Purpose.DIGEST)
    rows = unlisted.exclude(pk__in=get_put_aside_keys(DIGEST, now)).order_by("owed_at").values_list("pk", flat=True)
    return list(rows[:AT_MOST])


def _look_at(key: UUID, now: datetime, found: dict[Contact, list[DigestLine]], waiting: set[int]) -> bool:
    """Add the notice to the list of its coordinator; return whether it was added.

    With none on duty a call without a recipient is created, which alarms the operator. The lists of coordinators who
    were asked before (`waiting`) stay open.
    """
    notice = (
        Notice.objects.select_related("contact", "municipality", "partner").defer("brief", "link_token").get(pk=key)
    )
    # The keys were read before the loop; an answer may have come since.
    if not notice.is_open or not is_daily(notice.ladder, notice.ladder_step, notice.owed_at, now):
        return False
    chase = members(notice)
    contact = coordinator_for(notice, chase, now)
    if contact is None:
        log.error("nobody_to_list", notice=str(notice.pk))
        ask_for_somebody(notice, chase, now, why=[NO_ANSWER], event_id=event_of_need(notice, now))
        contact = notice.contact if is_by_deed(notice) and reaches_somebody(notice) else None
    if contact is None:
        waiting.update(one.contact_id for one in chase if one.contact_id and one.role == Role.COORDINATOR)
        return False
    found[contact].append(DigestLine(notice, chase))
    return True


def _tell(contact: Contact, lines: list[DigestLine], now: datetime, eight: datetime) -> bool:
    """Send this coordinator's list, unless they had it today. Return whether it was sent."""
    mine = Notice.objects.filter(purpose=Purpose.DIGEST, contact=contact).defer("brief")
    if mine.filter(Q(repeated_at__gte=eight) | Q(owed_at__gte=eight)).exists():
        return False
    standing = mine.open().filter(link_revoked_at__isnull=True).first()
    ladder: list[dict[str, Any]] = [dict(step) for step in DAILY]
    if standing is not None:
        repeat(notice=standing, at=now, brief=digest_brief(lines), ladder=ladder)
    else:
        # Lists that are still open here have a revoked link: nobody can read them any more.
        settle_replaced(mine.open().values_list("pk", flat=True), now)
        create_notice(
            NoticeRequest(
                event_id=uuid5(LISTS, f"{contact.pk}/{timezone.localdate(now)}"),
                case_id=uuid5(LISTS, str(contact.pk)),
                case_reference="",
                role=Role.COORDINATOR,
                contact=contact,
                municipality=lines[0].notice.municipality,
                brief=digest_brief(lines),
                ladder=ladder,
                is_drill=all(line.notice.is_drill for line in lines),
                purpose=Purpose.DIGEST,
                at=now,
            )
        )
    Notice.objects.filter(pk__in=[line.notice.pk for line in lines]).update(listed_at=now)
    _keep_links_open(lines, now)
    return True


def _keep_links_open(lines: list[DigestLine], now: datetime) -> None:
    """Extend the links of what is listed: it must stay answerable through days of silence."""
    open_ones = Notice.objects.open().filter(chase_id__in=[line.notice.chase_id for line in lines])
    until = now + timedelta(hours=settings.BRIEF_LINK_HOURS)
    open_ones.filter(link_expires_at__lt=until).update(link_expires_at=until)


def _close_empty(found: Iterable[Contact], waiting: Iterable[int], now: datetime, eight: datetime) -> None:
    """Close earlier lists on which nothing is left, or whose coordinator is no longer on duty."""
    over = Notice.objects.open().filter(purpose=Purpose.DIGEST, owed_at__lt=eight)
    over = over.filter(Q(repeated_at__isnull=True) | Q(repeated_at__lt=eight))
    over = over.exclude(contact__in=list(found)).exclude(contact__in=_listed_today(eight))
    over = over.exclude(contact__in=list(waiting))
    settle_replaced(over.values_list("pk", flat=True), now, reason=NOTHING_LEFT)


def _listed_today(eight: datetime) -> Any:
    today = Notice.objects.filter(purpose=Purpose.DIGEST, repeated_at__gte=eight)
    return today.values("contact")


SINCE: Words = {"sq": "Pa përgjigje që prej", "en": "Without an answer since"}
SAID: Words = {"sq": "Deri tani", "en": "So far"}
MORE: Words = {"sq": "Dhe të tjera", "en": "And more"}
MORE_WORDS: Words = {
    "sq": "Edhe {count} njoftime të tjera nuk kanë përgjigje. Shihni rastet e hapura në Vatra.",
    "en": "{count} more notices have no answer. See the open cases in Vatra.",
}


def digest_brief(lines: list[DigestLine]) -> dict[str, Any]:
    """Build the list as the coordinator reads it behind the PIN, with what its mail may say in `lines`."""
    shown = sorted(lines, key=lambda line: line.since)[:MAX_LINES]
    sections = [_section(line) for line in shown]
    if len(lines) > len(shown):
        count = len(lines) - len(shown)
        words = {language: text.format(count=count) for language, text in MORE_WORDS.items()}
        sections.append({"title": MORE, "rows": [{"key": "more", "label": MORE, "value": words}]})
    return {"sections": sections, "lines": [_opaque(line) for line in shown], "count": len(lines)}


def _section(line: DigestLine) -> dict[str, Any]:
    since = timezone.localtime(line.since).strftime("%d.%m.%Y %H:%M")
    calls = call_brief(line.notice, why=[NO_ANSWER], told=told(line.chase, line.notice.role))
    rows = [
        {"key": "since", "label": SINCE, "value": dict.fromkeys(LANGUAGES, since)},
        {"key": "said", "label": SAID, "value": {language: said(line.steps, language) for language in LANGUAGES}},
        *calls["sections"][0]["rows"],
    ]
    return {"title": {"sq": line.notice.code, "en": line.notice.code}, "rows": rows}


def _opaque(line: DigestLine) -> dict[str, Any]:
    return {
        "code": line.notice.code,
        "since": line.since.isoformat(),
        "said": {language: said(line.steps, language) for language in LANGUAGES},
        "drill": line.notice.is_drill,
    }


_STEPS: tuple[tuple[str, Words, Words], ...] = (
    (
        Purpose.REMINDER.value,
        {"sq": "një kujtesë", "en": "one reminder"},
        {"sq": "{count} kujtesa", "en": "{count} reminders"},
    ),
    (
        Purpose.DEPUTY.value,
        {"sq": "u njoftua zëvendësi", "en": "the deputy was told"},
        {"sq": "u njoftuan {count} zëvendës", "en": "{count} deputies were told"},
    ),
    (
        Purpose.CALL.value,
        {"sq": "një kërkesë për telefonatë", "en": "one request to call"},
        {"sq": "{count} kërkesa për telefonatë", "en": "{count} requests to call"},
    ),
)
_NOTHING: Words = {"sq": "u dërgua", "en": "it was sent"}


def said(steps: dict[str, int], language: str) -> str:
    """Return how far an escalation has come, in words: "2 reminders, the deputy was told, 46 requests to call"."""
    parts = [
        (one if steps[purpose] == 1 else more)[language].format(count=steps[purpose])
        for purpose, one, more in _STEPS
        if steps.get(purpose)
    ]
    return ", ".join(parts) or _NOTHING[language]
