"""The sheet "survey" as a tree: groups, repeats, the rows in them, and which groups are tables of questions."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from pyxform.aliases import _type_alias_map as type_aliases
from pyxform.aliases import control, select
from pyxform.xls2json import RE_BEGIN_CONTROL, RE_END_CONTROL, RE_SELECT

from .findings import Report
from .sheet import Row, Sheet
from .xpath.elements import Element

DISABLED = ("disabled",)
MAX_DEPTH = 12  # groups inside each other
TABLE, LABELS, ROW = "table-list", "label", "list-nolabel"
ALONE = (
    ("bind", "relevant"),
    ("bind", "constraint"),
    ("bind", "calculate"),
    ("choice_filter",),
    ("default",),
    ("trigger",),
)


@dataclass(eq=False)
class SurveyNode:
    """One group, repeat or row.

    `sort`: root, group, repeat, loop (left out as a whole), or question (any other row); `type`: pyxform's name for it;
    `list_name`, `has_other`: of a select. `element` and `key` are given later (planning.py).
    """

    sort: str
    row: Row | None = None
    type: str = ""
    list_name: str = ""
    has_other: bool = False
    children: "list[SurveyNode]" = field(default_factory=list)
    parent: "SurveyNode | None" = None
    element: Element | None = None
    key: str = ""

    @property
    def name(self) -> str:
        return self.row.get("name") if self.row else ""

    @property
    def here(self) -> Row:
        assert self.row is not None
        return self.row

    def walk(self) -> "Iterator[SurveyNode]":
        """Iterate over all nodes below, in document order."""
        for child in self.children:
            yield child
            yield from child.walk()


def read_tree(sheet: Sheet, report: Report) -> SurveyNode:
    """Put the rows under their groups. What isn't allowed is reported and left out."""
    root = SurveyNode("root")
    open_nodes = [root]
    for row in sheet.rows:
        if row.truth(*DISABLED):
            continue
        written = " ".join(row.get("type").split())
        begins, ends = RE_BEGIN_CONTROL.search(written), RE_END_CONTROL.search(written)
        if ends:
            _close(open_nodes, control[ends["type"]], row, report)
        elif begins and control[begins["type"]] == "loop":
            report.error("loop", sheet.name, row.number, row.header("type"))
            open_nodes.append(_added(open_nodes[-1], SurveyNode("loop", row, "loop")))
        elif begins:
            open_nodes.append(_added(open_nodes[-1], SurveyNode(control[begins["type"]], row)))
            if len(open_nodes) > MAX_DEPTH:
                report.error("groups_too_deep", sheet.name, row.number, row.header("type"), most=MAX_DEPTH)
                break
        else:
            _question(open_nodes[-1], row, written, report)
    # After "too deep" the walk stopped early: then open groups are no mistake of the workbook's.
    for node in open_nodes[1 : MAX_DEPTH + 1] if len(open_nodes) <= MAX_DEPTH else []:
        report.error("group_not_closed", sheet.name, node.here.number, node.here.header("type"))
    return root


def _added(parent: SurveyNode, node: SurveyNode) -> SurveyNode:
    node.parent = parent
    parent.children.append(node)
    return node


def _close(open_nodes: list[SurveyNode], sort: str, row: Row, report: Report) -> None:
    if open_nodes[-1].sort != sort:
        report.error("group_not_open", row.sheet.name, row.number, row.header("type"))
    if len(open_nodes) > 1:
        open_nodes.pop()


def _question(parent: SurveyNode, row: Row, written: str, report: Report) -> None:
    where = (row.sheet.name, row.number, row.header("type"))
    if not written:
        if row.get("name") or row.texts("label"):
            report.error("no_type", *where)
            _added(parent, SurveyNode("question", row))
        return
    selects = RE_SELECT.search(written)
    if selects:
        kind = select[selects["select_command"]]
        if "from_file" in selects["select_command"] or "from file" in selects["select_command"]:
            kind = "select from file"
        _added(parent, SurveyNode("question", row, kind, selects["list_name"], selects["specify_other"] is not None))
        return
    _added(parent, SurveyNode("question", row, select.get(written) or type_aliases.get(written, written)))


# ---- tables of questions ----


def is_table(node: SurveyNode, list_names: Collection[str]) -> bool:
    """Return whether the group can be a matrix: questions side by side, with the same choices of these lists."""
    rows = build_rows(node)
    if not rows or any(row.type != "select one" or row.has_other for row in rows):
        return False
    if TABLE not in _appearance(node) and not _is_labelled(node):
        return False
    names = {row.list_name for row in rows}
    # A matrix has no conditions, constraints or defaults of single rows: a group that has them stays a group.
    alone = all(not row.here.get(*column) for row in rows for column in ALONE)
    plain = all(not row.here.texts("hint") for row in rows)
    required = {row.here.get("bind", "required").lower() for row in rows}
    return len(names) == 1 and names <= set(list_names) and alone and plain and len(required) == 1


def build_rows(node: SurveyNode) -> list[SurveyNode]:
    """Return the rows of the table, without the one that only shows the choices."""
    if any(child.sort != "question" for child in node.children):
        return []
    return [child for child in node.children if LABELS not in _appearance(child)]


def get_labels(node: SurveyNode) -> SurveyNode | None:
    """Return the row that only shows the choices."""
    return next((child for child in node.children if LABELS in _appearance(child)), None)


def _is_labelled(node: SurveyNode) -> bool:
    return get_labels(node) is not None and all(ROW in _appearance(row) for row in build_rows(node))


def _appearance(node: SurveyNode) -> list[str]:
    return node.here.get("control", "appearance").split()
