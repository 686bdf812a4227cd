"""Serve a printable at its stable address."""

import hashlib

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from access.languages import get_current_language

from ..page_cache.markers import mark_cacheable
from ..printable_catalog import ALL_PRINTABLES
from .rendering import render_printable


@require_safe
def paper(request: HttpRequest, key: str) -> HttpResponse:
    """Serve the PDF in the language of the address. Cached like a page, and so valid no longer than a page.

    Search engines shall not store it: their copy would go on showing the numbers of the day they came.
    """
    if key not in ALL_PRINTABLES:
        raise Http404
    language = get_current_language()
    pdf = render_printable(ALL_PRINTABLES[key], language)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{key}-{language}.pdf"'
    response["X-Robots-Tag"] = "noindex, nofollow"
    etag = f'"{hashlib.sha256(pdf).hexdigest()[:24]}-identity"'  # the one that page_cache.entry gives it
    response["ETag"] = etag
    mark_cacheable(request, response)
    answer: HttpResponse = get_conditional_response(request, etag=etag, response=response)  # type: ignore[assignment]
    return answer
