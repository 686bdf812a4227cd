"""Convert values as SQLite stores them into what PostgreSQL takes, and write both as the same canonical bytes.

SQLite holds whatever was written: text of any length, a whole number in a column of booleans, a NUL. What PostgreSQL
can't hold is `Unfit`, and is named instead of changed.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_date, parse_datetime, parse_time

from access.json_body import iter_texts

NUL = "\0"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
RANGES = {"int2": 2**15, "int4": 2**31, "int8": 2**63}


class Unfit(ValueError):
    """A value that PostgreSQL can't hold as it is. The text says why, and not what it is."""


@dataclass(frozen=True)
class Column:
    """A column as PostgreSQL has it. `kind`: the name of its type, such as int8, timestamptz or jsonb."""

    name: str
    kind: str
    max_length: int | None = None


class Converter:
    """Convert one column's values. With `replaces_nul`, a NUL becomes U+FFFD and is counted instead of being unfit."""

    def __init__(self, column: Column, *, replaces_nul: bool = False) -> None:
        self.column, self.replaces_nul, self.replaced = column, replaces_nul, 0
        try:
            self._convert = CONVERTERS[column.kind]
        except KeyError:
            raise Unfit(f"columns of type {column.kind} can't be moved") from None

    def __call__(self, value: Any) -> Any:
        """Raises Unfit."""
        if value is None:
            return None
        if isinstance(value, str):
            value = self._without_nul(value)
        try:
            return self._convert(value, self.column)
        except Unfit:
            raise
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise Unfit(f"it is no value of type {self.column.kind}") from None

    def _without_nul(self, text: str) -> str:
        escaped = self.column.kind == "jsonb" and "\\u0000" in text
        if NUL not in text and not escaped:
            return text
        if not self.replaces_nul:
            # "\\\\u0000" is a backslash and six characters: only reading it tells.
            if not escaped or NUL in text or _holds_nul(json.loads(text)):
                raise Unfit("it holds a NUL character")
            return text
        if self.column.kind != "jsonb":
            self.replaced += 1
            return text.replace(NUL, REPLACEMENT)
        found = json.loads(text)
        if not _holds_nul(found):
            return text
        self.replaced += 1
        return json.dumps(_replace_nul(found), ensure_ascii=False)


def _holds_nul(value: Any) -> bool:
    return any(NUL in text for text in iter_texts(value))


def _replace_nul(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.replace(NUL, REPLACEMENT): _replace_nul(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_replace_nul(each) for each in value]
    return value.replace(NUL, REPLACEMENT) if isinstance(value, str) else value


def _text(value: Any, column: Column) -> str:
    if not isinstance(value, str):
        raise Unfit("it is no text")
    if column.max_length is not None and len(value) > column.max_length:
        raise Unfit(f"it has {len(value)} characters, and the column takes {column.max_length}")
    return value


def _whole(value: Any, column: Column) -> int:
    if not isinstance(value, int):
        raise Unfit("it is no whole number")
    limit = RANGES[column.kind]
    if not -limit <= value < limit:
        raise Unfit("it is too large a number for the column")
    return value


def _truth(value: Any, _column: Column) -> bool:
    if value not in (0, 1):
        raise Unfit("it is neither true nor false")
    return bool(value)


def _moment(value: str, _column: Column) -> datetime:
    found = parse_datetime(value)
    if found is None:
        raise Unfit("it is no time")
    # Django writes UTC without saying so.
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _day(value: str, _column: Column) -> date:
    found = parse_date(value)
    if found is None:
        raise Unfit("it is no day")
    return found


def _time_of_day(value: str, _column: Column) -> time:
    found = parse_time(value)
    if found is None:
        raise Unfit("it is no time of day")
    return found


def _json(value: Any, _column: Column) -> str:
    text = str(_text(value, _column))
    found = json.loads(text, parse_constant=_refuse_constant)
    # A half of a pair, written as \ud83d: valid JSON, and no text.
    json.dumps(found, ensure_ascii=False).encode()
    return text


def _refuse_constant(name: str) -> None:
    raise Unfit(f"it holds {name}, which no JSON has")


CONVERTERS: dict[str, Callable[[Any, Column], Any]] = {
    "bool": _truth,
    "date": _day,
    "int2": _whole,
    "int4": _whole,
    "int8": _whole,
    "jsonb": _json,
    "text": _text,
    "time": _time_of_day,
    "timestamptz": _moment,
    "uuid": lambda value, _column: UUID(hex=value),
    "varchar": _text,
}


# ---- canonical bytes ----


def digest_row(columns: Iterable[Column], values: Iterable[Any]) -> int:
    """Digest one row: the same number for what was converted and for what PostgreSQL returns."""
    row = sha256()
    for column, value in zip(columns, values, strict=True):
        written = _write(column, value)
        row.update(len(written).to_bytes(8, "big"))
        row.update(written)
    return int.from_bytes(row.digest(), "big")


def _write(column: Column, value: Any) -> bytes:
    if value is None:
        return b""
    if column.kind == "jsonb":
        return b"j" + write_json(value)
    if isinstance(value, datetime):
        return b"m" + value.astimezone(UTC).isoformat(timespec="microseconds").encode()
    if isinstance(value, date | time):
        return b"d" + value.isoformat().encode()
    if isinstance(value, UUID):
        return b"u" + value.bytes
    if isinstance(value, str):
        return b"s" + value.encode()
    return type(value).__name__.encode() + repr(value).encode()


def write_json(text: str) -> bytes:
    """Write JSON with sorted keys and numbers by their value: jsonb keeps neither spaces, order nor 1e3."""
    found = json.loads(text, parse_int=_number, parse_float=_number)
    return json.dumps(found, sort_keys=True, ensure_ascii=False, default=lambda number: [str(number)]).encode()


def _number(text: str) -> Decimal:
    """Return a number whose text doesn't depend on how it was written. Exact, unlike a float or `normalize`."""
    sign, digits, exponent = Decimal(text).as_tuple()
    shown = "".join(map(str, digits)).strip("0") or "0"
    dropped = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    if shown == "0" or not isinstance(exponent, int):
        return Decimal(0)
    return Decimal((sign, tuple(map(int, shown)), exponent + dropped))
