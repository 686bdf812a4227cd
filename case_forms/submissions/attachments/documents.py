"""Clean copies of PDFs: the pages and what is drawn on them. Locked documents and active content are refused.

Left out: the document's information and XMP, its outline, layers' authors, links, comments' authors, Exif in its
pictures, earlier states of the file and whatever hangs before or behind it.
"""

import io
import logging
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.filters import decode_stream_data
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, StreamObject

from .file_types import MAX_PAGES, FileRefused
from .jpeg import without_extras

MAX_OBJECTS = 50_000


def _names(words: str) -> frozenset[str]:
    return frozenset(f"/{word}" for word in words.split())


# A document with one of these acts by itself or carries another file.
ACTIVE_KEYS = _names("JS JavaScript EmbeddedFiles EF XFA RichMediaContent Collection")
ACTIVE_KINDS = _names(
    "JavaScript Launch ImportData SubmitForm Rendition RichMediaExecute GoToE EmbeddedFile"  # of actions and streams
)
PAGE_KEYS = _names("Type MediaBox CropBox BleedBox TrimBox ArtBox Rotate UserUnit Resources Contents Group")
NOTE_KEYS = _names("Type Subtype Rect AP AS F C CA IC BS Border MK QuadPoints InkList L LE")
NOTES_LEFT_OUT = _names("Link Popup FileAttachment Sound Movie Screen RichMedia 3D Text")
DROPPED_KEYS = _names("Metadata PieceInfo LastModified CreatorInfo OPI AA Thumb")
JPEG_FILTERS = ("/DCTDecode", "/DCT")


def clean_document(content: bytes, most_bytes: int) -> tuple[str, bytes]:
    """Return (media type, content) of the copy. Raises FileRefused."""
    # its warnings quote the file
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        copy = _copy(content)
    except FileRefused:
        raise
    except Exception:  # noqa: BLE001 - a parser raises all sorts of errors on a broken file, RecursionError among them
        raise FileRefused("unreadable") from None
    if len(copy) > most_bytes:
        raise FileRefused("too_large")
    return "application/pdf", copy


def _copy(content: bytes) -> bytes:
    # not strict: a slightly broken file that every reader opens isn't refused
    reader = PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted or "/Encrypt" in reader.trailer:
        raise FileRefused("locked")
    _refuse_active(reader)
    if not 0 < len(reader.pages) <= MAX_PAGES:
        raise FileRefused("too_many_pages" if len(reader.pages) else "unreadable")
    writer = PdfWriter()
    for page in reader.pages:
        _only_what_is_drawn(page)
        writer.add_page(page)
    # pypdf would name itself as the producer
    writer.metadata = None
    # all objects of the copy, as pictures and forms hang at resources that pages share
    for thing in writer._objects:
        _clean(thing)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def _refuse_active(reader: PdfReader) -> None:
    """Refuse a file with active content in any object, also in those that no page leads to. Raises FileRefused."""
    numbers = {(number, generation) for generation, found in reader.xref.items() for number in found}
    # objects inside a compressed stream have no entry of their own in the table, and always generation 0
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > MAX_OBJECTS:
        raise FileRefused("unreadable")
    roots = [reader.trailer, *(reader.get_object(IndirectObject(*number, reader)) for number in sorted(numbers))]
    for root in roots:
        for found in _dictionaries(root):
            if not ACTIVE_KEYS.isdisjoint(found) or _name(found, "/S") in ACTIVE_KINDS:
                raise FileRefused("active")
            if _name(found, "/Type") in ACTIVE_KINDS:
                raise FileRefused("active")


def _name(found: DictionaryObject, key: str) -> str:
    value = found.get(key)
    return str(value.get_object()) if isinstance(value, NameObject | IndirectObject) else ""


def _dictionaries(root: Any) -> Iterator[DictionaryObject]:
    """Yield the dictionaries in this object; what it only refers to comes by its own number."""
    # a list instead of recursion: nesting in a hostile file may be as deep as it likes
    waiting = [root]
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, DictionaryObject):
            yield thing
            waiting.extend(thing.values())
        elif isinstance(thing, ArrayObject):
            waiting.extend(thing)


def _only_what_is_drawn(page: DictionaryObject) -> None:
    notes = [_drawn_note(note.get_object()) for note in _list(page.get("/Annots"))]
    for key in set(page) - PAGE_KEYS - {"/Parent"}:
        del page[key]
    drawn = ArrayObject(note for note in notes if note is not None)
    if drawn:
        page[NameObject("/Annots")] = drawn


def _list(value: Any) -> list[Any]:
    found = value.get_object() if value is not None else None
    return list(found) if isinstance(found, ArrayObject) else []


def _drawn_note(note: Any) -> DictionaryObject | None:
    """Copy how a comment or a form's field looks, not who wrote it or what it does; None when it isn't drawn."""
    if not isinstance(note, DictionaryObject) or "/AP" not in note or _name(note, "/Subtype") in NOTES_LEFT_OUT:
        return None
    return DictionaryObject({NameObject(key): note.raw_get(key) for key in note if key in NOTE_KEYS})


def _clean(root: Any) -> None:
    for found in _dictionaries(root):
        for key in DROPPED_KEYS:
            found.pop(key, None)
        if isinstance(found, StreamObject):
            _clean_picture(found)


def _clean_picture(stream: StreamObject) -> None:
    """Strip the metadata of an embedded JPEG, which has the camera's Exif with it."""
    value = stream.get("/Filter")
    filters = [str(name) for name in _list(value)] or [str(value.get_object())] if value is not None else []
    if not filters or filters[-1] not in JPEG_FILTERS:
        return
    # filters before the last wrap the JPEG (ASCII85, Flate); unwrapped, the picture itself stays as it was encoded
    picture = decode_stream_data(stream) if len(filters) > 1 else stream._data
    stream._data = without_extras(picture)
    stream[NameObject("/Filter")] = NameObject("/DCTDecode")
    stream.pop("/DecodeParms", None)
