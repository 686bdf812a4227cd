"""Files in a request: held in memory only, within bounds."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, QueryDict

from sanitizer.file_types import FileRefused


class UploadedFile(InMemoryUploadedFile):
    """An uploaded file in memory. `is_too_large`: it exceeded the limit, and its content was dropped on the way."""

    is_too_large = False


class BoundedMemory(FileUploadHandler):
    """Upload handler for files up to `each` bytes (ATTACHMENT_MAX_BYTES) and `together` (ATTACHMENT_REQUEST_BYTES).

    What is more is read and dropped, so that the rest of the form still arrives. Nothing is ever written to a temporary
    file.
    """

    def __init__(self, request: HttpRequest, *, each: int | None = None, together: int | None = None) -> None:
        super().__init__(request)
        self.each = settings.ATTACHMENT_MAX_BYTES if each is None else each
        self.left = settings.ATTACHMENT_REQUEST_BYTES if together is None else together

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.content = BytesIO()
        self.is_too_large = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.is_too_large:
            return
        if start + len(raw_data) > min(self.each, self.left):
            self.is_too_large = True
            self.content = BytesIO()  # the memory is free at once, while the rest is read and dropped
        else:
            self.content.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        size = self.content.tell()
        self.left -= size
        self.content.seek(0)
        found = UploadedFile(
            file=self.content,
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type,
            size=size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )
        found.is_too_large = self.is_too_large
        return found


def keep_in_memory(request: HttpRequest, *, each: int | None = None, together: int | None = None) -> None:
    """Install `BoundedMemory`. Call it before anything reads the request's POST or FILES."""
    request.upload_handlers = [BoundedMemory(request, each=each, together=together)]


def content_of_upload(upload: Any) -> bytes:
    """Return the content of an upload. Raises FileRefused."""
    if getattr(upload, "is_too_large", False) or upload.size > settings.ATTACHMENT_MAX_BYTES:
        raise FileRefused("too_large")
    content: bytes = upload.read()
    return content


def with_stored_ids(post: QueryDict, stored: Mapping[str, str]) -> QueryDict:
    """Return the posted fields as if these files, by their question's field, had been there already."""
    changed = post.copy()
    for name, identity in stored.items():
        changed[f"{name}.kept"] = identity
        changed.pop(f"{name}.remove", None)
    return changed
