"""What keeps a definition from being published, each with its path. A definition without problems can be filled."""

from collections.abc import Iterator
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from case_forms.logic import problems as expression_problems
from case_forms.questions import registry
from case_forms.questions.base import CleanContext
from notifications.directory.models import Role

from . import lists
from .lists import Shared, no_shared_lists
from .properties import OpenSource, choice_problems, property_problems
from .references import Circles, repeat_node, section_node, unknown_in_rows
from .shape_checks import KEY
from .shapes import Problem, pointer, shape_problems

ALWAYS_KNOWN = frozenset({"_today", "_occurred_on", "_now"})
IN_ROWS = frozenset({"_position"})
RESERVED = frozenset({"csrfmiddlewaretoken"})
ROLES = frozenset(Role.values)
WORDS: dict[str, "str | Promise"] = {
    "unknown_reference": _("This refers to something that is not a question of the form."),
    "forward_reference": _("This refers to a question that stands later in the form."),
    "dependency_cycle": _("This waits for a question that itself waits for this one."),
    "out_of_scope": _("This refers to a question inside a repeat group from outside of it."),
    "computed_reference": _("A question's key must be written out."),
    "unknown_operator": _("There is no such operator."),
    "bad_pattern": _("This pattern can't be used."),
    "too_deep": _("This expression is nested too deep."),
    "too_large": _("This expression is too large."),
}
Item = dict[str, Any]


def check_definition(definition: Any, *, shared: Shared = no_shared_lists) -> list[Problem]:
    """Every problem of a definition, in document order; empty when it can be published. Never raises.

    `shared` looks up the shared lists that it names; the check itself reads no database.
    """
    found = shape_problems(definition)
    return found or list(_Check(definition, shared).problems())


class _Check:
    """One walk through a well-shaped definition, remembering which keys stand before the place it has reached."""

    def __init__(self, definition: Item, shared: Shared) -> None:
        self.written = definition
        self.broken_lists: set[str] = set()
        self.definition = lists.resolved(definition, self._only_good(shared))
        self.languages: list[str] = definition["languages"]
        self.circles = Circles(self.definition)
        self.rows = _keys_in_rows(self.definition)
        self.top = {item["key"] for section in definition["sections"] for item in _asked(section["items"])}
        self.taken: set[str] = set()

    def _only_good(self, shared: Shared) -> Shared:
        """The look-up, with lists that can't be used left out and remembered."""

        def look_up(key: str) -> lists.Choices | None:
            choices = shared(key)
            if choices is not None and list(lists.shape_of_choices(choices)):
                self.broken_lists.add(f"{lists.SHARED}{key}")
                return None
            return choices

        return look_up

    def problems(self) -> Iterator[Problem]:
        form = self.definition
        if not form["languages"] or len(set(form["languages"])) < len(form["languages"]):
            yield Problem("/languages", "bad_languages", _("Name each language of the form once."))
        if not form["sections"]:
            yield Problem("/sections", "no_sections", _("A form has at least one section."))
        yield from self._well_written_key(form["key"], "/key")
        yield from self._texts(form, "", "title", "intro")
        yield from self._lists()
        names: set[str] = set()
        before = set(ALWAYS_KNOWN)
        for position, section in enumerate(form["sections"]):
            path = f"/sections/{position}"
            if section["key"] in names:
                yield Problem(f"{path}/key", "duplicate_key", _("Another section has this key."))
            else:
                yield from self._well_written_key(section["key"], f"{path}/key")
            names.add(section["key"])
            yield from self._texts(section, path, "title", "intro")
            yield from self._expression(section, "relevant", path, before, node=section_node(position))
            yield from self._items(section["items"], path, before, within=())

    def _lists(self) -> Iterator[Problem]:
        for key, named in self.definition.get("lists", {}).items():
            path = f"/lists/{pointer(key)}"
            if not KEY.fullmatch(key) or key in lists.BUILT_IN:
                words = _("A list's key has small letters, digits and _, and is not that of a list we always have.")
                yield Problem(path, "bad_list", words)
            yield from self._texts(named, path, "title")
            if not named["choices"]:
                yield Problem(f"{path}/choices", "no_choices", _("Give at least one choice."))
            yield from choice_problems(named["choices"], f"{path}/choices")
            yield from self._labels(named["choices"], f"{path}/choices")

    def _items(self, items: list[Item], path: str, before: set[str], *, within: tuple[str, ...]) -> Iterator[Problem]:
        """The items of a section or of a repeat. `before` grows; `within`: the keys of the repeats around them."""
        earlier: dict[str, Item] = {}
        for position, item in enumerate(items):
            here = f"{path}/items/{position}"
            yield from self._key(item, f"{here}/key")
            if item["item"] == "note":
                yield from self._texts(item, here, "text")
                yield from self._expression(item, "relevant", here, before, within=within)
                continue
            if item["item"] == "question":
                yield from self._question(item, here, before, within, earlier)
                earlier[item["key"]] = item
            else:
                yield from self._repeat(item, here, before, within)
            before.add(item["key"])

    def _repeat(self, repeat: Item, path: str, before: set[str], within: tuple[str, ...]) -> Iterator[Problem]:
        yield from self._texts(repeat, path, "label", "hint")
        yield from self._expression(repeat, "relevant", path, before, within=within, node=repeat_node(repeat["key"]))
        if repeat.get("min", 0) > repeat.get("max", 20):
            yield Problem(f"{path}/min", "bad_bounds", _("The smallest number is larger than the largest."))
        if not self.rows[repeat["key"]]:
            yield Problem(f"{path}/items", "empty_repeat", _("A repeat group holds at least one question."))
        inside = before | IN_ROWS
        yield from self._items(repeat["items"], path, inside, within=(*within, repeat["key"]))

    def _question(
        self, question: Item, path: str, before: set[str], within: tuple[str, ...], earlier: dict[str, Item]
    ) -> Iterator[Problem]:
        key = question["key"]
        yield from self._texts(question, path, "label", "hint", "low_label", "high_label")
        yield from self._labels(question.get("rows", []), f"{path}/rows")
        for name in ("relevant", "required", "initial", "calculation"):
            yield from self._expression(question, name, path, before, within=within, node=key)
        yield from self._expression(question, "choice_filter", path, before | {"choice"}, within=within, node=key)
        if "constraint" in question:
            own, here = before | {key}, f"{path}/constraint"
            yield from self._texts(question["constraint"], here, "message")
            yield from self._expression(question["constraint"], "expr", here, own, within=within, node=key)
        if "sensitivity" not in question:
            yield Problem(f"{path}/sensitivity", "no_sensitivity", _("Say how sensitive the answer is."))
        # what is shared is decided when the whole form has been answered
        anywhere = self.top | ALWAYS_KNOWN | {name for repeat in within for name in self.rows[repeat]}
        for role in question.get("shared_with", ()):
            if role not in ROLES:
                here = f"{path}/shared_with/{pointer(role)}"
                yield Problem(here, "unknown_role", _("There is no recipient of this role."))
            known = anywhere | (IN_ROWS if within else frozenset())
            yield from self._expression(question["shared_with"], role, f"{path}/shared_with", known, within=within)
        yield from self._type(question, path)
        yield from self._of(question, path, earlier)

    def _type(self, question: Item, path: str) -> Iterator[Problem]:
        if question["type"] not in registry.names():
            yield Problem(f"{path}/type", "unknown_type", _("There is no such type of question."))
            return
        found = list(self._choices(question, path)) + list(property_problems(question, path))
        yield from found
        if "default" in question and not found:
            kind = registry.get(question["type"])
            try:
                kind.clean(question["default"], question, CleanContext(sources=OpenSource()))
            except registry.AnswerError as error:
                yield Problem(f"{path}/default", "bad_default", error.message)

    def _choices(self, question: Item, path: str) -> Iterator[Problem]:
        """Problems of the choices where they are written: in the question, or once in the form's own list."""
        named = question.get("list") or question.get("choices_from") or ""
        if named in self.broken_lists:
            yield Problem(f"{path}/choices_from", "bad_list", _("This shared list can't be used: mend it first."))
        written_here = named not in self.definition.get("lists", {})
        if not written_here or "choices" not in question:
            return
        found = [*choice_problems(question["choices"], f"{path}/choices")]
        found += self._labels(question["choices"], f"{path}/choices")
        if found and named.startswith(lists.SHARED):
            yield Problem(f"{path}/choices_from", "bad_list", _("This shared list can't be used: mend it first."))
        else:
            yield from found

    def _of(self, question: Item, path: str, earlier: dict[str, Item]) -> Iterator[Problem]:
        if "of" not in question:
            return
        other = earlier.get(question["of"])
        if question["type"] == "indicator_assessment":
            fits = other is not None and other["type"] == "indicators"
            words = _("Name a question with the indicators that stands earlier in the same section or group.")
        else:
            fits = other is not None and any(choice.get("value") == "other" for choice in other.get("choices", ()))
            words = _("Name a question with the choice “other” that stands earlier in the same section or group.")
        if not fits:
            yield Problem(f"{path}/of", "bad_of", words)

    def _key(self, item: Item, path: str) -> Iterator[Problem]:
        if item["key"] in self.taken:
            yield Problem(path, "duplicate_key", _("Another question has this key."))
        elif item["key"] in RESERVED:
            yield Problem(path, "reserved_key", _("This key is reserved."))
        else:
            yield from self._well_written_key(item["key"], path)
        self.taken.add(item["key"])

    def _well_written_key(self, key: str, path: str) -> Iterator[Problem]:
        if key.startswith("_"):
            yield Problem(path, "reserved_key", _("A key that begins with _ is reserved."))
        elif not KEY.fullmatch(key):
            yield Problem(path, "bad_key", _("A key has small letters, digits and _, and begins with a letter."))

    def _labels(self, choices: list[Item], path: str) -> Iterator[Problem]:
        for position, choice in enumerate(choices):
            yield from self._texts(choice, f"{path}/{position}", "label")

    def _texts(self, part: Item, path: str, *names: str) -> Iterator[Problem]:
        for name in names:
            for language in self.languages:
                if name in part and not part[name].get(language, "").strip():
                    words = _("The text in this language is missing.")
                    yield Problem(f"{path}/{name}/{language}", "missing_translation", words)

    def _expression(
        self,
        part: Item,
        name: str,
        path: str,
        known: set[str] | frozenset[str],
        *,
        within: tuple[str, ...] = (),
        node: str = "",
    ) -> Iterator[Problem]:
        if name not in part or isinstance(part[name], bool):
            return
        here = f"{path}/{pointer(name)}"
        found = expression_problems(part[name], known=known)
        for problem in found:
            code, _colon, reference = problem.partition(": ")
            if code == "unknown_reference":
                code = self._kind_of_reference(reference, node, within)
            yield Problem(here, code, WORDS.get(code, _("This is not an expression.")))
        if not found and any(unknown_in_rows(part[name], self.rows)):
            words = _("The rows of the group that this looks through have no such question.")
            yield Problem(here, "unknown_reference", words)

    def _kind_of_reference(self, name: str, node: str, within: tuple[str, ...]) -> str:
        reachable = name in self.top or any(name in self.rows[repeat] for repeat in within)
        if node and reachable and self.circles.holds(node, name):
            return "dependency_cycle"
        if name in IN_ROWS or (not reachable and any(name in keys for keys in self.rows.values())):
            return "out_of_scope"
        return "forward_reference" if reachable else "unknown_reference"


def _asked(items: list[Item]) -> Iterator[Item]:
    return (item for item in items if item["item"] != "note")


def _keys_in_rows(definition: Item) -> dict[str, frozenset[str]]:
    """{repeat: the keys that its rows have}."""
    found: dict[str, frozenset[str]] = {}

    def within(items: list[Item]) -> None:
        for item in items:
            if item["item"] == "repeat":
                found[item["key"]] = frozenset(inner["key"] for inner in _asked(item["items"]))
                within(item["items"])

    for section in definition["sections"]:
        within(section["items"])
    return found
