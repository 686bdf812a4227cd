"""What goes into a rendering as PDF, and what comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Parts = Mapping[str, tuple[bytes, str]]  # {"paper:name": (bytes, media type)}


class NotGiven(Exception):
    """The HTML names something that isn't among the given parts. Says nothing of what it was."""


@dataclass(frozen=True)
class Rendered:
    pdf: bytes = field(repr=False)
    pages: int
