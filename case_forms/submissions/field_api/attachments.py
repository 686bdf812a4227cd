"""Upload of a file that a submission will name: POST /api/field/v1/attachments."""

from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest
from ninja import Router
from ninja.responses import Status

from access.json_body import FORM_TYPE, BodyRefused, read_bytes
from access.models import User
from sanitizer.file_types import FileRefused

from ..actions import NotAllowed
from ..attachments.actions import store_attachment
from ..attachments.uploads import content_of_upload, keep_in_memory
from . import schemas as shapes
from .authentication import Bearer, SessionWithFiles

NAME_HEADER = "X-File-Name"
BY_ITSELF = ("image/", "application/pdf", "application/octet-stream")
BINARY = {"type": "string", "format": "binary"}

router = Router(auth=[Bearer(), SessionWithFiles()])


@router.post(
    "/attachments",
    url_name="attachments",
    response={
        201: shapes.AttachmentOut,
        413: shapes.Problem,
        415: shapes.Problem,
        422: shapes.RefusedProblem,
        503: shapes.Problem,
        **shapes.COMMON,
    },
    openapi_extra={
        "parameters": [{"in": "header", "name": NAME_HEADER, "schema": {"type": "string"}}],
        "requestBody": {
            "required": True,
            "content": {
                FORM_TYPE: {"schema": {"type": "object", "properties": {"file": BINARY}, "required": ["file"]}},
                "application/octet-stream": {"schema": BINARY},
            },
        },
    },
)
def attach(request: HttpRequest) -> Any:
    """Store a clean copy of one picture or PDF until a submission of the same person names its id.

    201: stored. 413: too large. 415: neither a form with a `file` nor a file by itself. 422: `errors` says why it isn't
    accepted. What no submission names in two days is deleted.
    """
    user: User = request.user  # type: ignore[assignment]
    unit = user.units().first()
    if unit is None:
        raise NotAllowed("not_a_worker")
    name, content = _form_file(request) if request.content_type == FORM_TYPE else _bare_file(request)
    stored = store_attachment(content=content, name=name, owner=user, unit=unit)
    return Status(201, {"id": stored.pk, "media_type": stored.media_type, "size": stored.size})


def _form_file(request: HttpRequest) -> tuple[str, bytes]:
    if not hasattr(request, "_files"):  # with a token, nothing has read the body yet
        keep_in_memory(request)
    upload = request.FILES.get("file")
    if upload is None:
        raise FileRefused("empty_file")
    return str(upload.name), content_of_upload(upload)


def _bare_file(request: HttpRequest) -> tuple[str, bytes]:
    if not (request.content_type or "").startswith(BY_ITSELF):
        raise BodyRefused("wrong_media_type")
    try:
        content = read_bytes(request, settings.ATTACHMENT_MAX_BYTES)
    except BodyRefused as refused:
        raise FileRefused("too_large" if refused.code == "too_large" else "unreadable") from None
    return unquote(request.headers.get(NAME_HEADER, "")), content
