"""Middleware that opens the public API to any origin and answers everyone alike: no cookie or token is looked at.

Where something is sent (`WRITING`), only to the origins that the settings name. The field API opens to origins of its
own list, for bearer tokens alone.

A middleware, because answers made before a view is reached (a refused method, an unknown address) must be readable by a
front end elsewhere too.
"""

import hashlib
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

from access.middleware import problem

from ..page_cache.markers import ANY_ORIGIN_HEADERS

PUBLIC_API, FIELD_API = "/api/", "/api/field/"
# Where something is sent, or read that is meant for one person: only from front ends that the settings name.
WRITING = ("/api/v2/tips", "/api/v2/cards", "/api/v2/session-requests")
METHODS = "GET, HEAD, OPTIONS"
WRITING_METHODS = "GET, HEAD, POST, OPTIONS"
OPEN_TO_READ = {
    **ANY_ORIGIN_HEADERS,
    "Access-Control-Expose-Headers": "ETag",
    "X-Robots-Tag": "noindex, nofollow",  # search engines read the pages themselves
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Content-Type, If-None-Match",
    "Access-Control-Max-Age": "86400",
    "Allow": METHODS,
    "Cache-Control": "no-store",
}
FIELD_METHODS = "GET, HEAD, POST, OPTIONS"
# Neither Access-Control-Allow-Credentials nor `*`: no browser sends a cookie along, or lets one be set.
FIELD_PREFLIGHT = {
    "Access-Control-Allow-Methods": FIELD_METHODS,
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Authorization, Content-Type, X-File-Name",
    "Access-Control-Max-Age": "600",  # an origin that is taken off the list is out within ten minutes
    "Allow": FIELD_METHODS,
}
FIELD_EXPOSED = "Allow, Retry-After, WWW-Authenticate"


def is_public_api(path: str) -> bool:
    return path.startswith(PUBLIC_API) and not path.startswith(FIELD_API)


def is_writing(path: str) -> bool:
    return path in WRITING or path.startswith(tuple(f"{each}/" for each in WRITING))


def is_allowed_origin(origin: str) -> bool:
    """Tell whether a page from there may send, by a browser's word; a program that isn't a browser's names none."""
    return not origin or origin in {settings.PUBLIC_URL.rstrip("/"), *settings.PUBLIC_API_ORIGINS}


class PublicAPIMiddleware:
    """Middleware before sessions and sign-in, so that an answer can't depend on who asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_public_api(request.path):
            return self.get_response(request)
        # With them gone `Access-Control-Allow-Origin: *` and one shared cache are safe (docs/adr/0024).
        for name in ("HTTP_COOKIE", "HTTP_AUTHORIZATION"):
            request.META.pop(name, None)
        if is_writing(request.path):
            return self._answer_writing(request)
        return self._opened(self._answer(request))

    def _answer_writing(self, request: HttpRequest) -> HttpResponse:
        """Answer a front end that the settings name, and whoever isn't a browser; no other page's visitors are used.

        `Origin: null` is a page that doesn't say where it is from, which is none of ours.
        """
        origin = request.headers.get("Origin", "")
        if not is_allowed_origin(origin):
            refused = problem(403, "origin-not-allowed", "Pages from there can't send to this address.")
            refused["Cache-Control"] = "no-store"
            refused["Vary"] = "Origin"
            return refused
        if request.method == "OPTIONS":
            answer = HttpResponse(status=204, headers={**PREFLIGHT, "Allow": WRITING_METHODS})
            answer["Access-Control-Allow-Methods"] = WRITING_METHODS
        else:
            answer = self.get_response(request)
            if answer.status_code == 405:
                allowed = answer.get("Allow", "")
                answer = problem(405, "method-not-allowed", "This address takes another method.")
                answer["Allow"] = allowed
        if origin:
            answer["Access-Control-Allow-Origin"] = origin
            answer["Access-Control-Expose-Headers"] = "Retry-After"
            answer["Cross-Origin-Resource-Policy"] = "cross-origin"
        answer["Cache-Control"] = "no-store"
        answer["Vary"] = "Origin"
        answer["X-Robots-Tag"] = "noindex, nofollow"
        answer.headers.pop("Content-Language", None)
        return answer

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if request.method == "OPTIONS":
            # A preflight asks what is allowed and never reaches a view.
            return HttpResponse(status=204, headers=PREFLIGHT)
        if request.method not in ("GET", "HEAD"):
            refused = problem(405, "method-not-allowed", "This address is only read.")
            refused["Allow"] = METHODS
            return refused
        return self._with_tag(request, self.get_response(request))

    @staticmethod
    def _with_tag(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if response.status_code != 200 or "no-store" in response.get("Cache-Control", ""):
            return response
        # The same tag as `page_cache.entry` gives the uncompressed body, so that a client's copy matches either way.
        tag = f'"{hashlib.sha256(response.content).hexdigest()[:24]}-identity"'
        response["ETag"] = tag
        return get_conditional_response(request, etag=tag, response=response)  # type: ignore[return-value]

    @staticmethod
    def _opened(response: HttpResponse) -> HttpResponse:
        for name, value in OPEN_TO_READ.items():
            response[name] = value
        for name in ("Content-Language", "Vary"):  # neither the reader's language nor a cookie changes an answer
            response.headers.pop(name, None)
        return response


class FieldAPIMiddleware:
    """Middleware that lets pages of the origins in `FIELD_API_ORIGINS` use the field API with a bearer token.

    A page elsewhere never acts with a session: its cookies are taken away before anybody looks at them. What other
    origins ask is answered as ever, without the headers by which a browser would let their pages read it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(FIELD_API):
            return self.get_response(request)
        origin = request.headers.get("Origin", "")
        # Our own pages sign in by session, also where somebody has listed their origin.
        is_allowed = origin in settings.FIELD_API_ORIGINS and origin != settings.PUBLIC_URL
        answer = self._answer_allowed(request) if is_allowed else self.get_response(request)
        if is_allowed:
            answer["Access-Control-Allow-Origin"] = origin
            answer["Access-Control-Expose-Headers"] = FIELD_EXPOSED
        patch_vary_headers(answer, ["Origin"])
        return answer

    def _answer_allowed(self, request: HttpRequest) -> HttpResponse:
        # A browser asks first, and without the token: that question has no answer that is anybody's secret.
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return HttpResponse(status=204, headers=FIELD_PREFLIGHT)
        request.META.pop("HTTP_COOKIE", None)
        return self.get_response(request)
