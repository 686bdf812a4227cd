"""Answer with a file or a byte range of it: phones ask for a film piece by piece, and iPhones play nothing else."""

import re
from collections.abc import Iterator
from typing import IO, Protocol, runtime_checkable

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

RANGE = re.compile(r"^bytes=([0-9]{0,18})-([0-9]{0,18})$")
CHUNK_BYTES = 256 * 1024


@runtime_checkable
class ExpectsPart(Protocol):
    def expect(self, first: int, last: int) -> None: ...


class RangeNotSatisfiable(ValueError):
    """The requested range lies outside the file."""


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """Return (first, last) byte of a Range header, or None to send the whole file, also for several ranges at once.

    Raises NotThere.
    """
    asked = RANGE.match(header.strip())
    if asked is None or asked.groups() == ("", ""):
        return None
    first, last = asked.groups()
    if not first:
        # "bytes=-500" asks for the last 500 bytes.
        wanted = min(int(last), size)
        if wanted == 0:
            raise RangeNotSatisfiable
        return size - wanted, size - 1
    if int(first) >= size:
        raise RangeNotSatisfiable
    # RFC 9110: a range that ends before it begins is invalid and ignored, not refused.
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last), size - 1) if last else size - 1


def respond_with_range(
    file: IO[bytes], size: int, *, asked: str, content_type: str, is_head: bool = False
) -> HttpResponseBase:
    """Answer with the file or the requested range. Closes the file when it has been sent.

    A file that comes from elsewhere is told which part is wanted (`expect`), and asked for it before the answer begins.
    """
    try:
        part = parse_range(asked, size) if asked else None
    except RangeNotSatisfiable:
        file.close()
        refused = HttpResponse(status=416)
        refused["Content-Range"] = f"bytes */{size}"
        return refused
    first, last = part or (0, size - 1)
    response: HttpResponseBase
    if is_head:
        file.close()
        response = HttpResponse(content_type=content_type)
    else:
        if isinstance(file, ExpectsPart):
            file.expect(first, last)
        response = StreamingHttpResponse(_iter_chunks(file, first, last - first + 1), content_type=content_type)
    response["Accept-Ranges"] = "bytes"
    response["Content-Length"] = str(last - first + 1)
    if part is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def _iter_chunks(file: IO[bytes], first: int, left: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        while left > 0:
            piece = file.read(min(CHUNK_BYTES, left))
            if not piece:
                return
            left -= len(piece)
            yield piece
