"""The differences between two procedures, for people: parts added, removed, moved and changed, in words.

Parts are identified by their keys, so a part whose key changed counts as one removed and one added.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from access.languages import LANGUAGES, NATIVE_NAMES
from case_forms.form_builder.definition import Form
from case_forms.json_nodes import Node
from case_forms.procedures.definition import Ladder, Procedure, Rule
from case_forms.procedures.descriptions import describe_ladder, describe_minutes
from notifications.directory.models import Role

from .labels import CONFIDENCES, LINKS, procedure_words
from .reading import GROUPS
from .sentences import ProcedureWords

# properties whose label in the editor has another name than the property
LABELS = {"words": "rule_words", "on": "event", "value": "fact_value", "choices": "choices_of_setting"}


@dataclass(frozen=True)
class Detail:
    """One property of a part that changed, before and after, in words; "" where there was none, or is none now."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    """One difference. `change`: added, removed, moved, changed; `group`: the kind of part, "" for the procedure."""

    change: str
    group: str
    key: str
    name: str
    details: tuple[Detail, ...] = ()

    @property
    def heading(self) -> str:
        return str(GROUPS[self.group][0]) if self.group else _("the procedure")


class Comparison:
    """The differences between two procedures, in the words of one language, which must be the active one."""

    def __init__(self, old: Procedure, new: Procedure, forms: Mapping[str, Form], language: str) -> None:
        self.old, self.new = ProcedureWords(old, forms, language), ProcedureWords(new, forms, language)
        self.labels = procedure_words()

    def find(self) -> list[Difference]:
        """Return the differences in the order of the page, removed parts after those that are there."""
        head = tuple(self._details(self.old.procedure, self.new.procedure, ("title", "basis")))
        found = [Difference("changed", "", "", self.new.text(self.new.procedure.title), head)] if head else []
        for group in GROUPS:
            found += self._group(group)
        return found

    def _group(self, group: str) -> Iterator[Difference]:
        before, after = _by_key(self.old.procedure, group), _by_key(self.new.procedure, group)
        moved = _moved(list(before), list(after)) if group in ("rules", "facts") else frozenset()
        for key, node in after.items():
            name = self._name(self.new, key, node)
            if key not in before:
                yield Difference("added", group, key, name, tuple(self._details(None, node)))
                continue
            details = tuple(self._details(before[key], node))
            if key in moved or details:
                yield Difference("moved" if key in moved else "changed", group, key, name, details)
        for key, node in before.items():
            if key not in after:
                yield Difference("removed", group, key, self._name(self.old, key, node))

    def _name(self, words: ProcedureWords, key: str, node: Node) -> str:
        name = words.text(node.texts_of("title")) or words.text(node.texts_of("label"))
        return name or (str(Role(key).label) if key in Role.values else key)

    def _details(self, old: Node | None, new: Node, names: tuple[str, ...] = ()) -> Iterator[Detail]:
        before, after = _properties(old), _properties(new)
        for name in names or dict.fromkeys([*after, *before]):
            if name == "key" or _dump(before.get(name)) == _dump(after.get(name)):
                continue
            label = self.labels.get(LABELS.get(name, name), name)
            if _are_texts(before.get(name)) or _are_texts(after.get(name)):
                yield from _texts(label, before.get(name) or {}, after.get(name) or {})
                continue
            yield Detail(label, self._tell(self.old, old, name, before), self._tell(self.new, new, name, after))

    def _tell(self, words: ProcedureWords, node: Node | None, name: str, stored: Mapping[str, Any]) -> str:
        """Return a property in words; JSON for what has none, so that no difference is hidden."""
        if name not in stored or node is None:
            return ""
        value, tell = stored[name], _TELL.get(name)
        if isinstance(node, Rule) and name in ("when", "then", "on", "forms"):
            told = words.tell_rule(node)
            if name == "then":
                return "\n".join(action.sentence for action in told.actions) or self.labels["nothing_done"]
            forms = ", ".join(words.get_title(key) for key in node.forms) or _("any form")
            condition = told.condition or self.labels["when_always"]
            return {"when": condition, "forms": forms}.get(name, told.beginning)
        if isinstance(node, Ladder):
            return describe_ladder(node)
        if name == "value" and not isinstance(value, str):
            return words.tell_fact(value)
        return tell(value) if tell and value is not None else _plain(value)


def _by_key(procedure: Procedure, group: str) -> dict[str, Any]:
    holder = getattr(procedure, group)
    if isinstance(holder, dict):
        return dict(holder)
    # Of two with one key, which a draft may have, the first is compared.
    return _first_of_each(holder)


def _first_of_each(nodes: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in nodes:
        found.setdefault(node.key, node)
    return found


def _properties(node: Node | None) -> dict[str, Any]:
    if node is None:
        return {}
    if isinstance(node.stored, dict):
        return node.stored
    return {next(iter(type(node).model_fields)): node.stored}


def _moved(before: list[str], after: list[str]) -> frozenset[str]:
    """Return the keys that stand before or after others than they did, the fewest that explain the new order."""
    places = {key: place for place, key in enumerate(before)}
    both = [key for key in after if key in places]
    # the longest run of keys that still rise; all others have moved
    runs: list[list[str]] = []
    longest: list[str] = []
    for key in both:
        before_it: list[str] = []
        for run in runs:
            if places[run[-1]] < places[key] and len(run) > len(before_it):
                before_it = run
        runs.append([*before_it, key])
        longest = max(longest, runs[-1], key=lambda run: len(run))
    return frozenset(both) - frozenset(longest)


def _texts(label: str, before: Any, after: Any) -> Iterator[Detail]:
    was, now = (value if isinstance(value, dict) else {} for value in (before, after))
    for language in (*LANGUAGES, *sorted({*was, *now} - set(LANGUAGES))):
        if was.get(language) != now.get(language):
            name = f"{label} ({NATIVE_NAMES.get(language, language)})"
            yield Detail(name, _plain(was.get(language, "")), _plain(now.get(language, "")))


def _are_texts(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and set(value) <= set(LANGUAGES)


def _dump(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _minutes(value: Any) -> str:
    return describe_minutes(value) if isinstance(value, int) and not isinstance(value, bool) else _plain(value)


def _links(value: Any) -> str:
    return " → ".join(str(LINKS.get(str(link), link)) for link in value) if isinstance(value, list) else _plain(value)


def _confidence(value: Any) -> str:
    return str(CONFIDENCES.get(value, value)) if isinstance(value, str) else _plain(value)


_TELL: Mapping[str, Callable[[Any], str]] = {
    "amber_minutes": _minutes,
    "red_minutes": _minutes,
    "breach_minutes": _minutes,
    "links": _links,
    "confidence": _confidence,
}
