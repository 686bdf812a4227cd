"""A problem of a definition, and where it is."""

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
    """Return a property's name as one step of a JSON pointer, cut to a length that people can read."""
    # `errors="replace"` because a damaged draft can have half a surrogate pair in a name, which no response could
    # encode. "~" is escaped before "/" (RFC 6901): the other way round would escape the "~" of "~1" again.
    return str(name)[:80].encode(errors="replace").decode().replace("~", "~0").replace("/", "~1")
