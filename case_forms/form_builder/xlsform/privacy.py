"""Who may see an answer and for how long it is kept: columns of ours, for XLSForms have none."""

import json
from typing import Any

from case_forms.expressions import LogicError, check_expression
from notifications.directory.models import Role

from ..shapes import SENSITIVITIES
from .carrying import Carrying
from .tree import Node
from .values_in import get_months
from .xpath.parsing import parse

ASSUMED = "personal"
IF = " if "


def privacy(node: Node, carrying: Carrying) -> dict[str, Any]:
    """sensitivity, shared_with, paper, brief_part and keep_for."""
    row = node.here
    found: dict[str, Any] = {}
    sensitivity = row.get("vatra", "sensitivity").lower()
    if sensitivity and sensitivity not in SENSITIVITIES:
        carrying.report.error("bad_sensitivity", *carrying.where(row, "vatra", "sensitivity"))
    if not sensitivity:
        carrying.sensitivity_was_assumed = True
    found["sensitivity"] = sensitivity or ASSUMED
    shared = _shared_with(node, carrying)
    if shared:
        found["shared_with"] = shared
    if row.get("vatra", "paper").lower() == "no":
        found["paper"] = False
    if row.get("vatra", "brief_part"):
        found["brief_part"] = row.get("vatra", "brief_part").lower()
    written = row.get("vatra", "keep_for")
    if written:
        months = get_months(written)
        if months is None:
            carrying.report.error("bad_months", *carrying.where(row, "vatra", "keep_for"))
        else:
            found["keep_for"] = months
    return found


def _shared_with(node: Node, carrying: Carrying) -> dict[str, Any]:
    """One recipient on each line: "police", or "police if ${danger} = 'yes'"."""
    row, found = node.here, {}
    written = row.get("vatra", "shared_with")
    lines = written.splitlines() if IF in written or "\n" in written else written.split(",")
    for line in filter(None, (each.strip() for each in lines)):
        role, _if, condition = line.partition(IF)
        role = role.strip()
        if role not in Role.values:
            carrying.report.error("bad_sharing", *carrying.where(row, "vatra", "shared_with"), name=role[:40])
            continue
        rule = _condition(condition, node, carrying) if condition else True
        if rule is not None:
            found[role] = rule
    return found


def _condition(written: str, node: Node, carrying: Carrying) -> Any:
    row = node.here
    carrying.read += len(written)
    if written.lstrip().startswith("{"):  # what XPath can't say stands as it is in the definition
        try:
            rule = json.loads(written)
            check_expression(rule)
        except (ValueError, RecursionError, LogicError):
            carrying.report.error("bad_sharing", *carrying.where(row, "vatra", "shared_with"), name=written[:40])
            return None
        return rule
    part = carrying.told(lambda: parse(written), row, "vatra", "shared_with")
    return carrying.condition(part, row, node, "vatra", "shared_with") if part is not None else None
