"""The shape of a definition: which properties each part has and of what kind they are (docs/form-definition.md)."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FORMAT = 1
KINDS = ("identification", "consent", "assessment", "referral", "outreach", "tip", "report")
SENSITIVITIES = ("public", "internal", "personal", "special")
LANGUAGES = ("sq", "en")
KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
MOST_SECTIONS, MOST_ITEMS, MOST_CHOICES, LONGEST_TEXT, MOST_ROWS = 60, 300, 300, 5_000, 100


@dataclass(frozen=True)
class Problem:
    """Something that keeps a definition from being published. `path` is a JSON pointer into the definition."""

    path: str
    code: str
    message: "str | Promise"


Check = Callable[[Any, str], Iterator[Problem]]
Properties = dict[str, tuple[bool, Check]]  # True: must be there


def shape_problems(definition: Any) -> list[Problem]:
    """Problems of shape alone. When there are none, every property read elsewhere is there and of its kind."""
    return list(_part(FORM)(definition, ""))


def _wrong(path: str, words: "str | Promise") -> Problem:
    return Problem(path, "wrong_shape", words)


def _part(properties: Properties) -> Check:
    """An object with exactly these properties."""

    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield _wrong(path, _("This must be an object."))
            return
        for name in value:
            if name not in properties:
                yield Problem(f"{path}/{pointer(name)}", "unknown_property", _("There is no such property here."))
        for name, (needed, check_value) in properties.items():
            if name in value:
                yield from check_value(value[name], f"{path}/{name}")
            elif needed:
                code = "no_sensitivity" if name == "sensitivity" else "missing_property"
                yield Problem(f"{path}/{name}", code, _("This is missing."))

    return check


def _list_of(check_entry: Check, most: int) -> Check:
    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield _wrong(path, _("This must be a list."))
        elif len(value) > most:
            yield Problem(path, "too_many", _("At most %(count)s can stand here.") % {"count": most})
        else:
            for position, entry in enumerate(value):
                yield from check_entry(entry, f"{path}/{position}")

    return check


def _one_of(*allowed: Any) -> Check:
    def check(value: Any, path: str) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, str | int) or value not in allowed:
            yield _wrong(path, _("This must be one of: %(values)s.") % {"values": ", ".join(map(str, allowed))})

    return check


def _text(value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT or not is_clean(value):
        yield _wrong(path, _("This must be a text that is not blank."))


def _key(value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield _wrong(path, _("This must be a text that is not blank."))
    elif value.startswith("_"):
        yield Problem(path, "reserved_key", _("A key that begins with _ is reserved."))
    elif not KEY.fullmatch(value):
        yield Problem(path, "bad_key", _("A key has small letters, digits and _, and begins with a letter."))


def _texts(value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, dict) or not value:
        yield _wrong(path, _("This must be texts by language."))
        return
    for language, text in value.items():
        if language not in LANGUAGES:
            yield Problem(f"{path}/{pointer(language)}", "unknown_language", _("There is no such language here."))
        else:
            yield from _text(text, f"{path}/{language}")


def _whole(smallest: int, largest: int) -> Check:
    def check(value: Any, path: str) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int) or not smallest <= value <= largest:
            words = _("This must be a whole number from %(smallest)s to %(largest)s.")
            yield _wrong(path, words % {"smallest": smallest, "largest": largest})

    return check


def _json(value: Any, path: str) -> Iterator[Problem]:
    if not is_plain(value):
        yield _wrong(path, _("This must be plain JSON, without strange characters and not nested too deep."))


def _expression(value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, dict | bool):
        yield _wrong(path, _("This must be an expression."))
    else:
        yield from _json(value, path)


def _sharing(value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield _wrong(path, _("This must be an object."))
        return
    for role, condition in value.items():
        if condition is not True and not isinstance(condition, dict):
            yield _wrong(f"{path}/{pointer(role)}", _("This must be true or an expression."))
        else:
            yield from _json(condition, f"{path}/{pointer(role)}")


def _item(inside_repeat: bool) -> Check:
    def check(value: Any, path: str) -> Iterator[Problem]:
        kinds = {"question": QUESTION, "note": NOTE} | ({} if inside_repeat else {"repeat": REPEAT})
        kind = value.get("item") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in kinds:
            yield Problem(
                f"{path}/item", "unknown_item", _("This must be one of: %(values)s.") % {"values": ", ".join(kinds)}
            )
        else:
            yield from _part(kinds[kind])(value, path)

    return check


def pointer(name: str) -> str:
    """A property's name as one step of a JSON pointer, cut to a length people can read."""
    return name[:80].encode(errors="replace").decode().replace("~", "~0").replace("/", "~1")


def is_clean(text: str) -> bool:
    """No NUL, no other control characters but tab and newline, no half of a surrogate pair."""
    return not any((c < " " and c not in "\n\t") or "\ud800" <= c <= "\udfff" for c in text)


def is_plain(value: Any, depth: int = 0) -> bool:
    """A JSON value that can be stored: finite numbers within 18 digits, clean texts, 64 levels at most."""
    if isinstance(value, str):
        return is_clean(value)
    if isinstance(value, int):
        return abs(value) < 10**18
    if isinstance(value, float):
        return math.isfinite(value)
    if depth > 64:
        return False
    if isinstance(value, list):
        return all(is_plain(part, depth + 1) for part in value)
    if isinstance(value, dict):
        return all(isinstance(k, str) and is_clean(k) and is_plain(part, depth + 1) for k, part in value.items())
    return value is None


CHOICE: Properties = {"value": (True, _text), "label": (True, _texts)}
CONSTRAINT: Properties = {"expr": (True, _expression), "message": (True, _texts)}
QUESTION: Properties = {
    "item": (True, _one_of("question")),
    "key": (True, _key),
    "type": (True, _text),
    "label": (True, _texts),
    "hint": (False, _texts),
    "required": (False, _expression),
    "relevant": (False, _expression),
    "constraint": (False, _part(CONSTRAINT)),
    "default": (False, _json),
    "choices": (False, _list_of(_part(CHOICE), MOST_CHOICES)),
    "choices_from": (False, _text),
    "sensitivity": (True, _one_of(*SENSITIVITIES)),
    "shared_with": (False, _sharing),
    "min": (False, _json),
    "max": (False, _json),
    "max_length": (False, _whole(1, 20_000)),
    "appearance": (False, _text),
}
NOTE: Properties = {
    "item": (True, _one_of("note")),
    "key": (True, _key),
    "text": (True, _texts),
    "relevant": (False, _expression),
}
REPEAT: Properties = {
    "item": (True, _one_of("repeat")),
    "key": (True, _key),
    "label": (True, _texts),
    "hint": (False, _texts),
    "min": (False, _whole(0, MOST_ROWS)),
    "max": (False, _whole(1, MOST_ROWS)),
    "relevant": (False, _expression),
    "items": (True, _list_of(_item(inside_repeat=True), MOST_ITEMS)),
}
SECTION: Properties = {
    "key": (True, _key),
    "title": (True, _texts),
    "intro": (False, _texts),
    "relevant": (False, _expression),
    "items": (True, _list_of(_item(inside_repeat=False), MOST_ITEMS)),
}
FORM: Properties = {
    "format": (True, _one_of(FORMAT)),
    "key": (True, _key),
    "kind": (True, _one_of(*KINDS)),
    "title": (True, _texts),
    "intro": (False, _texts),
    "languages": (True, _list_of(_one_of(*LANGUAGES), len(LANGUAGES))),
    "sections": (True, _list_of(_part(SECTION), MOST_SECTIONS)),
}
