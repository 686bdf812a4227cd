"""Tables of the answers to all versions of a form: one for the form, one for each repeat group.

Columns are the union over the versions, the newest version's order first; `_version` says which one a row was given
under. A repeat's row names its submission and its place: `_submission`, `_row`, and `_parent_row` one level deeper.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from access.csv_files import Cell
from case_forms.form_builder.definition import AnyItem, Question, Repeat
from case_forms.form_builder.models import FormVersion
from case_forms.questions import registry
from case_forms.questions.base import ChoiceSource, is_unanswered, text_in

from ..models import Submission
from .redaction import Clearance, Identities, Reader

Path = tuple[str, ...]  # the keys of the repeat groups around; () is the form itself
ColumnKey = tuple[str, str]  # the question's key, and the part of its answer ("" for a whole one)


@dataclass(frozen=True)
class Column:
    """A column. `label` is in the reader's language, `code` is what programs read."""

    key: ColumnKey
    label: str

    @property
    def code(self) -> str:
        question, part = self.key
        return f"{question}.{part}" if part else question


@dataclass
class Table:
    """A table. `name`: "" for the form, else the keys of the repeat groups with dots between."""

    path: Path
    title: str
    fixed: tuple[Column, ...]
    columns: dict[ColumnKey, Column] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return ".".join(self.path)

    def header(self, *, labels: bool) -> list[str]:
        return [column.label if labels else column.code for column in (*self.fixed, *self.columns.values())]


def build_tables(versions: Sequence[FormVersion], language: str, without: Identities | None = None) -> list[Table]:
    """Build the tables of these versions of one form, newest first; the form's own table comes first.

    `without`: for a file without names, what says who somebody is.
    """
    found: dict[Path, Table] = {}
    for version in versions:
        form = version.parsed_form
        title = text_in(form.title, language)
        # newest version first, and the first one wins: its labels and its order of columns
        found.setdefault((), Table((), title, _about_submission(with_names=without is None)))
        _gather(form.outer_items, (), found, language, without)
    return list(found.values())


def _gather(
    items: Sequence[AnyItem], path: Path, found: dict[Path, Table], language: str, without: Identities | None
) -> None:
    for item in items:
        if isinstance(item, Repeat):
            deeper = (*path, item.key)
            found.setdefault(deeper, Table(deeper, text_in(item.label, language), _about_row(deeper)))
            _gather(item.items, deeper, found, language, without)
        elif isinstance(item, Question):
            label = text_in(item.label, language)
            for part, words in registry.get(item.type).export_columns(item, language):
                if without is not None and not without.is_countable(item, part):
                    continue
                key = (item.key, part)
                found[path].columns.setdefault(key, Column(key, f"{label}: {words}" if words else label))


def _about_submission(*, with_names: bool) -> tuple[Column, ...]:
    case = (Column(("_case", ""), _("Case")),) if with_names else ()
    return (
        Column(("_submission", ""), _("Submission")),
        Column(("_version", ""), _("Version")),
        Column(("_unit", ""), _("Mobile unit")),
        Column(("_region", ""), _("Region")),
        *case,
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
    """How rows are written: for whom, in which language, labels or codes, with names and typed texts or without."""

    reader: Reader
    sources: ChoiceSource
    language: str
    labels: bool
    with_names: bool = False


def iter_rows(submission: Submission, table: Table, writing: Writing) -> Iterator[list[Cell]]:
    """Yield the rows of one table for this submission, in the order of `table.header`."""
    answers = submission.answers
    clearance = writing.reader.clearance_for(submission)
    scope = {**answers, "_today": _day(timezone.now()), "_occurred_on": _day(submission.occurred_at)}
    start = _Place(submission.form_version.parsed_form.outer_items, answers, scope, ())
    for place in _places(start, table.path):
        fixed = _fixed(submission, writing) if not table.path else _row_names(submission, place)
        cells = _cells(place, clearance, writing)
        yield [*fixed, *(cells.get(key) for key in table.columns)]


def unreadable_row(submission: Submission, table: Table, writing: Writing) -> list[Cell]:
    """Return the form's row of a submission whose answers don't open: its identity, and "can't be read" per column."""
    return [*_fixed(submission, writing), *(_("can't be read") for _column in table.columns)]


@dataclass(frozen=True)
class _Place:
    """A level of answers: its items, their answers, what conditions may read, and the row numbers on the way."""

    items: Sequence[AnyItem]
    answers: Mapping[str, Any] = field(repr=False)
    scope: Mapping[str, Any] = field(repr=False)
    numbers: tuple[int, ...]


def _places(place: _Place, path: Path) -> Iterator[_Place]:
    """Yield the place itself for an empty path, else every row of the repeat group that the path leads to."""
    if not path:
        yield place
        return
    repeat = next((item for item in place.items if isinstance(item, Repeat) and item.key == path[0]), None)
    if repeat is None:  # this version has no such group
        return
    for number, row in enumerate(place.answers.get(path[0]) or (), start=1):
        scope = {**place.scope, **row, "_position": number}
        yield from _places(_Place(repeat.items, row, scope, (*place.numbers, number)), path[1:])


def _fixed(submission: Submission, writing: Writing) -> list[Cell]:
    """Return what is known of the submission itself. Without names: no case, and days instead of moments."""
    case = submission.case.reference if submission.case else None
    when = _moment if writing.with_names else _day
    return [
        str(submission.pk),
        submission.form_version.number,
        submission.unit.slug,
        submission.unit.region.slug,
        *([case] if writing.with_names else []),
        when(submission.occurred_at),
        when(submission.received_at),
        submission.is_drill,
    ]


def _row_names(submission: Submission, place: _Place) -> list[Cell]:
    """Return submission, version, and the numbers of the row and of the row around it."""
    return [str(submission.pk), submission.form_version.number, *place.numbers[-2:]]


def _cells(place: _Place, clearance: Clearance, writing: Writing) -> dict[ColumnKey, Cell]:
    cells: dict[ColumnKey, Cell] = {}
    for question in place.items:
        if not isinstance(question, Question):
            continue
        kind = registry.get(question.type)
        parts = [part for part, _words in kind.export_columns(question, writing.language)]
        value = place.answers.get(question.key)
        # redacted before looking for an answer: a mark only where there is one would tell who answered (docs/adr/0013)
        is_shown = [_shows(question, part, place, clearance, writing) for part in parts]
        if is_unanswered(value):
            written: Sequence[Cell] = [None] * len(parts)
        else:
            written = kind.export_cells(value, question, writing.language, writing.sources, labels=writing.labels)
            if not writing.with_names and not kind.is_counted(value, question, writing.language, writing.sources):
                is_shown = [False] * len(parts)
        hidden = kind.redacted(question)
        for part, cell, shown in zip(parts, written, is_shown, strict=True):
            cells[question.key, part] = cell if shown else hidden
    return cells


def _shows(question: Question, part: str, place: _Place, clearance: Clearance, writing: Writing) -> bool:
    """Return whether a part of an answer is in clear: by what is counted, and with names by everything else too."""
    if writing.with_names and clearance.shows(question, place.scope):
        return True
    if question.sensitivity not in clearance.counted:
        return False
    return writing.reader.identities.is_countable(question, part)


def _day(moment: Any) -> str:
    return timezone.localdate(moment).isoformat()


def _moment(moment: Any) -> str:
    return timezone.localtime(moment).isoformat(timespec="seconds")
