"""Findings of an import, with their places in the workbook."""

from dataclasses import dataclass, field
from typing import Any

from .messages import get_message

ERROR, WARNING, NOTE = "error", "warning", "note"
MAX_FINDINGS = 400


@dataclass(frozen=True)
class Finding:
    """One finding.

    `row` counts from 1 as in the spreadsheet; sheet, row and column are empty when it is about the whole. `severity`:
    error (nothing is saved), warning (carried over, but needs a look), note.
    """

    sheet: str
    row: int | None
    column: str
    severity: str
    code: str
    message: str


@dataclass(frozen=True)
class Import:
    """A form that was read, None when there is an error, and the report in the order of the workbook."""

    definition: dict[str, Any] | None
    report: list[Finding]

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
        message = get_message(code, values)
        if len(self.findings) < MAX_FINDINGS:
            found = Finding(sheet, row, column, severity, code, message)
            self.findings.setdefault((sheet, row, column, code, message), found)

    def error(self, code: str, sheet: str = "", row: int | None = None, column: str = "", **values: Any) -> None:
        self.add(ERROR, code, sheet, row, column, **values)

    def warning(self, code: str, sheet: str = "", row: int | None = None, column: str = "", **values: Any) -> None:
        self.add(WARNING, code, sheet, row, column, **values)

    def note(self, code: str, sheet: str = "", row: int | None = None, column: str = "", **values: Any) -> None:
        self.add(NOTE, code, sheet, row, column, **values)

    @property
    def has_errors(self) -> bool:
        return any(finding.severity == ERROR for finding in self.findings.values())

    def has_errors_of(self, *codes: str) -> bool:
        return any(finding.code in codes for finding in self.findings.values())

    def has_error_at(self, sheet: str, row: int | None) -> bool:
        return any(
            finding.severity == ERROR and (finding.sheet, finding.row) == (sheet, row)
            for finding in self.findings.values()
        )

    def sorted(self) -> list[Finding]:
        order = {"": 0, "settings": 1, "survey": 2, "choices": 3}
        return sorted(self.findings.values(), key=lambda found: (order.get(found.sheet, 4), found.row or 0))
