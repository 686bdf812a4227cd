"""Small checks that a value in a definition is of its kind; `shapes` says which property is held to which."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
LONGEST_TEXT, LONGEST_NAME = 5_000, 200


@dataclass(frozen=True)
class Problem:
    """Something that keeps a definition from being published. `path` is a JSON pointer into the definition."""

    path: str
    code: str
    message: "str | Promise"


Check = Callable[[Any, str], Iterator[Problem]]
Properties = Mapping[str, tuple[bool, Check]]  # True: must be there


def wrong(path: str, words: "str | Promise") -> Problem:
    return Problem(path, "wrong_shape", words)


def part(properties: Properties) -> Check:
    """An object with exactly these properties."""

    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield wrong(path, _("This must be an object."))
            return
        for name in value:
            if name not in properties:
                yield Problem(f"{path}/{pointer(name)}", "unknown_property", _("There is no such property here."))
        for name, (needed, check_value) in properties.items():
            if name in value:
                yield from check_value(value[name], f"{path}/{name}")
            elif needed:
                yield Problem(f"{path}/{name}", "missing_property", _("This is missing."))

    return check


def list_of(check_entry: Check, most: int) -> Check:
    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield wrong(path, _("This must be a list."))
        elif len(value) > most:
            yield Problem(path, "too_many", _("At most %(count)s are allowed here.") % {"count": most})
        else:
            for position, entry in enumerate(value):
                yield from check_entry(entry, f"{path}/{position}")

    return check


def by_name(check_entry: Check, most: int) -> Check:
    """An object of any names whose values are all of one kind."""

    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield wrong(path, _("This must be an object."))
        elif len(value) > most:
            yield Problem(path, "too_many", _("At most %(count)s are allowed here.") % {"count": most})
        else:
            for key, entry in value.items():
                yield from check_entry(entry, f"{path}/{pointer(key)}")

    return check


def one_of(*allowed: Any) -> Check:
    def check(value: Any, path: str) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, str | int) or value not in allowed:
            yield wrong(path, _("This must be one of: %(values)s.") % {"values": ", ".join(map(str, allowed))})

    return check


def only_true(value: Any, path: str) -> Iterator[Problem]:
    if value is not True:
        yield wrong(path, _("This is true, or left out."))


def only_false(value: Any, path: str) -> Iterator[Problem]:
    if value is not False:
        yield wrong(path, _("This is false, or left out."))


def text(value: Any, path: str) -> Iterator[Problem]:
    """A text; whether it may be blank is for `checker` to say."""
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or not is_clean(value):
        yield wrong(path, _("This must be a text."))


def name(value: Any, path: str) -> Iterator[Problem]:
    """A short text: a key, a type, an appearance."""
    if not isinstance(value, str) or len(value) > LONGEST_NAME or not is_clean(value):
        yield wrong(path, _("This must be a short text."))


def language(value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, str) or not LANGUAGE.fullmatch(value):
        yield Problem(path, "unknown_language", _("Write a language as its code: sq, en, rom, pt-BR."))


def texts(value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield wrong(path, _("This must be texts by language."))
        return
    for code, words in value.items():
        here = f"{path}/{pointer(code)}"
        found = list(language(code, here))
        yield from found or text(words, here)


def whole(smallest: int, largest: int) -> Check:
    def check(value: Any, path: str) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int) or not smallest <= value <= largest:
            words = _("This must be a whole number from %(smallest)s to %(largest)s.")
            yield wrong(path, words % {"smallest": smallest, "largest": largest})

    return check


def plain_json(value: Any, path: str) -> Iterator[Problem]:
    if not is_plain(value):
        yield wrong(path, _("This must be plain JSON, without strange characters and not nested too deep."))


def condition(value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, dict | bool):
        yield wrong(path, _("This must be an expression."))
    else:
        yield from plain_json(value, path)


def sharing(value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield wrong(path, _("This must be an object."))
        return
    for role, rule in value.items():
        here = f"{path}/{pointer(role)}"
        if rule is not True and not isinstance(rule, dict):
            yield wrong(here, _("This must be true or an expression."))
        else:
            yield from plain_json(rule, here)


def pointer(name: Any) -> str:
    """A property's name as one step of a JSON pointer, cut to a length people can read."""
    return str(name)[:80].encode(errors="replace").decode().replace("~", "~0").replace("/", "~1")


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
