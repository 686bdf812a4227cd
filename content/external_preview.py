"""Drafts shown by an external front end (wagtail-headless-preview), when the operator has named one.

The editor's browser opens the front end in a frame, with a token; the front end reads the draft with it from
`/api/v2/page_preview/` (`api/preview.py`). A token stands for one draft, for a day; without one no draft is readable.

Files that only the draft shows carry a signature of their own in that answer: it opens this one file, for as long as a
token is good (docs/api-public.md). Pages and file views import this module, so it imports nothing of `content`.
"""

from typing import Any
from urllib.parse import urlsplit

from csp.constants import SELF
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from wagtail_headless_preview.models import HeadlessPreviewMixin, PagePreview
from wagtail_headless_preview.settings import headless_preview_settings

EXTERNAL = "elsewhere"  # the mode's name, as editors' browsers remember it
TOKEN_SECONDS = 24 * 3600
TOKEN_SALT = "headlesspreview.token"  # noqa: S105  # a name, no secret
FILE_PARAMETER = "draft"  # of a file's address
FILE_SALT = "content.headless.draft_file"  # of signatures in use; a new name would end them


def is_configured() -> bool:
    """Return whether a front end is named in HEADLESS_PREVIEW_CLIENT_URLS."""
    return bool(headless_preview_settings.CLIENT_URLS)


def is_in_public_api(model: type) -> bool:
    """Return whether this type of page declares what the public API shows of it; without that it shows nothing."""
    # `vars` and not `hasattr`: a type must declare it itself and never inherits it.
    return "api_fields" in vars(model)


def get_origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def sign_file(file: Any) -> str:
    """Return the query of this file's address by which whoever has it opens the file."""
    # Not the draft's token, which would then stand in the addresses of films (docs/adr/0024).
    return f"{FILE_PARAMETER}={TimestampSigner(salt=FILE_SALT).sign(str(file.pk))}"


def opens_file(signed: str, file: Any) -> bool:
    """Return whether this signature is for this file and young enough, and a front end is configured."""
    if not signed or not is_configured():
        return False
    try:
        return TimestampSigner(salt=FILE_SALT).unsign(signed, max_age=TOKEN_SECONDS) == str(file.pk)
    except BadSignature:
        return False


class ExternalPreviewMixin(HeadlessPreviewMixin):
    """Mixin for pages: a second way to preview, beside the site's own."""

    @classmethod
    def get_preview_signer(cls) -> TimestampSigner:
        return TimestampSigner(salt=TOKEN_SALT)

    @property
    def preview_modes(self) -> list[tuple[str, Any]]:
        own: list[tuple[str, Any]] = list(super().preview_modes)
        return [*own, (EXTERNAL, _("On the other site"))] if self._has_external_preview() else own

    def _has_external_preview(self) -> bool:
        """Return whether this type can be previewed there: one outside the public API (a session's page) can't."""
        return is_configured() and is_in_public_api(type(self))

    def serve_preview(self, request: HttpRequest, preview_mode: str) -> HttpResponse:
        if preview_mode != EXTERNAL or not self._has_external_preview():
            # Past HeadlessPreviewMixin, whose only way to preview is the external one.
            shown: HttpResponse = super(HeadlessPreviewMixin, self).serve_preview(request, preview_mode)
            return shown
        PagePreview.garbage_collect()
        preview = self.create_page_preview()
        preview.save()
        address = self.get_preview_url(request, preview.token)
        response = TemplateResponse(request, "content/external_preview.html", {"address": address})
        response._csp_replace = {  # type: ignore[attr-defined]
            "frame-ancestors": [SELF],
            # The frame's page may be framed by the admin, and may itself frame this one front end.
            "frame-src": [get_origin(address)],
        }
        return response
