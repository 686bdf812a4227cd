"""What keeps a definition from being published, each with its path. A definition without problems can be filled."""

from collections.abc import Iterator
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from case_forms.logic import problems as expression_problems
from case_forms.questions import registry
from case_forms.questions.base import CleanContext
from notifications.directory.models import Role

from .properties import OpenSource, property_problems
from .shapes import Problem, pointer, shape_problems

ALWAYS_KNOWN = frozenset({"_today", "_occurred_on"})
ROLES = frozenset(Role.values)
WORDS: dict[str, "str | Promise"] = {
    "unknown_reference": _("This refers to something that is not a question of the form."),
    "forward_reference": _("This refers to a question that stands later in the form."),
    "out_of_scope": _("This refers to a question inside a repeat group from outside of it."),
    "computed_reference": _("A question's key must be written out."),
    "unknown_operator": _("There is no such operator."),
    "too_deep": _("This expression is nested too deep."),
    "too_large": _("This expression is too large."),
}


def check_definition(definition: Any) -> list[Problem]:
    """Every problem of a definition, in document order; empty when it can be published. Never raises."""
    found = shape_problems(definition)
    return found or list(_Check(definition).problems())


class _Check:
    """One walk through a well-shaped definition, remembering which keys stand before the place it has reached."""

    def __init__(self, definition: dict[str, Any]) -> None:
        self.definition = definition
        self.languages: list[str] = definition["languages"]
        self.top: set[str] = set()  # every key an expression outside of repeat groups may ever name
        self.inner: set[str] = set()  # every key inside a repeat group
        for section in definition["sections"]:
            for item in section["items"]:
                if item["item"] != "note":
                    self.top.add(item["key"])
                self.inner.update(row["key"] for row in item.get("items", ()) if row["item"] == "question")
        self.before = set(ALWAYS_KNOWN)
        self.taken: set[str] = set()

    def problems(self) -> Iterator[Problem]:
        form = self.definition
        if not form["languages"] or len(set(form["languages"])) < len(form["languages"]):
            yield Problem("/languages", "bad_languages", _("Name each language of the form once."))
        if not form["sections"]:
            yield Problem("/sections", "no_sections", _("A form has at least one section."))
        yield from self._texts(form, "", "title", "intro")
        names: set[str] = set()
        for position, section in enumerate(form["sections"]):
            path = f"/sections/{position}"
            if section["key"] in names:
                yield Problem(f"{path}/key", "duplicate_key", _("Another section has this key."))
            names.add(section["key"])
            yield from self._section(section, path)

    def _section(self, section: dict[str, Any], path: str) -> Iterator[Problem]:
        yield from self._texts(section, path, "title", "intro")
        yield from self._expression(section, "relevant", path, self.before)
        for position, item in enumerate(section["items"]):
            here = f"{path}/items/{position}"
            yield from self._key(item, here)
            if item["item"] == "note":
                yield from self._note(item, here, self.before)
            elif item["item"] == "question":
                yield from self._question(item, here, self.before, self.top)
                self.before.add(item["key"])
            else:
                yield from self._repeat(item, here)
                self.before.add(item["key"])

    def _repeat(self, repeat: dict[str, Any], path: str) -> Iterator[Problem]:
        yield from self._texts(repeat, path, "label", "hint")
        yield from self._expression(repeat, "relevant", path, self.before)
        if repeat.get("min", 0) > repeat.get("max", 20):
            yield Problem(f"{path}/min", "bad_bounds", _("The smallest number is larger than the largest."))
        rows = {row["key"] for row in repeat["items"] if row["item"] == "question"}
        if not rows:
            yield Problem(f"{path}/items", "empty_repeat", _("A repeat group holds at least one question."))
        within = set(self.before)
        for position, row in enumerate(repeat["items"]):
            here = f"{path}/items/{position}"
            yield from self._key(row, here)
            if row["item"] == "note":
                yield from self._note(row, here, within)
            else:
                yield from self._question(row, here, within, self.top | rows)
                within.add(row["key"])

    def _note(self, note: dict[str, Any], path: str, known: set[str]) -> Iterator[Problem]:
        yield from self._texts(note, path, "text")
        yield from self._expression(note, "relevant", path, known)

    def _question(self, question: dict[str, Any], path: str, before: set[str], anywhere: set[str]) -> Iterator[Problem]:
        yield from self._texts(question, path, "label", "hint")
        for position, choice in enumerate(question.get("choices", ())):
            yield from self._texts(choice, f"{path}/choices/{position}", "label")
        yield from self._expression(question, "relevant", path, before)
        yield from self._expression(question, "required", path, before)
        if "constraint" in question:
            own = before | {question["key"]}
            yield from self._texts(question["constraint"], f"{path}/constraint", "message")
            yield from self._expression(question["constraint"], "expr", f"{path}/constraint", own)
        for role in question.get("shared_with", ()):
            here = f"{path}/shared_with/{pointer(role)}"
            if role not in ROLES:
                yield Problem(here, "unknown_role", _("There is no recipient of this role."))
            # what is shared is decided when the whole form has been answered
            yield from self._expression(question["shared_with"], role, f"{path}/shared_with", anywhere | ALWAYS_KNOWN)
        yield from self._type(question, path)

    def _type(self, question: dict[str, Any], path: str) -> Iterator[Problem]:
        if question["type"] not in registry.names():
            yield Problem(f"{path}/type", "unknown_type", _("There is no such type of question."))
            return
        found = list(property_problems(question, path))
        yield from found
        if "default" in question and not found:
            kind = registry.get(question["type"])
            try:
                kind.clean(question["default"], question, CleanContext(sources=OpenSource()))
            except registry.AnswerError as error:
                yield Problem(f"{path}/default", "bad_default", error.message)

    def _key(self, item: dict[str, Any], path: str) -> Iterator[Problem]:
        if item["key"] in self.taken:
            yield Problem(f"{path}/key", "duplicate_key", _("Another question has this key."))
        elif item["key"] == "csrfmiddlewaretoken":
            yield Problem(f"{path}/key", "reserved_key", _("This key is reserved."))
        self.taken.add(item["key"])

    def _texts(self, part: dict[str, Any], path: str, *names: str) -> Iterator[Problem]:
        for name in names:
            for language in self.languages:
                if name in part and language not in part[name]:
                    yield Problem(
                        f"{path}/{name}/{language}", "missing_translation", _("The text in this language is missing.")
                    )

    def _expression(self, part: dict[str, Any], name: str, path: str, known: set[str]) -> Iterator[Problem]:
        if name not in part or isinstance(part[name], bool):
            return
        for problem in expression_problems(part[name], known=known):
            code, _colon, reference = problem.partition(": ")
            if code == "unknown_reference":
                code = self._kind_of_reference(reference)
            words = WORDS.get(code, _("This is not an expression."))
            yield Problem(f"{path}/{pointer(name)}", code, words)

    def _kind_of_reference(self, name: str) -> str:
        if name in self.inner and name not in self.top:
            return "out_of_scope"
        return "forward_reference" if name in self.top else "unknown_reference"
