"""Parsing of API request bodies: at most a megabyte of plain, finite, shallow JSON, and nothing else.

A refusal never repeats what was sent.
"""

import json
import math
from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.conf import settings
from django.http import HttpRequest, UnreadablePostError

DEEPEST = 24
JSON_TYPE = "application/json"
FORM_TYPE = "multipart/form-data"


class BodyRefused(Exception):
    """The body can't be read. `code` is too_large, not_json or wrong_media_type."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_media_type(request: HttpRequest) -> None:
    """Raise BodyRefused unless the request says that it carries JSON."""
    if request.content_type != JSON_TYPE:
        raise BodyRefused("wrong_media_type")


def read_json(request: HttpRequest, *, limit: int | None = None) -> Any:
    """Return the JSON value of the body, of at most `limit` bytes (a megabyte). Raises BodyRefused."""
    check_media_type(request)
    try:
        value = json.loads(
            read_bytes(request, limit or settings.DATA_UPLOAD_MAX_MEMORY_SIZE).decode(),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_without_doubles,
        )
    except (ValueError, RecursionError):
        raise BodyRefused("not_json") from None
    if _is_too_deep(value):
        raise BodyRefused("not_json")
    return value


def iter_texts(value: Any) -> Iterator[str]:
    """Yield the texts in a value of JSON: names, too."""
    if isinstance(value, str):
        yield value
    for part in chain(value, value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from iter_texts(part)


def read_bytes(request: HttpRequest, limit: int) -> bytes:
    """Return the bytes of the body, also of a chunked one, which comes without its length. Raises BodyRefused."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isascii() and length.isdigit() and int(length) > limit:
        raise BodyRefused("too_large")
    # Django bounds a request's stream by its Content-Length, so a chunked body would read as empty
    stream = request.environ["wsgi.input"] if _is_chunked(request) else request  # type: ignore[attr-defined]
    try:
        # one byte more than allowed, to tell a body of exactly the limit from a longer one
        body = _at_most(stream, limit + 1)
    except (UnreadablePostError, OSError):
        raise BodyRefused("not_json") from None
    if len(body) > limit:
        raise BodyRefused("too_large")
    return body


def _is_chunked(request: HttpRequest) -> bool:
    """Return whether the body is chunked; over WSGI only, as an ASGI server hands the whole body over."""
    return (
        not request.META.get("CONTENT_LENGTH")
        and "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
        and hasattr(request, "environ")
    )


def _at_most(stream: Any, most: int) -> bytes:
    """Read at most so many bytes; a stream may return fewer at a time than it is asked for."""
    parts, left = [], most
    while left > 0:
        part = stream.read(min(left, 65_536))
        if not part:
            break
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _refuse_constant(name: str) -> Any:
    raise ValueError("NaN and infinity are not JSON")


def _finite(text: str) -> float:
    # "1e999" is valid JSON and becomes infinity
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    # parsers differ in which of two equal names wins: client and server would read two different answers
    if len(value) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return value


def _is_too_deep(value: Any) -> bool:
    """Return whether lists and objects are nested deeper than any form needs. Doesn't recurse itself."""
    level = [value]
    for _depth in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterator[Any]:
    """Yield the lists and objects inside a list or object."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (part for part in inner if isinstance(part, dict | list))
