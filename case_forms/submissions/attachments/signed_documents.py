"""The examination of uploaded files, for the signed documents of agreements: a room below, which can't import this."""

from django.core.exceptions import ValidationError

from notifications.directory.agreements.documents import register_examination

from .file_types import FileRefused
from .messages import words_for
from .sanitizer import sanitize_file

ONLY_PDF = frozenset({"pdf"})


def register() -> None:
    register_examination(examine)


def examine(content: bytes, most_bytes: int, by: int) -> bytes:
    """Return a clean copy of a PDF. Raises ValidationError with words for whoever chose it."""
    try:
        return sanitize_file(content, accept=ONLY_PDF, most_bytes=most_bytes, by=by).content
    except FileRefused as refused:
        raise ValidationError(words_for(refused.code, ONLY_PDF), code=refused.code) from None
