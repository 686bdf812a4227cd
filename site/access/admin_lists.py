"""Lists of the admin as CSV, in which spreadsheets compute nothing.

Wagtail's own lists and reports write a page's title as it is, and a title may begin like a formula.
"""

from collections.abc import Mapping
from typing import Any

from wagtail.admin.views.mixins import SpreadsheetExportMixin

from .csv_files import as_plain_text


def keep_lists_plain() -> None:
    """Have every list and report of the admin write its rows so, whichever package it comes from."""
    SpreadsheetExportMixin.write_csv_row = _write_plain_row


def _write_plain_row(view: Any, writer: Any, row: Mapping[str, Any]) -> Any:
    said = {name: view.preprocess_field_value(name, value, view.FORMAT_CSV) for name, value in row.items()}
    return writer.writerow(
        {name: as_plain_text(value if value is None else str(value)) for name, value in said.items()}
    )
