"""The sheet "survey" as a tree: groups, repeats, and the rows in them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pyxform.aliases import _type_alias_map as type_aliases
from pyxform.aliases import control, select
from pyxform.xls2json import RE_BEGIN_CONTROL, RE_END_CONTROL, RE_SELECT

from .findings import Report
from .rows import Row, Sheet
from .xpath.places import Place

DISABLED = ("disabled",)
DEEPEST = 12  # groups inside each other


@dataclass(eq=False)
class Node:
    """sort: root, group, repeat, or question (any row that is neither); type: pyxform's name for the row's type;
    list_name, has_other: of a select. `place` and `key` are given later."""

    sort: str
    row: Row | None = None
    type: str = ""
    list_name: str = ""
    has_other: bool = False
    children: "list[Node]" = field(default_factory=list)
    parent: "Node | None" = None
    place: Place | None = None
    key: str = ""

    @property
    def name(self) -> str:
        return self.row.get("name") if self.row else ""

    @property
    def here(self) -> Row:
        assert self.row is not None
        return self.row

    def walk(self) -> "Iterator[Node]":
        """All nodes below, in document order."""
        for child in self.children:
            yield child
            yield from child.walk()


def read_tree(sheet: Sheet, report: Report) -> Node:
    """The rows under their groups. What can't stand is reported and left out."""
    root = Node("root")
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
            open_nodes.append(_added(open_nodes[-1], Node("loop", row)))
        elif begins:
            open_nodes.append(_added(open_nodes[-1], Node(control[begins["type"]], row)))
            if len(open_nodes) > DEEPEST:
                report.error("groups_too_deep", sheet.name, row.number, row.header("type"), most=DEEPEST)
                break
        else:
            _question(open_nodes[-1], row, written, report)
    for node in open_nodes[1 : DEEPEST + 1] if len(open_nodes) <= DEEPEST else []:
        report.error("group_not_closed", sheet.name, node.here.number, node.here.header("type"))
    return root


def _added(parent: Node, node: Node) -> Node:
    node.parent = parent
    parent.children.append(node)
    return node


def _close(open_nodes: list[Node], sort: str, row: Row, report: Report) -> None:
    if open_nodes[-1].sort != sort:
        report.error("group_not_open", row.sheet.name, row.number, row.header("type"))
    if len(open_nodes) > 1:
        open_nodes.pop()


def _question(parent: Node, row: Row, written: str, report: Report) -> None:
    where = (row.sheet.name, row.number, row.header("type"))
    if not written:
        if row.get("name") or row.texts("label"):
            report.error("no_type", *where)
        return
    selects = RE_SELECT.search(written)
    if selects:
        kind = select[selects["select_command"]]
        if "from_file" in selects["select_command"] or "from file" in selects["select_command"]:
            kind = "select from file"
        _added(parent, Node("question", row, kind, selects["list_name"], selects["specify_other"] is not None))
        return
    if written in select:
        report.error("no_list_named", *where)
        return
    _added(parent, Node("question", row, type_aliases.get(written, written)))
