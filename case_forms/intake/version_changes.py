"""What is different between two versions of a form, for those who fill it: what they are asked, and in which words.

Questions are matched by key, as answers are. What people never see (keys, who receives an answer, how it is kept) isn't
named here; the coordinator's version page has a full comparison.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from case_forms.builder.outline import Placed, questions_by_key

Texts = Mapping[str, str]
Definition = Mapping[str, Any]

NEVER_ASKED = ("calculated", "hidden")
BOUNDS = ("min", "max", "max_length", "step", "constraint", "accept", "coarsen")
WHEN = ("relevant", "choice_filter")


@dataclass(frozen=True)
class Asked:
    """A question, and the section it stands in."""

    label: Texts
    section: Texts


@dataclass(frozen=True)
class Changed:
    """A question that is asked differently. `what` holds codes: wording, hint, type, choices, place, required, when,
    bounds. `before` is the earlier label when the wording changed; choices are their labels."""

    label: Texts
    section: Texts
    what: list[str]
    before: Texts | None = None
    choices_new: list[Texts] = field(default_factory=list)
    choices_gone: list[Texts] = field(default_factory=list)


@dataclass(frozen=True)
class VersionChanges:
    new: list[Asked]
    gone: list[Asked]
    changed: list[Changed]

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.changed)


def changes_between(old: Definition, new: Definition) -> VersionChanges:
    """In document order: of the new version for what is new or changed, of the old one for what is gone."""
    before, after = _asked(old), _asked(new)
    compared = [_changed(before[key], placed) for key, placed in after.items() if key in before]
    return VersionChanges(
        new=[_named(placed) for key, placed in after.items() if key not in before],
        gone=[_named(placed) for key, placed in before.items() if key not in after],
        changed=[change for change in compared if change.what],
    )


def _asked(definition: Definition) -> dict[str, Placed]:
    placed = questions_by_key(dict(definition))
    return {key: one for key, one in placed.items() if one.question["type"] not in NEVER_ASKED}


def _named(placed: Placed) -> Asked:
    return Asked(placed.question["label"], placed.section["title"])


def _changed(before: Placed, after: Placed) -> Changed:
    old, new = before.question, after.question
    new_choices, gone_choices = _choices(old, new)
    return Changed(
        label=new["label"],
        section=after.section["title"],
        what=list(_what(before, after)),
        before=old["label"] if old["label"] != new["label"] else None,
        choices_new=new_choices,
        choices_gone=gone_choices,
    )


def _what(before: Placed, after: Placed) -> Iterator[str]:
    old, new = before.question, after.question
    if old["label"] != new["label"]:
        yield "wording"
    if old.get("hint") != new.get("hint"):
        yield "hint"
    if old["type"] != new["type"]:
        yield "type"
    if any(old.get(name) != new.get(name) for name in ("choices", "choices_from", "rows")):
        yield "choices"
    if _place(before) != _place(after):
        yield "place"
    if old.get("required", False) != new.get("required", False):
        yield "required"
    if any(old.get(name) != new.get(name) for name in WHEN):
        yield "when"
    if any(old.get(name) != new.get(name) for name in BOUNDS):
        yield "bounds"


def _place(placed: Placed) -> tuple[str, str]:
    return placed.section["key"], placed.repeat["key"] if placed.repeat else ""


def _choices(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[list[Texts], list[Texts]]:
    """The labels of the choices that came, and of those that went."""
    had = {choice["value"]: choice["label"] for choice in old.get("choices", ())}
    has = {choice["value"]: choice["label"] for choice in new.get("choices", ())}
    came = [label for value, label in has.items() if value not in had]
    return came, [label for value, label in had.items() if value not in has]
