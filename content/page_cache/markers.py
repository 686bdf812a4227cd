"""Markers by which a view says whether its answer may be cached for everyone or must be stored nowhere.

The marker travels in the request's WSGI environment, where `middleware.py` finds it, and never reaches the reader.
"""

from collections.abc import Collection

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

# In the environment and not in a header: a header could be sent by a client, or leak to one.
ENVIRON_KEY = "vatra.keep"
TRACKING = ("utm_", "fbclid", "gclid", "igsh", "mc_")  # put into links by others; our pages don't read them
NO_COPY = "no-store"
REVALIDATE = "no-cache"  # a browser may hold a copy, and asks each time whether it is still true
# What front ends elsewhere may use in their own pages: captions beside a film, pictures on a canvas, feeds. Only for
# answers that don't depend on who asks: browsers send no cookies along with such a question.
ANY_ORIGIN_HEADERS = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


def allow_any_origin(response: HttpResponseBase) -> None:
    """Let pages of other origins read this answer."""
    for name, value in ANY_ORIGIN_HEADERS.items():
        response[name] = value


def mark_cacheable(request: HttpRequest, response: HttpResponse, *, query: Collection[str] = ()) -> None:
    """Mark an answer that is the same for every reader of this address and of these parameters of its query.

    With any other parameter (what someone searched for) no copy stays anywhere. For signed-in staff the answer is built
    anew and cached for nobody.
    """
    if any(name not in query and not name.startswith(TRACKING) for name in request.GET):
        return mark_no_store(request, response)
    response["Cache-Control"] = REVALIDATE
    # Whoever is signed in may be shown more than a reader; their answer never enters the shared cache.
    if request.method == "GET" and settings.SESSION_COOKIE_NAME not in request.COOKIES:
        request.META[ENVIRON_KEY] = frozenset(query)
    return None


def mark_no_store(request: HttpRequest, response: HttpResponse) -> None:
    """Forbid copies here, on the way and in the browser."""
    response["Cache-Control"] = NO_COPY
    request.META.pop(ENVIRON_KEY, None)
