"""Differences between two versions of a form, for those who fill it: what they are asked, and in which words.

Questions are matched by key, as answers are, and compared in the language in which the person reads them. What people
never see (keys, who receives an answer, how it is stored) isn't named; the coordinator's version page compares it all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from access.languages import LocalizedText, localize_to
from case_forms.form_builder.definition import Choice, Form, LocatedItem, MatrixRow, Question

NEVER_ASKED = ("calculated", "hidden")
BOUNDS = ("min", "max", "max_length", "step", "accept", "coarsen")
WHEN = ("relevant", "choice_filter")


@dataclass(frozen=True)
class Asked:
    """A question, and the section it stands in."""

    label: LocalizedText
    section: LocalizedText


@dataclass(frozen=True)
class Changed:
    """A question that is asked differently.

    `what` holds codes: wording, hint, type, choices, place, required, when, bounds. `before` is the earlier label.
    """

    label: LocalizedText
    section: LocalizedText
    what: list[str]
    before: LocalizedText
    choices_new: list[LocalizedText] = field(default_factory=list)
    choices_gone: list[LocalizedText] = field(default_factory=list)


@dataclass(frozen=True)
class VersionChanges:
    """What is new, gone and changed for those who fill the form; false when nothing is."""

    new: list[Asked]
    gone: list[Asked]
    changed: list[Changed]

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.changed)


def changes_between(old: Form, new: Form, language: str) -> VersionChanges:
    """Compare two versions, in document order: of the new one for what is new or changed, of the old one else."""
    before, after = _asked(old), _asked(new)
    compared = [_Comparing(before[key], placed, language).changed() for key, placed in after.items() if key in before]
    return VersionChanges(
        new=[_named(placed, language) for key, placed in after.items() if key not in before],
        gone=[_named(placed, language) for key, placed in before.items() if key not in after],
        changed=[change for change in compared if change.what],
    )


def _asked(form: Form) -> dict[str, LocatedItem]:
    return {key: one for key, one in form.questions_by_key.items() if one.question.type not in NEVER_ASKED}


def _named(placed: LocatedItem, language: str) -> Asked:
    return Asked(localize_to(placed.question.label, language), localize_to(placed.section.title, language))


class _Comparing:
    """One question in both versions."""

    def __init__(self, before: LocatedItem, after: LocatedItem, language: str) -> None:
        self.before, self.after = before, after
        self.old, self.new = before.question, after.question
        self.language = language

    def changed(self) -> Changed:
        had, has = self._choices(self.old), self._choices(self.new)
        return Changed(
            label=localize_to(self.new.label, self.language),
            section=localize_to(self.after.section.title, self.language),
            what=list(self._what(had, has)),
            before=localize_to(self.old.label, self.language),
            choices_new=[label for value, label in has.items() if value not in had],
            choices_gone=[label for value, label in had.items() if value not in has],
        )

    def _what(self, had: dict[str, LocalizedText], has: dict[str, LocalizedText]) -> Iterator[str]:
        old, new = self.old, self.new
        if self._reads_differently("label"):
            yield "wording"
        if any(self._reads_differently(name) for name in ("hint", "low_label", "high_label")):
            yield "hint"
        if old.type != new.type:
            yield "type"
        if had != has or old.choices_from != new.choices_from:
            yield "choices"
        if _place(self.before) != _place(self.after):
            yield "place"
        if old.required != new.required:
            yield "required"
        if any(old.value_of(name) != new.value_of(name) for name in WHEN):
            yield "when"
        if self._bounds(old) != self._bounds(new):
            yield "bounds"

    def _reads_differently(self, name: str) -> bool:
        return localize_to(self.old.texts_of(name), self.language) != localize_to(
            self.new.texts_of(name), self.language
        )

    def _choices(self, question: Question) -> dict[str, LocalizedText]:
        """Return labels by value; the rows of a matrix count as choices."""
        listed: list[Choice | MatrixRow] = [*question.choices, *question.rows]
        return {choice.value: localize_to(choice.label, self.language) for choice in listed}

    @staticmethod
    def _bounds(question: Question) -> list[Any]:
        return [
            *(question.value_of(name) for name in BOUNDS),
            question.constraint.expr if question.constraint else None,
        ]


def _place(placed: LocatedItem) -> tuple[str, str]:
    return placed.section.key, placed.repeat.key if placed.repeat else ""
