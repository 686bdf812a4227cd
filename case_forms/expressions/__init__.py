"""The expression language: JSON-Logic with a closed list of operators (docs/logic.md). Pure Python, no Django."""

from .checking import problems, references
from .errors import LogicError
from .evaluating import check_expression, compile_expression, evaluate
from .explaining import explain
from .kinds import KindInfo, kind_problems
from .limits import DEFAULT_LIMITS, Limits
from .meanings import SETTING_PREFIX
from .operators import OPERATORS
from .possible import can_hold
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
