"""What a file must be before anything opens it: a zip of plain XML parts, of a size that was meant.

Only the standard library is used here, and nothing is unpacked that has not been measured before.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise

LARGEST_FILE = 5_000_000  # bytes, packed
LARGEST_PART, LARGEST_UNPACKED = 20_000_000, 40_000_000
LARGEST_OTHER = 4_000_000  # bytes of a part with neither cells nor pictures in it
DATA = ("xl/worksheets/", "xl/sharedStrings", "xl/media/", "docProps/")
LARGEST_RATIO, SMALL = 200, 1_000_000  # a part this small may be packed as tightly as it likes
MAX_PARTS = 400
CHUNK = 65_536
MARKUP = (".xml", ".rels", ".vml")
DECLARATION = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._\-]{1,40})["']""")
FORBIDDEN = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff", b"<\x00", b"\x00<")


class Refused(Exception):
    """A file that isn't opened, or can't be read. `code` says why; `values` fill in the words."""

    def __init__(self, code: str, **values: int | str) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True)
class Opened:
    """A file that may be read. has_merged_cells: some sheet has."""

    content: bytes
    has_merged_cells: bool


def opened(content: bytes) -> Opened:
    """Raises Refused: empty_file, file_too_large, encrypted, old_workbook, not_a_workbook, broken_zip, zip_bomb,
    macros, doctype, other_encoding."""
    if not content:
        raise Refused("empty_file")
    if len(content) > LARGEST_FILE:
        raise Refused("file_too_large", most=LARGEST_FILE // 1_000_000)
    if content.startswith(OLE):
        raise Refused("encrypted" if "EncryptedPackage".encode("utf-16-le") in content else "old_workbook")
    if not content.startswith(b"PK"):
        raise Refused("not_a_workbook")
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return Opened(content, _look_through(archive))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
        raise Refused("broken_zip") from None


def _look_through(archive: zipfile.ZipFile) -> bool:
    """Whether there are merged cells. Raises Refused."""
    parts = archive.infolist()
    _measure(parts)
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or not any(name.endswith("workbook.xml") for name in names):
        raise Refused("not_a_workbook")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Refused("macros")
    merged = False
    for part in parts:
        if part.filename.lower().endswith(MARKUP):
            merged |= _check_markup(archive, part)
    return merged


def _measure(parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > MAX_PARTS:
        raise Refused("zip_bomb")
    names = [part.filename for part in parts]
    if len(set(names)) < len(names):
        raise Refused("broken_zip")
    for part in parts:
        if part.flag_bits & 0x1:
            raise Refused("encrypted")
        tight = part.file_size > SMALL and part.file_size > LARGEST_RATIO * max(part.compress_size, 1)
        is_data = part.filename.startswith(DATA)
        if part.file_size > (LARGEST_PART if is_data else LARGEST_OTHER) or tight:
            raise Refused("zip_bomb")
    if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise Refused("zip_bomb")
    ordered = sorted(parts, key=lambda part: part.header_offset)
    for part, following in pairwise(ordered):
        if part.header_offset + 30 + part.compress_size > following.header_offset:
            raise Refused("zip_bomb")  # parts that lie over each other


def _check_markup(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Whether a part has merged cells. Raises Refused for what XML of a workbook never has."""
    before, merged, is_first = b"", False, True
    for chunk in _chunks(archive, part):
        text = before + chunk
        if is_first:
            _check_encoding(text[:400])
            is_first = False
        if FORBIDDEN.search(text):
            raise Refused("doctype")
        if b"macroEnabled" in text and part.filename == "[Content_Types].xml":
            raise Refused("macros")
        merged |= b"<mergeCell " in text
        before = chunk[-32:]
    return merged


def _chunks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _check_encoding(start: bytes) -> None:
    if start.startswith(OTHER_ENCODINGS):
        raise Refused("other_encoding")
    declared = DECLARATION.search(start)
    if declared and declared[1].lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        raise Refused("other_encoding")
