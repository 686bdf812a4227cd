"""Answers of all versions of a form as tables: one for the form, one for each repeat group.

Columns are the union over the versions, the newest version's order first; `_version` says which one a row was given
under. A repeat's row names its submission and its place: `_submission`, `_row`, and `_parent_row` one level deeper.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from case_forms.form_builder.models import FormVersion
from case_forms.questions import registry
from case_forms.questions.base import ChoiceSource, is_unanswered, text_in

from ..models import Submission
from .redaction import Clearance, Reader

Cell = str | int | float | bool | None
Path = tuple[str, ...]  # the keys of the repeat groups around; () is the form itself
ColumnKey = tuple[str, str]  # the question's key, and the part of its answer ("" for a whole one)


@dataclass(frozen=True)
class Column:
    """One column. `label` is in the reader's language, `code` is what programs read."""

    key: ColumnKey
    label: str

    @property
    def code(self) -> str:
        question, part = self.key
        return f"{question}.{part}" if part else question


@dataclass
class Table:
    """One table. `name`: "" for the form, else the keys of the repeat groups with dots between."""

    path: Path
    title: str
    fixed: tuple[Column, ...]
    columns: dict[ColumnKey, Column] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return ".".join(self.path)

    def header(self, *, labels: bool) -> list[str]:
        return [column.label if labels else column.code for column in (*self.fixed, *self.columns.values())]


def build_tables(versions: Sequence[FormVersion], language: str) -> list[Table]:
    """The tables of these versions of one form, newest first in `versions`; the form's own table comes first."""
    found: dict[Path, Table] = {}
    for version in versions:
        title = text_in(version.definition["title"], language)
        found.setdefault((), Table((), title, _about_submission()))
        for section in version.definition["sections"]:
            _gather(section["items"], (), found, language)
    return list(found.values())


def _gather(items: Sequence[Mapping[str, Any]], path: Path, found: dict[Path, Table], language: str) -> None:
    for item in items:
        if item["item"] == "repeat":
            deeper = (*path, item["key"])
            found.setdefault(deeper, Table(deeper, text_in(item["label"], language), _about_row(deeper)))
            _gather(item["items"], deeper, found, language)
        elif item["item"] == "question":
            label = text_in(item["label"], language)
            for part, words in registry.get(item["type"]).export_columns(dict(item), language):
                key = (item["key"], part)
                found[path].columns.setdefault(key, Column(key, f"{label}: {words}" if words else label))


def _about_submission() -> tuple[Column, ...]:
    return (
        Column(("_submission", ""), _("Submission")),
        Column(("_version", ""), _("Version")),
        Column(("_unit", ""), _("Mobile unit")),
        Column(("_region", ""), _("Region")),
        Column(("_case", ""), _("Case")),
        Column(("_occurred_at", ""), _("Date and time of the event")),
        Column(("_received_at", ""), _("Received")),
        Column(("_drill", ""), _("Drill")),
    )


def _about_row(path: Path) -> tuple[Column, ...]:
    parent = (Column(("_parent_row", ""), _("Row of the parent group")),) if len(path) > 1 else ()
    return (
        Column(("_submission", ""), _("Submission")),
        Column(("_version", ""), _("Version")),
        *parent,
        Column(("_row", ""), _("Row")),
    )


@dataclass(frozen=True)
class Writing:
    """How rows are written: for whom, in which language, labels or codes."""

    reader: Reader
    sources: ChoiceSource
    language: str
    labels: bool


def iter_rows(submission: Submission, table: Table, writing: Writing) -> Iterator[list[Cell]]:
    """The rows of one table that this submission gives, in the order of `table.header`."""
    answers = submission.answers
    clearance = writing.reader.clearance_for(submission)
    scope = {**answers, "_today": _day(timezone.now()), "_occurred_on": _day(submission.occurred_at)}
    items = [item for section in submission.form_version.definition["sections"] for item in section["items"]]
    start = _Place(items, answers, scope, ())
    for place in _places(start, table.path):
        fixed = _fixed(submission) if not table.path else _row_names(submission, place)
        cells = _cells(place, clearance, writing)
        yield [*fixed, *(cells.get(key) for key in table.columns)]


def unreadable_row(submission: Submission, table: Table) -> list[Cell]:
    """The form's row of a submission whose answers don't open: which one it is, and in each column that it can't be
    read."""
    return [*_fixed(submission), *(_("can't be read") for _column in table.columns)]


@dataclass(frozen=True)
class _Place:
    """Where answers stand: the items there, their answers, what conditions may read, and the row numbers on the way."""

    items: Sequence[Mapping[str, Any]]
    answers: Mapping[str, Any] = field(repr=False)
    scope: Mapping[str, Any] = field(repr=False)
    numbers: tuple[int, ...]


def _places(place: _Place, path: Path) -> Iterator[_Place]:
    """The place itself for an empty path, else every row of the repeat group that the path leads to."""
    if not path:
        yield place
        return
    repeat = next((item for item in place.items if item["item"] == "repeat" and item["key"] == path[0]), None)
    if repeat is None:  # this version has no such group
        return
    for number, row in enumerate(place.answers.get(path[0]) or (), start=1):
        scope = {**place.scope, **row, "_position": number}
        yield from _places(_Place(repeat["items"], row, scope, (*place.numbers, number)), path[1:])


def _fixed(submission: Submission) -> list[Cell]:
    return [
        str(submission.pk),
        submission.form_version.number,
        submission.unit.slug,
        submission.unit.region.slug,
        submission.case.reference if submission.case else None,
        _moment(submission.occurred_at),
        _moment(submission.received_at),
        submission.is_drill,
    ]


def _row_names(submission: Submission, place: _Place) -> list[Cell]:
    """Submission, version, and the numbers of the row and of the row around it."""
    return [str(submission.pk), submission.form_version.number, *place.numbers[-2:]]


def _cells(place: _Place, clearance: Clearance, writing: Writing) -> dict[ColumnKey, Cell]:
    cells: dict[ColumnKey, Cell] = {}
    for item in place.items:
        if item["item"] != "question":
            continue
        question = dict(item)
        kind = registry.get(question["type"])
        parts = [part for part, _words in kind.export_columns(question, writing.language)]
        value = place.answers.get(question["key"])
        if not clearance.shows(question, place.scope):
            written: Sequence[Cell] = [kind.redacted(question)] * len(parts)
        elif is_unanswered(value):
            continue
        else:
            written = kind.export_cells(value, question, writing.language, writing.sources, labels=writing.labels)
        cells |= {(question["key"], part): cell for part, cell in zip(parts, written, strict=True)}
    return cells


def _day(moment: Any) -> str:
    return timezone.localdate(moment).isoformat()


def _moment(moment: Any) -> str:
    return timezone.localtime(moment).isoformat(timespec="seconds")
