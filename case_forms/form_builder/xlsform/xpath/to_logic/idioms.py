"""Idioms: ways of writing in XPath what JSON-Logic has an operator for, recognised as that operator."""

from ..equivalents import DATE_PARTS, TEMPLATES, match_template
from ..facts import operation
from ..nodes import EMPTY, Call, Filtered, Node, Number, Operation, Path, Ref
from .coercion import as_day, as_number
from .converter import Converter, finds_idiom
from .typed import TypedLogic, build

NOTHING = (Number(0),)


@finds_idiom(Call, "if", "int")
def find_template(converter: Converter, node: Call) -> TypedLogic | None:
    """Recognise an operator written out, as equivalents.TEMPLATES has it."""
    for operator in TEMPLATES:
        holes = match_template(operator, node)
        if holes is None:
            continue
        values = [converter.scalar(hole) for hole in holes]
        if operator in ("floor", "ceil"):
            return build(operator, as_number(values[0], node.at), kind="number")
        if any(value.kind not in ("date", "datetime") for value in values):
            return None
        if operator in DATE_PARTS:
            return build("date_part", operator, values[0], kind="number")
        return build(operator, *map(as_day, values), kind="number")
    return None


# ---- answered or not ----


@finds_idiom(Operation, "and")
def find_empty_group(converter: Converter, node: Operation) -> TypedLogic | None:
    """Recognise ${a} = '' and ${b} = '': a question of several parts without an answer."""
    group = _empty_group(converter, node)
    return build("!", build("answered", group), kind="boolean") if group is not None else None


@finds_idiom(Call, "not")
def find_all_answered(converter: Converter, node: Call) -> TypedLogic | None:
    """Recognise not(${a} = '' or ${b} = ''): both are answered."""
    inner = node.arguments[0] if len(node.arguments) == 1 else None
    group = _empty_group(converter, inner) if inner is not None else None
    if group is not None:
        return build("answered", group, kind="boolean")
    if not isinstance(inner, Operation) or inner.sign != "or":
        return None
    keys: list[str] = []
    for part in inner.parts:
        if _read_as_empty(part) is None:
            return None
        found = operation(converter.boolean(part).logic)
        asked = operation(found[1][0]) if found and found[0] == "!" else None
        if asked is None or asked[0] != "answered":
            return None
        keys += asked[1]
    return build("answered", *keys, kind="boolean")


def _empty_group(converter: Converter, node: Node) -> str | None:
    """Return the key of the question whose parts, all of them, are tested for being empty."""
    if not isinstance(node, Operation) or node.sign != "and":
        return None
    names = []
    for part in node.parts:
        read = _read_as_empty(part)
        if read is None or (isinstance(read, Path) and read.base is not None):
            return None
        names.append(read.name if isinstance(read, Ref) else read.steps[-1])
    named = converter.form.named.get(names[0], [])
    group = named[0].parent if len(named) == 1 else None
    return group.key if group and group.key and group.sort == "group" and names == list(group.children) else None


def _read_as_empty(node: Node) -> Ref | Path | None:
    """Return what is tested for being empty in "${a} = ''"."""
    if not isinstance(node, Operation) or node.sign != "=" or node.parts[1:] != (EMPTY,):
        return None
    return node.parts[0] if isinstance(node.parts[0], Ref | Path) else None


# ---- rows ----


@finds_idiom(Operation, ">", "=")
def find_some_row(converter: Converter, node: Operation) -> TypedLogic | None:
    """Recognise count(R[C]) > 0 and count(R[C]) = 0."""
    rows = _counted(node.parts[0])
    if rows is None or node.parts[1:] != NOTHING:
        return None
    return _loop(converter, "some" if node.sign == ">" else "none", rows)


@finds_idiom(Operation, "and")
def find_every_row(converter: Converter, node: Operation) -> TypedLogic | None:
    """Recognise count(R[not(C)]) = 0 and count(R) > 0."""
    if len(node.parts) != 2:
        return None
    none_fails, some_row = node.parts
    if not isinstance(none_fails, Operation) or none_fails.sign != "=" or none_fails.parts[1:] != NOTHING:
        return None
    failing = _counted(none_fails.parts[0])
    if failing is None or not isinstance(failing.condition, Call) or failing.condition.name != "not":
        return None
    if some_row != Operation(">", (Call("count", (failing.base,)), *NOTHING)):
        return None
    return _loop(converter, "all", Filtered(failing.base, failing.condition.arguments[0], failing.at))


def _loop(converter: Converter, operator: str, rows: Filtered) -> TypedLogic:
    found = converter.filtered(rows)
    assert found.condition is not None
    return build(operator, TypedLogic(found.rows, "rows", found.size), found.condition, kind="boolean")


def _counted(node: Node) -> Filtered | None:
    """Return R[C] of count(R[C])."""
    if isinstance(node, Call) and node.name == "count" and len(node.arguments) == 1:
        rows = node.arguments[0]
        return rows if isinstance(rows, Filtered) else None
    return None
