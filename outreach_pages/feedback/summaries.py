"""Feedback of several sessions together. Only what is shown of each session is added up (docs/adr/0026).

So no sum, and no difference of two sums, gives away what a session's own page suppresses. What two versions of a kit
ask is added up apart, and opinions where their words are the same.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, Sum

from ..pages.labels import Question, get_opinion_questions
from .counting import MIN_SHOWN, suppress_small_counts
from .models import FeedbackCount, Phase
from .questions import read_version_questions


@dataclass(frozen=True)
class QuizShare:
    """The right ones among all answers to the quiz in one phase."""

    right: int = 0
    answers: int = 0

    def __add__(self, other: "QuizShare") -> "QuizShare":
        return QuizShare(self.right + other.right, self.answers + other.answers)

    @property
    def is_shown(self) -> bool:
        return self.answers >= MIN_SHOWN

    @property
    def percent(self) -> int:
        return round(100 * self.right / self.answers) if self.answers else 0


Counts = QuerySet[FeedbackCount]
Shares = Mapping[int | None, Mapping[str, QuizShare]]


def count_quiz_by_version(counts: Counts) -> Shares:
    """Return {version of a kit: {phase: share}} of these counts, in one query. None: the program's own questions."""
    rows = counts.filter(shown__gt=0, is_right__isnull=False).order_by()
    found: dict[int | None, dict[str, QuizShare]] = defaultdict(lambda: defaultdict(QuizShare))
    for row in rows.values("phase", "kit_version", "is_right").annotate(number=Sum("shown")):
        share = QuizShare(row["number"] if row["is_right"] else 0, row["number"])
        found[row["kit_version"]][row["phase"]] += share
    return found


@dataclass(frozen=True)
class OpinionSum:
    """One opinion question: [(answer in words, at least how many)]."""

    question: Question
    cells: list[tuple[Any, int]]


def sum_opinions(counts: Counts) -> list[OpinionSum]:
    """Add up what is shown of each session; questions without a shown answer are left out, the newest are first."""
    rows = counts.filter(phase=Phase.AFTER, is_right__isnull=True, shown__gt=0).order_by()
    by_session: dict[tuple[Any, str], dict[str, int]] = defaultdict(dict)
    versions = set()
    for session, version, key, answer, shown in rows.values_list(
        "session", "kit_version", "question", "answer", "shown"
    ).iterator():
        by_session[session, key][answer] = shown
        versions.add(version)
    asked = read_version_questions(version for version in versions if version is not None)
    of_kits = [each for key in sorted(asked, reverse=True) for each in asked[key].opinions]
    worded: dict[Any, list[Question]] = defaultdict(list)
    for question in (*of_kits, *get_opinion_questions()):
        worded[_get_words(question)].append(question)
    return [summed for same in worded.values() if (summed := _sum_questions(same, by_session)).cells]


def _get_words(question: Question) -> Any:
    """Return what makes two questions one: the same words, and the same answers in the same order."""
    answers = tuple((key, *sorted(texts.items())) for key, texts in question.answers)
    return tuple(sorted(question.texts.items())), answers


def _sum_questions(same: list[Question], by_session: Mapping[tuple[Any, str], Mapping[str, int]]) -> OpinionSum:
    question, keys = same[0], {each.key for each in same}
    sums: dict[str, int] = defaultdict(int)
    for (_session, key), numbers in by_session.items():
        if key in keys:
            for answer, number in _get_visible(question, numbers):
                sums[answer] += number
    return OpinionSum(question, [(text, sums[key]) for key, text in question.choices if sums.get(key)])


def _get_visible(question: Question, numbers: Mapping[str, int]) -> Iterable[tuple[str, int]]:
    every = {key: numbers.get(key, 0) for key, _texts in question.answers}
    if sum(every.values()) < MIN_SHOWN:
        return []
    return [(key, number) for key, number in suppress_small_counts(every).items() if number is not None]
