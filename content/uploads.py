"""What may be uploaded into the library: complete pictures, and files of a kind that readers can open.

Editors choose it; readers, on cheap phones, get it. So a file is examined when it is uploaded, while whoever did it can
still choose another one.
"""

import re
from collections.abc import Callable
from functools import partial
from pathlib import PurePath
from threading import Lock
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageFile
from wagtail.documents.forms import BaseDocumentForm
from wagtail.images.forms import BaseImageForm

from .media_storage.errors import BucketAway
from .media_storage.files import get_bucket
from .media_storage.location import has_bucket
from .phone_numbers import find_numbers, is_reserved

OFFICE = (b"PK\x03\x04",)
# Ending -> where in the file the signature of its kind stands, and which. An office file is a zip archive.
KINDS: dict[str, tuple[int, tuple[bytes, ...]]] = {
    "pdf": (0, (b"%PDF-",)),
    "docx": (0, OFFICE),
    "odt": (0, OFFICE),
    "xlsx": (0, OFFICE),
    "ods": (0, OFFICE),
    "pptx": (0, OFFICE),
    "odp": (0, OFFICE),
    "mp4": (4, (b"ftyp",)),
    "webm": (0, (b"\x1a\x45\xdf\xa3",)),
    "mp3": (0, (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa")),
    "m4a": (4, (b"ftyp",)),
    "ogg": (0, (b"OggS",)),
    "oga": (0, (b"OggS",)),
    "wav": (8, (b"WAVE",)),
    "vtt": (0, (b"WEBVTT", b"\xef\xbb\xbfWEBVTT")),
}
INCOMPLETE = _("This picture is incomplete. Save or send it again, then choose it again.")
AWAY = _(
    "Files can’t be stored just now, because the place where they lie can’t be reached. Nothing was saved. Try again in"
    " a few minutes."
)
LINK = re.compile(r"https?:|www\.|://", re.IGNORECASE)
SIGNATURE_BYTES = 16  # bytes: every mark stands within
_decoding = Lock()


def refuse_replacement(instance: Any, file: Any) -> None:
    """Refuse to replace a stored file.

    Pages that were approved with it would show another one unseen (docs/adr/0075).
    """
    if instance.pk is not None and isinstance(file, UploadedFile):
        raise ValidationError(
            _("A file is never replaced. Upload the new one, choose it in the page, and have the page approved.")
        )


def refuse_while_away(file: Any) -> None:
    """Refuse a file that couldn't be stored anyhow, while whoever sent it still sees the rest of the form."""
    if not (has_bucket() and isinstance(file, UploadedFile)):
        return
    from .media_storage.probe import write_something  # and with it botocore: only where there is a bucket

    try:
        write_something(get_bucket())
    except BucketAway:
        raise ValidationError(AWAY) from None


def refuse_numbers(text: str) -> str:
    """Refuse telephone numbers and addresses of sites in a picture's description; return the text.

    It goes to other front ends without a second editor; our pages have descriptions of their own.
    """
    for number in find_numbers(text or ""):
        if not is_reserved(number):
            words = _("%(number)s: telephone numbers stand under “Helplines”, not in the words of a picture.")
            raise ValidationError(words, params={"number": number})
    if LINK.search(text or ""):
        raise ValidationError(_("Write no address of a site here. Put the link into the page."))
    return text


class PictureForm(BaseImageForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The form of a picture that was uploaded among several has no field for its file.
        field: Any = self.fields.get("file")
        if field is not None:
            field.to_python = partial(_read_picture, field.to_python)

    def clean_description(self) -> str:
        return refuse_numbers(self.cleaned_data["description"])

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        refuse_replacement(self.instance, file)
        if isinstance(file, UploadedFile) and not is_complete_picture(file):
            raise ValidationError(INCOMPLETE)
        refuse_while_away(file)
        return file


def _read_picture(read: Callable[[Any], Any], data: Any) -> Any:
    """Read a picture as Wagtail's field does, which opens some kinds whole and fails where they break off."""
    try:
        return read(data)
    except OSError:
        raise ValidationError(INCOMPLETE) from None


class DocumentForm(BaseDocumentForm):
    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        refuse_replacement(self.instance, file)
        if isinstance(file, UploadedFile):
            kind = PurePath(file.name or "").suffix.lstrip(".").lower()
            if kind not in KINDS:
                words = _("Readers can't be given a file of this kind. Choose one of these: %(kinds)s.")
                raise ValidationError(words, params={"kinds": ", ".join(KINDS)})
            if not is_of_kind(file, kind):
                words = _(
                    "This file is not really a .%(kind)s, whatever its name says. Save it as one, then choose it again."
                )
                raise ValidationError(words, params={"kind": kind})
        refuse_while_away(file)
        return file


def is_of_kind(file: UploadedFile, kind: str) -> bool:
    place, marks = KINDS[kind]
    # `read` may meet a file that Django or the form has read already.
    file.seek(0)
    beginning = file.read(SIGNATURE_BYTES)
    file.seek(0)
    return beginning[place:].startswith(marks)


def is_complete_picture(file: UploadedFile) -> bool:
    """Return whether a picture can be read to its end.

    WeasyPrint, once loaded, makes Pillow fill up what is missing with grey, in the whole process: so the switch is
    turned back while one picture is read.
    """
    # The switch belongs to the whole process: two threads that turn it must not undo each other's.
    with _decoding:
        lenient, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
        try:
            file.seek(0)
            Image.open(file).load()
        except (OSError, SyntaxError, ValueError):  # as Pillow's readers of each format call it
            return False
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = lenient
            file.seek(0)
    return True
