"""The operators on texts and lists."""

from typing import Any

from .arithmetic import whole
from .limits import Run
from .patterns import MAX_TEXT, get_pattern
from .values import is_nothing, operand, same, text

Arguments = list[Any]


def substring(arguments: Arguments, data: Any, run: Run) -> str:
    source = text(arguments[0], run)
    start = whole(arguments[1])
    rest = source[start:] if start >= 0 or -start < len(source) else source
    if len(arguments) < 3:
        return rest
    length = whole(arguments[2])
    return rest[:length] if length >= 0 else rest[: max(len(rest) + length, 0)]


def concatenated(arguments: Arguments, data: Any, run: Run) -> str:
    parts = [text(value, run) for value in arguments]
    # Before it is joined: the text must not be made first and refused afterwards.
    run.check_length(sum(map(len, parts)))
    return "".join(parts)


def contained(arguments: Arguments, data: Any, run: Run) -> bool:
    needle, haystack = arguments
    if isinstance(haystack, str):
        return not isinstance(needle, list | dict | None) and text(needle, run) in haystack
    if isinstance(haystack, list):
        run.spend(len(haystack))
        return any(same(needle, value, run) for value in haystack)
    return False


def merged(arguments: Arguments, data: Any, run: Run) -> list[Any]:
    all_of_them: list[Any] = []
    for value in arguments:
        all_of_them.extend(value if isinstance(value, list) else [value])
        run.check_length(len(all_of_them))
    return all_of_them


def count(arguments: Arguments, data: Any, run: Run) -> int:
    return len(arguments[0]) if isinstance(arguments[0], list) else 0


def length(arguments: Arguments, data: Any, run: Run) -> int:
    """Count entries of a list; characters of anything else as a text."""
    value = arguments[0]
    return len(value) if isinstance(value, list) else len(text(value, run))


def joined(arguments: Arguments, data: Any, run: Run) -> str:
    """Join the texts of a list's entries with a separator; entries without an answer are passed over."""
    entries = arguments[0] if isinstance(arguments[0], list) else [arguments[0]]
    separator = text(arguments[1], run)
    run.spend(len(entries))
    parts = [text(entry, run) for entry in entries if not is_nothing(entry)]
    run.check_length(sum(map(len, parts)) + len(separator) * max(len(parts) - 1, 0))
    return separator.join(parts)


def entry(arguments: Arguments, data: Any, run: Run) -> Any:
    """Return the entry at a position that begins with 1, or null."""
    entries, position = arguments[0], operand(arguments[1])
    if not isinstance(entries, list) or not 1 <= position <= len(entries) or position != int(position):
        return None
    return entries[int(position) - 1]


def matching(arguments: Arguments, data: Any, run: Run) -> bool:
    """Return whether the text has a match of the pattern; a list or an object never has one."""
    pattern = get_pattern(arguments[1])
    value = arguments[0]
    if isinstance(value, list | dict):
        return False
    source = text(value, run)
    run.spend(min(len(source), MAX_TEXT) * pattern.cost)
    return pattern.finds(source)
