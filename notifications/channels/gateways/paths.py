"""Values inside JSON by a dotted path: `messages.0.status` is the status of the first message."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

PATH = re.compile(r"[^.\s]{1,60}(\.[^.\s]{1,60}){0,9}")


def is_path(text: str) -> bool:
    return PATH.fullmatch(text) is not None


def find(data: Any, path: str) -> Any:
    """Return the value at this path; None where there is none. "" is the whole."""
    for step in path.split(".") if path else ():
        if isinstance(data, Mapping):
            data = data.get(step)
        elif isinstance(data, Sequence) and not isinstance(data, str | bytes) and step.isascii() and step.isdigit():
            data = data[int(step)] if len(step) < 6 and int(step) < len(data) else None
        else:
            return None
    return data


def find_text(data: Any, path: str, *, longest: int) -> str:
    """Return a text or a number at this path as text; "" for anything else, and for what is longer than `longest`."""
    found = find(data, path) if path else None
    if isinstance(found, bool):
        found = "true" if found else "false"
    if not isinstance(found, str | int | float):
        return ""
    text = str(found).strip()
    return text if len(text) <= longest else ""
