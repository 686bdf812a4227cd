"""The properties that every question has: label, relevance, sharing, sensitivity and retention."""

import json
from typing import Any

from case_forms.expressions import LogicError, check_expression
from notifications.directory.models import Role

from ..definition.limits import SENSITIVITIES
from .cells import get_months
from .import_context import UNREAD, Condition, ImportContext, combine_conditions
from .survey_tree import SurveyNode
from .xpath.parser import parse

Question = dict[str, Any]
ASSUMED, STRICTEST = "personal", "special"
IF = " if "
NEVER_SHOWN = ("calculated", "hidden")


def begin_question(node: SurveyNode, ours: str, outer: Condition, context: ImportContext) -> Question:
    """Build the part that every question has."""
    row = node.here
    label = context.texts(row, "label")
    if not label:
        if ours not in NEVER_SHOWN:
            context.report.warning("no_label", *context.where(row, "label"))
        label = context.languages.everywhere(node.name or node.key)
    question: Question = {"item": "question", "key": node.key, "type": ours, "label": label}
    recipient_label = context.texts(row, "vatra", "recipient_label")
    if recipient_label:
        question["recipient_label"] = recipient_label
    relevant = combine_conditions(outer, context.relevant(node))
    if relevant is not None:
        question["relevant"] = relevant
    question |= privacy(node, context)
    return question


def privacy(node: SurveyNode, context: ImportContext) -> dict[str, Any]:
    """Read our own columns, as XLSForms have none: sensitivity, sharing, paper, term, facts of the case."""
    row = node.here
    found: dict[str, Any] = {}
    sensitivity = row.get("vatra", "sensitivity").lower()
    if sensitivity and sensitivity not in SENSITIVITIES:
        context.report.error("bad_sensitivity", *context.where(row, "vatra", "sensitivity"))
    # XLSForms say nothing of privacy: where our column is empty, `personal` is assumed and the report says so once.
    if not sensitivity:
        context.sensitivity_was_assumed = True
    # What can't be read is taken for the strictest.
    found["sensitivity"] = sensitivity if sensitivity in SENSITIVITIES else STRICTEST if sensitivity else ASSUMED
    shared = _shared_with(node, context)
    if shared:
        found["shared_with"] = shared
    if row.get("vatra", "paper").lower() == "no":
        found["paper"] = False
    if row.get("vatra", "brief_part"):
        found["brief_part"] = row.get("vatra", "brief_part").lower()
    for name in ("keep_basis", "writes_fact", "filled_from_fact"):
        if row.get("vatra", name):
            found[name] = row.get("vatra", name).lower()
    written = row.get("vatra", "keep_for")
    if written:
        months = get_months(written)
        if months is None:
            context.report.error("bad_months", *context.where(row, "vatra", "keep_for"))
        else:
            found["keep_for"] = months
    return found


def _shared_with(node: SurveyNode, context: ImportContext) -> dict[str, Any]:
    """Read one recipient from each line: "police", or "police if ${danger} = 'yes'"."""
    row, found = node.here, {}
    written = row.get("vatra", "shared_with")
    # A condition may hold commas, so that they separate roles only where there is none.
    lines = written.splitlines() if IF in written or "\n" in written else written.split(",")
    for line in filter(None, (each.strip() for each in lines)):
        role, _if, condition = line.partition(IF)
        role = role.strip()
        if role not in Role.values:
            context.report.error("bad_sharing", *context.where(row, "vatra", "shared_with"), name=role[:40])
            continue
        found[role] = _condition(condition, node, context) if condition else True
    return found


def _condition(written: str, node: SurveyNode, context: ImportContext) -> Any:
    row = node.here
    context.read += len(written)
    if written.lstrip().startswith("{"):  # what XPath can't say stands as it is in the definition
        try:
            rule = json.loads(written)
            check_expression(rule)
        except (ValueError, RecursionError, LogicError):
            context.report.error("bad_sharing", *context.where(row, "vatra", "shared_with"), name=written[:40])
            return context.left_over(row, "vatra", "shared_with")
        return rule
    part = context.try_convert(lambda: parse(written), row, "vatra", "shared_with") or UNREAD
    return context.condition(part, row, node, "vatra", "shared_with")
