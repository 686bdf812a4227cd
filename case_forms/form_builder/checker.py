"""What keeps a definition from being published, each with its path. A definition without problems can be filled."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from case_forms.questions import registry
from case_forms.questions.base import CleanContext
from notifications.directory.models import Role

from . import lists
from .audience import audience_problems
from .brief_parts import is_read_by
from .expressions import ALWAYS_KNOWN, IN_ROWS, OF_THE_CASE, Expressions, settings_read
from .lists import Shared, no_shared_lists
from .outline import is_asked
from .properties import OpenSource, choice_problems, exclusive_problems, property_problems
from .reachability import reach_problems
from .references import repeat_node, section_node
from .shape_checks import KEY
from .shapes import Problem, pointer, shape_problems

RESERVED = frozenset({"csrfmiddlewaretoken"})
ROLES = frozenset(Role.values)
NOT_FOR_SCHOOLS = _(
    "A school reads only who the pupil is, whom to call, what to watch for and what not to do. Say which of these it"
    " is, or don't share it."
)
Item = dict[str, Any]


def check_definition(definition: Any, *, shared: Shared = no_shared_lists) -> list[Problem]:
    """Every problem of a definition, in document order; empty when it can be published. Never raises.

    `shared` looks up the shared lists that it names; the check itself reads no database.
    """
    found = shape_problems(definition)
    if found:
        return found
    check = _Check(definition, shared)
    return list(check.problems()) or [*_lasting_problems(definition), *reach_problems(check.definition)]


def _lasting_problems(definition: Item) -> Iterator[Problem]:
    """Whoever begins the form must find something to answer, whatever day it is."""
    if all(section.get("relevant", True) is not True for section in definition["sections"]):
        words = _("Each section has a condition. At least one must always apply, or nobody can begin the form.")
        yield Problem("/sections/0/relevant", "no_lasting_section", words)


class _Check:
    """One walk through a well-shaped definition, remembering which keys stand before the place it has reached."""

    def __init__(self, definition: Item, shared: Shared) -> None:
        self.broken_lists: set[str] = set()
        self.definition = lists.resolved(definition, self._only_good(shared))
        self.languages: list[str] = definition["languages"]
        self.expressions = Expressions(self.definition)
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
        yield from audience_problems(form)
        names: set[str] = set()
        before = set(ALWAYS_KNOWN)
        for position, section in enumerate(form["sections"]):
            path = f"/sections/{position}"
            if section["key"] in names:
                yield Problem(f"{path}/key", "duplicate_key", _("Another section has this key."))
            else:
                yield from self._well_written_key(section["key"], f"{path}/key")
            names.add(section["key"])
            yield from self._texts(section, path, "title", "recipient_title", "intro")
            yield from self.expressions.problems(section, "relevant", path, before, node=section_node(position))
            yield from self._items(section["items"], path, before, within=())
        yield from self._warnings(before)

    def _warnings(self, known: set[str]) -> Iterator[Problem]:
        """What is asked about before sending, once the whole form has been answered."""
        names: set[str] = set()
        for position, warning in enumerate(self.definition.get("warnings", [])):
            path = f"/warnings/{position}"
            if warning["key"] in names:
                yield Problem(f"{path}/key", "duplicate_key", _("Another question before sending has this key."))
            else:
                yield from self._well_written_key(warning["key"], f"{path}/key")
            names.add(warning["key"])
            if isinstance(warning["when"], bool):
                yield Problem(f"{path}/when", "not_an_expression", _("Say when this is asked."))
            yield from self._texts(warning, path, "message")
            yield from self.expressions.problems(warning, "when", path, known | OF_THE_CASE.keys(), more=OF_THE_CASE)
            if "question" in warning and warning["question"] not in self.expressions.top:
                words = _("Name a question that is outside repeat groups.")
                yield Problem(f"{path}/question", "unknown_reference", words)

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
                yield from self.expressions.problems(item, "relevant", here, before, within=within)
                continue
            if item["item"] == "question":
                yield from self._question(item, here, before, within, earlier)
                earlier[item["key"]] = item
            else:
                yield from self._repeat(item, here, before, within)
            before.add(item["key"])

    def _repeat(self, repeat: Item, path: str, before: set[str], within: tuple[str, ...]) -> Iterator[Problem]:
        yield from self._texts(repeat, path, "label", "hint")
        yield from self.expressions.problems(
            repeat, "relevant", path, before, within=within, node=repeat_node(repeat["key"])
        )
        if repeat.get("min", 0) > repeat.get("max", 20):
            yield Problem(f"{path}/min", "bad_bounds", _("The smallest number is larger than the largest."))
        if not any(map(is_asked, repeat["items"])):
            yield Problem(f"{path}/items", "empty_repeat", _("A repeat group holds at least one question."))
        inside = before | IN_ROWS
        yield from self._items(repeat["items"], path, inside, within=(*within, repeat["key"]))

    def _question(
        self, question: Item, path: str, before: set[str], within: tuple[str, ...], earlier: dict[str, Item]
    ) -> Iterator[Problem]:
        key = question["key"]
        yield from self._texts(question, path, "label", "recipient_label", "hint", "low_label", "high_label")
        yield from self._labels(question.get("rows", []), f"{path}/rows")
        for name in ("relevant", "required", "initial"):
            yield from self.expressions.problems(question, name, path, before, within=within, node=key)
        wrong = list(self.expressions.problems(question, "calculation", path, before, within=within, node=key))
        yield from wrong or (self.expressions.of_result(question, path) if "calculation" in question else ())
        yield from self.expressions.of_filter(question, path, before, within)
        if "constraint" in question:
            own, here = before | {key}, f"{path}/constraint"
            yield from self._texts(question["constraint"], here, "message")
            yield from self.expressions.problems(question["constraint"], "expr", here, own, within=within, node=key)
        if "sensitivity" not in question:
            yield Problem(f"{path}/sensitivity", "no_sensitivity", _("Say how sensitive the answer is."))
        # what is shared is decided when the whole form has been answered
        anywhere = self.expressions.reachable_from(within) | ALWAYS_KNOWN | (IN_ROWS if within else frozenset())
        for role in question.get("shared_with", ()):
            if role not in ROLES:
                here = f"{path}/shared_with/{pointer(role)}"
                yield Problem(here, "unknown_role", _("There is no recipient with this role."))
            elif not is_read_by(question, role):
                yield Problem(f"{path}/shared_with/{pointer(role)}", "not_for_role", NOT_FOR_SCHOOLS)
            chosen = settings_read(question["shared_with"][role])
            yield from self.expressions.problems(
                question["shared_with"],
                role,
                f"{path}/shared_with",
                anywhere | chosen.keys(),
                within=within,
                more=chosen,
            )
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
            yield Problem(f"{path}/choices_from", "bad_list", _("This shared list can't be used: correct it first."))
        written_here = named not in self.definition.get("lists", {})
        if not written_here or "choices" not in question:
            return
        found = [*choice_problems(question["choices"], f"{path}/choices"), *exclusive_problems(question, path)]
        found += self._labels(question["choices"], f"{path}/choices")
        if found and named.startswith(lists.SHARED):
            yield Problem(f"{path}/choices_from", "bad_list", _("This shared list can't be used: correct it first."))
        else:
            yield from found

    def _of(self, question: Item, path: str, earlier: dict[str, Item]) -> Iterator[Problem]:
        if "of" not in question:
            return
        other = earlier.get(question["of"])
        if question["type"] == "indicator_assessment":
            fits = other is not None and other["type"] == "indicators"
            words = _("Name a question with the indicators that comes earlier in the same section or group.")
        else:
            fits = other is not None and any(choice.get("value") == "other" for choice in other.get("choices", ()))
            words = _("Name a question with the choice “other” that comes earlier in the same section or group.")
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
