"""The first walk of an import: what each row becomes, under which key, and what others may read of it."""

from case_forms.questions import registry
from case_forms.questions.assessment import DECISIONS

from .calculations import RESULT_KINDS
from .cells import KEY, get_key
from .choices_sheet import ChoiceList
from .import_context import ImportContext
from .question_types import ACKNOWLEDGED, GROUPS, LEFT_OUT, NOTES, TEXTS, MatchedType, find_type
from .survey_tree import SurveyNode, is_table
from .xpath.elements import Element

OURS_FROM = {"yes_no_unknown": ("yes", "no", "unknown")}
OTHER = "_other"
OCCURRED_ON = "_occurred_on"


def plan(root: SurveyNode, context: ImportContext) -> None:
    """Give every node its element and key."""
    root.element = context.form.root
    for child in root.children:
        _plan(child, context, repeats=0)


def _plan(node: SurveyNode, context: ImportContext, repeats: int) -> None:
    """Plan one node and those below it. `repeats`: how many repeats are around it."""
    assert node.parent is not None
    assert node.parent.element is not None
    row = node.here
    name = node.name
    if not name and (node.type in NOTES or node.type in LEFT_OUT):
        name = f"{'note' if node.type in NOTES else 'left_out'}_{row.number}"
    if not name:
        context.report.error("no_name", *context.where(row, "name"))
        name = f"row_{row.number}"
    # The whole walk comes before the questions are made: a text or a condition may name a question that stands later.
    context.labels.setdefault(name, context.languages.texts(row, "label"))
    sort = node.sort if node.sort in ("group", "repeat") else "question"
    node.element = context.form.add(Element(name, sort), node.parent.element)
    if node.sort == "question":
        _plan_question(node, context)
        return
    if node.sort == "group" and (is_table(node, context.lists) or row.get("vatra", "type") in GROUPS):
        _plan_parts(node, context)
        return
    if node.sort == "repeat" and repeats == 2:
        context.report.error("repeats_too_deep", *context.where(row, "type"))
        node.sort = node.type = "loop"  # left out with all that is in it, in the same way
    if node.sort in ("repeat", "loop"):
        _give_key(node, context)
    if node.sort == "loop":
        node.element.why_not = "unknown_name"
        return
    if node.sort == "repeat":
        node.element.kind = "rows"
    for child in node.children:
        _plan(child, context, repeats + (node.sort == "repeat"))


def _give_key(node: SurveyNode, context: ImportContext) -> None:
    """Give the node a key of the form, as near to its name as possible."""
    assert node.element is not None
    wanted = node.here.get("vatra", "key")
    name = wanted if KEY.fullmatch(wanted) and wanted not in context.taken else node.element.name
    key = name if name == OCCURRED_ON else get_key(name, context.taken)
    context.taken.add(key)
    node.key = key
    context.form.give_key(node.element, key)
    if key != node.element.name and not wanted:
        context.report.note("renamed", *context.where(node.here, "name"), key=key)


def match_type(node: SurveyNode) -> MatchedType | None:
    """Return our type for a row, None when there is none. A note with a calculation is a text."""
    row = node.here
    if node.type in NOTES and row.get("bind", "calculate"):
        return MatchedType("text")
    rows = dict(part.split("=", 1) for part in row.get("parameters").split() if part.count("=") == 1).get("rows", "")
    return find_type(node.type, row.get("control", "appearance"), row.get("vatra", "type"), rows)


def _plan_question(node: SurveyNode, context: ImportContext) -> None:
    assert node.element is not None
    element, row = node.element, node.here
    if row.get("vatra", "type") == OCCURRED_ON and node.type == "date":
        element.logic, element.kind = {"var": OCCURRED_ON}, "date"
        return
    if node.type in LEFT_OUT:
        _plan_left_out(node, context)
        return
    _give_key(node, context)
    element.is_always_asked = _is_always_asked(node)
    if node.type in NOTES and not row.get("bind", "calculate"):
        element.why_not = "unknown_name"
        return
    found = match_type(node)
    if found is None:
        element.why_not = "unknown_name"
        return
    kind = registry.get(found.type).value_kind
    element.kind = "yesno" if found.type == "boolean" else kind
    if row.get("bind", "calculate"):  # conditions above it are read first, and compare with what comes of it
        element.kind = RESULT_KINDS.get(row.get("vatra", "result"), element.kind)
    element.whole = found.type in ("integer", "duration")
    element.choices = get_choices(node, found.type, context)
    if node.has_other:
        _add_other(node, context)


def _plan_left_out(node: SurveyNode, context: ImportContext) -> None:
    """Plan a row that is left out: the day and the hour can be read nevertheless."""
    assert node.element is not None
    element = node.element
    if "today" in node.type:
        element.logic, element.kind = {"var": "_today"}, "date"
    elif "start" in node.type and "geopoint" not in node.type:
        element.logic, element.kind = {"var": "_now"}, "datetime"
    else:
        element.why_not = "left_out_and_read"


def _is_always_asked(node: SurveyNode) -> bool:
    above: SurveyNode | None = node
    while above is not None and above.sort != "repeat" and above.row is not None:
        if above.here.get("bind", "relevant"):
            return False
        above = above.parent
    return True


def get_choices(node: SurveyNode, ours: str, context: ImportContext) -> tuple[tuple[str, str, str], ...]:
    """Return (value here, value there, label) of what can be chosen, as far as the workbook says."""
    first = context.languages.codes[0]
    if ours == "boolean":
        return (("true", "true", "true"), ("false", "false", "false"))
    if node.type in ACKNOWLEDGED:
        return (("OK", "OK", "OK"),)
    listed = context.lists.get(node.list_name)
    if listed is None:
        return ()
    listed.is_used = True
    return tuple(_named(listed, first))


def _named(listed: ChoiceList, first: str) -> list[tuple[str, str, str]]:
    pairs = zip(listed.choices, listed.written, strict=True)
    return [
        (choice["value"], written, choice["label"].get(first) or next(iter(choice["label"].values()), written))
        for choice, written in pairs
    ]


def _add_other(node: SurveyNode, context: ImportContext) -> None:
    """Add the element of the text question that or_other asks."""
    assert node.element is not None
    assert node.element.parent is not None
    name = node.element.name + OTHER
    key = get_key(name, context.taken)
    context.taken.add(key)
    element = Element(name, key=key, kind="text", is_always_asked=False)
    context.form.add(element, node.element.parent)
    if not any(value == "other" for value, _written, _label in node.element.choices):
        node.element.choices = (*node.element.choices, ("other", "other", "Other"))


def _plan_parts(node: SurveyNode, context: ImportContext) -> None:
    """Plan a group that is one question here: its rows are read as its parts."""
    assert node.element is not None
    _give_key(node, context)
    ours = node.here.get("vatra", "type")
    for child in node.children:
        child.element = context.form.add(Element(child.name or f"row_{child.here.number}"), node.element)
        listed = context.lists.get(child.list_name)
        if listed is not None:
            listed.is_used = True
        value = child.here.get("vatra", "value")
        if ours == "indicators" or "." in value or child.type in (*NOTES, *LEFT_OUT):
            child.element.why_not = "unknown_name"
            continue
        value = value or get_key(child.element.name, {each.key for each in node.children})
        child.key = value
        context.form.give_key(child.element, f"{node.key}.{value}")
        child.element.kind = "text" if child.type in TEXTS else "choice"
        child.element.choices = tuple(_named(listed, context.languages.codes[0])) if listed else ()
        if ours == "indicator_assessment" and child.element.kind == "choice":
            child.element.choices = tuple((decision, decision, decision) for decision in DECISIONS)
