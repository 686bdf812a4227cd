"""Floods among the further reports of a notice: which are alike, or came through one page. The rest is read first.

Nobody knows of a report whether it is meant. So none is hidden or deleted: bundles are listed after what is unlike
them, and a recipient may mark one as a flood, for this notice. Then it is listed last, and what comes in later and is
like a marked text raises no new mail, which leaves the mails (`further`) to what is unlike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Count, IntegerField, Min, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from audit.chain import Actor, log_event
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import FurtherReport

MIN_ALIKE = 5  # reports with one text make a bundle
MIN_FROM_ONE_PAGE = 10  # so do reports that came through one page or card and are unlike each other
SHARED_GRAMS = 0.6  # of two texts, from which on they are alike
GRAM = 4  # characters
MIN_LETTERS = 20  # of an answer that somebody wrote; shorter ones are names, places, choices
MAX_TEXT = 2000  # characters that are compared
MAX_COMPARED = 40  # texts, the newest
UNLIKE, BUNDLED, MARKED = range(3)

Brief = Mapping[str, Any]


@dataclass(frozen=True)
class Bundle:
    """Reports that are alike, or that came through one page. `key`: "like:<id>" or "from:<origin>"."""

    key: str
    count: int
    marked: int
    since: datetime

    @property
    def is_alike(self) -> bool:
        return self.key.startswith("like:")

    @property
    def is_marked(self) -> bool:
        return self.marked == self.count


def find_alike(notice: Notice, brief: Brief) -> FurtherReport | None:
    """Return the first report of this notice whose text this one repeats, more or less; None when it is unlike all."""
    firsts = FurtherReport.objects.filter(notice=notice, like=None, erased_at=None).order_by("-at", "pk")
    for report in firsts[:MAX_COMPARED]:
        try:
            if are_alike(report.brief, brief):
                return report
        except (SealBroken, KeyRingError):
            continue  # nobody can read it; `vault_rotate` names it
    return None


def are_alike(one: Brief, other: Brief) -> bool:
    """Whether two briefs say the same in what somebody wrote; where neither has a text, in every answer."""
    first, second = _read_grams(one), _read_grams(other)
    if not first and not second:
        return _read_answers(one) == _read_answers(other)
    return len(first & second) >= SHARED_GRAMS * len(first | second)


def _read_grams(brief: Brief) -> frozenset[str]:
    texts = (text for _key, text in sorted(_read_answers(brief)) if sum(map(str.isalpha, text)) >= MIN_LETTERS)
    text = " ".join(" ".join(texts).lower().split())[:MAX_TEXT]
    return frozenset(text[place : place + GRAM] for place in range(max(len(text) - GRAM + 1, 0)))


def _read_answers(brief: Brief) -> frozenset[tuple[str, str]]:
    """Return (key, value) of each answer, without what we write into every brief ourselves."""
    rows = (row for section in brief.get("sections", ()) for row in section["rows"])
    return frozenset(
        (row["key"], " ".join(sorted(set(row["value"].values()))))
        for row in rows
        if not row.get("key", "case.").startswith("case.")
    )


def joins_flood(like: FurtherReport | None) -> bool:
    """Whether what is like this report belongs to a bundle of one text that a recipient has marked as a flood."""
    if like is None or like.flood_at is None:
        return False
    return FurtherReport.objects.filter(Q(pk=like.pk) | Q(like=like)).count() >= MIN_ALIKE


def get_bundles(reports: QuerySet[FurtherReport]) -> list[Bundle]:
    """Return the bundles among the reports of one notice, the largest first."""
    count, marked, since = Count("pk"), Count("flood_at"), Min("at")
    rows = reports.order_by().annotate(first=Coalesce("like", "pk"))
    alike = rows.values("first").annotate(count=count, marked=marked, since=since).filter(count__gte=MIN_ALIKE)
    found = [Bundle(f"like:{each['first']}", each["count"], each["marked"], each["since"]) for each in alike]
    rest = rows.exclude(first__in=[each["first"] for each in alike]).exclude(origin="")
    through = rest.values("origin").annotate(count=count, marked=marked, since=since)
    from_one = through.filter(count__gte=MIN_FROM_ONE_PAGE)
    found += [Bundle(f"from:{each['origin']}", each["count"], each["marked"], each["since"]) for each in from_one]
    return sorted(found, key=lambda bundle: (-bundle.count, bundle.key))


def put_unlike_first(reports: QuerySet[FurtherReport], bundles: list[Bundle]) -> QuerySet[FurtherReport]:
    """Order reports: what is unlike the rest, then bundles, then what was marked as a flood; each the newest first.

    `reports.rank` is UNLIKE, BUNDLED or MARKED.
    """
    inside = reduce(or_, (_build_filter(bundle.key, bundles) for bundle in bundles), Q(pk=None))
    rank = Case(
        When(flood_at__isnull=False, then=Value(MARKED)),
        When(inside, then=Value(BUNDLED)),
        default=Value(UNLIKE),
        output_field=IntegerField(),
    )
    return reports.annotate(rank=rank).order_by("rank", "-at", "pk")


@transaction.atomic
def mark_flood(notice: Notice, key: str, *, is_flood: bool, actor: Actor, at: datetime) -> int:
    """Mark a bundle of this notice's reports as a flood, or take that back.

    Return how many reports changed: 0 when there is no such bundle.
    """
    lock_chases([notice])
    first = notice.chase_id or notice.pk
    reports = FurtherReport.objects.filter(notice=first)
    bundles = get_bundles(reports)
    if key not in {bundle.key for bundle in bundles}:
        return 0
    rows = reports.filter(_build_filter(key, bundles)).filter(flood_at__isnull=is_flood)
    changed = rows.update(flood_at=at if is_flood else None)
    if changed:
        event = "notice.flood_marked" if is_flood else "notice.flood_unmarked"
        log_event(event, actor=actor, target_kind="notice", target_id=first, reports=changed)
    return changed


def _build_filter(key: str, bundles: list[Bundle]) -> Q:
    """Return what the reports of one bundle have in common."""
    kind, _colon, name = key.partition(":")
    if kind == "like":
        return Q(pk=UUID(name)) | Q(like=UUID(name))
    alike = [UUID(bundle.key.removeprefix("like:")) for bundle in bundles if bundle.is_alike]
    return Q(origin=name) & ~Q(pk__in=alike) & (Q(like=None) | ~Q(like__in=alike))
