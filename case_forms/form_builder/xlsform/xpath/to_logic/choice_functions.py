"""Functions of truth and choice: not, if, coalesce, selected and its kin."""

from typing import Any

from ..elements import Element
from ..nodes import Call, Path, Ref, Text, XPathError
from ..parser import parse
from .coercion import answered, as_boolean, as_day, as_text, negated
from .converter import Converter, converts_function
from .typed import TypedLogic, build, build_literal

MAX_CHOICES_NAMED = 150

# ---- truth ----


@converts_function("true", 0)
def true(converter: Converter, node: Call) -> TypedLogic:
    return build_literal(True)


@converts_function("false", 0)
def false(converter: Converter, node: Call) -> TypedLogic:
    return build_literal(False)


@converts_function("not", 1)
def not_(converter: Converter, node: Call) -> TypedLogic:
    return negated(converter.boolean(node.arguments[0]))


@converts_function("boolean", 1)
def boolean(converter: Converter, node: Call) -> TypedLogic:
    inner = converter.scalar(node.arguments[0])
    if inner.kind in ("boolean", "number") and not inner.is_literal:
        return build("!!", inner, kind="boolean")
    return as_boolean(inner)


@converts_function("boolean-from-string", 1)
def boolean_from_string(converter: Converter, node: Call) -> TypedLogic:
    value = converter.scalar(node.arguments[0])
    if value.kind in ("boolean", "yesno"):
        return value.as_kind("boolean")
    return build("in", as_text(value, node.at), ["true", "1"], kind="boolean")


@converts_function("if", 3)
def if_(converter: Converter, node: Call) -> TypedLogic:
    condition = converter.boolean(node.arguments[0])
    # Only here the condition holds: what it asks need not be asked again.
    then = converter.given(condition, converter.scalar, node.arguments[1])
    otherwise = converter.scalar(node.arguments[2])
    then, otherwise, kind = _of_one_kind(then, otherwise, node.at)
    return _chain(condition, then, otherwise, kind)


def _chain(condition: TypedLogic, then: TypedLogic, otherwise: TypedLogic, kind: str) -> TypedLogic:
    """Build an `if`; one inside the "otherwise" of another becomes one `if` with more conditions."""
    inner = otherwise.logic.get("if") if isinstance(otherwise.logic, dict) else None
    built = build("if", condition, then, otherwise, kind=kind)
    if isinstance(inner, list) and len(inner) > 2:
        return TypedLogic({"if": [condition.logic, then.logic, *inner]}, kind, built.size)
    return built


def _of_one_kind(one: TypedLogic, other: TypedLogic, at: int) -> tuple[TypedLogic, TypedLogic, str]:
    """Bring two values that may each be the result to one type.

    An empty text beside a number or a date is no value.
    """
    if one.kind == other.kind and one.kind != "choices" and "" not in (one.logic, other.logic):
        return one, other, "text" if one.kind in ("choice", "time") else one.kind
    for value, beside in ((one, other), (other, one)):
        if value.logic == "" and value.kind == "text" and beside.kind not in ("choices", "object", "rows", "yesno"):
            nothing = TypedLogic(None, "text" if beside.kind in ("choice", "time") else beside.kind)
            return (nothing, other, beside.kind) if value is one else (one, nothing, beside.kind)
    if {one.kind, other.kind} == {"date", "datetime"}:
        return as_day(one), as_day(other), "date"
    if {one.kind, other.kind} <= {"number", "boolean", "date", "datetime"}:
        raise XPathError("mixed_kinds", at)
    return as_text(one, at), as_text(other, at), "text"


@converts_function("coalesce", 2)
def coalesce(converter: Converter, node: Call) -> TypedLogic:
    first, second = (converter.scalar(argument) for argument in node.arguments)
    if second.logic == 0 and second.kind == "number" and first.kind in ("text", "choice") and first.element:
        return build("coalesce", first, second)
    first, second, kind = _of_one_kind(first, second, node.at)
    rest = second.logic.get("coalesce") if isinstance(second.logic, dict) else None
    built = build("coalesce", first, second, kind=kind)
    if isinstance(rest, list):
        return TypedLogic({"coalesce": [first.logic, *rest]}, kind, built.size)
    return built


# ---- choices ----


@converts_function("selected", 2)
def selected(converter: Converter, node: Call) -> TypedLogic:
    chosen, wanted = (converter.scalar(argument) for argument in node.arguments)
    if chosen.is_literal:
        return build("in", wanted, [_own(wanted, word) for word in str(chosen.logic).split()], kind="boolean")
    if wanted.kind == "number" and wanted.is_literal:
        wanted = build_literal(str(wanted.logic))
    if isinstance(wanted.logic, str):
        wanted = build_literal(_own(chosen, wanted.logic))
    if chosen.kind == "choices":
        return build("in", wanted, chosen, kind="boolean")
    if chosen.kind in ("choice", "yesno"):
        return build("==", chosen, _yes_no(chosen, wanted), kind="boolean")
    if chosen.kind == "text":
        # selected() of a text looks for a whole word: blanks around both keep "a" from being found in "ab".
        word = build_literal(f" {wanted.logic} ") if wanted.is_literal else build("cat", " ", wanted, " ")
        return build("in", word, build("cat", " ", chosen, " "), kind="boolean")
    raise XPathError("cant_compare", node.at)


def _yes_no(chosen: TypedLogic, wanted: TypedLogic) -> Any:
    is_truth = chosen.kind == "yesno" and wanted.logic in ("true", "false")
    return wanted.logic == "true" if is_truth else wanted


def _own(value: TypedLogic, written: str) -> str:
    return value.element.get_own_value(written) if value.element else written


@converts_function("count-selected", 1)
def count_selected(converter: Converter, node: Call) -> TypedLogic:
    chosen = converter.scalar(node.arguments[0])
    if chosen.kind == "choices":
        return build("count", chosen, kind="number")
    if chosen.kind in ("choice", "yesno"):
        return build("if", answered(chosen), 1, 0, kind="number")
    raise XPathError("not_choices", node.at)


@converts_function("selected-at", 2)
def selected_at(converter: Converter, node: Call) -> TypedLogic:
    chosen = converter.scalar(node.arguments[0])
    position = converter.number(node.arguments[1])
    if chosen.kind != "choices":
        raise XPathError("not_choices", node.at)
    begins_with_1 = build_literal(position.logic + 1) if position.is_literal else build("+", position, 1, kind="number")
    return build("row", chosen, begins_with_1)


@converts_function("jr:choice-name", 2)
def choice_name(converter: Converter, node: Call) -> TypedLogic:
    """Convert jr:choice-name(value, '${question}') to a chain of conditions over the choices there are."""
    value, named = converter.scalar(node.arguments[0]), node.arguments[1]
    element = _question_named(converter, named) if isinstance(named, Text) else None
    if element is None or not element.choices:
        raise XPathError("no_choices_to_name", node.at)
    if len(element.choices) > MAX_CHOICES_NAMED:
        raise XPathError("too_many_to_name", node.at, most=MAX_CHOICES_NAMED)
    parts: list[Any] = []
    for own, _written, label in element.choices:
        parts += [build("==", value, own, kind="boolean"), label]
    return build("if", *parts, None)


def _question_named(converter: Converter, named: Text) -> Element | None:
    node = parse(named.value.strip())
    if isinstance(node, Ref):
        return converter.get_named(node)
    if isinstance(node, Path) and node.steps[-1:]:
        found = converter.form.named.get(node.steps[-1], [])
        return found[0] if len(found) == 1 else None
    return None
