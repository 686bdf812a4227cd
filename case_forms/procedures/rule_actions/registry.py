"""The registry of actions, by the code that rules name. A class in a module of this package is in it."""

from typing import Any

from ..discovery import find_classes
from .base import RuleAction, UnknownAction

ACTIONS: dict[str, type[RuleAction]] = {kind.code: kind for kind in find_classes(__package__, RuleAction)}


def get_action(written: Any) -> type[RuleAction]:
    """Return the class of an action as it is stored; UnknownAction when it is none."""
    code = written.get("do") if isinstance(written, dict) else None
    return ACTIONS.get(code, UnknownAction) if isinstance(code, str) else UnknownAction
