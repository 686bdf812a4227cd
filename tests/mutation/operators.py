"""Ways in which one place of a program can be made wrong. Each yields what would stand in the place of a node.

Each is a mistake that people make: a boundary, an "and" for an "or", a condition or an argument that is missing, a
statement that was lost. What no test of behaviour could notice is left out: words for people, logs, annotations.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.RShift: ast.LShift,
    ast.LShift: ast.RShift,
}
# Of a call by one of these names, neither the call nor what is given to it is touched.
WORDS = frozenset({"cast", "_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "pgettext"})
LOGS = frozenset({"log", "logger"})
SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|WHERE|ORDER BY|LIMIT|AND|SET|FROM)\b")
SQL_ORDER = re.compile(r" ORDER BY [\w, ]+?(?= LIMIT|$)")
SQL_VALUE = re.compile(r", \w+ = [^,()%]+?(?=,| WHERE|$)")
SQL_STRICT = re.compile(r"[<>]=")


def change(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what could stand in the place of this node by mistake."""
    if isinstance(node, ast.stmt):
        yield from _change_statement(node)
    elif isinstance(node, ast.Compare):
        yield from _change_comparison(node)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for rest in _each_left_out(node.values):
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.BinOp):
        yield from _change_arithmetic(node)
    elif isinstance(node, ast.Constant):
        yield from _change_constant(node)
    elif isinstance(node, ast.Call) and not is_for_people(node):
        for keywords in _each_left_out([each for each in node.keywords if each.arg]):
            yield ast.Call(node.func, node.args, [*keywords, *(each for each in node.keywords if not each.arg)])
    elif isinstance(node, ast.Tuple | ast.List | ast.Set) and not isinstance(getattr(node, "ctx", None), ast.Store):
        yield from _change_collection(node)


def negate_condition(test: ast.expr) -> Iterator[ast.expr]:
    """Turn round what decides an `if` or a `while`, where no other way does it."""
    if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant):
        yield ast.UnaryOp(ast.Not(), test)


def is_for_people(node: ast.AST) -> bool:
    """Say whether a call makes words or a line of a log."""
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name in WORDS
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
            return name in LOGS
    return False


def _change_statement(node: ast.stmt) -> Iterator[ast.stmt]:
    match node:
        case ast.Expr(value=ast.Call() as call) if not is_for_people(call):
            yield ast.Pass()
        case ast.Raise(exc=exc, cause=cause):
            yield ast.Pass()
            if cause is not None:
                yield ast.Raise(exc, None)
        case ast.AugAssign() | ast.Continue() | ast.Break():
            yield ast.Pass()
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))


def _change_comparison(node: ast.Compare) -> Iterator[ast.Compare]:
    for at, op in enumerate(node.ops):
        for other in COMPARISONS[type(op)]:
            yield ast.Compare(node.left, [*node.ops[:at], other(), *node.ops[at + 1 :]], node.comparators)


def _change_arithmetic(node: ast.BinOp) -> Iterator[ast.expr]:
    if isinstance(node.op, ast.Add) and (_is_text(node.left) or _is_text(node.right)):
        yield node.left
        yield node.right
    elif type(node.op) in ARITHMETIC and not _is_text(node.left):
        yield ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))


def _change_constant(node: ast.Constant) -> Iterator[ast.Constant]:
    match node.value:
        case bool() as value:
            yield ast.Constant(not value)
        case int() | float() as value:
            yield ast.Constant(value + 1)
        case str() as value if SQL.search(value):
            yield from map(ast.Constant, change_sql(value))
        case str() as value if not (" " in value and value.endswith(".")):  # a sentence is for people
            yield ast.Constant("other" if value != "other" else "")
        case bytes() as value:
            yield ast.Constant(value + b"other")


def change_sql(text: str) -> Iterator[str]:
    """Yield a statement, or a part of one, without one of its conditions, values or its order, or with a boundary."""
    parts = text.split(" AND ")
    for at, part in enumerate(parts):
        if at and part.count("(") == part.count(")"):
            yield " AND ".join([*parts[:at], *parts[at + 1 :]])
    for pattern in (SQL_ORDER, SQL_VALUE):
        for found in pattern.finditer(text):
            yield text[: found.start()] + text[found.end() :]
    for found in SQL_STRICT.finditer(text):
        yield text[: found.end() - 1] + text[found.end() :]


def _change_collection(node: ast.Tuple | ast.List | ast.Set) -> Iterator[ast.expr]:
    for rest in _each_left_out(node.elts):
        if isinstance(node, ast.Set):
            if rest:
                yield ast.Set(rest)
        else:
            yield type(node)(rest, ast.Load())


def _each_left_out(values: Sequence[T]) -> Iterator[list[T]]:
    for at in range(len(values)):
        yield [*values[:at], *values[at + 1 :]]
