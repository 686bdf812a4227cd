"""Checks of a file before anything opens it: which kind of workbook it is, and of an .xlsx that it is a zip of plain
XML parts, of a plausible size.

Only the standard library is used here, and nothing is unpacked that has not been measured before.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise

MAX_FILE_SIZE = 5_000_000  # bytes, packed
MAX_PART_SIZE, MAX_UNPACKED_SIZE = 20_000_000, 40_000_000
MAX_OTHER_SIZE = 4_000_000  # bytes of a part with neither cells nor pictures in it
DATA = ("xl/worksheets/", "xl/sharedStrings", "xl/media/", "docProps/")
MAX_RATIO, SMALL = 200, 1_000_000  # a part this small may be packed as tightly as it likes
MAX_PARTS = 400
CHUNK = 65_536
XLSX, XLS, CSV = ".xlsx", ".xls", ".csv"
MARKUP = (".xml", ".rels", ".vml")
TYPES = "[Content_Types].xml"
# What Excel and its add-ins keep for themselves, often in UTF-16. No reader of ours gets to see it.
UNREAD = ("customXml/", "docMetadata/")
DEFAULT_TYPE = re.compile(rb"""<(?:\w+:)?Default\b[^<>]*?\bExtension\s*=\s*["']([^"'<>]*)["'][^<>]*>""")
DECLARATION = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._\-]{1,40})["']""")
FORBIDDEN = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff", b"<\x00", b"\x00<")


class RefusedWorkbookError(Exception):
    """Raised for a file that isn't opened, or can't be read. `code` says why; `values` fill in the message."""

    def __init__(self, code: str, **values: int | str) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True)
class CheckedArchive:
    """A workbook that may be read.

    `has_merged_cells`: whether some sheet has merged cells; `type`: XLSX, XLS or CSV; `left_out`: the names of the
    other files in the zip that it came in.
    """

    content: bytes
    has_merged_cells: bool = False
    type: str = XLSX
    left_out: tuple[str, ...] = ()

    def readable(self) -> bytes:
        """Return the file without the parts that weren't checked, so that nothing in it can lead a reader to them."""
        if self.type != XLSX:
            return self.content
        with zipfile.ZipFile(BytesIO(self.content)) as archive:
            if not any(name.startswith(UNREAD) for name in archive.namelist()):
                return self.content
            kept = BytesIO()
            with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
                for part in archive.infolist():
                    if not part.filename.startswith(UNREAD):
                        copy.writestr(part.filename, archive.read(part))
            return kept.getvalue()


def check_archive(content: bytes, *, is_inside: bool = False) -> CheckedArchive:
    """Check a file without unpacking it; of a zip with one workbook in it, that workbook.

    Raises RefusedWorkbookError: empty_file, file_too_large, encrypted, not_a_workbook, several_workbooks, broken_zip,
    zip_bomb, macros, doctype, other_encoding.
    """
    if not content:
        raise RefusedWorkbookError("empty_file")
    if len(content) > MAX_FILE_SIZE:
        raise RefusedWorkbookError("file_too_large", most=MAX_FILE_SIZE // 1_000_000)
    # OLE is the container of .xls files, and of .xlsx files that have a password.
    if content.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise RefusedWorkbookError("encrypted")
        return CheckedArchive(content, type=XLS)
    if not content.startswith(b"PK"):
        return _check_csv(content)
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            _measure(parts)
            if TYPES in archive.namelist():
                return CheckedArchive(content, _look_through(archive))
            if is_inside:  # a zip in a zip, and so on
                raise RefusedWorkbookError("not_a_workbook")
            name, left_out = _find_workbook(archive.namelist())
            inside = archive.read(name)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
        raise RefusedWorkbookError("broken_zip") from None
    return replace(check_archive(inside, is_inside=True), left_out=left_out)


def _check_csv(content: bytes) -> CheckedArchive:
    """Check that it is a text in which the columns of an XLSForm are named."""
    try:
        start = content.decode("utf-8-sig")[:20_000].lower()
    except UnicodeDecodeError:
        start = ""
    if "\0" in start or not ("type" in start and "name" in start and re.search("[,;\t]", start)):
        raise RefusedWorkbookError("not_a_workbook")
    return CheckedArchive(content, type=CSV)


def _find_workbook(names: list[str]) -> tuple[str, tuple[str, ...]]:
    """Return the one workbook in a zip, and the names of the files beside it. A CSV counts where there is no other."""
    files = [name for name in names if not name.endswith("/") and not name.startswith("__MACOSX/")]
    for endings in ((XLSX, XLS), (CSV,)):
        found = [name for name in files if name.lower().endswith(endings)]
        if len(found) > 1:
            raise RefusedWorkbookError("several_workbooks")
        if found:
            return found[0], tuple(name for name in files if name != found[0])
    raise RefusedWorkbookError("not_a_workbook")


def _look_through(archive: zipfile.ZipFile) -> bool:
    """Return whether there are merged cells. Raises RefusedWorkbookError."""
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if not any(name.endswith("workbook.xml") for name in names):
        raise RefusedWorkbookError("not_a_workbook")
    if any(name.lower().endswith("vbaproject.bin") for name in names) or _is_macro_type(archive.read(TYPES), names):
        raise RefusedWorkbookError("macros")
    merged = False
    for part in parts:
        if part.filename.lower().endswith(MARKUP) and not part.filename.startswith(UNREAD):
            merged |= _check_markup(archive, part)
    return merged


def _is_macro_type(types: bytes, names: set[str]) -> bool:
    """Return whether some part is of a type with macros.

    SheetJS declares such a type for .bin in every workbook, and writes no part of that name.
    """
    endings = {name.lower().rpartition(".")[2].encode() for name in names}
    declared = DEFAULT_TYPE.sub(lambda found: found[0] if found[1].lower() in endings else b"", types)
    return b"macroEnabled" in declared


def _measure(parts: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive that is too large or inconsistent, by its directory alone."""
    if len(parts) > MAX_PARTS:
        raise RefusedWorkbookError("zip_bomb")
    names = [part.filename for part in parts]
    # Which of two parts with one name is read depends on the reader: what is checked here might not be what is read.
    if len(set(names)) < len(names):
        raise RefusedWorkbookError("broken_zip")
    for part in parts:
        if part.flag_bits & 0x1:
            raise RefusedWorkbookError("encrypted")
        # By the sizes that the zip declares; `zipfile` itself stops reading a part at the declared size.
        tight = part.file_size > SMALL and part.file_size > MAX_RATIO * max(part.compress_size, 1)
        is_data = part.filename.startswith(DATA)
        if part.file_size > (MAX_PART_SIZE if is_data else MAX_OTHER_SIZE) or tight:
            raise RefusedWorkbookError("zip_bomb")
    if sum(part.file_size for part in parts) > MAX_UNPACKED_SIZE:
        raise RefusedWorkbookError("zip_bomb")
    ordered = sorted(parts, key=lambda part: part.header_offset)
    for part, following in pairwise(ordered):
        if part.header_offset + 30 + part.compress_size > following.header_offset:
            raise RefusedWorkbookError("zip_bomb")  # parts that lie over each other


def _check_markup(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Return whether a part has merged cells. Raises RefusedWorkbookError for what a workbook's XML never has."""
    before, merged, is_first = b"", False, True
    for chunk in _chunks(archive, part):
        text = before + chunk
        if is_first:
            _check_encoding(text[:400], part.filename)
            is_first = False
        if FORBIDDEN.search(text):
            raise RefusedWorkbookError("doctype")
        # Merged cells hold their text in the first cell only; openpyxl in its read-only mode doesn't tell of them.
        merged |= b"<mergeCell " in text
        # The end of each chunk is looked at again, so that nothing hides across a boundary.
        before = chunk[-32:]
    return merged


def _chunks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _check_encoding(start: bytes, name: str) -> None:
    # FORBIDDEN searches bytes: in UTF-16 a DOCTYPE would pass it unseen.
    declared = DECLARATION.search(start)
    is_declared = declared and declared[1].lower() not in (b"utf-8", b"us-ascii", b"ascii")
    if start.startswith(OTHER_ENCODINGS) or is_declared:
        raise RefusedWorkbookError("other_encoding", part=name[:80])
