"""The one way in which a definition becomes bytes, so that a sha256 is meaningful."""

import hashlib
import json
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
MAX_KEPT = 256


def dump(definition: dict[str, Any]) -> str:
    """Dump as canonical JSON: keys sorted, no spaces, UTF-8 unescaped. Raises ValueError on NaN or infinity."""
    return json.dumps(definition, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def parse(text: str) -> dict[str, Any]:
    return json.loads(text)


def compute_sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Version(Protocol):
    """What of a published version this reads."""

    sha256: str

    @property
    def canonical(self) -> str: ...


def parse_version(version: Version, parse: Callable[[str], T], kept: dict[str, T]) -> T:
    """Return what `parse` makes of a version's text. One read without its text needs it once in this process.

    `kept`: what was made of such versions, by their sha256; a published text never changes.
    """
    if "canonical" in version.__dict__:
        return parse(version.canonical)
    return get_or_make(kept, version.sha256, lambda: parse(version.canonical))


def get_or_make(kept: dict[str, T], sha256: str, make: Callable[[], T]) -> T:
    """Return what was made of this text before, else what `make` returns. A draft that is tried has no `sha256`."""
    found = kept.get(sha256)
    if found is None:
        found = make()
        if len(kept) >= MAX_KEPT:
            kept.clear()
        if sha256:
            kept[sha256] = found
    return found
