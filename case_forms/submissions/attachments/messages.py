"""Messages about files that aren't accepted, and descriptions of stored ones."""

from collections.abc import Collection

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext

from ..models import Attachment
from .file_types import MAX_PAGES
from .pictures import MAX_PIXELS
from .sanitizer import QUEUE_SECONDS


def words_for(code: str, accept: Collection[str] = ("image", "pdf")) -> str:
    """Return the message for a code of `FileRefused`, in the active language."""
    if code == "wrong_kind":
        return _wanted(accept)
    size = filesizeformat(settings.ATTACHMENT_MAX_BYTES)
    said = {
        "empty_file": gettext("This file is empty. Choose another one."),
        "too_large": gettext("This file is larger than %(size)s. Choose a smaller one.") % {"size": size},
        "too_many_pixels": gettext("This picture has more than %(count)s million pixels. Choose a smaller one.")
        % {"count": MAX_PIXELS // 1_000_000},
        "too_many_pages": gettext("This document has more than %(count)s pages. Split it, or choose another one.")
        % {"count": MAX_PAGES},
        "locked": gettext("This document is locked. Save a copy without a password, and choose that."),
        "active": gettext("This document contains a program or another file. Print it to a new PDF, and choose that."),
        "too_many": gettext("This form already has %(count)s files. Remove one first.")
        % {"count": settings.ATTACHMENTS_PER_DRAFT},
        "busy": gettext("Too many files are being uploaded just now. Wait %(seconds)s seconds, and choose it again.")
        % {"seconds": QUEUE_SECONDS},
        "one_at_a_time": gettext(
            "Your other files are still being checked. Wait until they are saved, and choose this one again."
        ),
        "sent": gettext("This form has been sent; nothing can be added."),
        "again": gettext("Choose this file again: it was not saved yet."),
    }
    return said.get(code) or gettext("This file can't be opened. It may be damaged; choose another one.")


def kind_in_words(attachment: Attachment) -> str:
    """Describe a stored file for a page: "PDF, 1.2 MB"."""
    kind = gettext("picture") if attachment.media_type.startswith("image/") else "PDF"
    return f"{kind}, {filesizeformat(attachment.size)}"


def _wanted(accept: Collection[str]) -> str:
    if set(accept) == {"image"}:
        return gettext("Choose a picture (JPEG, PNG, WebP or HEIC).")
    if set(accept) == {"pdf"}:
        return gettext("Choose a PDF.")
    return gettext("Choose a picture (JPEG, PNG, WebP or HEIC) or a PDF.")
