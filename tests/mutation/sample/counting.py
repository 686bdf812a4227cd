"""A function that its test holds, one whose boundary nobody asks for, one that can hang, one without a test."""

from functools import cache


def add_tax(price: int) -> int:
    """Return a price with its fifth."""
    return price + price // 5


def is_grown_up(age: int) -> bool:
    return age >= 18


@cache
def count_down(left: int) -> int:
    """Return how many steps it takes."""
    steps = 0
    while left > 0:
        left -= 1
        steps += 1
    return steps


def get_larger(one: int, other: int) -> int:
    return one if one > other else other


def nobody_asks(name: str) -> str:
    return name or "nobody"
