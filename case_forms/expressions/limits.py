"""How much one expression may ask for."""

from dataclasses import dataclass

from .errors import LogicError


@dataclass(frozen=True)
class Limits:
    """`depth` and `nodes` bound the expression as written; `steps` and `length` bound what it does with the data."""

    depth: int = 32
    nodes: int = 2_000
    steps: int = 50_000  # nodes evaluated inside map, filter, reduce, all, some, none; values compared or joined
    length: int = 100_000  # characters of a text, or entries of a list, that an operator makes


DEFAULT_LIMITS = Limits()


class Run:
    """One evaluation: the data it began with, and the steps it has left."""

    __slots__ = ("limits", "root", "steps")

    def __init__(self, root: object, limits: Limits) -> None:
        self.root = root
        self.limits = limits
        self.steps = limits.steps

    def spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise LogicError("too_many_steps", f"the expression takes more than {self.limits.steps} steps")

    def check_length(self, length: int) -> None:
        if length > self.limits.length:
            raise LogicError("too_many_steps", f"the expression makes something longer than {self.limits.length}")
