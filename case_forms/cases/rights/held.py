"""What is stored about the person of a case, piece by piece, as it may be given to them.

Nothing here decides: each piece says what it is, and a person chooses. Three kinds:

- `OWN`: a closed answer, a date, a number, a name: about the person, offered as given.
- `WORDS`: what somebody wrote in their own words. It may name others, and no program can tell, so it is left out until
  somebody has read it and put it in.
- `OTHERS`: asked about other people. It is never given out.

Notes, steps, messages and reasons are read in `entries`. Forms stand on a floor above, so that their room registers
itself as a source (`register_source`).
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date

from ..models import Case

OWN, WORDS, OTHERS = "own", "words", "others"


@dataclass(frozen=True)
class Piece:
    """One answer or entry.

    `key`: its own in the case; `months` and `why`: how long it is stored, 0 and "" when not said. `is_unreadable`: its
    seal doesn't open, and it is never given out.
    """

    key: str
    section: str
    label: str
    value: str = field(repr=False)
    kind: str = WORDS
    months: int = 0
    why: str = ""
    is_unreadable: bool = False


@dataclass(frozen=True)
class HeldForm:
    """A form of the case, or what was noted beside the forms.

    `was_corrected`: a later version took its place. `is_of_entries`: no form, but entries of many days; `received_on`
    is that of the first.
    """

    title: str
    received_on: date
    unit: str
    pieces: tuple[Piece, ...]
    was_corrected: bool = False
    is_of_entries: bool = False


Source = Callable[[Case, str], Iterable[HeldForm]]
_sources: dict[str, Source] = {}


def register_source(name: str, source: Source) -> None:
    """Register what a room stores about the person of a case: given the case and a language, its forms."""
    _sources[name] = source


def read_held(case: Case, language: str) -> list[HeldForm]:
    """Return all that is stored about the person, oldest first."""
    found = [form for source in _sources.values() for form in source(case, language)]
    return sorted((form for form in found if form.pieces), key=lambda form: (form.received_on, form.title))


def iter_pieces(forms: Sequence[HeldForm]) -> Iterable[Piece]:
    for form in forms:
        yield from form.pieces


def compute_fingerprint(forms: Sequence[HeldForm]) -> str:
    """Return a hash of what a page showed: what has changed since must be looked at again before it is given out."""
    text = json.dumps([[asdict(piece) for piece in form.pieces] for form in forms], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
