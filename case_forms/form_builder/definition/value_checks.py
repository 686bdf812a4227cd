"""Checks that one stored value has its type; `nodes` declares which property has which check."""

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .problems import Problem, pointer

KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
UNCLEAN = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff]")
MAX_TEXT_LENGTH, MAX_NAME_LENGTH = 5_000, 200

Check = Callable[[Any, str], Iterator[Problem]]


def wrong(path: str, words: "str | Promise") -> Problem:
    """Return the problem of a value with the wrong type."""
    return Problem(path, "wrong_shape", words)


def list_of(check_entry: Check, most: int) -> Check:
    """Return the check of a list with at most so many entries, which all pass one check."""

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
    """Return the check of an object with any names, whose values all pass one check."""

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
    """Return the check of a text or number out of a closed vocabulary."""

    def check(value: Any, path: str) -> Iterator[Problem]:
        # bool is a subclass of int, and True == 1: without the first test `true` would pass for format 1.
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
    """Check for a text; whether it may be blank is for `checker` to say."""
    if not isinstance(value, str) or len(value) > MAX_TEXT_LENGTH or not is_clean(value):
        yield wrong(path, _("This must be a text."))


def name(value: Any, path: str) -> Iterator[Problem]:
    """Check for a short text: a key, a type, an appearance."""
    if not isinstance(value, str) or len(value) > MAX_NAME_LENGTH or not is_clean(value):
        yield wrong(path, _("This must be a short text."))


def language(value: Any, path: str) -> Iterator[Problem]:
    """Check for a language's code."""
    if not isinstance(value, str) or not LANGUAGE.fullmatch(value):
        yield Problem(path, "unknown_language", _("Write a language as its code: sq, en, rom, pt-BR."))


def texts(value: Any, path: str) -> Iterator[Problem]:
    """Check for texts by language: {code: text}."""
    if not isinstance(value, dict):
        yield wrong(path, _("This must be texts by language."))
        return
    for code, words in value.items():
        here = f"{path}/{pointer(code)}"
        found = list(language(code, here))
        yield from found or text(words, here)


def whole(smallest: int, largest: int) -> Check:
    """Return the check of a whole number within bounds."""

    def check(value: Any, path: str) -> Iterator[Problem]:
        # bool is a subclass of int: `true` is no number here.
        if isinstance(value, bool) or not isinstance(value, int) or not smallest <= value <= largest:
            words = _("This must be a whole number from %(smallest)s to %(largest)s.")
            yield wrong(path, words % {"smallest": smallest, "largest": largest})

    return check


def plain_json(value: Any, path: str) -> Iterator[Problem]:
    """Check for any JSON value that can be stored; what it means is for `checker` to say."""
    if not is_plain(value):
        yield wrong(path, _("This must be plain JSON, without strange characters and not nested too deep."))


def condition(value: Any, path: str) -> Iterator[Problem]:
    """Check for an expression, true or false; whether it can be read is for `checker` to say."""
    if not isinstance(value, dict | bool):
        yield wrong(path, _("This must be an expression."))
    else:
        yield from plain_json(value, path)


def sharing(value: Any, path: str) -> Iterator[Problem]:
    """Check for {role: true or an expression}. false isn't allowed: a role that may not read is left out."""
    if not isinstance(value, dict):
        yield wrong(path, _("This must be an object."))
        return
    for role, rule in value.items():
        here = f"{path}/{pointer(role)}"
        if rule is not True and not isinstance(rule, dict):
            yield wrong(here, _("This must be true or an expression."))
        else:
            yield from plain_json(rule, here)


def is_clean(text: str) -> bool:
    """Return whether a text has no NUL, no control characters but tab and newline, no half of a surrogate pair."""
    return UNCLEAN.search(text) is None


def is_plain(value: Any, depth: int = 0) -> bool:
    """Return whether a JSON value can be stored.

    Numbers must be finite and within 18 digits, texts clean, nesting at most 64 levels deep.
    """
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
