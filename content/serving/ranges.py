"""Files, or the part of one that was asked for: phones ask for a film piece by piece, and iPhones play nothing else."""

import re
from collections.abc import Iterator
from typing import IO

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

ONE_PART = re.compile(r"^bytes=([0-9]{0,18})-([0-9]{0,18})$")
PIECE = 256 * 1024


class NotThere(ValueError):
    """The part that was asked for lies outside the file."""


def get_part(header: str, size: int) -> tuple[int, int] | None:
    """(first, last) byte of a Range header, None to send the whole file. Several parts at once: the whole file.

    Raises NotThere.
    """
    asked = ONE_PART.match(header.strip())
    if asked is None or asked.groups() == ("", ""):
        return None
    first, last = asked.groups()
    if not first:
        wanted = min(int(last), size)
        if wanted == 0:
            raise NotThere
        return size - wanted, size - 1
    if int(first) >= size:
        raise NotThere
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last), size - 1) if last else size - 1


def answer(file: IO[bytes], size: int, *, asked: str, content_type: str, is_head: bool = False) -> HttpResponseBase:
    """The file or the part of it that was asked for. Closes the file when it has been sent."""
    try:
        part = get_part(asked, size) if asked else None
    except NotThere:
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
        response = StreamingHttpResponse(_pieces(file, first, last - first + 1), content_type=content_type)
    response["Accept-Ranges"] = "bytes"
    response["Content-Length"] = str(last - first + 1)
    if part is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def _pieces(file: IO[bytes], first: int, left: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        while left > 0:
            piece = file.read(min(PIECE, left))
            if not piece:
                return
            left -= len(piece)
            yield piece
