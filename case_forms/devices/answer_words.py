"""What the server would say of a wrong answer, for a phone that has to say it without asking.

Each question type is given answers that are wrong in every way a page can be filled; its own words come back.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from case_forms.form_builder.definition import Question
from case_forms.questions import registry
from case_forms.questions.base import AnswerError, CleanContext
from case_forms.questions.indicators import by_id
from case_forms.submissions.validation.validate import CheckContext

TOO_LONG = "x" * 20_001
TEXTS: tuple[Any, ...] = ("x", "\x01", "x\nx", TOO_LONG)
DAYS: tuple[Any, ...] = ("x", "1800-01-01", "2101-01-01", "2100-12-31", "1900-01-01", "2012-02-31", "1800", "")
MOMENTS: tuple[Any, ...] = ("x", "1800-01-01T00:00:00+00:00", "2101-01-02T00:00:00+00:00")
HUGE = 10**13
OBJECTS: tuple[Any, ...] = (
    {"reason": "x"},
    {"decision": "insufficient"},
    {"decision": "insufficient", "reason": "\x01"},
    {"decision": "insufficient", "reason": TOO_LONG},
    {"lat": "x", "lon": 1},
    {"lat": 91, "lon": 1},
    {"lat": 1, "lon": "x"},
    {"lat": 1, "lon": 181},
    {"lat": 1, "lon": 1, "accuracy": "x"},
    {"lat": 1, "lon": 1, "accuracy": HUGE},
    {"municipality": "x"},
    {"strokes": [[1]]},
    {"strokes": [[1, 1]] * 100_000},
    {"strokes": [[1, 1] * 100_000]},
    {"name": "\x01"},
    {"name": TOO_LONG},
    {"id": "x"},
)
PLACES: tuple[Any, ...] = ({"places": ["x"]},)
BY_TYPE: dict[str, tuple[Any, ...]] = {
    "date": DAYS,
    "approximate_date": DAYS,
    "datetime": MOMENTS,
    "time": ("x", "00:00", "23:59"),
    "duration": ("x", -1, HUGE),
    "ranking": PLACES,
    "indicators": ({next(iter(by_id())): {"answer": "x"}},),
    "boolean": ("x",),
}
NUMBERS = frozenset({"integer", "decimal", "scale"})


def words_for_wrong_answers(question: Question, context: CheckContext, day: date) -> dict[str, str]:
    """Return {code: words} of what the type refuses; "code/part" where a part of the answer is meant.

    `day` is taken for today: words that name it have "{today}" in its place.
    """
    kind = registry.get(question.type)
    clean_context = CleanContext(context.sources, language=context.language, today=day)
    found: dict[str, str] = {}
    for raw in _wrong_answers(question):
        try:
            kind.clean(raw, question, clean_context)
        except AnswerError as error:
            part = f"/{error.path.split('/')[1]}" if error.path and isinstance(raw, dict) else ""
            words = str(error.message).replace(f"{day:%d.%m.%Y}", "{today}")
            found.setdefault(f"{error.code}{part}", words)
    return found


def _wrong_answers(question: Question) -> Iterator[Any]:
    if question.type in BY_TYPE:
        yield from BY_TYPE[question.type]
    elif question.type in NUMBERS:
        yield from ("x", -HUGE, HUGE)
        if question.type == "scale":
            yield _between_steps(question)
    elif question.type == "select_many":
        yield from ([], ["x"] * 301, ["x"])
        values = [choice.value for choice in question.choices]
        alone = [choice.value for choice in question.choices if choice.exclusive]
        yield [*alone[:1], *(value for value in values if value not in alone[:1])][: question.max or 2]
    elif registry.get(question.type).value_kind == "object":
        yield from OBJECTS
    else:
        yield from TEXTS


def _between_steps(question: Question) -> float:
    low = float(question.min or 0)
    return low + (question.step or 1) / 3
