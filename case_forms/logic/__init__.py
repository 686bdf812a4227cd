"""The expression language: JSON-Logic with a closed list of operators (docs/logic.md). Pure Python, no Django."""

from .checking import problems, references
from .errors import LogicError
from .evaluating import check_expression, evaluate
from .explaining import explain
from .limits import DEFAULT_LIMITS, Limits
from .operators import OPERATORS
from .values import truthy

__all__ = [
    "DEFAULT_LIMITS",
    "OPERATORS",
    "Limits",
    "LogicError",
    "check_expression",
    "evaluate",
    "explain",
    "problems",
    "references",
    "truthy",
]
