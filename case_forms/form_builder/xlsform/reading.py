"""The import of an XLSForm: a definition, or a report of what prevents it.

`read_xlsform` opens the workbook in this process: for workbooks of our own making. What somebody sent goes through
`sandbox.read_safely`, which has the same result.
"""

import json
from typing import Any, BinaryIO

from access.languages import DEFAULT_LANGUAGE

from ..audience import PUBLIC
from ..checker import check_definition
from ..definition import shape_problems
from ..definition.limits import FORMAT, MAX_QUESTIONS
from ..definition.problems import Problem
from ..lists import Shared, no_shared_lists
from .archive_checks import RefusedWorkbookError
from .cells import KEY, clean, get_key
from .choices_sheet import INLINE, OURS, ChoiceList, read_lists
from .findings import ERROR, WARNING, Finding, Import, Report
from .import_context import ImportContext
from .languages import Languages
from .planning import plan
from .question_choices import own_list
from .sections import Sections
from .settings_sheet import Settings, read_settings
from .sheet import Row, Sheet
from .survey_tree import read_tree
from .workbook import Book, read_book

# what prevents publishing, although it was carried over as it was: the coordinator corrects it in the editor
FIXABLE_LATER = frozenset(
    {"missing_translation", "never_holds", "type_mismatch", "unreachable_required", "unknown_choice_value", "no_value"}
)
SEVERITIES = {
    **dict.fromkeys(("formula_without_value", "error_value", "not_finite"), ERROR),
    **dict.fromkeys(
        ("formula", "file_left_out", "date_cell", "control_characters", "merged_cells", "sheet_ignored"), WARNING
    ),
}
MAX_NODES = MAX_QUESTIONS + 400  # groups, and rows that are left out, beside the questions
MAX_JSON_LENGTH = 6_000_000  # characters of JSON
COLUMNS = {
    "relevant": ("bind", "relevant"),
    "required": ("bind", "required"),
    "constraint": ("bind", "constraint"),
    "calculation": ("bind", "calculate"),
    "initial": ("default",),
    "default": ("default",),
    "choice_filter": ("choice_filter",),
    "shared_with": ("vatra", "shared_with"),
    "of": ("vatra", "of"),
    "key": ("name",),
    "label": ("label",),
    "title": ("label",),
    "text": ("label",),
    "hint": ("hint",),
    "type": ("type",),
    "choices": ("type",),
    "choices_from": ("type",),
    "min": ("vatra", "min"),
    "max": ("vatra", "max"),
}


def read_xlsform(
    file: BinaryIO,
    *,
    name: str,
    key: str | None,
    kind: str,
    language: str = DEFAULT_LANGUAGE,
    shared: Shared = no_shared_lists,
) -> Import:
    """Read the form in a workbook. Never raises on account of what the file holds.

    `name`: the file's name, for the form's key and title when the workbook has none; `key`: the form's key, else that
    of the workbook's settings; `kind`: what the form is for (limits.KINDS); `language`: the code for texts that name no
    language when the settings have none; `shared`: looks up shared lists (models.shared_lists()).
    """
    try:
        book = read_book(file.read())
    except RefusedWorkbookError as refused:
        return refusal(refused.code, refused.values)
    except Exception as error:  # noqa: BLE001 - a workbook can make its readers raise anything
        return refusal("damaged", {"reason": type(error).__name__})
    return get_form(book, name=name, key=key, kind=kind, language=language, shared=shared)


def refusal(code: str, values: dict[str, Any]) -> Import:
    """Return an import without a form, with the reason as its report."""
    report = Report()
    where = {part: values[part] for part in ("sheet", "row", "column") if part in values}
    report.error(code, **where, **{part: value for part, value in values.items() if part not in where})
    return Import(None, report.sorted())


def get_form(
    book: Book,
    *,
    name: str,
    key: str | None,
    kind: str,
    language: str = DEFAULT_LANGUAGE,
    shared: Shared = no_shared_lists,
) -> Import:
    """Build the form from a book as workbook.read_book returns it."""
    report = Report()
    sheets = {title: Sheet.of(title, read) for title, read in book["sheets"].items()}
    _report_notes(book, sheets, report)
    survey = sheets["survey"]
    if not survey.rows and not survey.headers:
        report.error("no_survey")
        return Import(None, report.sorted())
    settings = read_settings(sheets["settings"], report)
    languages = Languages([survey, sheets["choices"], sheets["settings"]], settings.default_language, language, report)
    lists = read_lists(sheets["choices"], languages, report)
    context = ImportContext(report, languages, lists)
    tree = read_tree(survey, report)
    # Counted before anything is made of the rows; the exact limit is the checker's.
    if sum(1 for _node in tree.walk()) > MAX_NODES:
        report.error("too_many_questions", "survey", most=MAX_QUESTIONS)
    # The steps from here on recurse or grow with the tree.
    if report.has_errors_of("too_many_questions", "groups_too_deep"):
        return Import(None, report.sorted())
    plan(tree, context)
    title = settings.titles(languages) or languages.everywhere(clean(name.rsplit(".", 1)[0]) or "—")
    sections = Sections(context)
    sections.read(tree, title)
    definition: dict[str, Any] = {
        "format": FORMAT,
        "key": key or _key(settings.form_id or name.rsplit(".", 1)[0], report),
        "kind": kind,
        "title": title,
        "languages": languages.codes,
        "sections": sections.sections,
    }
    if settings.is_public():
        definition["audience"] = PUBLIC
    if sections.intro:
        definition["intro"] = sections.intro
    warnings = settings.warnings(report)
    if warnings:
        definition["warnings"] = warnings
    own = _own_lists(lists, settings, languages)
    if own:
        definition["lists"] = own
    if not sections.sections and not report.has_errors:
        report.error("no_questions", "survey")
    if context.sensitivity_was_assumed:
        report.note("sensitivity_assumed", "survey")
    _report_columns(survey, report)
    if not report.is_fatal:
        written = json.dumps(definition)
        if len(written) > MAX_JSON_LENGTH:
            report.error("form_too_large", "survey")
        else:
            definition = json.loads(written)  # parts that stand twice in it must not be one object
    if not report.is_fatal:
        _report_problems(check_definition(definition, shared=shared), sections.rows, lists, sheets, report)
    _report_verdict(book, report)
    if not report.has_errors:
        return Import(definition, report.sorted())
    is_usable = not report.is_fatal and not shape_problems(definition)
    return Import(None, report.sorted(), definition if is_usable else None)


def _key(wanted: str, report: Report) -> str:
    key = get_key(wanted, set(), "")
    if not KEY.fullmatch(key):
        report.error("bad_form_id", "settings", name=wanted[:60])
        return "form"
    return key


def _own_lists(lists: dict[str, ChoiceList], settings: Settings, languages: Languages) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for listed in lists.values():
        if not listed.is_used and not listed.name.startswith(OURS) and not listed.name.endswith(INLINE):
            own_list(listed, lists)
        if listed.key:
            title = settings.list_title(listed.key, languages)
            found[listed.key] = {**({"title": title} if title else {}), "choices": listed.choices}
    return found


# ---- the report ----


def _report_notes(book: Book, sheets: dict[str, Sheet], report: Report) -> None:
    """Report what was noticed while the cells were read."""
    for note in book["notes"]:
        code, sheet, row, letter = note["code"], note["sheet"], note["row"], note["column"]
        if code == "pyxform":
            continue
        # Excel stores a formula's last result with it. A file that a program wrote has none: then the cell is empty to
        # us.
        if code == "formula" and not (row and row > 1 and sheets[sheet].cell(row, letter)):
            code = "formula_without_value"
        report.add(SEVERITIES.get(code, WARNING), code, sheet, row, letter, **note["values"])


def _report_verdict(book: Book, report: Report) -> None:
    """Report pyxform's verdict, unless we have reported that row ourselves, or have errors enough."""
    for note in book["notes"]:
        if note["code"] != "pyxform":
            continue
        known = report.has_error_at(note["sheet"], note["row"]) if note["row"] else report.has_errors
        if not known:
            report.error("pyxform", note["sheet"], note["row"], note["column"], **note["values"])


def _report_columns(survey: Sheet, report: Report) -> None:
    """Report columns that mean something to ODK and nothing here."""
    for tokens, header in survey.headers.items():
        if tokens[0] in ("save_to", "intent", "body", "instance", "autoplay") or tokens[:2] in (
            ("bind", "entities:saveto"),
            ("control", "autoplay"),
        ):
            report.note("column_ignored", survey.name, 1, header)


def _report_problems(
    problems: list[Problem],
    rows: dict[str, Row],
    lists: dict[str, ChoiceList],
    sheets: dict[str, Sheet],
    report: Report,
) -> None:
    """Report what prevents publishing the definition, at the row it comes from."""
    for problem in problems:
        severity = WARNING if problem.code in FIXABLE_LATER else ERROR
        sheet, row, column = _place(problem.path, rows, lists, sheets)
        # Where the workbook was at fault the definition is, too: that has been said already.
        if not report.has_error_at(sheet, row):
            report.keep(Finding(sheet, row, column, severity, problem.code, str(problem.message)))


def _place(
    path: str, rows: dict[str, Row], lists: dict[str, ChoiceList], sheets: dict[str, Sheet]
) -> tuple[str, int | None, str]:
    """Return the sheet, row and column of a path into the definition."""
    steps = path.split("/")
    if steps[1:2] == ["lists"] and len(steps) > 2:
        return _place_of_choice(steps, lists, sheets)
    # The longest path that a row is known for: the problem is at a property of it, which names the column.
    for length in range(len(steps), 1, -1):
        row = rows.get("/".join(steps[:length]))
        if row is not None:
            rest = steps[length:]
            tokens = COLUMNS.get(rest[0] if rest else "", ())
            if rest[:1] == ["constraint"] and rest[1:2] == ["message"]:
                tokens = ("bind", "jr:constraintMsg")
            return row.sheet.name, row.number, row.header(*tokens) if tokens else ""
    return "", None, ""


def _place_of_choice(
    steps: list[str], lists: dict[str, ChoiceList], sheets: dict[str, Sheet]
) -> tuple[str, int | None, str]:
    listed = next((each for each in lists.values() if each.key == steps[2]), None)
    position = int(steps[4]) if len(steps) > 4 and steps[4].isdigit() else 0
    row = listed.rows[position] if listed and position < len(listed.rows) else None
    column = {"label": "label", "value": "name"}.get(steps[5] if len(steps) > 5 else "", "")
    return "choices", row, sheets["choices"].header(column) if column else ""
