"""Messages about files that aren't accepted, and descriptions of stored ones."""

from collections.abc import Collection

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext

from sanitizer.messages import describe_refusal

from ..models import Attachment


def words_for(code: str, accept: Collection[str] = ("image", "pdf")) -> str:
    """Return the message for a code of `FileRefused`, in the active language."""
    if code == "wrong_kind":
        return _wanted(accept)
    said = {
        "too_many": gettext("This form already has %(count)s files. Remove one first.")
        % {"count": settings.ATTACHMENTS_PER_DRAFT},
        "sent": gettext("This form has been sent; nothing can be added."),
        "again": gettext("Choose this file again: it was not saved yet."),
    }
    return said.get(code) or describe_refusal(code, settings.ATTACHMENT_MAX_BYTES)


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
