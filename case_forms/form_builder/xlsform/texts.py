"""Texts of a workbook as people read them in a form of ours."""

import re
from collections.abc import Callable

from ..shape_checks import LONGEST_TEXT
from .findings import Report
from .rows import Row

TAG = re.compile(
    r"</?(?:span|font|b|i|u|em|strong|br|p|div|h[1-6]|sub|sup|small|center|a|img)(?:\s[^<>]{0,300})?/?>", re.I
)
BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
REFERENCE = re.compile(r"\$\{\s*([^}]{1,200}?)\s*\}")


def clean(text: str) -> str:
    """Without characters that can't be shown, on its own lines, with nothing around it."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        sign for sign in text if (sign >= " " or sign in "\n\t") and not "\ud800" <= sign <= "\udfff"
    ).strip()


def clean_texts(
    texts: dict[str, str], row: Row, report: Report, *column: str, label_of: Callable[[str, str], str] | None = None
) -> dict[str, str]:
    """The texts without HTML and without answers inserted into them. label_of(name, code): the label of a question."""
    return {code: _clean_text(text, code, row, report, column, label_of) for code, text in texts.items()}


def _clean_text(
    text: str,
    code: str,
    row: Row,
    report: Report,
    column: tuple[str, ...],
    label_of: Callable[[str, str], str] | None,
) -> str:
    where = (row.sheet.name, row.number, row.header(*column))
    if TAG.search(text):
        report.note("markup_removed", *where)
        text = TAG.sub("", BREAK.sub("\n", text))
    if label_of and REFERENCE.search(text):
        report.warning("insertions", *where)
        text = REFERENCE.sub(lambda found: f"«{label_of(found[1], code)}»", text)
    return clean(text)[:LONGEST_TEXT]
