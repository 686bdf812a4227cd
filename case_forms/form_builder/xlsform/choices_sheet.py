"""The sheet "choices": lists of choices with the attributes that filters read."""

import re
from dataclasses import dataclass, field
from typing import Any

from ..definition.limits import MAX_ATTRIBUTES
from .cells import clean, clean_texts, get_key
from .findings import Report
from .languages import Languages
from .sheet import Row, Sheet

KNOWN = {"list name", "name", "label", "media", "vatra_value", "vatra_exclusive", "geometry"}
INLINE = "-choices"  # lists that our own export makes for one question; no key of ours has a hyphen
OURS = "vatra-"  # before lists that belong to a type of ours
RESERVED = "attr_"  # before an attribute whose name means something else to XLSForms
NEVER_ATTRIBUTES = frozenset(
    {"list_name", "list name", "name", "label", "value", "caption", "image", "audio", "video", "media", "geometry"}
)


@dataclass
class ChoiceList:
    """One list of the sheet.

    `rows`: the row of each choice; `written`: its value in the XLSForm; `columns`: {column of the sheet: attribute}.
    """

    name: str
    choices: list[dict[str, Any]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    is_used: bool = False
    key: str = ""


def read_lists(sheet: Sheet, languages: Languages, report: Report) -> dict[str, ChoiceList]:
    """Read {name: list}, in the order of the sheet."""
    lists: dict[str, ChoiceList] = {}
    if not sheet.rows:
        return lists
    for needed in ("list name", "name"):
        if not any(sheet.columns(needed)):
            report.error("missing_column", sheet.name, 1, name="list_name" if needed == "list name" else needed)
            return lists
    columns = _attribute_columns(sheet)
    if any(sheet.columns("media")):
        report.note("media_left_out", sheet.name, 1, sheet.header("media"))
    for row in sheet.rows:
        name = row.get("list name")
        if not name:
            report.warning("choice_without_list", sheet.name, row.number, row.header("list name"))
            continue
        listed = lists.setdefault(name, ChoiceList(name, columns=columns))
        _add(listed, row, languages, report)
    return lists


def _attribute_columns(sheet: Sheet) -> dict[str, str]:
    """Return {column: attribute} of what a filter may read. XPath can't name columns with blanks in them."""
    found: dict[str, str] = {}
    for tokens in sheet.headers:
        name = tokens[0]
        if len(tokens) == 1 and name not in KNOWN and not re.search(r"\s", name):
            found[name] = get_key(get_attribute(name), set(found.values()) | {"value"})
    return found


def get_column(attribute: str) -> str:
    """Return the column for an attribute."""
    return RESERVED + attribute if attribute in NEVER_ATTRIBUTES or attribute.startswith(RESERVED) else attribute


def get_attribute(column: str) -> str:
    rest = column.removeprefix(RESERVED)
    return rest if rest in NEVER_ATTRIBUTES or rest.startswith(RESERVED) else column


def _add(listed: ChoiceList, row: Row, languages: Languages, report: Report) -> None:
    sheet, written = row.sheet.name, row.get("name")
    value = clean(row.get("vatra_value") or written)
    if not written:
        report.error("choice_without_name", sheet, row.number, row.header("name"))
        return
    if written in listed.written or any(choice["value"] == value for choice in listed.choices):
        report.error("duplicate_choice", sheet, row.number, row.header("name"))
        return
    label = languages.texts(row, "label")
    if not label:
        report.note("no_label", sheet, row.number, row.header("label"))
        label = languages.everywhere(value)
    choice: dict[str, Any] = {"value": value, "label": clean_texts(label, row, report, "label")}
    if row.get("vatra_exclusive").lower() == "yes":
        choice["exclusive"] = True
    attributes = {attribute: clean(row.get(column)) for column, attribute in listed.columns.items() if row.get(column)}
    if len(attributes) > MAX_ATTRIBUTES:
        report.error("too_many_attributes", sheet, row.number, most=MAX_ATTRIBUTES)
    elif attributes:
        choice["with"] = attributes
    listed.choices.append(choice)
    listed.rows.append(row.number)
    listed.written.append(written)
