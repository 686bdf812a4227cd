"""Tables of questions: a group whose questions are asked side by side with the same choices is one matrix here."""

from .carrying import Carrying
from .tree import Node

TABLE, LABELS, ROW = "table-list", "label", "list-nolabel"
ALONE = (
    ("bind", "relevant"),
    ("bind", "constraint"),
    ("bind", "calculate"),
    ("choice_filter",),
    ("default",),
    ("trigger",),
)


def is_table(node: Node, carrying: Carrying) -> bool:
    """Whether the group can be a matrix."""
    rows = build_rows(node)
    if not rows or any(row.type != "select one" or row.has_other for row in rows):
        return False
    if TABLE not in _appearance(node) and not _is_labelled(node):
        return False
    names = {row.list_name for row in rows}
    alone = all(not row.here.get(*column) for row in rows for column in ALONE)
    plain = all(not row.here.texts("hint") for row in rows)
    required = {row.here.get("bind", "required").lower() for row in rows}
    return len(names) == 1 and names <= carrying.lists.keys() and alone and plain and len(required) == 1


def build_rows(node: Node) -> list[Node]:
    """The rows of the table, without the one that only shows the choices."""
    if any(child.sort != "question" for child in node.children):
        return []
    return [child for child in node.children if LABELS not in _appearance(child)]


def get_labels(node: Node) -> Node | None:
    """The row that only shows the choices."""
    return next((child for child in node.children if LABELS in _appearance(child)), None)


def _is_labelled(node: Node) -> bool:
    return get_labels(node) is not None and all(ROW in _appearance(row) for row in build_rows(node))


def _appearance(node: Node) -> list[str]:
    return node.here.get("control", "appearance").split()
