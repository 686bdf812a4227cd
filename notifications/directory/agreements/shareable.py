"""Which kinds of facts an agreement may allow: a list that the room of briefs gives, since each row of a brief has one.

This room stands below briefs, so it is given the list when the rooms are loaded.
"""

from collections.abc import Callable, Iterable, Mapping

from access.languages import Texts
from access.models import localize

Kinds = Mapping[str, Texts]  # {key: {language: label}}
_sources: list[Callable[[], Kinds]] = []


def register_kinds(source: Callable[[], Kinds]) -> None:
    """Give the kinds of facts with their labels. Only the newest source counts."""
    _sources[:] = [source]


def get_kinds() -> Kinds:
    """Return every kind of fact with its label in each language."""
    return _sources[0]() if _sources else {}


def name_kinds(keys: Iterable[str], language: str | None = None) -> str:
    """Return the labels of these kinds in the order of the list, joined; an unknown key as it is stored."""
    wanted, kinds = set(keys), get_kinds()
    known = [localize(label, language) for key, label in kinds.items() if key in wanted]
    return ", ".join([*known, *sorted(wanted - set(kinds))])
