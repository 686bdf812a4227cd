"""The limits of what one expression may ask for, and the error of one that exceeds them or isn't in the language."""

from dataclasses import dataclass


class LogicError(Exception):
    """An expression that isn't in the language, or that would take too long.

    `code` is one of: not_json, not_an_expression, unknown_operator, bad_arguments, bad_pattern, too_deep, too_large,
    too_many_steps. The text names operators and limits only, never a value from the answers.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Limits:
    """The bounds of one expression.

    `depth` and `nodes` bound the expression as written; `steps` and `length` bound what it does with the data.
    """

    depth: int = 32
    nodes: int = 2_000
    steps: int = 50_000  # nodes evaluated inside map, filter, reduce, all, some, none; values compared or joined
    length: int = 100_000  # characters of a text, or entries of a list, that an operator makes


DEFAULT_LIMITS = Limits()


class Run:
    """One evaluation: the data it began with, and the steps it has left."""

    # One is created for each evaluation.
    __slots__ = ("limits", "root", "steps")

    def __init__(self, root: object, limits: Limits) -> None:
        self.root = root
        self.limits = limits
        self.steps = limits.steps

    def spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise LogicError("too_many_steps", f"the expression takes more than {self.limits.steps} steps")

    # A text or list that is doubled in a loop grows faster than its steps.
    def check_length(self, length: int) -> None:
        if length > self.limits.length:
            raise LogicError("too_many_steps", f"the expression makes something longer than {self.limits.length}")
