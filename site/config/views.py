"""Health checks and error pages."""

import errno
import logging
import sys
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseServerError, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access.limits import Busy
from access.middleware import API_PREFIX, problem
from access.models import StaffRole
from access.rate_limits import parse_address
from access.sessions.actions import has_factor
from content.media_storage.errors import BucketAway
from content.models.page_context import build_page_context
from vault.keyring import KeyRingError

from .fixed_pages import RETRY_SECONDS, TRY_LATER, build_busy_page, build_fixed_page
from .health import readiness
from .middleware import is_public

KEY_RETRY_SECONDS = 60
WITHOUT_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})
log = logging.getLogger(__name__)
NOTICES = "/n/"
KEEPING = ("/field/", NOTICES)  # where typed text is offered again; never sign-in forms


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 {"ok": true}: this process is alive. Checks nothing else."""
    return _uncached(JsonResponse({"ok": True}))


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when notices can go out, 503 when not.

    This machine and operators read each part (`config.health`); others {"status": "ok", "degraded" or "not_ready"}
    only: what is broken would tell a stranger when to attack.
    """
    ok, body = readiness()
    if not (is_this_machine(request) or _is_operator(request)):
        body = {"status": "not_ready" if not ok else "degraded" if body["degraded"] else "ok"}
    response = JsonResponse(body, status=200 if ok else 503)
    response._has_been_logged = True  # type: ignore[attr-defined]  # polled each second: Django would log each 503
    return _uncached(response)


def is_this_machine(request: HttpRequest) -> bool:
    """Whether the caller's address, as found by `config.middleware.CallerAddress`, is this machine's."""
    address = request.META.get("REMOTE_ADDR", "")
    found = parse_address(address)
    return found is not None and (found.is_loopback or address == settings.OWN_ADDRESS)


def _is_operator(request: HttpRequest) -> bool:
    """Whether an operator is signed in with the second factor; never while the database is down."""
    try:
        user = request.user
        if not (user.is_authenticated and user.is_active and user.has_role(StaffRole.OPERATOR)):
            return False
        return not settings.SECOND_FACTOR_REQUIRED or has_factor(request, user)
    except DatabaseError:
        return False


def _uncached(response: JsonResponse) -> JsonResponse:
    response["Cache-Control"] = "no-store"
    return response


def bad_request(request: HttpRequest, exception: Any) -> HttpResponse:
    """Answer a foreign host or too many parameters (Django's handler400).

    A fixed page: nothing of the request is trusted.
    """
    if request.path.startswith(API_PREFIX):
        return problem(400, "bad-request", "This request can't be read.")
    return HttpResponseBadRequest(BAD_REQUEST_PAGE)


def not_found(request: HttpRequest, exception: Any) -> HttpResponse:
    """Answer 404 (Django's handler404), the same whether a thing doesn't exist or isn't this person's.

    At a public address the page is one for readers, in the language of the address, without a word about staff.
    """
    if request.path.startswith(API_PREFIX):
        return problem(404, "not-found", "There is nothing here for you.")
    if is_public(request.path):
        return render(request, "errors/public_not_found.html", build_page_context(request), status=404)
    # Who came for a notice reads no name there, nor a way into staff's pages.
    name = "briefs/gone.html" if request.path.startswith(NOTICES) else "errors/not_found.html"
    return render(request, name, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a failure (Django's handler500) with a fixed page: nothing of the request or the failure is in it.

    503 with Retry-After while the database or the media bucket is down, the disk is full or the service is overloaded,
    wherever in the request that appears: also in a middleware, before any view (the API's token is read there).
    Likewise when a key of the vault is missing: that is a state of the service, which its operator ends, and no fault
    of the request.
    """
    # Django passes handler500 no exception.
    failure = sys.exc_info()[1]
    if isinstance(failure, OperationalError | InterfaceError | Busy | BucketAway) or _is_without_room(failure):
        return _try_later(request)
    if isinstance(failure, KeyRingError):
        return _key_is_missing(request)
    if request.path.startswith(API_PREFIX):
        return problem(
            500, "fault", "The fault is ours and has been recorded. Send the same again: nothing is stored twice."
        )
    return HttpResponseServerError(SERVER_ERROR_PAGE)


def _is_without_room(failure: BaseException | None) -> bool:
    """Whether a file could not be written since the disk is full: of a case's key, an attachment, a voice message."""
    return isinstance(failure, OSError) and failure.errno in WITHOUT_ROOM


def _try_later(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        answer: HttpResponse = problem(503, "busy", TRY_LATER)
    else:
        answer = HttpResponse(build_busy_page(request.path, request.method or "GET"), status=503)
    answer["Retry-After"] = RETRY_SECONDS
    answer["Cache-Control"] = "no-store"
    return answer


def _key_is_missing(request: HttpRequest) -> HttpResponse:
    """Answer 503: a sealed value was needed, and its key isn't on the ring."""
    log.error("a sealed value was asked for, and its key isn't on the ring")
    if request.path.startswith(API_PREFIX):
        answer: HttpResponse = problem(503, "key-missing", "Sealed data can't be opened just now. Send the same later.")
    else:
        answer = HttpResponse(KEY_MISSING_PAGE, status=503)
    answer["Retry-After"] = str(KEY_RETRY_SECONDS)
    answer["Cache-Control"] = "no-store"
    return answer


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a failed CSRF check: the page was open for too long, or its owner signed in again in another window.

    Django's CSRF_FAILURE_VIEW. Offers to send the same again when the browser says that it came from a page of ours,
    and it held no password. A public page has no such form: whoever sends one there is asked to begin at our page, with
    the numbers and the exit.
    """
    if request.path.startswith(API_PREFIX):
        return problem(
            403, "csrf", "The session's token is missing or old. Load the page again, or send a bearer token."
        )
    if is_public(request.path):
        return render(request, "errors/from_elsewhere.html", build_page_context(request), status=403)
    context = {"again": request.path, "kept": _get_posted_fields(request) if _is_own_form(request) else []}
    return render(request, "errors/form_expired.html", context, status=403)


def _is_own_form(request: HttpRequest) -> bool:
    """Whether the form came from our own page: a forged form must not get a valid token from us."""
    own = f"{request.scheme}://{request.get_host()}"
    return request.headers.get("Origin") in (own, settings.PUBLIC_URL) and request.path.startswith(KEEPING)


def _get_posted_fields(request: HttpRequest) -> list[tuple[str, str]]:
    sent = request.POST
    return [(name, str(value)) for name in sent if name != "csrfmiddlewaretoken" for value in sent.getlist(name)]


SERVER_ERROR_PAGE = build_fixed_page("server_error")
KEY_MISSING_PAGE = build_fixed_page("key_missing")
BAD_REQUEST_PAGE = build_fixed_page("bad_request")
