"""Walking through a definition that has been checked. Pure; nothing here changes it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Definition = dict[str, Any]


class Placed(NamedTuple):
    """A question and where it stands. `repeats` are the groups around it, the outermost first."""

    section: dict[str, Any]
    repeats: tuple[dict[str, Any], ...]
    question: dict[str, Any]

    @property
    def repeat(self) -> dict[str, Any] | None:
        """The innermost repeat group, None outside of any."""
        return self.repeats[-1] if self.repeats else None


class Given(NamedTuple):
    """One place in the answers where a question can be answered. `value` is None when it isn't.

    rows: the position in each repeat group, the outermost first; scope: what lies over the answers there.
    """

    placed: Placed
    rows: tuple[int, ...]
    value: Any
    scope: Mapping[str, Any]

    @property
    def path(self) -> str:
        """A JSON pointer: /answers/household/0/children/1/age."""
        steps = [f"{repeat['key']}/{row}/" for repeat, row in zip(self.placed.repeats, self.rows, strict=True)]
        return f"/answers/{''.join(steps)}{self.placed.question['key']}"


def sections(definition: Definition) -> list[dict[str, Any]]:
    """The sections in document order."""
    return definition["sections"]


def questions(definition: Definition) -> Iterator[Placed]:
    """Every question in document order, those inside repeat groups included."""
    for section in definition["sections"]:
        yield from _placed(section, (), section["items"])


def _placed(
    section: dict[str, Any], repeats: tuple[dict[str, Any], ...], items: list[dict[str, Any]]
) -> Iterator[Placed]:
    for item in items:
        if item["item"] == "question":
            yield Placed(section, repeats, item)
        elif item["item"] == "repeat":
            yield from _placed(section, (*repeats, item), item["items"])


def repeats(definition: Definition) -> Iterator[dict[str, Any]]:
    """Every repeat group in document order, those inside others included."""

    def within(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for item in items:
            if item["item"] == "repeat":
                yield item
                yield from within(item["items"])

    for section in definition["sections"]:
        yield from within(section["items"])


def answer_keys(definition: Definition) -> frozenset[str]:
    """The keys an answers object may have: questions outside repeat groups, and the outermost groups."""
    return frozenset(item["key"] for section in definition["sections"] for item in section["items"] if is_asked(item))


def is_asked(item: Mapping[str, Any]) -> bool:
    """Whether an item has a place in the answers: all have but notes."""
    return item["item"] != "note"


def is_worked_out(question: Mapping[str, Any]) -> bool:
    """Whether nobody types the answer and the server has one: then it stands in the answers of programs, too."""
    untyped = question.get("read_only") is True or question["type"] == "hidden"
    return untyped and ("default" in question or "initial" in question)


def question_by_key(definition: Definition, key: str) -> Placed | None:
    """The question of this key, wherever it stands, or None."""
    return next((placed for placed in questions(definition) if placed.question["key"] == key), None)


def questions_by_key(definition: Definition) -> dict[str, Placed]:
    """All questions by key, for those who look up more than one."""
    return {placed.question["key"]: placed for placed in questions(definition)}


def given(definition: Definition, answers: Mapping[str, Any]) -> Iterator[Given]:
    """Every place where the answers can answer a question, row by row, in document order."""
    for section in definition["sections"]:
        yield from _given(section, (), (), section["items"], answers, {})


def _given(
    section: dict[str, Any],
    repeats: tuple[dict[str, Any], ...],
    rows: tuple[int, ...],
    items: list[dict[str, Any]],
    answers: Mapping[str, Any],
    scope: Mapping[str, Any],
) -> Iterator[Given]:
    for item in items:
        if item["item"] == "question":
            yield Given(Placed(section, repeats, item), rows, answers.get(item["key"]), scope)
        elif item["item"] == "repeat":
            for index, row in enumerate(answers.get(item["key"]) or ()):
                within = {**scope, **row, "_position": index + 1}
                yield from _given(section, (*repeats, item), (*rows, index), item["items"], row, within)
