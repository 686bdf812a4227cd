"""All mutants of a module: each is one node of a function with another in its place, and the code that comes of it."""

import ast
import difflib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType

from .operators import change, is_for_people, negate_condition

Function = ast.FunctionDef | ast.AsyncFunctionDef
# What is not walked into, by the kind of the node.
LEFT_OUT: dict[type[ast.AST], frozenset[str]] = {
    ast.FunctionDef: frozenset({"args", "decorator_list", "returns", "type_params"}),
    ast.AsyncFunctionDef: frozenset({"args", "decorator_list", "returns", "type_params"}),
    ast.Lambda: frozenset({"args"}),
    ast.AnnAssign: frozenset({"annotation", "target"}),
    ast.Raise: frozenset({"exc", "cause"}),  # words for people, or nothing but a name
    ast.FormattedValue: frozenset({"format_spec"}),
    ast.Subscript: frozenset({"slice"}),
}
SHOWS_ITSELF = frozenset({"__repr__", "__str__"})


@dataclass(frozen=True)
class Mutant:
    """One mistake. `function`: its qualified name, the outermost one; `lines`: where that begins and the mistake is.

    `difference`: the lines that differ, as `- ` and `+ `, written anew from what was parsed.
    """

    path: str
    function: str
    lines: tuple[int, int]
    difference: str
    compile: Callable[[str], CodeType] = field(repr=False, compare=False)

    @property
    def key(self) -> tuple[str, int]:
        """What its outermost function is known by: qualified name, and the line on which it begins."""
        return self.function, self.lines[0]


@dataclass(frozen=True)
class _Place:
    owner: ast.AST
    name: str
    at: int | None

    def put(self, node: ast.AST) -> None:
        if self.at is None:
            setattr(self.owner, self.name, node)
        else:
            getattr(self.owner, self.name)[self.at] = node


def find_mutants(root: Path, path: str) -> list[Mutant]:
    """Return every mutant of a module, in the order of its text. `path`: from the root."""
    tree = ast.parse((root / path).read_bytes())
    found = []
    for name, function in iter_functions(tree):
        written = ast.unparse(function).splitlines()
        for place, old, new in _iter_changes(function):
            ast.copy_location(new, old)
            place.put(new)
            difference = _tell_difference(written, ast.unparse(function).splitlines())
            place.put(old)
            if difference:
                lines = (first_line(function), getattr(old, "lineno", function.lineno))
                found.append(Mutant(path, name, lines, difference, _compiler(tree, function, place, old, new)))
    return found


def iter_functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """Yield (qualified name, node) of each function that stands in the module or in a class, but those that show."""

    def walk(nodes: list[ast.stmt], before: str) -> Iterator[tuple[str, Function]]:
        for node in nodes:
            if isinstance(node, ast.ClassDef):
                yield from walk(node.body, f"{before}{node.name}.")
            elif isinstance(node, Function) and node.name not in SHOWS_ITSELF:
                yield before + node.name, node
            elif isinstance(node, ast.If):
                yield from walk([*node.body, *node.orelse], before)

    return walk(tree.body, "")


def first_line(function: Function) -> int:
    """Return the line by which its code is known: that of its first decorator, if it has one."""
    return min([function.lineno, *(each.lineno for each in function.decorator_list)])


def _iter_changes(node: ast.AST) -> Iterator[tuple[_Place, ast.AST, ast.AST]]:
    """Yield (where, what stands there, what could stand there) of everything below a node."""
    for name, value in ast.iter_fields(node):
        if name in LEFT_OUT.get(type(node), ()) or (name == "body" and _is_for_another_database(node)):
            continue
        children: list[tuple[int | None, ast.AST]] = [(None, value)] if isinstance(value, ast.AST) else []
        if isinstance(value, list):
            children = [(at, each) for at, each in enumerate(value) if isinstance(each, ast.AST)]
        for at, child in children:
            if isinstance(child, ast.Assert) or is_for_people(child) or _is_docstring(child):
                continue
            place = _Place(node, name, at)
            for new in change(child):
                yield place, child, new
            if name == "test" or name == "ifs":
                for new in negate_condition(child):  # type: ignore[arg-type]
                    yield place, child, new
            yield from _iter_changes(child)


def _is_for_another_database(node: ast.AST) -> bool:
    """Say whether something is done on PostgreSQL alone: the leg's tests have SQLite."""
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith(".vendor == 'postgresql'")


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _tell_difference(before: list[str], after: list[str]) -> str:
    compared = difflib.ndiff(before, after)
    return "\n".join(f"{line[0]} {line[2:].strip()}" for line in compared if line[0] in "-+")


def _compiler(
    tree: ast.Module, function: Function, place: _Place, old: ast.AST, new: ast.AST
) -> Callable[[str], CodeType]:
    # Without its `super()` a method would be no closure any more, and its code not be taken by one.
    needs_class = any(isinstance(node, ast.Name) and node.id in ("super", "__class__") for node in ast.walk(function))

    def compile_it(filename: str) -> CodeType:
        body = list(function.body)
        place.put(new)
        if needs_class:
            function.body.append(ast.If(ast.Constant(False), [ast.Expr(ast.Name("__class__", ast.Load()))], []))
        try:
            with warnings.catch_warnings(action="ignore"):
                return compile(ast.fix_missing_locations(tree), filename, "exec", dont_inherit=True)
        finally:
            function.body = body
            place.put(old)

    return compile_it
