"""The first walk: what each row becomes, under which key, and what others may read of it."""

from case_forms.questions import registry
from case_forms.questions.assessment import DECISIONS

from .carrying import Carrying
from .choice_lists import ChoiceList
from .computing import RESULT_KINDS
from .names import KEY, get_key
from .tables import is_table
from .tree import Node
from .types_in import ACKNOWLEDGED, GROUPS, LEFT_OUT, NOTES, TEXTS, Found, get_type
from .xpath.places import Place

OURS_FROM = {"yes_no_unknown": ("yes", "no", "unknown")}
OTHER = "_other"
OCCURRED_ON = "_occurred_on"


def plan(root: Node, carrying: Carrying) -> None:
    """Gives every node its place and key."""
    root.place = carrying.form.root
    for child in root.children:
        _plan(child, carrying, repeats=0)


def _plan(node: Node, carrying: Carrying, repeats: int) -> None:
    assert node.parent is not None
    assert node.parent.place is not None
    row = node.here
    name = node.name
    if not name and (node.type in NOTES or node.type in LEFT_OUT):
        name = f"{'note' if node.type in NOTES else 'left_out'}_{row.number}"
    if not name:
        carrying.report.error("no_name", *carrying.where(row, "name"))
        name = f"row_{row.number}"
    carrying.labels.setdefault(name, carrying.languages.texts(row, "label"))
    sort = node.sort if node.sort in ("group", "repeat") else "question"
    node.place = carrying.form.add(Place(name, sort), node.parent.place)
    if node.sort == "question":
        _plan_question(node, carrying)
        return
    if node.sort == "group" and (is_table(node, carrying) or row.get("vatra", "type") in GROUPS):
        _plan_parts(node, carrying)
        return
    if node.sort == "repeat":
        _give_key(node, carrying)
        node.place.kind = "rows"
        if repeats == 2:
            carrying.report.error("repeats_too_deep", *carrying.where(row, "type"))
    for child in node.children:
        _plan(child, carrying, repeats + (node.sort == "repeat"))


def _give_key(node: Node, carrying: Carrying) -> None:
    """A key of the form's own, as near to the name as can be."""
    assert node.place is not None
    wanted = node.here.get("vatra", "key")
    name = wanted if KEY.fullmatch(wanted) and wanted not in carrying.taken else node.place.name
    key = name if name == OCCURRED_ON else get_key(name, carrying.taken)
    carrying.taken.add(key)
    node.key = key
    carrying.form.give_key(node.place, key)
    if key != node.place.name and not wanted:
        carrying.report.note("renamed", *carrying.where(node.here, "name"), key=key)


def found_type(node: Node) -> Found | None:
    row = node.here
    if node.type in NOTES and row.get("bind", "calculate"):
        return Found("text")
    rows = dict(part.split("=", 1) for part in row.get("parameters").split() if part.count("=") == 1).get("rows", "")
    return get_type(node.type, row.get("control", "appearance"), row.get("vatra", "type"), rows)


def _plan_question(node: Node, carrying: Carrying) -> None:
    assert node.place is not None
    place, row = node.place, node.here
    if row.get("vatra", "type") == OCCURRED_ON and node.type == "date":
        place.logic, place.kind = {"var": OCCURRED_ON}, "date"
        return
    if node.type in LEFT_OUT:
        _plan_left_out(node, carrying)
        return
    _give_key(node, carrying)
    place.is_always_asked = _is_always_asked(node)
    if node.type in NOTES and not row.get("bind", "calculate"):
        place.why_not = "unknown_name"
        return
    found = found_type(node)
    if found is None:
        place.why_not = "unknown_name"
        return
    kind = registry.get(found.type).value_kind
    place.kind = "yesno" if found.type == "boolean" else kind
    if row.get("bind", "calculate"):  # conditions above it are read first, and compare with what comes of it
        place.kind = RESULT_KINDS.get(row.get("vatra", "result"), place.kind)
    place.whole = found.type in ("integer", "duration")
    place.choices = get_choices(node, found.type, carrying)
    if node.has_other:
        _add_other(node, carrying)


def _plan_left_out(node: Node, carrying: Carrying) -> None:
    """The day and the hour can be read nevertheless."""
    assert node.place is not None
    place = node.place
    if "today" in node.type:
        place.logic, place.kind = {"var": "_today"}, "date"
    elif "start" in node.type and "geopoint" not in node.type:
        place.logic, place.kind = {"var": "_now"}, "datetime"
    else:
        place.why_not = "unknown_name"


def _is_always_asked(node: Node) -> bool:
    above: Node | None = node
    while above is not None and above.sort != "repeat" and above.row is not None:
        if above.here.get("bind", "relevant"):
            return False
        above = above.parent
    return True


def get_choices(node: Node, ours: str, carrying: Carrying) -> tuple[tuple[str, str, str], ...]:
    """(value here, value there, label) of what can be chosen, as far as the workbook says."""
    first = carrying.languages.codes[0]
    if ours == "boolean":
        return (("true", "true", "true"), ("false", "false", "false"))
    if node.type in ACKNOWLEDGED:
        return (("OK", "OK", "OK"),)
    listed = carrying.lists.get(node.list_name)
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


def _add_other(node: Node, carrying: Carrying) -> None:
    """The place of the text that or_other asks for."""
    assert node.place is not None
    assert node.place.parent is not None
    name = node.place.name + OTHER
    key = get_key(name, carrying.taken)
    carrying.taken.add(key)
    place = Place(name, key=key, kind="text", is_always_asked=False)
    carrying.form.add(place, node.place.parent)
    if not any(value == "other" for value, _written, _label in node.place.choices):
        node.place.choices = (*node.place.choices, ("other", "other", "Other"))


def _plan_parts(node: Node, carrying: Carrying) -> None:
    """A group that is one question here: its rows are read as its parts."""
    assert node.place is not None
    _give_key(node, carrying)
    ours = node.here.get("vatra", "type")
    for child in node.children:
        child.place = carrying.form.add(Place(child.name or f"row_{child.here.number}"), node.place)
        listed = carrying.lists.get(child.list_name)
        if listed is not None:
            listed.is_used = True
        value = child.here.get("vatra", "value")
        if ours == "indicators" or "." in value or child.type in (*NOTES, *LEFT_OUT):
            child.place.why_not = "unknown_name"
            continue
        value = value or get_key(child.place.name, {each.key for each in node.children})
        child.key = value
        carrying.form.give_key(child.place, f"{node.key}.{value}")
        child.place.kind = "text" if child.type in TEXTS else "choice"
        child.place.choices = tuple(_named(listed, carrying.languages.codes[0])) if listed else ()
        if ours == "indicator_assessment" and child.place.kind == "choice":
            child.place.choices = tuple((decision, decision, decision) for decision in DECISIONS)
