"""A paper at its stable address."""

import hashlib

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from ..serving.marks import keep_whole
from .kinds import PAPERS
from .making import paper_pdf


@require_safe
def paper(request: HttpRequest, key: str) -> HttpResponse:
    """The PDF in the language of the address. Kept whole like a page, and so no longer true than a page.

    Search engines shall not keep it: their copy would go on showing the numbers of the day they came.
    """
    if key not in PAPERS:
        raise Http404
    language = get_language() or settings.LANGUAGE_CODE
    pdf = paper_pdf(PAPERS[key], language)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{key}-{language}.pdf"'
    response["X-Robots-Tag"] = "noindex, nofollow"
    etag = f'"{hashlib.sha256(pdf).hexdigest()[:24]}-identity"'  # the one that `serving.kept` gives it
    response["ETag"] = etag
    keep_whole(request, response)
    answer: HttpResponse = get_conditional_response(request, etag=etag, response=response)  # type: ignore[assignment]
    return answer
