"""Serve images and documents of public pages.

Of what is stored only the images' renditions are public: made for pages, from originals without the place where a
photograph was taken (`content.library_files`). Originals are never served; documents, cleaned as well, go through
Wagtail's own view, which checks private collections, once a live page offers them: what only drafts show is for those
who write them.
"""

import mimetypes
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils._os import safe_join
from django.utils.http import http_date
from django.views.decorators.http import require_safe
from wagtail.documents import get_document_model
from wagtail.documents.views.serve import serve

from ..asset_usage import is_public_asset
from ..external_preview import FILE_PARAMETER, opens_file
from ..library_files import is_withheld
from ..media_storage.errors import BucketAway
from ..media_storage.files import StoredFile, get_bucket
from ..media_storage.location import has_bucket
from ..media_storage.names import is_plain
from ..media_storage.reading import BucketFile
from ..page_cache.markers import NO_COPY, REVALIDATE, allow_any_origin
from .ranges import respond_with_range

RENDITIONS = "images"
RENDITION_CACHE_CONTROL = "public, max-age=2592000, immutable"  # a rendition's name changes with its picture
RETRY_SECONDS = "10"
PROXY_SECONDS = "60"
MAX_ID_DIGITS = 18  # digits
PICTURES = {".avif": "image/avif", ".webp": "image/webp"}  # not known to every system's list of types


@require_safe
def rendition(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serve a rendition of an image. Where nginx stands in front it answers this address itself (deploy/nginx.conf).

    While the bucket is away: 503, and the page shows in words what the image shows.
    """
    try:
        response = _serve_bucket(request, path) if has_bucket() else _serve_folder(request, path)
    except BucketAway:
        response = HttpResponse(status=503)
        response["Retry-After"] = RETRY_SECONDS
        response["Cache-Control"] = "no-store"
        response._has_been_logged = True  # type: ignore[attr-defined]  # the bucket's own line says it once for all
    return response


def _serve_folder(request: HttpRequest, path: str) -> HttpResponseBase:
    file = _find_rendition(path)
    stand = file.stat()
    etag = f'"{stand.st_mtime_ns:x}-{stand.st_size:x}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponseBase = HttpResponse(status=304)
    else:
        response = _respond(request, file.open("rb"), file.name, stand.st_size)
    return _describe(response, etag, stand.st_mtime)


def _serve_bucket(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serve it from the bucket, which is asked for a part where the reader asks for a part. Raises BucketAway."""
    name = f"{RENDITIONS}/{path}"
    if not is_plain(name):
        raise Http404
    try:
        stored = get_bucket().look_up(name)
        # The same on all machines: what the bucket says of it.
        etag = f'"{int(stored.modified.timestamp() * 10**9):x}-{stored.size:x}"'
        if request.headers.get("If-None-Match") == etag:
            response: HttpResponseBase = HttpResponse(status=304)
        else:
            response = _respond_from_bucket(request, stored)
    except FileNotFoundError:
        raise Http404 from None
    # nginx may give it out for a minute without asking: no longer, so that what is deleted is soon gone there too.
    response["X-Accel-Expires"] = PROXY_SECONDS
    return _describe(response, etag, stored.modified.timestamp())


def _respond_from_bucket(request: HttpRequest, stored: StoredFile) -> HttpResponseBase:
    return _respond(request, cast(IO[bytes], BucketFile(get_bucket(), stored)), stored.name, stored.size)


def _respond(request: HttpRequest, file: IO[bytes], name: str, size: int) -> HttpResponseBase:
    suffix = Path(name).suffix.lower()
    guessed = PICTURES.get(suffix) or mimetypes.guess_type(Path(name).name)[0]
    return respond_with_range(
        file,
        size,
        asked=request.headers.get("Range", ""),
        content_type=guessed or "application/octet-stream",
        is_head=request.method == "HEAD",
    )


def _describe(response: HttpResponseBase, etag: str, modified: float) -> HttpResponseBase:
    response["Cache-Control"] = RENDITION_CACHE_CONTROL
    response["ETag"] = etag
    response["Last-Modified"] = http_date(modified)
    allow_any_origin(response)
    return response


def _find_rendition(path: str) -> Path:
    try:
        # Only below `images/`: originals lie beside it.
        file = Path(safe_join(str(Path(settings.MEDIA_ROOT) / RENDITIONS), path))
    except (SuspiciousFileOperation, ValueError):
        raise Http404 from None
    try:
        is_there = file.is_file()
    except OSError:  # a name longer than any file's
        is_there = False
    if not is_there:
        raise Http404
    return file


@require_safe
def document(request: HttpRequest, document_id: str, document_filename: str) -> HttpResponseBase:
    """Serve a document through Wagtail's view, which checks private collections; or the requested range of it.

    Who may have it: everyone, once it is offered; before that whoever writes pages, and an external front end that was
    given a draft with it. One that can't be cleaned is only for those who write pages. What only some may have leaves
    no copy. Raises BucketAway, which is answered with 503 (`config.views.server_error`).
    """
    document = _get_document(document_id)
    is_public = document is not None and is_public_asset(document) and not is_withheld(document)
    is_signed = document is not None and not is_public and opens_file(request.GET.get(FILE_PARAMETER, ""), document)
    # 404 and not 403: nobody who may not have a document learns that it exists.
    if not (is_public or is_signed or (document and request.user.has_perm("wagtailadmin.access_admin"))):
        raise Http404
    try:
        whole: HttpResponseBase = serve(request, document_id, document_filename)
    except FileNotFoundError:
        raise Http404 from None
    if whole.get("Content-Encoding") == "None":  # what Wagtail writes for "none", and strict clients stumble over
        del whole["Content-Encoding"]
    if whole.status_code in (200, 304):
        whole["Cache-Control"] = REVALIDATE if is_public else NO_COPY
        whole["X-Robots-Tag"] = "noindex, nofollow"
        if is_public or is_signed:
            allow_any_origin(whole)
    file = getattr(whole, "file_to_stream", None)
    if whole.status_code != 200 or file is None:
        return whole
    whole["Accept-Ranges"] = "bytes"
    asked = request.headers.get("Range", "")
    # A range of another version would be joined to the first part of the old one; then the whole file is sent.
    is_same = request.headers.get("If-Range", whole.get("ETag")) == whole.get("ETag")
    if not asked or not is_same or request.method != "GET":
        if has_bucket() and request.method == "GET":
            file.file.expect(0, int(whole["Content-Length"]) - 1)  # so that a bucket that is away is answered with 503
        return whole
    again = _open_again(file)
    part = respond_with_range(again, int(whole["Content-Length"]), asked=asked, content_type="")
    file.close()  # the file alone: closing the answer would tell everyone that the request has ended
    for name, value in whole.items():
        if name not in part or name == "Content-Type":
            part[name] = value
    return part


def _open_again(file: Any) -> IO[bytes]:
    """Open the file of Wagtail's answer once more. It is closed when it has been sent."""
    if has_bucket():
        return cast(IO[bytes], get_bucket().open(file.name, "rb"))
    return Path(file.name).open("rb")


def _get_document(number: str) -> Any:
    """Return the document of this number, or None; a number longer than any database gives is nobody's."""
    return get_document_model().objects.filter(pk=number).first() if len(number) <= MAX_ID_DIGITS else None
