"""A brief in one language: its sections and rows, as pages and papers show them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import translation

from access.models import localize
from notifications.outbox.models import Notice
from notifications.outbox.sender import get_neutral_phone, get_sender

URGENCY = "case.urgency"
UNIT, CALLBACK = "case.unit", "case.callback"
# Numbers of offices and of the unit, never the person's own: a slip of the thumb mustn't ring there.
TO_DIAL = frozenset({"case.callback", "callback", "call_phone"})
SHORTEST_NUMBER = 3


@dataclass(frozen=True)
class SectionRow:
    label: str
    value: str
    key: str = ""

    @property
    def phone(self) -> str:
        """The number to call, as a link dials it; "" for other rows, and where there is none."""
        dialled = "".join(sign for sign in self.value if sign in "+0123456789")
        return dialled if self.key in TO_DIAL and len(dialled) >= SHORTEST_NUMBER else ""


@dataclass(frozen=True)
class Section:
    title: str
    rows: tuple[SectionRow, ...]


def get_sections(notice: Notice, language: str, *, on_paper: bool = False) -> tuple[Section, ...]:
    """Return the notice's brief in one language.

    `on_paper`: without what is never printed, and without sections that are empty then.
    """
    return sections_in(notice, notice.brief, language, on_paper=on_paper)


def sections_in(notice: Notice, brief: Any, language: str, *, on_paper: bool = False) -> tuple[Section, ...]:
    """Return a composed brief in one language, as the recipient of this notice reads it."""
    sender = get_sender(notice)
    number = get_neutral_phone(sender)
    instead = {}
    if sender.is_neutral:
        with translation.override(language):
            instead[UNIT] = str(sender.brand)
    if number is not None:
        instead[CALLBACK] = number.callback_phone
    sections = (
        Section(
            title=localize(section["title"], language),
            rows=tuple(
                SectionRow(
                    localize(row["label"], language),
                    instead.get(row.get("key", "")) or localize(row["value"], language),
                    row.get("key", ""),
                )
                for row in section["rows"]
                if not on_paper or row.get("paper") is not False
            ),
        )
        for section in brief.get("sections", [])
    )
    return tuple(section for section in sections if section.rows or not on_paper)


def exclude_rows(sections: Iterable[Section], keys: Collection[str]) -> list[Section]:
    """Return the sections without these rows, which stand elsewhere on the page or sheet."""
    kept = [Section(section.title, tuple(row for row in section.rows if row.key not in keys)) for section in sections]
    return [section for section in kept if section.rows]


def is_urgent(notice: Notice) -> bool:
    """Tell whether the procedure marked the notice as urgent when it was created."""
    brief: Any = notice.brief
    return brief.get("urgent") is True
