"""The sheet "settings", which has one row."""

import json
from dataclasses import dataclass
from typing import Any

from ..definition.shape import warnings_shape_problems
from ..definition.value_checks import is_plain
from .findings import Report
from .languages import Languages
from .sheet import Row, Sheet

KNOWN = ("title", "id_string", "version", "default_language", "vatra", "name")


@dataclass
class Settings:
    """The one row of the sheet; `row` is None for a workbook without settings."""

    row: Row | None = None
    form_id: str = ""
    default_language: str = ""

    def titles(self, languages: Languages) -> dict[str, str]:
        """Return the form's title in each language: vatra::title where it has one, else form_title."""
        if self.row is None:
            return {}
        title = self.row.get("title")
        own = {languages.of.get(name, name): text for name, text in self.row.texts("vatra", "title").items() if name}
        if not title and not own:
            return {}
        found = {code: own.get(code) or title for code in languages.codes}
        return {code: text for code, text in found.items() if text}

    def is_public(self) -> bool:
        """Return whether vatra::audience says that anybody fills it."""
        return self.row is not None and self.row.get("vatra", "audience") == "public"

    def warnings(self, report: Report) -> list[dict[str, Any]]:
        """Return the warnings before sending from vatra::warnings, which is JSON; none where it isn't well-shaped."""
        written = self.row.get("vatra", "warnings") if self.row else ""
        if self.row is None or not written:
            return []
        try:
            found = json.loads(written)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, list) or not is_plain(found) or any(warnings_shape_problems(found, "")):
            report.warning("vatra_ignored", self.row.sheet.name, self.row.number, self.row.header("vatra", "warnings"))
            return []
        return found

    def list_title(self, key: str, languages: Languages) -> dict[str, str]:
        """Return the title of one of the form's own lists: vatra::list_<key>."""
        return languages.texts(self.row, "vatra", f"list_{key}") if self.row else {}


def read_settings(sheet: Sheet, report: Report) -> Settings:
    """Read the sheet, and report the settings that have no equivalent here."""
    if not sheet.rows:
        return Settings()
    row = sheet.rows[0]
    for tokens, header in sheet.headers.items():
        if tokens[0] not in KNOWN and row.cells.get(tokens):
            report.note("setting_ignored", sheet.name, row.number, header)
    return Settings(row, row.get("id_string"), row.get("default_language"))
