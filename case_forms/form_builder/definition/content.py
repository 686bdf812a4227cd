"""Iterators over a form's content: its expressions with the keys that they read, and its texts by language."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from case_forms import expressions

from .form import Form
from .nodes import CONDITIONS, AnyItem, Choice, MatrixRow, Node, Question, Section, SendWarning, Texts, text_names
from .problems import pointer


class WrittenExpression(NamedTuple):
    """An expression and where it is written.

    `path`: its JSON pointer. Plain true and false aren't expressions.
    """

    path: str
    part: "Section | AnyItem | SendWarning"
    expression: Any

    @property
    def reads(self) -> frozenset[str]:
        return names_read(self.expression)


def names_read(expression: Any) -> frozenset[str]:
    """Return the variables that an expression reads; none when it isn't valid in the expression language."""
    try:
        return expressions.references(expression)
    except expressions.LogicError:
        return frozenset()


def iter_expressions(form: Form) -> Iterator[WrittenExpression]:
    """Iterate over every expression of the form in document order, then over those of the warnings before sending."""
    for path, part in _parts(form):
        for name, expression in _iter_expressions(part):
            if not isinstance(expression, bool):
                yield WrittenExpression(f"{path}/{name}", part, expression)


def iter_texts(form: Form) -> Iterator[tuple[str, Texts]]:
    """Iterate over (JSON pointer, {language: text}) of every text, in document order."""
    yield from _own_texts(form, "")
    for key, shared in form.lists.items():
        path = f"/lists/{pointer(key)}"
        yield from _own_texts(shared, path)
        yield from _texts_of_entries(shared.choices, f"{path}/choices")
    for path, part in _parts(form):
        yield from _own_texts(part, path)
        if isinstance(part, Question):
            if part.constraint is not None:
                yield from _own_texts(part.constraint, f"{path}/constraint")
            yield from _texts_of_entries(part.choices, f"{path}/choices")
            yield from _texts_of_entries(part.rows, f"{path}/rows")


def _parts(form: Form) -> "Iterator[tuple[str, Section | AnyItem | SendWarning]]":
    items = iter(form.iter_items())
    # One merge of two document-order walks. `iter_items` goes through all sections, so an item is held back until the
    # section whose path it begins with has been yielded.
    pending = next(items, None)
    for path, section in form.iter_sections():
        yield path, section
        while pending is not None and pending.path.startswith(f"{path}/"):
            yield pending.path, pending.item
            pending = next(items, None)
    for position, warning in enumerate(form.warnings):
        yield f"/warnings/{position}", warning


def _iter_expressions(part: Node) -> Iterator[tuple[str, Any]]:
    if isinstance(part, SendWarning):
        yield "when", part.when
        return
    yield from ((name, part.value_of(name)) for name in CONDITIONS if part.has(name))
    if isinstance(part, Question):
        if part.constraint is not None:
            yield "constraint/expr", part.constraint.expr
        yield from ((f"shared_with/{pointer(role)}", rule) for role, rule in part.shared_with.items())


def _own_texts(part: Node, path: str) -> Iterator[tuple[str, Texts]]:
    yield from ((f"{path}/{name}", part.value_of(name)) for name in text_names(type(part)) if part.has(name))


def _texts_of_entries(entries: tuple[Choice, ...] | tuple[MatrixRow, ...], path: str) -> Iterator[tuple[str, Texts]]:
    for position, entry in enumerate(entries):
        yield from _own_texts(entry, f"{path}/{position}")
