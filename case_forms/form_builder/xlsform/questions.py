"""One row of the survey sheet, or a group that is one question here, as a question of a definition."""

from typing import Any

from case_forms.questions import registry

from . import choosing, computing
from .bounds import bounds
from .carrying import Carrying, Condition, both
from .computing import initial_or_default
from .planning import found_type
from .privacy import privacy
from .tree import Node
from .types_in import Found
from .values_in import get_bound, get_parameters
from .xpath.nodes import Call, Number, Operation, Path, Text
from .xpath.nodes import Node as Part
from .xpath.parsing import parse

Question = dict[str, Any]
GENERAL = {"sq": "Kjo përgjigje nuk përshtatet.", "en": "This answer does not fit."}
NEVER_SHOWN = ("calculated", "hidden")
KNOWN_PARAMETERS = {
    "scale": {"start", "end", "step", "tick_labelset"},
    "text": {"rows"},
    "long_text": {"rows"},
    "select_one": {"randomize", "seed"},
    "select_many": {"randomize", "seed"},
}


def get_question(node: Node, outer: Condition, carrying: Carrying) -> list[Question]:
    """The question, and the one that or_other adds. Nothing when the row can't be carried over."""
    found = found_type(node)
    if found is None:
        return []
    row = node.here
    ours = found.type
    calculation = row.get("bind", "calculate")
    if calculation and ours not in ("calculated", "hidden"):
        return computing.worked_out(node, found, outer, carrying)
    if ours == "calculated":
        return computing.calculated(node, found, outer, carrying)
    question = begun(node, ours, outer, carrying)
    if row.get("vatra", "type") and not found.is_ours:
        carrying.report.warning("vatra_ignored", *carrying.where(row, "vatra", "type"))
    if found.nearest:
        carrying.report.warning("nearest_type", *carrying.where(row, "type"), name=node.type, ours=ours)
    _texts_and_rules(question, node, found, carrying)
    more = choosing.choices(question, node, found, carrying)
    _appearance(question, node, found, carrying)
    return [question, *more]


def begun(node: Node, ours: str, outer: Condition, carrying: Carrying) -> Question:
    """What every question has."""
    row = node.here
    label = carrying.texts(row, "label")
    if not label:
        if ours not in NEVER_SHOWN:
            carrying.report.warning("no_label", *carrying.where(row, "label"))
        label = carrying.languages.everywhere(node.name or node.key)
    question: Question = {"item": "question", "key": node.key, "type": ours, "label": label}
    recipient_label = carrying.texts(row, "vatra", "recipient_label")
    if recipient_label:
        question["recipient_label"] = recipient_label
    relevant = both(outer, carrying.relevant(node))
    if relevant is not None:
        question["relevant"] = relevant
    question |= privacy(node, carrying)
    return question


def _texts_and_rules(question: Question, node: Node, found: Found, carrying: Carrying) -> None:
    row, ours = node.here, found.type
    hint = _hint(node, carrying)
    if hint and ours not in NEVER_SHOWN:
        question["hint"] = hint
    required = carrying.truth(node, "required")
    if required is not None:
        question["required"] = required
    if row.texts("bind", "jr:requiredMsg"):
        carrying.report.note("required_message_left_out", *carrying.where(row, "bind", "jr:requiredMsg"))
    if any(tokens[0] == "media" for tokens in row.cells):
        carrying.report.note("media_left_out", *carrying.where(row, "media"))
    if row.get("trigger"):
        carrying.report.error("trigger", *carrying.where(row, "trigger"))
    if ours not in NEVER_SHOWN:
        _read_only(question, node, carrying)
    _parameters(question, node, carrying)
    _bounds(question, node, carrying)
    _constraint(question, node, carrying)
    initial_or_default(question, node, carrying)
    _get_session(question, node)


def _hint(node: Node, carrying: Carrying) -> dict[str, str]:
    """The hint, and what would only be shown on paper, below it."""
    hint, guidance = carrying.texts(node.here, "hint"), carrying.texts(node.here, "guidance_hint")
    return {code: "\n".join(filter(None, (hint.get(code), guidance.get(code)))) for code in {**hint, **guidance}}


def _read_only(question: Question, node: Node, carrying: Carrying) -> None:
    written = node.here.get("bind", "readonly")
    if not written:
        return
    truth = node.here.truth("bind", "readonly")
    if truth is None:
        carrying.report.error("read_only_condition", *carrying.where(node.here, "bind", "readonly"))
    elif truth:
        question["read_only"] = True


def _parameters(question: Question, node: Node, carrying: Carrying) -> None:
    row = node.here
    parameters = get_parameters(row)
    if parameters is None:
        carrying.report.error("bad_parameters", *carrying.where(row, "parameters"))
        return
    known = KNOWN_PARAMETERS.get(question["type"], set())
    for name in parameters.keys() - known:
        carrying.report.note("parameter_left_out", *carrying.where(row, "parameters"), name=name[:40])
    if parameters.get("randomize") == "true":
        carrying.report.warning("randomized", *carrying.where(row, "parameters"))
    if question["type"] == "scale":
        choosing.scale(question, node, parameters, carrying)


def _bounds(question: Question, node: Node, carrying: Carrying) -> None:
    """What our own columns say: vatra::min, vatra::max, vatra::max_length, vatra::accept, vatra::coarsen."""
    row, known = node.here, registry.get(question["type"]).properties
    for name in ("min", "max"):
        written = row.get("vatra", name)
        if not written or question["type"] == "scale":
            continue
        value = get_bound(question["type"], written) if name in known else None
        if value is None:
            carrying.report.warning("vatra_ignored", *carrying.where(row, "vatra", name))
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


def _constraint(question: Question, node: Node, carrying: Carrying) -> None:
    row = node.here
    part = carrying.parsed(row, "bind", "constraint")
    message = carrying.texts(row, "bind", "jr:constraintMsg")
    if part is not None:
        part = _without(part, [parse(bound) for bound in bounds(question)])
    if part is not None and not message:
        part = _as_bounds(part, question)
    if part is None:
        if message and not row.get("bind", "constraint"):
            carrying.report.note("message_without_constraint", *carrying.where(row, "bind", "jr:constraintMsg"))
        return
    assert node.place is not None
    expression = carrying.condition(part, row, node, "bind", "constraint", itself=node.place)
    if expression is None:
        return
    if not message:
        carrying.report.warning("constraint_message_made", *carrying.where(row, "bind", "constraint"))
        message = {code: GENERAL.get(code, GENERAL["en"]) for code in carrying.languages.codes}
    question["constraint"] = {"expr": expression, "message": message}


def _without(part: Part, known: list[Part]) -> Part | None:
    """The condition without what the question's own properties say already."""
    parts = list(part.parts) if isinstance(part, Operation) and part.sign == "and" else [part]
    while known and parts and parts[0] == known[0]:
        parts, known = parts[1:], known[1:]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else Operation("and", tuple(parts), parts[0].at)


def _as_bounds(part: Part, question: Question) -> Part | None:
    """ ". >= 0 and . <= 120" without a message of its own is a smallest and a largest number; days likewise."""
    parts = part.parts if isinstance(part, Operation) and part.sign == "and" else (part,)
    found: dict[str, Any] = {}
    for each in parts:
        if not isinstance(each, Operation) or each.sign not in (">=", "<=") or each.parts[0] != Path((".",)):
            return part
        bound, name = _bound_in(each.parts[1], question["type"]), "min" if each.sign == ">=" else "max"
        if bound is None or name in found or name in question:
            return part
        found[name] = bound
    question |= found
    return None


def _bound_in(part: Part, ours: str) -> Any:
    """A bound that our types have of themselves: a number written out, a day, today()."""
    if isinstance(part, Number) and (ours == "decimal" or (ours == "integer" and isinstance(part.value, int))):
        return part.value
    if isinstance(part, Call) and ours in ("date", "datetime"):
        if part == Call("today", ()):
            return "today"
        if part.name == "date" and len(part.arguments) == 1 and isinstance(part.arguments[0], Text):
            return get_bound(ours, part.arguments[0].value)
    return None


def _appearance(question: Question, node: Node, found: Found, carrying: Carrying) -> None:
    row = node.here
    kept = row.get("vatra", "appearance")
    if kept:
        question["appearance"] = kept
        return
    for word in row.get("control", "appearance").split():
        if word in ("minimal", "autocomplete", "search", "quick") and question["type"] == "select_one":
            if "choices_from" not in question and not row.get("vatra", "sensitivity"):
                question["appearance"] = "list"
        elif word not in _MEANT.get(question["type"], ()) and not found.is_ours:
            carrying.report.note("appearance_left_out", *carrying.where(row, "control", "appearance"), name=word[:40])


_MEANT = {
    "long_text": ("multiline", "textarea"),
    "approximate_date": ("month-year", "year"),
    "signature": ("signature",),
    "integer": ("numbers",),
    "decimal": ("numbers",),
    "select_many": ("minimal",),
    "select_one": ("list-nolabel",),
}


def _get_session(question: Question, node: Node) -> None:
    """Which question this one is about: the XLSForm's name of it stands in vatra::of."""
    written = node.here.get("vatra", "of")
    if written and "of" in registry.get(question["type"]).properties:
        question["of"] = written
