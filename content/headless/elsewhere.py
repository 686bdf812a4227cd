"""Drafts shown by a front end elsewhere (wagtail-headless-preview), when the operator has named one.

The editor's browser opens the front end in a frame, with a token; the front end reads the draft with it from
`/api/v2/page_preview/`. A token stands for one draft, for a day; without one no draft is ever readable. This module is
loaded with the models, so it knows none of them.
"""

from typing import Any
from urllib.parse import urlsplit

from csp.constants import SELF
from django.core.signing import TimestampSigner
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from wagtail_headless_preview.models import HeadlessPreviewMixin, PagePreview
from wagtail_headless_preview.settings import headless_preview_settings

ELSEWHERE = "elsewhere"
TOKEN_SECONDS = 24 * 3600
SALT = "headlesspreview.token"


def is_configured() -> bool:
    """Whether some front end is named in HEADLESS_PREVIEW_CLIENT_URLS."""
    return bool(headless_preview_settings.CLIENT_URLS)


def get_origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


class PreviewElsewhere(HeadlessPreviewMixin):
    """For pages: a second way to preview, beside the site's own."""

    @classmethod
    def get_preview_signer(cls) -> TimestampSigner:
        return TimestampSigner(salt=SALT)

    @property
    def preview_modes(self) -> list[tuple[str, Any]]:
        own: list[tuple[str, Any]] = list(super().preview_modes)
        return [*own, (ELSEWHERE, _("On the other site"))] if self._is_shown_elsewhere() else own

    def _is_shown_elsewhere(self) -> bool:
        """A type that the API tells nothing of (a session's own page) is previewed here alone."""
        from .page_fields import OWN

        return is_configured() and self._meta.label_lower in OWN

    def serve_preview(self, request: HttpRequest, preview_mode: str) -> HttpResponse:
        if preview_mode != ELSEWHERE or not self._is_shown_elsewhere():
            # Past HeadlessPreviewMixin, whose only way to preview is elsewhere.
            shown: HttpResponse = super(HeadlessPreviewMixin, self).serve_preview(request, preview_mode)
            return shown
        PagePreview.garbage_collect()
        preview = self.create_page_preview()
        preview.save()
        address = self.get_preview_url(request, preview.token)
        response = TemplateResponse(request, "content/preview_elsewhere.html", {"address": address})
        response._csp_replace = {  # type: ignore[attr-defined]
            "frame-ancestors": [SELF],
            "frame-src": [get_origin(address)],
        }
        return response
