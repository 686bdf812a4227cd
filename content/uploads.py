"""What may be uploaded into the library: complete pictures, and files of a kind that readers can open.

Editors choose it; readers, on cheap phones, get it. So a file is examined when it is uploaded, while whoever did it can
still choose another one. What is stored is a clean copy (`library_files`).
"""

import re
from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.utils.translation import gettext_lazy as _
from wagtail.documents.forms import BaseDocumentForm
from wagtail.images.forms import BaseImageForm

from sanitizer.file_types import FileRefused
from sanitizer.messages import describe_refusal
from sanitizer.readers import SIGNATURES

from .library_files import clean_upload, get_kind, remember_clean
from .media_storage.errors import BucketAway
from .media_storage.files import get_bucket
from .media_storage.location import has_bucket
from .phone_numbers import find_numbers, is_reserved

INCOMPLETE = _("This picture is incomplete. Save or send it again, then choose it again.")
AWAY = _(
    "Files can’t be stored just now, because the place where they lie can’t be reached. Nothing was saved. Try again in"
    " a few minutes."
)
LINK = re.compile(r"https?:|www\.|://", re.IGNORECASE)


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


class _CleanFileForm:
    """Part of a form with a file: what is stored is its clean copy, which is remembered as such."""

    instance: Any
    by: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Whose file it is: one person's are cleaned one after the other.
        self.by = getattr(kwargs.get("user"), "pk", None) or "library"
        super().__init__(*args, **kwargs)

    def get_clean_copy(self, file: UploadedFile, most_bytes: int, *, is_picture: bool) -> UploadedFile:
        """Return the file with its clean content. Raises FileRefused."""
        # `read` may meet a file that Django or the form has read already.
        file.seek(0)
        name = str(file.name)
        content = clean_upload(file.read(), name=name, most_bytes=most_bytes, by=self.by, is_picture=is_picture)
        return InMemoryUploadedFile(BytesIO(content), None, name, file.content_type, len(content), file.charset)

    def save(self, commit: bool = True) -> Any:
        saved = super().save(commit=commit)  # type: ignore[misc]
        if "file" in self.changed_data:  # type: ignore[attr-defined]
            remember_clean(saved.file_hash)
        return saved


class PictureForm(_CleanFileForm, BaseImageForm):
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
        refuse_while_away(file)
        if isinstance(file, UploadedFile):
            most = settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE
            try:
                file = self.get_clean_copy(file, most, is_picture=True)
            except FileRefused as refused:
                words = INCOMPLETE if refused.code == "unreadable" else describe_refusal(refused.code, most)
                raise ValidationError(words) from None
        return file


def _read_picture(read: Callable[[Any], Any], data: Any) -> Any:
    """Read a picture as Wagtail's field does, which opens some kinds whole and fails where they break off."""
    try:
        return read(data)
    except OSError:
        raise ValidationError(INCOMPLETE) from None


class DocumentForm(_CleanFileForm, BaseDocumentForm):
    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        refuse_replacement(self.instance, file)
        refuse_while_away(file)
        if isinstance(file, UploadedFile):
            kind = get_kind(file.name or "")
            if kind not in SIGNATURES:
                words = _("Readers can't be given a file of this kind. Choose one of these: %(kinds)s.")
                raise ValidationError(words, params={"kinds": ", ".join(SIGNATURES)})
            file = self._get_clean_document(file, kind)
        return file

    def _get_clean_document(self, file: UploadedFile, kind: str) -> UploadedFile:
        most = settings.WAGTAILDOCS_MAX_UPLOAD_SIZE
        try:
            return self.get_clean_copy(file, most, is_picture=False)
        except FileRefused as refused:
            if refused.code != "wrong_kind":
                raise ValidationError(describe_refusal(refused.code, most)) from None
            words = _(
                "This file is not really a .%(kind)s, whatever its name says. Save it as one, then choose it again."
            )
            raise ValidationError(words, params={"kind": kind}) from None
