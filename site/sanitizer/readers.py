"""Files that the public site gives out: what each kind is told by, and its clean copy, in the same format.

What readers see or hear stays, letter by letter where it can.
"""

from . import recordings
from .file_types import FileRefused
from .picture_parts import clean_kept_picture

PICTURE = "picture"
OFFICE = ("docx", "odt", "xlsx", "ods", "pptx", "odp")
# Ending -> where in the file the signature of its kind stands, and which. An office file is a zip archive.
SIGNATURES: dict[str, tuple[int, tuple[bytes, ...]]] = {
    "pdf": (0, (b"%PDF-",)),
    **dict.fromkeys(OFFICE, (0, (b"PK\x03\x04",))),
    "mp4": (4, (b"ftyp",)),
    "webm": (0, (b"\x1a\x45\xdf\xa3",)),
    "mp3": (0, (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa")),
    "m4a": (4, (b"ftyp",)),
    "ogg": (0, (b"OggS",)),
    "oga": (0, (b"OggS",)),
    "wav": (8, (b"WAVE",)),
    "vtt": (0, (b"WEBVTT", b"\xef\xbb\xbfWEBVTT")),
}
ZIP_END, ZIP_END_BYTES = b"PK\x05\x06", 22
BLANKS = b"\0\t\n\x0c\r "


def is_of_kind(content: bytes, kind: str) -> bool:
    """Whether the first bytes are those of this kind, which is one of SIGNATURES."""
    place, marks = SIGNATURES.get(kind, (0, ()))
    return content[place:].startswith(marks)


def clean_for_readers(content: bytes, kind: str, most_bytes: int) -> bytes:
    """Return the clean copy. `kind`: PICTURE, or an ending of SIGNATURES. Raises FileRefused."""
    if kind == PICTURE:
        return clean_kept_picture(content)
    if not is_of_kind(content, kind):
        raise FileRefused("wrong_kind")
    if kind == "pdf":
        # Loaded by the process that opens such a file and by no other.
        from .documents import clean_public_document

        return clean_public_document(content, most_bytes)
    if kind in OFFICE:
        from .office import clean_office  # in that process alone, too

        return clean_office(content, kind)
    return recordings.CLEANERS[kind](content)


def refuse_what_goes_on(content: bytes, kind: str) -> None:
    """Refuse a document with bytes behind its end, which may be another file. Raises FileRefused.

    Of pictures they are left out, as some cameras write a second picture there.
    """
    if kind == "pdf":
        goes_on = not content.rstrip(BLANKS).endswith(b"%%EOF")
    elif kind in OFFICE:
        end = content.rfind(ZIP_END)
        if end < 0:
            raise FileRefused("wrong_kind")
        remark = int.from_bytes(content[end + 20 : end + 22], "little")
        goes_on = end + ZIP_END_BYTES + remark != len(content)
    elif kind in recordings.ENDS:
        goes_on = recordings.ENDS[kind](content) != len(content)
    else:
        return
    if goes_on:
        raise FileRefused("goes_on")
