"""Walking through a definition that has been checked. Pure; nothing here changes it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

Definition = dict[str, Any]


class Placed(NamedTuple):
    """A question and where it stands. `repeat` is None outside a repeat group."""

    section: dict[str, Any]
    repeat: dict[str, Any] | None
    question: dict[str, Any]


def sections(definition: Definition) -> list[dict[str, Any]]:
    """The sections in document order."""
    return definition["sections"]


def questions(definition: Definition) -> Iterator[Placed]:
    """Every question in document order, those inside repeat groups included."""
    for section in definition["sections"]:
        for item in section["items"]:
            if item["item"] == "question":
                yield Placed(section, None, item)
            elif item["item"] == "repeat":
                for inner in item["items"]:
                    if inner["item"] == "question":
                        yield Placed(section, item, inner)


def repeats(definition: Definition) -> Iterator[dict[str, Any]]:
    """Every repeat group in document order."""
    return (item for section in definition["sections"] for item in section["items"] if item["item"] == "repeat")


def answer_keys(definition: Definition) -> frozenset[str]:
    """The keys an answers object may have: questions outside repeat groups, and the groups themselves."""
    top = (placed.question["key"] for placed in questions(definition) if placed.repeat is None)
    return frozenset(top) | frozenset(repeat["key"] for repeat in repeats(definition))


def question_by_key(definition: Definition, key: str) -> Placed | None:
    """The question of this key, wherever it stands, or None."""
    return next((placed for placed in questions(definition) if placed.question["key"] == key), None)


def questions_by_key(definition: Definition) -> dict[str, Placed]:
    """All questions by key, for those who look up more than one."""
    return {placed.question["key"]: placed for placed in questions(definition)}
