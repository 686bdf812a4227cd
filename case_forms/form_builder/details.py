"""The differences between two states of one part of a form, in words: wording, logic, privacy, and the rest."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.languages import get_current_language
from access.models import localize
from notifications.briefs.parts import parts
from notifications.directory.models import Role

from .catalogue import AUDIENCE_WORDS, KINDS
from .fact_rules import FILLED, WRITES
from .fact_types import KNOWN
from .labels import SENSITIVITIES, language_name
from .retention_bases import get_basis_label
from .sentences import Sentences

Part = dict[str, Any]
WORDING: dict[str, "str | Promise"] = {
    "title": gettext_lazy("Title"),
    "label": gettext_lazy("Label"),
    "recipient_title": gettext_lazy("Title for recipients"),
    "recipient_label": gettext_lazy("Label for recipients"),
    "hint": gettext_lazy("Hint"),
    "intro": gettext_lazy("Introduction"),
    "text": gettext_lazy("Text"),
    "low_label": gettext_lazy("Text at the low end"),
    "high_label": gettext_lazy("Text at the high end"),
}
# the words for a rule that isn't there
LOGIC: dict[str, tuple["str | Promise", "str | Promise"]] = {
    "relevant": (gettext_lazy("Shown when"), gettext_lazy("Always.")),
    "required": (gettext_lazy("Required when"), gettext_lazy("Never.")),
    "calculation": (gettext_lazy("Calculated as"), ""),
    "initial": (gettext_lazy("Initial value"), ""),
    "choice_filter": (gettext_lazy("A choice is offered when"), gettext_lazy("Always.")),
}
PLAIN: dict[str, "str | Promise"] = {
    "type": gettext_lazy("Type"),
    "default": gettext_lazy("Default"),
    "min": gettext_lazy("Smallest"),
    "max": gettext_lazy("Largest"),
    "step": gettext_lazy("Step"),
    "max_length": gettext_lazy("Most characters"),
    "choices_from": gettext_lazy("List"),
    "list": gettext_lazy("List"),
    "of": gettext_lazy("Belongs to"),
    "result": gettext_lazy("Result"),
    "accept": gettext_lazy("Accepts"),
    "read_only": gettext_lazy("Read only"),
    "appearance": gettext_lazy("Appearance"),
}
ELSEWHERE = frozenset(
    {
        "format",
        "key",
        "item",
        "items",
        "sections",
        "lists",
        "kind",
        "audience",
        "languages",
        "choices",
        "rows",
        "warnings",
    }
    | {WRITES, FILLED, "constraint", "sensitivity", "shared_with", "paper", "brief_part", "keep_for", "keep_basis"}
    | {"coarsen"}
)


def _part_name(question: Mapping[str, Any]) -> str:
    """Return what the question is for in a brief, in words; "" when it doesn't say."""
    words = parts().get(question.get("brief_part", ""))
    return localize(words) if words else ""


@dataclass(frozen=True)
class Detail:
    """One property that differs.

    `group`: wording, logic, privacy, other. Empty `before` or `after`: it wasn't there, or is gone.
    """

    group: str
    name: str
    before: str
    after: str


def details(old: Part, new: Part, before: Sentences, after: Sentences) -> Iterator[Detail]:
    """Find the differences between a part and its later state. Each side is worded with its own form's labels."""
    yield from _wording(old, new)
    yield from _entries(old, new)
    yield from _logic(old, new, before, after)
    yield from _privacy(old, new, before, after)
    yield from _warnings(old, new, before, after)
    yield from _others(old, new)


def _wording(old: Part, new: Part) -> Iterator[Detail]:
    for name, words in WORDING.items():
        yield from _texts("wording", str(words), old.get(name), new.get(name))
    was, now = _within(old, "constraint"), _within(new, "constraint")
    yield from _texts("wording", _("Message when not valid"), was.get("message"), now.get("message"))


def _texts(group: str, name: str, old: Any, new: Any) -> Iterator[Detail]:
    old, new = (texts if isinstance(texts, dict) else {} for texts in (old, new))
    for language in dict.fromkeys([*new, *old]):
        was, now = str(old.get(language, "")), str(new.get(language, ""))
        if was != now:
            yield Detail(group, f"{name} ({language_name(language)})", was, now)


def _entries(old: Part, new: Part) -> Iterator[Detail]:
    """Compare choices, and the rows of a matrix."""
    for name, words in (("choices", _("Choice")), ("rows", _("Row"))):
        was, now = _by_value(old.get(name)), _by_value(new.get(name))
        for value in dict.fromkeys([*now, *was]):
            if _plain(was.get(value)) != _plain(now.get(value)):
                yield Detail("wording", f"{words} {value}", _entry(was.get(value)), _entry(now.get(value)))
        # Only values on both sides: one that was added or removed is a difference of its own, not of the order.
        if [value for value in was if value in now] != [value for value in now if value in was]:
            order = _("Order of the choices") if name == "choices" else _("Order of the rows")
            yield Detail("wording", order, ", ".join(was), ", ".join(now))


def _by_value(entries: Any) -> dict[str, Part]:
    known = entries if isinstance(entries, list) else []
    return {str(entry.get("value", "")): entry for entry in known if isinstance(entry, dict)}


def _entry(entry: Part | None) -> str:
    """Return a choice in words: "Strehë / Shelter (region: vlore)"."""
    if entry is None:
        return ""
    label = entry.get("label")
    words = " / ".join(str(text) for text in label.values()) if isinstance(label, dict) else ""
    attributes = [f"{name}: {value}" for name, value in _within(entry, "with").items()]
    more = ", ".join([*([_("can't be combined")] if entry.get("exclusive") else []), *attributes])
    return f"{words or '–'} ({more})" if more else words or "–"


def _logic(old: Part, new: Part, before: Sentences, after: Sentences) -> Iterator[Detail]:
    for name, (words, otherwise) in LOGIC.items():
        if _plain(old.get(name)) != _plain(new.get(name)):
            was, now = _rule(old, name, before, otherwise), _rule(new, name, after, otherwise)
            yield Detail("logic", str(words), was, now)
    valid, is_valid = (_within(part, "constraint").get("expr") for part in (old, new))
    if _plain(valid) != _plain(is_valid):
        was, now = before.rule(valid) if valid else "", after.rule(is_valid) if is_valid else ""
        yield Detail("logic", _("Valid when"), was, now)


def _rule(part: Part, name: str, said: Sentences, otherwise: "str | Promise") -> str:
    return said.rule(part[name]) if name in part else str(otherwise)


def _privacy(old: Part, new: Part, before: Sentences, after: Sentences) -> Iterator[Detail]:
    if old.get("sensitivity") != new.get("sensitivity"):
        was, now = (str(SENSITIVITIES.get(part.get("sensitivity", ""), "")) for part in (old, new))
        yield Detail("privacy", _("Sensitivity"), was, now)
    shared, shares = _within(old, "shared_with"), _within(new, "shared_with")
    for role in dict.fromkeys([*shares, *shared]):
        if _plain(shared.get(role)) != _plain(shares.get(role)):
            name = _("Shared with: %(who)s") % {"who": dict(Role.choices).get(role, role)}
            yield Detail("privacy", name, _share(shared, role, before), _share(shares, role, after))
    # `paper` is stored only as false, so being there is what differs (`value_checks.only_false`).
    if ("paper" in old) != ("paper" in new):
        was, now = (_("Never printed") if "paper" in part else "" for part in (old, new))
        yield Detail("privacy", _("On paper"), was, now)
    if old.get("brief_part") != new.get("brief_part"):
        was, now = (_part_name(part) for part in (old, new))
        yield Detail("privacy", _("In a brief"), was, now)
    if old.get("keep_for") != new.get("keep_for"):
        was, now = (_("%(count)s months") % {"count": p["keep_for"]} if "keep_for" in p else "" for p in (old, new))
        yield Detail("privacy", _("Stored for"), was, now)
    if old.get("keep_basis") != new.get("keep_basis"):
        language = get_current_language()
        was, now = (get_basis_label(part.get("keep_basis", ""), language) for part in (old, new))
        yield Detail("privacy", _("Stored because"), was, now)
    for name, words in ((WRITES, _("The answer is remembered as")), (FILLED, _("Filled in from what is known"))):
        if old.get(name) != new.get(name):
            yield Detail("privacy", words, _fact_name(old.get(name), before), _fact_name(new.get(name), after))
    if old.get("coarsen") != new.get("coarsen"):
        yield Detail("privacy", _("Stored as"), str(old.get("coarsen", "")), str(new.get("coarsen", "")))


def _fact_name(key: Any, said: Sentences) -> str:
    """Return the fact in the catalogue's words, its key where it has none; "" when none is named."""
    return said.labels.get(f"{KNOWN}.{key}", str(key)) if key else ""


def _share(roles: Part, role: str, said: Sentences) -> str:
    return said.rule(roles[role]) if role in roles else _("No.")


def _warnings(old: Part, new: Part, before: Sentences, after: Sentences) -> Iterator[Detail]:
    """Compare the warnings before sending: when they are shown, and their messages."""
    was, now = _by_key(old.get("warnings")), _by_key(new.get("warnings"))
    for key in dict.fromkeys([*now, *was]):
        earlier, later = was.get(key, {}), now.get(key, {})
        name = _("Asked before sending (%(key)s)") % {"key": key}
        if _plain(earlier.get("when")) != _plain(later.get("when")):
            told = [
                said.rule(each["when"]) if "when" in each else "" for said, each in ((before, earlier), (after, later))
            ]
            yield Detail("logic", name, *told)
        yield from _texts("wording", name, earlier.get("message"), later.get("message"))
        if earlier.get("question") != later.get("question"):
            yield Detail("other", name, _shown(earlier.get("question")), _shown(later.get("question")))


def _by_key(entries: Any) -> dict[str, Part]:
    known = entries if isinstance(entries, list) else []
    return {str(entry.get("key", "")): entry for entry in known if isinstance(entry, dict)}


def _others(old: Part, new: Part) -> Iterator[Detail]:
    if old.get("kind") != new.get("kind"):
        was, now = (str(KINDS.get(part.get("kind", ""), "")) for part in (old, new))
        yield Detail("other", _("Kind"), was, now)
    if old.get("audience", "staff") != new.get("audience", "staff"):
        was, now = (str(AUDIENCE_WORDS.get(part.get("audience", "staff"), "")) for part in (old, new))
        yield Detail("other", _("Filled by"), was, now)
    if old.get("languages") != new.get("languages"):
        was, now = (", ".join(map(language_name, part.get("languages", []))) for part in (old, new))
        yield Detail("other", _("Languages"), was, now)
    # Whatever no function above shows is shown here by its stored name: an approver must see every difference.
    known = {*WORDING, *LOGIC, *ELSEWHERE}
    for name in dict.fromkeys([*new, *old]):
        if name not in known and _plain(old.get(name)) != _plain(new.get(name)):
            yield Detail("other", str(PLAIN.get(name, name)), _shown(old.get(name)), _shown(new.get(name)))


def _within(part: Part, name: str) -> Part:
    """Return an object inside a part; empty when it is missing, or something else in a half-done form."""
    value = part.get(name)
    return value if isinstance(value, dict) else {}


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if value is True:
        return _("yes")
    return value if isinstance(value, str) else _plain(value)


def _plain(value: Any) -> str:
    """Return a value as text to compare: to Python true, 1 and 1.0 are equal."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
