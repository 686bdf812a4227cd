"""Conversion of one row of the survey sheet, or of a group that is one question here, to a question."""

from typing import Any

from case_forms.questions import registry

from . import calculations, question_choices
from .calculations import initial_or_default
from .cells import get_bound, get_parameters
from .constraints import read_constraint
from .import_context import Condition, ImportContext
from .planning import match_type
from .question_basics import NEVER_SHOWN, begin_question
from .question_types import MatchedType
from .survey_tree import SurveyNode

Question = dict[str, Any]
KNOWN_PARAMETERS = {
    "scale": {"start", "end", "step", "tick_labelset"},
    "text": {"rows"},
    "long_text": {"rows"},
    "select_one": {"randomize", "seed"},
    "select_many": {"randomize", "seed"},
}


def get_question(node: SurveyNode, outer: Condition, context: ImportContext) -> list[Question]:
    """Return the question, and the one that or_other adds. Nothing when the row can't be carried over."""
    found = match_type(node)
    if found is None:
        return []
    row = node.here
    ours = found.type
    calculation = row.get("bind", "calculate")
    if calculation and ours not in NEVER_SHOWN:
        return _calculated(node, found, outer, context)
    if ours == "calculated":
        return calculations.calculated(node, found, outer, context)
    question = begin_question(node, ours, outer, context)
    if row.get("vatra", "type") and not found.is_ours:
        context.report.warning("vatra_ignored", *context.where(row, "vatra", "type"))
    if found.nearest:
        context.report.warning("nearest_type", *context.where(row, "type"), name=node.type, ours=ours)
    _texts_and_rules(question, node, found, context)
    more = question_choices.choices(question, node, found, context)
    _appearance(question, node, found, context)
    return [question, *more]


def _calculated(node: SurveyNode, found: MatchedType, outer: Condition, context: ImportContext) -> list[Question]:
    """Convert a row of an answered type with a calculation. once() is only what the question begins with."""
    row = node.here
    part = calculations.get_calculation(node, context)
    assert part is not None
    beginning = calculations.get_beginning(part)
    if beginning is None:
        return calculations.calculated_instead(node, part, found, outer, context)
    # The row is read again as a question without a calculation, and the value is added afterwards.
    row.cells = {tokens: text for tokens, text in row.cells.items() if tokens != ("bind", "calculate")}
    made = get_question(node, outer, context)
    value = context.value(beginning, row, node, "bind", "calculate")
    return [made[0] | {"initial": value.logic}, *made[1:]] if made else made


def _texts_and_rules(question: Question, node: SurveyNode, found: MatchedType, context: ImportContext) -> None:
    row, ours = node.here, found.type
    hint = _hint(node, context)
    if hint and ours not in NEVER_SHOWN:
        question["hint"] = hint
    required = context.truth(node, "required")
    if required is not None:
        question["required"] = required
    if row.texts("bind", "jr:requiredMsg"):
        context.report.note("required_message_left_out", *context.where(row, "bind", "jr:requiredMsg"))
    if any(tokens[0] == "media" for tokens in row.cells):
        context.report.note("media_left_out", *context.where(row, "media"))
    if row.get("trigger"):
        context.report.error("trigger", *context.where(row, "trigger"))
    if ours not in NEVER_SHOWN:
        _read_only(question, node, context)
    _parameters(question, node, context)
    _bounds(question, node, context)
    read_constraint(question, node, context)
    initial_or_default(question, node, context)
    _get_session(question, node)


def _hint(node: SurveyNode, context: ImportContext) -> dict[str, str]:
    """Return the hint, and below it the guidance that ODK would show only on paper."""
    hint, guidance = context.texts(node.here, "hint"), context.texts(node.here, "guidance_hint")
    return {code: "\n".join(filter(None, (hint.get(code), guidance.get(code)))) for code in {**hint, **guidance}}


def _read_only(question: Question, node: SurveyNode, context: ImportContext) -> None:
    written = node.here.get("bind", "readonly")
    if not written:
        return
    truth = node.here.truth("bind", "readonly")
    if truth is None:
        context.report.error("read_only_condition", *context.where(node.here, "bind", "readonly"))
    elif truth:
        question["read_only"] = True


def _parameters(question: Question, node: SurveyNode, context: ImportContext) -> None:
    row = node.here
    parameters = get_parameters(row)
    if parameters is None:
        context.report.error("bad_parameters", *context.where(row, "parameters"))
        return
    known = KNOWN_PARAMETERS.get(question["type"], set())
    for name in parameters.keys() - known:
        context.report.note("parameter_left_out", *context.where(row, "parameters"), name=name[:40])
    if parameters.get("randomize") == "true":
        context.report.warning("randomized", *context.where(row, "parameters"))
    if question["type"] == "scale":
        question_choices.scale(question, node, parameters, context)


def _bounds(question: Question, node: SurveyNode, context: ImportContext) -> None:
    """Read our own columns: vatra::min, vatra::max, vatra::max_length, vatra::accept, vatra::coarsen."""
    row, known = node.here, registry.get(question["type"]).properties
    for name in ("min", "max"):
        written = row.get("vatra", name)
        if not written or question["type"] == "scale":
            continue
        value = get_bound(question["type"], written) if name in known else None
        if value is None:
            context.report.warning("vatra_ignored", *context.where(row, "vatra", name))
        else:
            question[name] = value
    written = row.get("vatra", "max_length")
    if written.isdigit() and len(written) < 6 and "max_length" in known:
        question["max_length"] = int(written)
    accept = row.get("vatra", "accept").split()
    if accept and "accept" in known:
        question["accept"] = accept
    elif question["type"] == "file" and node.type != "file":
        question["accept"] = ["image"]
    if row.get("vatra", "coarsen") and "coarsen" in known:
        question["coarsen"] = row.get("vatra", "coarsen")


def _appearance(question: Question, node: SurveyNode, found: MatchedType, context: ImportContext) -> None:
    """Keep the appearance where it has a meaning here; report the others."""
    row = node.here
    appearance = row.get("vatra", "appearance")
    if appearance:
        question["appearance"] = appearance
        return
    for word in row.get("control", "appearance").split():
        if word in ("minimal", "autocomplete", "search", "quick") and question["type"] == "select_one":
            if "choices_from" not in question and not row.get("vatra", "sensitivity"):
                question["appearance"] = "list"
        elif word not in _MEANT.get(question["type"], ()) and not found.is_ours:
            context.report.note("appearance_left_out", *context.where(row, "control", "appearance"), name=word[:40])


_MEANT = {
    "long_text": ("multiline", "textarea"),
    "approximate_date": ("month-year", "year"),
    "signature": ("signature",),
    "integer": ("numbers",),
    "decimal": ("numbers",),
    "select_many": ("minimal",),
    "select_one": ("list-nolabel",),
}


def _get_session(question: Question, node: SurveyNode) -> None:
    """Read the question that this one is about: vatra::of holds its name in the XLSForm."""
    written = node.here.get("vatra", "of")
    if written and "of" in registry.get(question["type"]).properties:
        question["of"] = written
