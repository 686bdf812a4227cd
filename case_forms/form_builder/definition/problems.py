"""What is wrong with a definition, and where."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True)
class Problem:
    """Something that keeps a definition from being published. `path` is a JSON pointer into the definition."""

    path: str
    code: str
    message: "str | Promise"


def pointer(name: Any) -> str:
    """A property's name as one step of a JSON pointer, cut to a length people can read."""
    return str(name)[:80].encode(errors="replace").decode().replace("~", "~0").replace("/", "~1")
