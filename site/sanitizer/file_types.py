"""Detection of a file's type by its first bytes; its name and declared type count for nothing."""

from dataclasses import dataclass

HEIF_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))


@dataclass(frozen=True)
class Kind:
    """A type of file. `accepted_as`: the word that a question's `accept` has for it."""

    name: str
    accepted_as: str


JPEG, PNG, WEBP, HEIF = (Kind(name, "image") for name in ("JPEG", "PNG", "WEBP", "HEIF"))
PDF = Kind("PDF", "pdf")

ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf"}  # of stored files
ACCEPTED_AS = {"image/jpeg": "image", "image/png": "image", "application/pdf": "pdf"}
MAX_PAGES = 200  # of a document


class FileRefused(Exception):
    """The file isn't accepted. Never holds content.

    `code` says why: empty_file, wrong_kind, too_large, too_many_pixels, too_many_pages, locked, active, unreadable,
    busy, one_at_a_time; of a file for readers also goes_on, picture_inside, hidden_track; of a form too_many, sent.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def get_kind(content: bytes) -> Kind:
    """Return what the first bytes say. Raises FileRefused when the type isn't accepted."""
    if not content:
        raise FileRefused("empty_file")
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    # HEIF shares its container with MP4 and others: only the brand tells them apart
    if content[4:8] == b"ftyp" and content[8:12] in HEIF_BRANDS:
        return HEIF
    if content.startswith(b"%PDF-"):
        return PDF
    raise FileRefused("wrong_kind")
