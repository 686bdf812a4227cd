"""Where a kit or a material is used: by how many sessions, when, how many took part, what quiz and feedback say.

For editors, who see no session: no place, no unit, no region, no day. A session with fewer than ten participants is
counted as a session and its participants in no sum, so that neither a sum nor a difference of two is below ten.
"""

import datetime
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Max, Min, Q, Sum
from django.db.models.functions import TruncMonth

from access.small_numbers import MIN_SHOWN

from ..feedback.models import FeedbackCount, Phase
from ..feedback.summaries import Counts, OpinionSum, QuizShare, count_quiz_by_version, sum_opinions
from ..records.models import InformativeSession, SessionCount, SessionQuerySet
from .labels import MaterialKind
from .models import KitPage, KitVersion, KitVersionQuerySet, MaterialPage
from .versions import get_kits_with


@dataclass(frozen=True)
class VersionUsage:
    """One version. `first` and `last`: the months of the sessions; `participants`: 0 where none may be told."""

    version: KitVersion
    sessions: int
    first: datetime.date | None
    last: datetime.date | None
    participants: int
    before: QuizShare
    after: QuizShare


@dataclass(frozen=True)
class Usage:
    """Every version, the newest first; `months`: [(month, sessions)], the latest first; `kits`: the live kits.

    `before` and `after`: the quiz where the program's own questions were asked, as before kits had theirs.
    """

    versions: list[VersionUsage]
    months: list[tuple[datetime.date, int]]
    opinions: list[OpinionSum]
    kits: list[KitPage]
    before: QuizShare
    after: QuizShare

    @property
    def sessions(self) -> int:
        return sum(each.sessions for each in self.versions)


def build_kit_usage(kit: KitPage) -> Usage:
    """Return how the kit is used: all sessions that name one of its versions and took place."""
    sessions = InformativeSession.objects.took_place().filter(kit_version__kit_id=kit.pk)
    # Also of sessions whose record names the kit of the other language: who answers chooses it on the card.
    asked = _get_counts(InformativeSession.objects.took_place()).filter(kit_version__kit_id=kit.pk)
    return _build_usage(KitVersion.objects.filter(kit_id=kit.pk), sessions, asked, [])


def build_material_usage(material: MaterialPage) -> Usage:
    """Return how the material is used: the sessions whose record says that it was really used."""
    sessions = InformativeSession.objects.took_place().filter(used_materials__page_id=material.pk)
    # What is on the card was answered there, whether or not the unit used the sheet.
    is_asked = material.kind in (MaterialKind.QUIZ, MaterialKind.OPINION)
    answered = InformativeSession.objects.took_place() if is_asked else sessions
    versions = get_versions_with(material.pk)
    asked = _get_counts(answered).filter(kit_version__in=versions.order_by().values("pk"))
    return _build_usage(versions, sessions, asked, get_kits_with(material))


def _get_counts(sessions: SessionQuerySet) -> Counts:
    return FeedbackCount.objects.filter(session__in=sessions.order_by().values("pk"))


def get_versions_with(page_id: int) -> KitVersionQuerySet:
    """Return the versions that hold this material."""
    # Text search in the JSON, as both databases write it: SQLite can't ask for `contains`. A quotation mark within a
    # text is written with a backslash, so no words of a material are mistaken for its number.
    held = Q(content__icontains=f'"page": {page_id},') | Q(content__icontains=f'"page": {page_id}}}')
    return KitVersion.objects.filter(held)


def _build_usage(versions: KitVersionQuerySet, sessions: SessionQuerySet, asked: Counts, kits: list[KitPage]) -> Usage:
    """Build it of these sessions, of what their versions asked, and of what the program itself asked at them."""
    grouped = sessions.order_by().values("kit_version")
    counted = {
        row["kit_version"]: row for row in grouped.annotate(number=Count("pk"), first=Min("date"), last=Max("date"))
    }
    participants = _count_participants(sessions)
    programs = _get_counts(sessions).filter(kit_version__isnull=True)
    quiz = count_quiz_by_version(asked | programs)
    months = sessions.order_by().annotate(month=TruncMonth("date")).values("month").annotate(number=Count("pk"))
    return Usage(
        versions=[
            _build_version(each, counted.get(each.pk, {}), participants, quiz.get(each.pk, {}))
            for each in versions.without_content().order_by("title", "kit_id", "-number")
        ],
        months=[(row["month"], row["number"]) for row in months.order_by("-month")],
        opinions=sum_opinions(asked | programs),
        kits=kits,
        before=quiz.get(None, {}).get(Phase.BEFORE, QuizShare()),
        after=quiz.get(None, {}).get(Phase.AFTER, QuizShare()),
    )


def _build_version(
    version: KitVersion, counted: Mapping[str, Any], participants: Mapping[int, int], quiz: Mapping[str, QuizShare]
) -> VersionUsage:
    return VersionUsage(
        version=version,
        sessions=counted.get("number", 0),
        first=counted.get("first"),
        last=counted.get("last"),
        participants=participants.get(version.pk, 0),
        before=quiz.get(Phase.BEFORE, QuizShare()),
        after=quiz.get(Phase.AFTER, QuizShare()),
    )


def _count_participants(sessions: SessionQuerySet) -> Mapping[int, int]:
    """Return {version: participants}, of sessions with ten of them or more."""
    counts = SessionCount.objects.filter(session__in=sessions.order_by().values("pk")).order_by()
    of_session = counts.values("session", version=F("session__kit_version")).annotate(people=Sum("number"))
    found: dict[int, int] = defaultdict(int)
    for row in of_session.filter(people__gte=MIN_SHOWN):
        found[row["version"]] += row["people"]
    return found
