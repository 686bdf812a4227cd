"""Texts of a session's page, its quizzes and its papers. They are data in `data/session_pages/`, never code."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from access.languages import LocalizedText, get_current_language, localize_to

FOLDER = Path(__file__).parents[1] / "data" / "session_pages"
QUIZ_ANSWERS = ("true", "false", "unsure")
LocalizedTexts = dict[str, str]


@cache
def load_texts(name: str) -> dict[str, Any]:
    """Load one file of the folder, by its name without ".json"."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


@dataclass(frozen=True)
class Question:
    """A question with the keys of its answers. `right` is "" for an opinion.

    `version`: of the kit that asks it; None for the program's own.
    """

    key: str
    texts: LocalizedTexts
    answers: tuple[tuple[str, LocalizedTexts], ...]
    right: str = ""
    explanations: LocalizedTexts | None = None
    version: int | None = None

    @property
    def text(self) -> LocalizedText:
        return localize_to(self.texts, _active())

    @property
    def choices(self) -> list[tuple[str, LocalizedText]]:
        return [(key, localize_to(texts, _active())) for key, texts in self.answers]

    @property
    def right_words(self) -> LocalizedText:
        return localize_to(dict(self.answers)[self.right], _active())

    @property
    def explanation(self) -> LocalizedText:
        return localize_to(self.explanations or {}, _active())


def _active() -> str:
    return get_current_language()


def get_quiz(audience: str) -> list[Question]:
    """Return the statements asked before and after a session for this audience; the data says which are true."""
    texts = load_texts("words")["quiz"]
    answers = tuple((key, texts[key]) for key in QUIZ_ANSWERS)
    bank = load_texts("questions")
    return [
        Question(key, bank[key]["text"], answers, bank[key]["right"], bank[key]["explanation"])
        for key in load_texts("audiences")[audience]["quiz"]
    ]


def get_opinion_questions() -> list[Question]:
    """Return the questions that everyone is asked after a session."""
    return [
        Question(key, each["text"], tuple((answer["key"], answer["text"]) for answer in each["answers"]))
        for key, each in load_texts("opinions").items()
    ]


def get_topic_texts(topics: Iterable[str], voice: str) -> list[dict[str, LocalizedTexts]]:
    """Return [{"title", "text"}] of the record's topics, in the order of the data, worded for this voice."""
    covered = set(topics)
    return [
        {"title": topic["title"], "text": topic.get(f"for_{voice}s", topic["text"])}
        for key, topic in load_texts("topics").items()
        if key in covered
    ]
