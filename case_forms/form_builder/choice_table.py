"""A list of choices as a table of text, to write in the page or to paste from a spreadsheet. Pure.

    value<tab>label:sq<tab>label:en<tab>region
    vlore<tab>Vlorë<tab>Vlora<tab>south

One choice a line. `value` and at least one `label:<language>` are needed; `exclusive` has "yes" at a choice that can't
be combined with others; every other column is an attribute, which conditions can filter by. The headings of an
XLSForm's choices sheet (`name`, `label::Albanian (sq)`, `list_name`) are understood too.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from access.languages import DEFAULT_LANGUAGE, LANGUAGES

from .definition.limits import MAX_ATTRIBUTES, MAX_CHOICES
from .definition.value_checks import KEY, LANGUAGE, MAX_NAME_LENGTH, MAX_TEXT_LENGTH, is_clean

Choice = dict[str, Any]
VALUE, EXCLUSIVE = "value", "exclusive"
YES = "yes"
LABEL = re.compile(r"label\s*:{1,2}\s*(?:[^()]*\(\s*([A-Za-z-]+)\s*\)|([A-Za-z-]+))\s*")
PASSED_OVER = frozenset({"", "list_name", "list name"})


@dataclass(frozen=True)
class TableProblem:
    """A problem that prevents reading a table as a list.

    `line` counts from 1, the heading included; 0: the table as a whole.
    """

    line: int
    column: str
    message: "str | Promise"

    def __str__(self) -> str:
        if not self.line:
            return str(self.message)
        where = {"line": self.line, "column": self.column, "what": self.message}
        return (_("Line %(line)s, %(column)s: %(what)s") if self.column else _("Line %(line)s: %(what)s")) % where


class TableRefused(Exception):
    """Raised for a table that can't be read as a list. `problems`: all of them."""

    def __init__(self, problems: Sequence[TableProblem]) -> None:
        super().__init__("; ".join(map(str, problems[:20])))
        self.problems = problems


@dataclass(frozen=True)
class Column:
    """One column. `kind`: value, exclusive, label (`name` is its language), with (`name` is the attribute's)."""

    kind: str
    name: str
    heading: str


def read_table(text: str) -> list[Choice]:
    """Read the choices of a table. Raises TableRefused with every problem, each with its line and column."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise TableRefused([TableProblem(0, "", _("The table is empty."))])
    number, heading = lines[0]
    columns = _columns(number, _cells(heading))
    if len(lines) - 1 > MAX_CHOICES:
        raise TableRefused([TableProblem(0, "", _("At most %(count)s choices.") % {"count": MAX_CHOICES})])
    found, choices, seen = [], [], dict[str, int]()
    for number, line in lines[1:]:
        cells = _cells(line)
        found += list(_line_problems(number, cells, columns, seen))
        choices.append(_choice(cells, columns))
    if not choices:
        found.append(TableProblem(0, "", _("The table has no choices under its heading.")))
    if found:
        raise TableRefused(found)
    return choices


def write_table(choices: Sequence[Choice], languages: Sequence[str] = LANGUAGES) -> str:
    """Write the table of these choices.

    It has a column for each language and attribute they have, and for each of `languages`.
    """
    spoken = dict.fromkeys([*languages, *(code for choice in choices for code in choice.get("label", {}))])
    names = dict.fromkeys(name for choice in choices for name in choice.get("with", {}))
    alone = [EXCLUSIVE] if any(choice.get("exclusive") for choice in choices) else []
    rows = [[*get_headings(spoken), *alone, *names]]
    for choice in choices:
        label, attributes = choice.get("label", {}), choice.get("with", {})
        texts = [label.get(code, "") for code in spoken]
        texts += [YES if choice.get("exclusive") else ""] * len(alone) + [attributes.get(name, "") for name in names]
        # A tab or a line's end inside a text would begin a new cell or line.
        rows.append([str(choice.get("value", "")), *(" ".join(text.split()) for text in texts)])
    return "\n".join("\t".join(row) for row in rows) + "\n"


def get_headings(languages: Iterable[str] = LANGUAGES) -> list[str]:
    """Return the headings of the columns that every table has."""
    return [VALUE, *(f"label:{code}" for code in languages)]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("\t")]


def _columns(number: int, headings: Sequence[str]) -> list[Column | None]:
    """Return what each column holds, None for one to skip. Raises TableRefused."""
    columns = [_column(heading) for heading in headings]
    found = [
        TableProblem(number, column.heading, _("Name an attribute with small letters, digits and _."))
        for column in columns
        if column and column.kind == "with" and not KEY.fullmatch(column.name)
    ]
    known = [(column.kind, column.name) for column in columns if column]
    twice = {one for one in known if known.count(one) > 1}
    found += [
        TableProblem(number, column.heading, _("This column appears twice."))
        for column in columns
        if column and (column.kind, column.name) in twice
    ]
    if ("value", VALUE) not in known:
        found.append(TableProblem(number, "", _("A column “value” is missing. Columns are separated by tabs.")))
    if not any(kind == "label" for kind, _name in known):
        found.append(TableProblem(number, "", _("A column “label:sq” (or of another language) is missing.")))
    if sum(kind == "with" for kind, _name in known) > MAX_ATTRIBUTES:
        words = _("At most %(count)s attributes.") % {"count": MAX_ATTRIBUTES}
        found.append(TableProblem(number, "", words))
    if found:
        raise TableRefused(found)
    return columns


def _column(heading: str) -> Column | None:
    plain = heading.strip().lower()
    if plain in PASSED_OVER:
        return None
    if plain in (VALUE, "name"):
        return Column("value", VALUE, heading)
    if plain in (EXCLUSIVE, "vatra_exclusive"):
        return Column("exclusive", EXCLUSIVE, heading)
    labelled = LABEL.fullmatch(heading)
    code = (labelled.group(1) or labelled.group(2)) if labelled else DEFAULT_LANGUAGE if plain == "label" else ""
    if LANGUAGE.fullmatch(code):
        return Column("label", code, heading)
    return Column("with", plain, heading)


def _line_problems(
    number: int, cells: Sequence[str], columns: Sequence[Column | None], seen: dict[str, int]
) -> Iterator[TableProblem]:
    if len(cells) > len(columns) and any(cells[len(columns) :]):
        yield TableProblem(number, "", _("There are more cells than headings."))
    # A line may be shorter than the heading: it is filled up, so that what is missing at its end is reported too.
    for column, cell in zip(columns, [*cells, *[""] * len(columns)], strict=False):
        if column is None:
            continue
        longest = MAX_NAME_LENGTH if column.kind == "value" else MAX_TEXT_LENGTH
        if not cell and column.kind not in ("with", "exclusive"):
            yield TableProblem(number, column.heading, _("This is missing."))
        elif len(cell) > longest or not is_clean(cell):
            yield TableProblem(number, column.heading, _("This is too long, or holds characters that can't be shown."))
        elif column.kind == "exclusive" and cell.lower() not in ("", YES):
            yield TableProblem(number, column.heading, _("Write “yes”, or leave this empty."))
        elif column.kind == "value" and cell in seen:
            words = _("Line %(line)s already has this value.") % {"line": seen[cell]}
            yield TableProblem(number, column.heading, words)
        elif column.kind == "value":
            seen[cell] = number


def _choice(cells: Sequence[str], columns: Sequence[Column | None]) -> Choice:
    by_kind: dict[str, dict[str, str]] = {"value": {}, "label": {}, "with": {}, "exclusive": {}}
    for column, cell in zip(columns, cells, strict=False):
        if column and cell:
            by_kind[column.kind][column.name] = cell
    attributes: Mapping[str, str] = by_kind["with"]
    choice: Choice = {"value": by_kind["value"].get(VALUE, ""), "label": by_kind["label"]}
    if by_kind["exclusive"]:
        choice["exclusive"] = True
    return choice | ({"with": attributes} if attributes else {})
