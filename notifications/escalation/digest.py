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
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

import structlog
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from access.languages import LANGUAGES, Texts, format_in_each_language, in_each_language, same_in_each_language
from audit.put_aside import for_each_row, get_put_aside_keys
from notifications.directory.models import Contact, Role
from notifications.directory.resolve import Resolution
from notifications.outbox.escalation_chain import get_chain_members, get_notified_contacts
from notifications.outbox.escalation_policy import CALL, FIRST_DAY, is_daily
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.repeating import close_replaced, repeat
from notifications.outbox.service_briefs import NO_ANSWER, build_call_brief
from notifications.outbox.states import NOTHING_LEFT
from notifications.outbox.subjects import Subject

from .callers import (
    build_unassigned_call_id,
    create_unassigned_call,
    find_coordinator,
    has_valid_recipient,
    is_created_by_event,
)

# The kinds under which a notice that can't be listed is put aside, and a coordinator whose list can't be sent.
NOTICE_KIND = "notice.digest"
LIST_KIND = "contact.digest"
FROM_HOUR = 8  # local time
MAX_LINES = 100  # of one list; what is left over is counted
MAX_NOTICES = 2000  # looked at in one pass
LIST_NAMESPACE = UUID("5a3f6d0e-6e5c-4d53-9a2b-3f0d7b1c9e42")  # of the lists' ids: a list belongs to no case
DAILY_LADDER = ({"after_minutes": 24 * 60, "do": CALL, "repeat_minutes": 24 * 60},)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class DigestLine:
    """One escalation chain on a list. `steps`: how often a notice of each purpose was sent in it."""

    notice: Notice
    members: list[Notice]

    @property
    def since(self) -> datetime:
        return self.members[0].owed_at if self.members else self.notice.owed_at

    @property
    def steps(self) -> dict[str, int]:
        counted: dict[str, int] = defaultdict(int)
        for member in self.members:
            if member.pk != self.notice.pk or member.purpose == Purpose.CALL:
                counted[member.purpose] += member.number
        return counted


def send_digests(now: datetime, *, heartbeat: Callable[[], None] = lambda: None) -> int:
    """Send each coordinator the list of what has no answer, unless they had it today. Return how many lists went out.

    `heartbeat` is called before each notice that is looked at: with thousands it takes a while.
    """
    eight = get_start_of_today(now)
    if now < eight:
        return 0
    lists: dict[Contact, list[DigestLine]] = defaultdict(list)
    waiting: set[int] = set()

    def assign(key: UUID) -> bool:
        heartbeat()
        return _assign_to_list(key, now, lists, waiting)

    for_each_row(NOTICE_KIND, _get_unlisted(now, eight), assign, at=now)
    by_key = {contact.pk: contact for contact in lists}
    sent = for_each_row(LIST_KIND, by_key, lambda key: _send_list(by_key[key], lists[by_key[key]], now, eight), at=now)
    _close_empty_lists(lists, waiting, now, eight)
    return sent


def get_start_of_today(now: datetime) -> datetime:
    """Return eight in the morning of this day, in local time."""
    return timezone.make_aware(datetime.combine(timezone.localdate(now), time(FROM_HOUR)))


def _get_unlisted(now: datetime, eight: datetime) -> list[UUID]:
    """Return the ids of what may have to be listed: open, older than a day, with a clock, and on no list of today."""
    return list(_find_unlisted(now - FIRST_DAY, eight, get_put_aside_keys(NOTICE_KIND, now)))


def _assign_to_list(key: UUID, now: datetime, lists: dict[Contact, list[DigestLine]], waiting: set[int]) -> bool:
    """Add the notice to the list of its coordinator; return whether it was added.

    With none on duty a call without a recipient is created, which alarms the operator. The lists of coordinators who
    were asked before (`waiting`) stay open.
    """
    notice = _find_listed().get(pk=key)
    # The keys were read before the loop; an answer may have come since.
    if not notice.is_open or not is_daily(notice.ladder, notice.ladder_step, notice.owed_at, now):
        return False
    members = get_chain_members(notice)
    contact = find_coordinator(notice, members, now)
    if contact is None:
        log.error("nobody_to_list", notice=str(notice.pk))
        event_id = build_unassigned_call_id(notice, now)
        create_unassigned_call(notice, members, now, why=[NO_ANSWER], event_id=event_id)
        contact = notice.contact if is_created_by_event(notice) and has_valid_recipient(notice) else None
    if contact is None:
        waiting.update(one.contact_id for one in members if one.contact_id and one.role == Role.COORDINATOR)
        return False
    lists[contact].append(DigestLine(notice, members))
    return True


def _send_list(contact: Contact, lines: list[DigestLine], now: datetime, eight: datetime) -> bool:
    """Send this coordinator's list, unless they had it today. Return whether it was sent."""
    if _find_sent_today(contact=contact.pk, eight=eight).exists():
        return False
    mine = Notice.objects.filter(purpose=Purpose.DIGEST, contact=contact).defer("brief")
    existing = mine.open().filter(link_revoked_at__isnull=True).first()
    ladder: list[dict[str, Any]] = [dict(step) for step in DAILY_LADDER]
    if existing is not None:
        repeat(notice=existing, at=now, brief=build_digest_brief(lines), ladder=ladder)
    else:
        # Lists that are still open here have a revoked link: nobody can read them any more.
        close_replaced(mine.open().values_list("pk", flat=True), now)
        subject = Subject(
            id=uuid5(LIST_NAMESPACE, str(contact.pk)),
            reference="",
            municipality=lines[0].notice.municipality,
            is_drill=all(line.notice.is_drill for line in lines),
        )
        subject.notify(
            Role.COORDINATOR,
            event_id=uuid5(LIST_NAMESPACE, f"{contact.pk}/{timezone.localdate(now)}"),
            found=Resolution(Role.COORDINATOR, contact=contact),
            brief=build_digest_brief(lines),
            ladder=ladder,
            purpose=Purpose.DIGEST,
            at=now,
        )
    Notice.objects.filter(pk__in=[line.notice.pk for line in lines]).update(listed_at=now)
    _extend_links(lines, now)
    return True


def _extend_links(lines: list[DigestLine], now: datetime) -> None:
    """Extend the links of what is listed: it must stay answerable through days of silence."""
    until = now + timedelta(hours=settings.BRIEF_LINK_HOURS)
    chases = [line.notice.chase_id for line in lines]
    Notice.objects.open().filter(chase_id__in=chases, link_expires_at__lt=until).update(link_expires_at=until)


def _close_empty_lists(lists: Iterable[Contact], waiting: Iterable[int], now: datetime, eight: datetime) -> None:
    """Close earlier lists on which nothing is left, or whose coordinator is no longer on duty."""
    needed = {*(contact.pk for contact in lists), *waiting}
    over = [key for key, contact in _find_open_before(eight=eight) if contact not in needed]
    close_replaced(over, now, reason=NOTHING_LEFT)


def build_digest_brief(lines: list[DigestLine]) -> dict[str, Any]:
    """Build the list as the coordinator reads it behind the PIN, with what its mail may say in `lines`."""
    shown = sorted(lines, key=lambda line: line.since)[:MAX_LINES]
    sections = [_build_section(line) for line in shown]
    if len(lines) > len(shown):
        title = in_each_language(_("And more"))
        words = format_in_each_language(
            _("{count} more notices have no answer. See the open cases in Vatra."), count=len(lines) - len(shown)
        )
        sections.append({"title": title, "rows": [{"key": "more", "label": title, "value": words}]})
    return {"sections": sections, "lines": [_build_mail_line(line) for line in shown], "count": len(lines)}


def _build_section(line: DigestLine) -> dict[str, Any]:
    since = timezone.localtime(line.since).strftime("%d.%m.%Y %H:%M")
    call = build_call_brief(
        line.notice, why=[NO_ANSWER], notified=get_notified_contacts(line.members, line.notice.role)
    )
    rows = [
        {
            "key": "since",
            "label": in_each_language(_("Without an answer since")),
            "value": same_in_each_language(since),
        },
        {"key": "said", "label": in_each_language(_("So far")), "value": describe_steps(line.steps)},
        *call["sections"][0]["rows"],
    ]
    return {"title": same_in_each_language(line.notice.code), "rows": rows}


def _build_mail_line(line: DigestLine) -> dict[str, Any]:
    """Build what the mail may say of one chain: nothing sealed."""
    return {
        "code": line.notice.code,
        "since": line.since.isoformat(),
        "said": describe_steps(line.steps),
        "drill": line.notice.is_drill,
    }


def describe_steps(steps: dict[str, int]) -> Texts:
    """Say how far an escalation has come: "2 reminders, the deputy was notified, 46 requests to call"."""
    texts = {}
    for language in LANGUAGES:
        with translation.override(language):
            texts[language] = _describe_steps(steps)
    return texts


def _describe_steps(steps: dict[str, int]) -> str:
    reminders, deputies, calls = (steps.get(purpose, 0) for purpose in (Purpose.REMINDER, Purpose.DEPUTY, Purpose.CALL))
    parts = []
    if reminders:
        parts.append(ngettext("one reminder", "{count} reminders", reminders).format(count=reminders))
    if deputies:
        parts.append(
            ngettext("the deputy was notified", "{count} deputies were notified", deputies).format(count=deputies)
        )
    if calls:
        parts.append(ngettext("one request to call", "{count} requests to call", calls).format(count=calls))
    return ", ".join(parts) or gettext("it was sent")


def _find_unlisted(old: datetime, eight: datetime, aside: Collection[str]) -> QuerySet[Notice, UUID]:
    return (
        Notice.objects.open()
        .filter(Q(listed_at__isnull=True) | Q(listed_at__lt=eight), owed_at__lte=old, next_step_at__isnull=False)
        .exclude(purpose=Purpose.DIGEST)
        .exclude(pk__in=aside)
        .order_by("owed_at")
        .values_list("pk", flat=True)[:MAX_NOTICES]
    )


def _find_listed() -> QuerySet[Notice]:
    rows = Notice.objects.select_related("contact__partner", "municipality", "partner", "unit")
    return rows.defer("brief", "link_token")


def _find_sent_today(contact: int, eight: datetime) -> QuerySet[Notice]:
    return Notice.objects.filter(
        Q(repeated_at__gte=eight) | Q(owed_at__gte=eight), purpose=Purpose.DIGEST, contact=contact
    )


def _find_open_before(eight: datetime) -> "QuerySet[Notice, Any]":
    """Find the open lists from before this morning, of those who had none since: (id, whose)."""
    today = Notice.objects.filter(purpose=Purpose.DIGEST, repeated_at__gte=eight)
    over = Notice.objects.open().filter(purpose=Purpose.DIGEST, owed_at__lt=eight)
    over = over.filter(Q(repeated_at__isnull=True) | Q(repeated_at__lt=eight))
    return over.exclude(contact__in=today.values("contact")).values_list("pk", "contact_id")
