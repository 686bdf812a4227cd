"""The expression language: JSON-Logic with a closed list of operators (docs/expressions.md). It imports no Django."""

from .evaluator import check_expression, compile_expression, evaluate
from .explain import explain
from .limits import DEFAULT_LIMITS, Limits, LogicError
from .operators import OPERATORS
from .references import problems, references
from .satisfiability import can_hold
from .type_checker import KindInfo, kind_problems
from .types import SETTING_PREFIX
from .values import truthy

__all__ = [
    "DEFAULT_LIMITS",
    "OPERATORS",
    "SETTING_PREFIX",
    "KindInfo",
    "Limits",
    "LogicError",
    "can_hold",
    "check_expression",
    "compile_expression",
    "evaluate",
    "explain",
    "kind_problems",
    "problems",
    "references",
    "truthy",
]
