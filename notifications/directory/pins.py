"""PINs that are refused because they are tried first: a birthday, a run, pairs, a pattern of the keys, a phone number.

About one in eight numbers of six digits is refused; what is left is guessed no faster than any other (docs/adr/0071).
"""

from collections.abc import Iterator
from itertools import pairwise

# Tried first wherever PINs have leaked, and not caught by a rule below.
_COMMON = """
147258 258369 147369 159753 159357 357159 753159 951753 456852 852456 789456 456789 741852 852963 963852
147852 258147 369258 123654 654123 321654 456123 789123 123789 147896 159951 753951 102030 203040 101010
202020 520131 5201314 1314520 131452 007007 100200 200300 112358 3141592 142857 696969 420420 129129 112112
127127 128128 116111 355355 123450 012340 147258369 159357258 741852963 963852741 789456123 123456789
987654321 1029384756 1357924680 2468013579
"""
COMMON = frozenset(_COMMON.split())


def is_easy(pin: str, *, phone: str = "") -> bool:
    """Tell whether a PIN of digits is one of the first that somebody would try."""
    return (
        pin in COMMON
        or _has_equal_steps(pin)
        or _is_repeated(pin)
        or len(set(pin)) <= 2
        or _is_pairs(pin)
        or pin == pin[::-1]
        or any(_is_date(part) for part in _eights_and_sixes(pin))
        or pin in "".join(sign for sign in phone if sign.isdigit())
    )


def _has_equal_steps(pin: str) -> bool:
    """Match 0000, 1234, 9876, 2468, 7890: the same step from digit to digit, going on from 9 to 0."""
    return len({(int(after) - int(before)) % 10 for before, after in pairwise(pin)}) == 1


def _is_repeated(pin: str) -> bool:
    """Match 123123, 121212, 45454545."""
    return any(len(pin) % length == 0 and pin[:length] * (len(pin) // length) == pin for length in range(1, 5))


def _is_pairs(pin: str) -> bool:
    """Match 112233, 992211, 111222: each digit stands two or three times in a row, and no other way."""
    return any(
        len(pin) % length == 0 and all(len(set(pin[at : at + length])) == 1 for at in range(0, len(pin), length))
        for length in (2, 3)
    )


def _eights_and_sixes(pin: str) -> Iterator[str]:
    """Yield what may be a date in it: the whole of it, and a whole date at its beginning or end."""
    yield pin
    if len(pin) > 8:
        yield from (pin[:8], pin[-8:])


def _is_date(digits: str) -> bool:
    """Tell whether it is a day, month and year in any usual order, or a month and a whole year."""
    if len(digits) == 6:
        a, b, c = (int(digits[at : at + 2]) for at in (0, 2, 4))
        whole = _is_day(a, b) or _is_day(b, a) or _is_day(c, b)
        return whole or (_is_year(digits[:4]) and 1 <= c <= 12) or (_is_year(digits[2:]) and 1 <= a <= 12)
    if len(digits) == 8:
        first, second = digits[:4], digits[4:]
        return (_is_year(second) and _is_day_and_month(first)) or (_is_year(first) and _is_day_and_month(second))
    return False


def _is_day_and_month(four: str) -> bool:
    a, b = int(four[:2]), int(four[2:])
    return _is_day(a, b) or _is_day(b, a)


def _is_day(day: int, month: int) -> bool:
    return 1 <= day <= 31 and 1 <= month <= 12


def _is_year(four: str) -> bool:
    return 1920 <= int(four) <= 2039
