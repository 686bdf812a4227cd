"""Removal of what isn't picture from a JPEG: Exif with places and names, comments, previews, data after its end."""

from .file_types import FileRefused

START, END, SCAN = 0xD8, 0xD9, 0xDA
ALONE = frozenset((0x01, *range(0xD0, 0xD8)))  # markers without a length: restarts
HEAD = 0xE0
KEPT = frozenset((HEAD, 0xEE))  # the JFIF head, and Adobe's, which says how colours are written
DROPPED = (frozenset(range(0xE0, 0xF0)) | {0xFE}) - KEPT


def without_extras(content: bytes) -> bytes:
    """Return the same picture, not encoded anew. Raises FileRefused when the segments can't be followed."""
    if not content.startswith(b"\xff\xd8"):
        raise FileRefused("unreadable")
    pieces, at = [content[:2]], 2
    while at < len(content):
        at = _marker(content, at)
        marker = content[at + 1]
        if marker == END:
            break
        following = at + 2 if marker in ALONE else at + 2 + _length(content, at + 2)
        # a scan's length covers its header only: the picture's bytes follow without a length, up to the next marker
        if marker == SCAN:
            following = _scan_end(content, following)
        if marker == HEAD:
            pieces.append(_head(content[at:following]))
        elif marker not in DROPPED:
            pieces.append(content[at:following])
        at = following
    # an end is written even where the file was cut off; what followed its end (often a preview or a second file) isn't
    return b"".join([*pieces, b"\xff\xd9"])


def _head(segment: bytes) -> bytes:
    """Return the JFIF head without its preview, which may show what was cut away since; nothing of another head."""
    if segment[4:9] != b"JFIF\0" or len(segment) < 18:
        return b""
    return segment[:2] + b"\0\x10" + segment[4:16] + b"\0\0"


def _marker(content: bytes, at: int) -> int:
    """Return the offset of the marker; any number of FF bytes may pad before it. Raises FileRefused."""
    if content[at : at + 1] != b"\xff":
        raise FileRefused("unreadable")
    while content[at + 1 : at + 2] == b"\xff":
        at += 1
    if at + 1 >= len(content):
        raise FileRefused("unreadable")
    return at


def _length(content: bytes, at: int) -> int:
    length = int.from_bytes(content[at : at + 2], "big")
    if length < 2 or at + length > len(content):
        raise FileRefused("unreadable")
    return length


def _scan_end(content: bytes, at: int) -> int:
    """Return the offset of the next marker after the picture's own bytes; FF00 and restarts belong to those."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            return len(content)
        if content[at + 1] != 0 and content[at + 1] not in ALONE:
            return at
        at += 2
