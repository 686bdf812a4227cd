"""What a view says of its answer: may it be kept whole for everyone, or must no copy stay anywhere.

The word travels in the request's WSGI environment, where the server's outermost layer finds it (`whole_pages.py`), and
never reaches the reader.
"""

from collections.abc import Collection

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

MARK = "vatra.keep"
TRACKING = ("utm_", "fbclid", "gclid", "igsh", "mc_")  # put into links by others; our pages don't read them
NO_COPY = "no-store"
ASK_AGAIN = "no-cache"  # a browser may hold a copy, and asks each time whether it is still true
# What front ends elsewhere may use in their own pages: captions beside a film, pictures on a canvas, feeds. Only for
# answers that don't depend on who asks: browsers send no cookies along with such a question.
FROM_ANYWHERE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


def open_to_all(response: HttpResponseBase) -> None:
    """Lets pages of other origins read this answer."""
    for name, value in FROM_ANYWHERE.items():
        response[name] = value


def keep_whole(request: HttpRequest, response: HttpResponse, *, query: Collection[str] = ()) -> None:
    """Marks an answer that is the same for every reader of this address, and of these parameters of its query.

    With any other parameter (what someone searched for) no copy stays anywhere. Signed-in staff get theirs made afresh,
    and it is kept for nobody.
    """
    if any(name not in query and not name.startswith(TRACKING) for name in request.GET):
        return leave_no_copy(request, response)
    response["Cache-Control"] = ASK_AGAIN
    if request.method == "GET" and settings.SESSION_COOKIE_NAME not in request.COOKIES:
        request.META[MARK] = frozenset(query)
    return None


def leave_no_copy(request: HttpRequest, response: HttpResponse) -> None:
    """Neither here, nor on the way, nor in the browser."""
    response["Cache-Control"] = NO_COPY
    request.META.pop(MARK, None)
