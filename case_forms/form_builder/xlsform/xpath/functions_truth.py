"""Functions of truth and choice: not, if, coalesce, selected and its kin."""

from typing import TYPE_CHECKING, Any

from .nodes import Call, Path, Ref, Text, XPathError
from .parsing import parse
from .places import Place
from .typed import Typed, literal, made
from .values import answered, as_boolean, as_day, as_text

if TYPE_CHECKING:
    from .converting import Converter

MAX_CHOICES_NAMED = 150


def not_(converter: "Converter", node: Call) -> Typed:
    inner = converter.boolean(node.arguments[0])
    return literal(not inner.logic) if inner.is_literal else made("!", inner, kind="boolean")


def boolean(converter: "Converter", node: Call) -> Typed:
    inner = converter.scalar(node.arguments[0])
    if inner.kind in ("boolean", "number") and not inner.is_literal:
        return made("!!", inner, kind="boolean")
    return as_boolean(inner)


def if_(converter: "Converter", node: Call) -> Typed:
    condition = converter.boolean(node.arguments[0])
    then = converter.given(condition, converter.scalar, node.arguments[1])
    otherwise = converter.scalar(node.arguments[2])
    then, otherwise, kind = of_one_kind(then, otherwise, node.at)
    return _chain(condition, then, otherwise, kind)


def _chain(condition: Typed, then: Typed, otherwise: Typed, kind: str) -> Typed:
    """An `if` inside the "otherwise" of another is one `if` with more conditions."""
    inner = otherwise.logic.get("if") if isinstance(otherwise.logic, dict) else None
    made_of = made("if", condition, then, otherwise, kind=kind)
    if isinstance(inner, list) and len(inner) > 2:
        return Typed({"if": [condition.logic, then.logic, *inner]}, kind, made_of.size)
    return made_of


def of_one_kind(one: Typed, other: Typed, at: int) -> tuple[Typed, Typed, str]:
    """Two values that may each be the result. An empty text beside a number or a date is no value."""
    if one.kind == other.kind and one.kind != "choices" and "" not in (one.logic, other.logic):
        return one, other, "text" if one.kind in ("choice", "time") else one.kind
    for value, beside in ((one, other), (other, one)):
        if value.logic == "" and value.kind == "text" and beside.kind not in ("choices", "object", "rows", "yesno"):
            nothing = Typed(None, "text" if beside.kind in ("choice", "time") else beside.kind)
            return (nothing, other, beside.kind) if value is one else (one, nothing, beside.kind)
    if {one.kind, other.kind} == {"date", "datetime"}:
        return as_day(one), as_day(other), "date"
    if {one.kind, other.kind} <= {"number", "boolean", "date", "datetime"}:
        raise XPathError("mixed_kinds", at)
    return as_text(one, at), as_text(other, at), "text"


def coalesce(converter: "Converter", node: Call) -> Typed:
    first, second = (converter.scalar(argument) for argument in node.arguments)
    if second.logic == 0 and second.kind == "number" and first.kind in ("text", "choice") and first.place:
        return made("coalesce", first, second)
    first, second, kind = of_one_kind(first, second, node.at)
    rest = second.logic.get("coalesce") if isinstance(second.logic, dict) else None
    made_of = made("coalesce", first, second, kind=kind)
    if isinstance(rest, list):
        return Typed({"coalesce": [first.logic, *rest]}, kind, made_of.size)
    return made_of


def selected(converter: "Converter", node: Call) -> Typed:
    chosen, wanted = (converter.scalar(argument) for argument in node.arguments)
    if chosen.is_literal:
        return made("in", wanted, [_own(wanted, word) for word in str(chosen.logic).split()], kind="boolean")
    if wanted.kind == "number" and wanted.is_literal:
        wanted = literal(str(wanted.logic))
    if isinstance(wanted.logic, str):
        wanted = literal(_own(chosen, wanted.logic))
    if chosen.kind == "choices":
        return made("in", wanted, chosen, kind="boolean")
    if chosen.kind == "choice" or chosen.kind == "yesno":
        return made("==", chosen, _yes_no(chosen, wanted), kind="boolean")
    if chosen.kind == "text":
        word = literal(f" {wanted.logic} ") if wanted.is_literal else made("cat", " ", wanted, " ")
        return made("in", word, made("cat", " ", chosen, " "), kind="boolean")
    raise XPathError("cant_compare", node.at)


def _yes_no(chosen: Typed, wanted: Typed) -> Any:
    is_truth = chosen.kind == "yesno" and wanted.logic in ("true", "false")
    return wanted.logic == "true" if is_truth else wanted


def _own(value: Typed, written: str) -> str:
    return value.place.value_of(written) if value.place else written


def count_selected(converter: "Converter", node: Call) -> Typed:
    chosen = converter.scalar(node.arguments[0])
    if chosen.kind == "choices":
        return made("count", chosen, kind="number")
    if chosen.kind in ("choice", "yesno"):
        return made("if", answered(chosen), 1, 0, kind="number")
    raise XPathError("not_choices", node.at)


def selected_at(converter: "Converter", node: Call) -> Typed:
    chosen = converter.scalar(node.arguments[0])
    position = converter.number(node.arguments[1])
    if chosen.kind != "choices":
        raise XPathError("not_choices", node.at)
    begins_with_1 = literal(position.logic + 1) if position.is_literal else made("+", position, 1, kind="number")
    return made("row", chosen, begins_with_1)


def choice_name(converter: "Converter", node: Call) -> Typed:
    """jr:choice-name(value, '${question}'): the label, as a chain of conditions over the choices there are."""
    value, named = converter.scalar(node.arguments[0]), node.arguments[1]
    place = _question_named(converter, named) if isinstance(named, Text) else None
    if place is None or not place.choices:
        raise XPathError("no_choices_to_name", node.at)
    if len(place.choices) > MAX_CHOICES_NAMED:
        raise XPathError("too_many_to_name", node.at, most=MAX_CHOICES_NAMED)
    parts: list[Any] = []
    for own, _written, label in place.choices:
        parts += [made("==", value, own, kind="boolean"), label]
    return made("if", *parts, None)


def _question_named(converter: "Converter", named: Text) -> Place | None:
    node = parse(named.value.strip())
    if isinstance(node, Ref):
        return converter.named(node)
    if isinstance(node, Path) and node.steps[-1:]:
        places = converter.form.named.get(node.steps[-1], [])
        return places[0] if len(places) == 1 else None
    return None
