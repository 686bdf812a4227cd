"""The calendar feed that a phone fetches by its secret address, without a session."""

import hashlib

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import gettext as _

from .. import addresses, ical
from ..models import CalendarAddress


def feed(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Return what the person of this address may see now.

    404 for an unknown or revoked address, and for one whose person has left.
    """
    address = CalendarAddress.holder_of(secret)
    if address is None:
        raise Http404
    addresses.note_reading(address)
    with translation.override(address.user.language):
        content = ical.build_calendar(ical.of_person(address.user), name=_("Vatra: informative sessions"))
    answer = HttpResponse(content, content_type=ical.MEDIA_TYPE)
    answer["ETag"] = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    patch_cache_control(answer, private=True, no_cache=True)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["X-Robots-Tag"] = "noindex"
    return get_conditional_response(request, etag=answer["ETag"], response=answer) or answer
