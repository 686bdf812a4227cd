"""Findings of an import, with their places in the workbook."""

from dataclasses import dataclass, field
from typing import Any

from .messages import get_message

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)
MAX_FINDINGS = 400  # beyond it warnings and notes are cut
MAX_ERRORS = 2_000
# What leaves no form of which the rest could be taken.
FATAL = frozenset(
    {
        *("no_survey", "no_questions", "too_many_questions", "groups_too_deep", "form_too_large"),
        *("expressions_too_long", "too_many_errors", "unusable"),
    }
)


@dataclass(frozen=True)
class Finding:
    """One finding.

    `row` counts from 1 as in the spreadsheet; sheet, row and column are empty when it is about the whole. `severity`:
    error (it can't be carried over), warning (carried over, but needs a look), note.
    """

    sheet: str
    row: int | None
    column: str
    severity: str
    code: str
    message: str


@dataclass(frozen=True)
class Import:
    """A form that was read, None when there is an error, and the report: errors first, each in the workbook's order.

    `rest`: with errors, the form without what they are about; None when nothing can be made of the workbook. Where
    something is missing it has a problem that prevents publishing: a type or an operator as the workbook has it.
    """

    definition: dict[str, Any] | None
    report: list[Finding]
    rest: dict[str, Any] | None = None

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.report if finding.severity == ERROR]


@dataclass
class Report:
    """A collection of findings, each reported once."""

    findings: dict[tuple[Any, ...], Finding] = field(default_factory=dict)

    def add(
        self, severity: str, code: str, sheet: str = "", row: int | None = None, column: str = "", **values: Any
    ) -> None:
        self.keep(Finding(sheet, row, column, severity, code, get_message(code, values)))

    def keep(self, found: Finding) -> None:
        """Add a finding. Notes may be cut; what can't be carried over is never passed over in silence."""
        key = (found.sheet, found.row, found.column, found.code, found.message)
        if len(self.findings) < (MAX_ERRORS if found.severity == ERROR else MAX_FINDINGS):
            self.findings.setdefault(key, found)
        elif found.severity == ERROR and not self.is_fatal:
            cut = Finding("", None, "", ERROR, "too_many_errors", get_message("too_many_errors", {"most": MAX_ERRORS}))
            self.findings[("too_many_errors",)] = cut

    def error(self, code: str, sheet: str = "", row: int | None = None, column: str = "", **values: Any) -> None:
        self.add(ERROR, code, sheet, row, column, **values)

    def warning(self, code: str, sheet: str = "", row: int | None = None, column: str = "", **values: Any) -> None:
        self.add(WARNING, code, sheet, row, column, **values)

    def note(self, code: str, sheet: str = "", row: int | None = None, column: str = "", **values: Any) -> None:
        self.add(NOTE, code, sheet, row, column, **values)

    @property
    def has_errors(self) -> bool:
        return any(finding.severity == ERROR for finding in self.findings.values())

    @property
    def is_fatal(self) -> bool:
        return self.has_errors_of(*FATAL)

    def has_errors_of(self, *codes: str) -> bool:
        return any(finding.code in codes for finding in self.findings.values())

    def has_error_at(self, sheet: str, row: int | None) -> bool:
        return any(
            finding.severity == ERROR and (finding.sheet, finding.row) == (sheet, row)
            for finding in self.findings.values()
        )

    def sorted(self) -> list[Finding]:
        order = {"": 0, "settings": 1, "survey": 2, "choices": 3}
        return sorted(
            self.findings.values(),
            key=lambda found: (SEVERITIES.index(found.severity), order.get(found.sheet, 4), found.row or 0),
        )
