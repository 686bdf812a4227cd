"""What changed between two texts, word by word."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

_WORDS = re.compile(r"\{[a-z_]+\}|\w+|\s+|.", re.UNICODE | re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """A part of a text. `kind`: same, old or new."""

    kind: str
    text: str


def compare(old: str, new: str) -> list[Piece]:
    """Return the pieces of both texts in the order in which they are read; a placeholder is one word."""
    return list(_iter_pieces(_WORDS.findall(old), _WORDS.findall(new)))


def _iter_pieces(old: list[str], new: list[str]) -> Iterator[Piece]:
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if kind == "equal":
            yield Piece("same", "".join(old[old_from:old_to]))
            continue
        if old_to > old_from:
            yield Piece("old", "".join(old[old_from:old_to]))
        if new_to > new_from:
            yield Piece("new", "".join(new[new_from:new_to]))
