"""Clean copies of PDFs. Locked documents and active content are refused.

Of what is attached to a form the pages stay, and what is drawn on them. Left out: the document's information and XMP,
its outline, layers' authors, links, comments' authors, Exif in its pictures, earlier states of the file and whatever
hangs before or behind it. Of what readers are given more stays (`clean_public_document`).
"""

import io
import logging
from collections.abc import Callable, Iterator
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
    return "application/pdf", _guarded(lambda: _copy(content), most_bytes)


def _guarded(make: Callable[[], bytes], most_bytes: int) -> bytes:
    # its warnings quote the file
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        copy = make()
    except FileRefused:
        raise
    except Exception:  # noqa: BLE001 - a parser raises all sorts of errors on a broken file, RecursionError among them
        raise FileRefused("unreadable") from None
    if len(copy) > most_bytes:
        raise FileRefused("too_large")
    return copy


def _read(content: bytes) -> PdfReader:
    # not strict: a slightly broken file that every reader opens isn't refused
    reader = PdfReader(io.BytesIO(content), strict=False)
    # Locked against changes only, it opens without a password, as it does for every reader; the copy has no lock.
    if reader.is_encrypted and not reader.decrypt(""):
        raise FileRefused("locked")
    _refuse_active(reader)
    if not 0 < len(reader.pages) <= MAX_PAGES:
        raise FileRefused("too_many_pages" if len(reader.pages) else "unreadable")
    return reader


def _copy(content: bytes) -> bytes:
    reader, writer = _read(content), PdfWriter()
    for page in reader.pages:
        _only_what_is_drawn(page)
        writer.add_page(page)
    # pypdf would name itself as the producer
    writer.metadata = None
    # all objects of the copy, as pictures and forms hang at resources that pages share
    for thing in writer._objects:
        _clean(thing)
    return _written(writer)


def _written(writer: PdfWriter) -> bytes:
    """Return the document twice written: what the first one left out, nothing leads to in the second."""
    first, written, again = io.BytesIO(), io.BytesIO(), PdfWriter()
    writer.write(first)
    again.clone_reader_document_root(PdfReader(first))
    again.metadata = None
    again.write(written)
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


# ---- documents for readers ----

NOTES_FOR_READERS = _names("Link Widget")
# Of comments: who wrote them, when, in answer to what, and the words that aren't drawn.
WRITTEN_BY = _names("T M CreationDate NM Subj RC IRT RT Popup Contents")
WEB = ("http://", "https://", "mailto:", "tel:")


def clean_public_document(content: bytes, most_bytes: int) -> bytes:
    """Return the copy that readers are given: what is drawn, its structure for screen readers, outline and links.

    Links lead to the web and within the document, never to a file. Fields to fill in stay. Raises FileRefused.
    """
    return _guarded(lambda: _public_copy(content), most_bytes)


def _public_copy(content: bytes) -> bytes:
    reader = _read(content)
    writer = PdfWriter()
    # What no page leads to, earlier states of the document among it, doesn't come along.
    writer.clone_reader_document_root(reader)
    writer.metadata = None
    root = writer.root_object
    for key in ("/OpenAction", "/AA", "/URI", "/Perms", "/Legal", "/SpiderInfo", "/DSS"):
        root.pop(key, None)
    for page in writer.pages:
        notes = [note for note in _list(page.get("/Annots")) if _is_for_readers(note.get_object())]
        if notes:
            page[NameObject("/Annots")] = ArrayObject(notes)
        else:
            page.pop("/Annots", None)
    for thing in writer._objects:
        _clean(thing)
        for found in _dictionaries(thing):
            _clean_for_readers(found)
    return _written(writer)


def _is_for_readers(note: Any) -> bool:
    if not isinstance(note, DictionaryObject):
        return False
    kind = _name(note, "/Subtype")
    return kind in NOTES_FOR_READERS or ("/AP" in note and kind not in NOTES_LEFT_OUT)


def _clean_for_readers(found: DictionaryObject) -> None:
    for key in ("/A", "/PA"):
        if key in found and isinstance(action := found[key].get_object(), DictionaryObject) and "/S" in action:
            if _leads_anywhere(action):
                action.pop("/Next", None)
            else:
                del found[key]
    if "/Rect" in found and _name(found, "/Subtype") not in NOTES_FOR_READERS:
        for key in WRITTEN_BY:
            found.pop(key, None)
    if _name(found, "/Type") == "/Sig" or "/ByteRange" in found:
        found.clear()  # it names who signed, and a copy isn't signed any more


def _leads_anywhere(action: DictionaryObject) -> bool:
    kind = _name(action, "/S")
    return kind == "/GoTo" or (kind == "/URI" and str(action.get("/URI", "")).lower().startswith(WEB))
