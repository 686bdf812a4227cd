"""Whether a change of a module stays inside its functions.

Such a change can be noticed only by tests that enter one of them. One outside (a constant, a base class, a decorator,
a default) can be noticed by whatever imports the module.
"""

import ast
from dataclasses import dataclass

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
IMPORTS = (ast.Import, ast.ImportFrom)


def stays_inside_functions(before: str, after: str) -> bool:
    """Whether two texts of one module differ in bodies of functions, imports and comments alone, or in new functions.

    A new function counts as outside where it is decorated (a registry may take it) or stands in a class (it may
    override another). What a class says counts as outside, but for the bodies of its methods.
    """
    old, new = outline(before), outline(after)
    if old is None or new is None:
        return False
    return [each for each in new if each.is_old_or_matters(old)] == old


@dataclass(frozen=True)
class Statement:
    """One of a module's, with the bodies of its functions taken out. `adds`: the name of a plain function."""

    text: str
    adds: str = ""

    def is_old_or_matters(self, old: list["Statement"]) -> bool:
        return not self.adds or self.adds in {each.adds for each in old}


def outline(text: str) -> list[Statement] | None:
    """A module's statements but its imports. None where it can't be parsed."""
    try:
        tree = WithoutBodies().visit(ast.parse(text))
    except SyntaxError:
        return None
    return [Statement(ast.dump(node), name_of_plain(node)) for node in tree.body if not isinstance(node, IMPORTS)]


def name_of_plain(node: ast.stmt) -> str:
    return node.name if isinstance(node, FUNCTIONS) and not node.decorator_list else ""


class WithoutBodies(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.body = [ast.Pass()]
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.body = [ast.Pass()]
        return node
