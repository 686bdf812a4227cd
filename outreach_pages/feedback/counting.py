"""Take feedback while a card allows it, store it as counts, show only counts that identify nobody (docs/adr/0026).

Answers to a question wait until there are ten of them, and then all become visible together. So no count is ever shown
of fewer than ten answers, and two readings of the same count differ by ten answers or by none. Nothing is summed over
questions or sessions that isn't shown, so no difference gives away what is suppressed.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from access.languages import LocalizedText
from access.rate_limits import Limit

from ..kits.models import KitVersion
from ..pages.labels import Question
from ..records.models import InformativeSession
from .models import FeedbackCount, Phase
from .questions import OPINIONS, QUIZ, get_programs_questions, get_questions, read_version_questions

MIN_SHOWN = 10
OPEN_AFTER_SESSION = datetime.timedelta(days=60)
EXPECTED_PARTICIPANTS = 60  # a class has 16 to 45 people; until those who came are counted, this many are expected
COUNTED = ("phase", "question", "answer", "shown")
SUBMISSIONS_PER_PERSON = 2  # a slip of the finger, a phone that two share


def get_open_phases(session: InformativeSession, on: datetime.date | None = None) -> list[Phase]:
    """Return the phases open on this day: before, until the session's day; after, from that day for sixty days.

    None for an ended card.
    """
    day = on or timezone.localdate()
    if not session.card_is_open(day):
        return []
    before = [Phase.BEFORE] if day <= session.date else []
    after = [Phase.AFTER] if session.date <= day <= session.date + OPEN_AFTER_SESSION else []
    return before + after


def get_daily_limit(session: InformativeSession) -> int:
    """Return how many may send in one day and phase. It stops a prank or a flood without telling senders apart."""
    counted = session.counts.aggregate(all=Sum("number"))["all"] or EXPECTED_PARTICIPANTS
    # At least ten: fewer answers are never shown, so a smaller limit would make feedback pointless.
    return SUBMISSIONS_PER_PERSON * max(counted, 10)


@transaction.atomic
def record_feedback(
    session: InformativeSession, phase: Phase, answers: Mapping[str, str], *, on: datetime.date | None = None
) -> bool:
    """Count these answers ({question: answer}, both of `get_questions`); False when the day's limit is reached.

    Each with the version of the kit that asked it. Answers to what isn't asked are passed by.
    """
    # Counted by the day, never finer: the hour at which somebody sent could identify them.
    noon = datetime.datetime.combine(on or timezone.localdate(), datetime.time(12), tzinfo=datetime.UTC)
    places = Limit("feedback", get_daily_limit(session), datetime.timedelta(days=1), slots=1)
    if places.hit(f"{session.pk}:{phase}", at=noon) > places.most:
        # Counted first: the row's lock makes the limit exact for answers sent at the same time.
        places.refund(f"{session.pk}:{phase}", at=noon)
        return False
    asked = {question.key: question for question in get_questions(session, phase, answers)}
    for key, answer in sorted(answers.items()):
        question = asked.get(key)
        if question is None:
            continue
        counts = FeedbackCount.objects.filter(session=session, phase=phase, question=key)
        about = {"kit_version_id": question.version, "is_right": answer == question.right if question.right else None}
        found, _made = counts.get_or_create(session=session, phase=phase, question=key, answer=answer, defaults=about)
        counts.filter(pk=found.pk).update(waiting=F("waiting") + 1)
        if (counts.aggregate(all=Sum("waiting"))["all"] or 0) >= MIN_SHOWN:
            counts.update(shown=F("shown") + F("waiting"), waiting=0)
    return True


@dataclass(frozen=True)
class Cell:
    """One answer's count; `number` is None where it is suppressed."""

    text: LocalizedText
    number: int | None
    is_right: bool = False


@dataclass(frozen=True)
class Result:
    """One question in one phase. `answers` is 0 until there are ten: fewer look like none."""

    answers: int
    cells: tuple[Cell, ...]

    @property
    def is_shown(self) -> bool:
        return self.answers >= MIN_SHOWN

    @property
    def right(self) -> int:
        return sum(cell.number or 0 for cell in self.cells if cell.is_right)

    @property
    def right_share(self) -> int:
        """The share of right answers in per cent."""
        return round(100 * self.right / self.answers) if self.answers else 0


@dataclass(frozen=True)
class QuestionResults:
    """The results of one question in both phases; opinions have none before. `version`: of the kit that asked it."""

    question: Question
    before: Result | None
    after: Result
    version: KitVersion | None = None

    @property
    def both(self) -> list[Result]:
        return [result for result in (self.before, self.after) if result is not None]


@dataclass(frozen=True)
class Results:
    quiz: list[QuestionResults]
    opinions: list[QuestionResults]

    @property
    def any_shown(self) -> bool:
        return any(
            result is not None and result.is_shown
            for each in (*self.quiz, *self.opinions)
            for result in (each.before, each.after)
        )


def build_results(session: InformativeSession) -> Results:
    """Return the results that the session's unit and coordinator may see."""
    rows = FeedbackCount.objects.filter(session=session, shown__gt=0).order_by()
    shown = {(phase, question, answer): number for phase, question, answer, number in rows.values_list(*COUNTED)}
    asked = {question for _phase, question, _answer in shown}
    # The newest first, and the program's own last.
    named = KitVersion.objects.without_content().filter(pk__in=rows.values("kit_version")).order_by("-pk")
    versions: list[KitVersion | None] = [*named, None]
    questions = read_version_questions(version.pk for version in named)

    def result(question: Question, phase: Phase) -> Result:
        numbers = {key: shown.get((phase.value, question.key, key), 0) for key, _texts in question.answers}
        total = sum(numbers.values())
        # A quiz answer is about the world and reveals nobody; an opinion could be read off a small count.
        visible = numbers if question.right else suppress_small_counts(numbers)
        cells = tuple(Cell(text, visible[key], is_right=key == question.right) for key, text in question.choices)
        return Result(total if total >= MIN_SHOWN else 0, cells)

    def results(part: str) -> list[QuestionResults]:
        found = []
        for version in versions:
            of_part = (
                questions[version.pk].get_part(part) if version else get_programs_questions(session.audience, part)
            )
            # Of a version with no count that is shown nothing is said: a few answers look like none.
            if any(each.key in asked for each in of_part):
                found += [
                    QuestionResults(
                        each, result(each, Phase.BEFORE) if part == QUIZ else None, result(each, Phase.AFTER), version
                    )
                    for each in of_part
                ]
        return found

    return Results(quiz=results(QUIZ), opinions=results(OPINIONS))


def suppress_small_counts(numbers: Mapping[str, int]) -> dict[str, int | None]:
    """Suppress each count from one to nine.

    Where that leaves a single one, the next smallest is suppressed too (complementary suppression): the total is known,
    and would give it away.
    """
    small = {key for key, number in numbers.items() if 0 < number < MIN_SHOWN}
    if len(small) == 1:
        others: Iterable[str] = (key for key in numbers if key not in small)
        small |= {min(others, key=lambda key: numbers[key])}
    return {key: None if key in small else number for key, number in numbers.items()}
