"""Feedback of several sessions together. Only what is shown of each session is added up (docs/adr/0026).

So no sum, and no difference of two sums, gives away what a session's own page suppresses.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Sum

from ..pages.labels import Question, get_opinion_questions, get_quiz
from ..records.labels import Audience
from ..records.models import SessionQuerySet
from .counting import MIN_SHOWN, suppress_small_counts
from .models import FeedbackCount, Phase


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


Shares = Mapping[Hashable, Mapping[str, QuizShare]]


def count_quiz_by(sessions: SessionQuerySet, key: str) -> Shares:
    """Return {value of the session's field `key`: {phase: share}}, in one query."""
    right = {(audience, each.key): each.right for audience in Audience.values for each in get_quiz(audience)}
    rows = FeedbackCount.objects.filter(session__in=sessions.order_by().values("pk"), shown__gt=0).order_by()
    # Named apart from the model's own fields.
    grouped = rows.values(
        "phase", "question", "answer", group=F(f"session__{key}"), audience=F("session__audience")
    ).annotate(number=Sum("shown"))
    found: dict[Hashable, dict[str, QuizShare]] = defaultdict(lambda: defaultdict(QuizShare))
    for row in grouped:
        answer = right.get((row["audience"], row["question"]))
        if answer is not None:  # else an opinion, or a question that the quiz no longer has
            is_right = row["answer"] == answer
            found[row["group"]][row["phase"]] += QuizShare(row["number"] if is_right else 0, row["number"])
    return found


@dataclass(frozen=True)
class OpinionSum:
    """One opinion question: [(answer in words, at least how many)]."""

    question: Question
    cells: list[tuple[Any, int]]


def sum_opinions(sessions: SessionQuerySet) -> list[OpinionSum]:
    """Add up what is shown of each session; questions without a shown answer are left out."""
    questions = get_opinion_questions()
    rows = FeedbackCount.objects.filter(
        session__in=sessions.order_by().values("pk"), phase=Phase.AFTER, question__in=[each.key for each in questions]
    ).order_by()
    by_session: dict[tuple[Any, str], dict[str, int]] = defaultdict(dict)
    for session, question, answer, shown in rows.values_list("session", "question", "answer", "shown").iterator():
        by_session[session, question][answer] = shown
    return [summed for each in questions if (summed := _sum_question(each, by_session)).cells]


def _sum_question(question: Question, by_session: Mapping[tuple[Any, str], Mapping[str, int]]) -> OpinionSum:
    sums: dict[str, int] = defaultdict(int)
    for (_session, key), numbers in by_session.items():
        if key == question.key:
            for answer, number in _get_visible(question, numbers):
                sums[answer] += number
    return OpinionSum(question, [(text, sums[key]) for key, text in question.choices if sums.get(key)])


def _get_visible(question: Question, numbers: Mapping[str, int]) -> Iterable[tuple[str, int]]:
    every = {key: numbers.get(key, 0) for key, _texts in question.answers}
    if sum(every.values()) < MIN_SHOWN:
        return []
    return [(key, number) for key, number in suppress_small_counts(every).items() if number is not None]
