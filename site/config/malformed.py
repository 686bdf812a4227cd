"""Answer requests that can't be read with 400 and a page that says so, not as a server error (docs/adr/0077).

Forms of Wagtail's admin trust that the browser sends every field it was given: one that arrives without its counts, or
with words where a number belongs, ends in an exception. A connection that broke off makes such requests, and so does
whoever probes the site.
"""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FrameType

from django.core.exceptions import ValidationError
from django.db import DataError
from django.http import HttpRequest, HttpResponse, RawPostDataException, UnreadablePostError
from django.shortcuts import render
from django.utils.datastructures import MultiValueDictKeyError

from access.middleware import API_PREFIX, problem
from content.models.page_context import build_page_context as public_frame

from .middleware import ADMIN_PREFIX, is_public

log = logging.getLogger(__name__)
# Exceptions of a failed conversion. None of them is raised by a database, a missing vault key or a broken setting.
CONVERSIONS = (ValueError, TypeError, AttributeError, LookupError, OverflowError, ValidationError)
# Functions in which a form reads and converts its values; its own `clean_...` comes after and is our code.
READING = frozenset({("django.forms.boundfield", "data"), ("django.forms.fields", "_clean_bound_field")})
JSON = "application/json"
NUL, NUL_IN_JSON = "\0", "\\u0000"
INT_PREFIX = "invalid literal for int() with base 10: "


class MalformedRequests:
    """Middleware that answers the failures which `is_malformed` recognises.

    What was begun is undone by its own transaction, as with any failure; a test sends such requests to every address,
    and none of them leaves a row behind.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        """Check `next` before the view runs: Wagtail does its work first and would fail only then.

        Only in the admin: reading a form here fixes how its files are received, and other views decide that themselves.
        """
        if not request.path.startswith(ADMIN_PREFIX):
            return None
        where_to = (sent.get("next", "") for sent in (request.GET, request.POST))
        return incomplete(request) if any(map(_is_no_address, where_to)) else None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not is_malformed(request, error):
            return None
        match = request.resolver_match
        where = (match.view_name or match.route) if match is not None else ""
        # Logged with frames, without values (config.logs), so that a field of ours that fails on good input shows up.
        log.warning("%s couldn't read what was sent", where, exc_info=error)
        return incomplete(request)


def _is_no_address(where_to: str) -> bool:
    """Whether Django's `redirect` would take this text for the name of a view."""
    return bool(where_to) and "/" not in where_to and "." not in where_to


def incomplete(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return problem(400, "malformed", "This request can't be read. Nothing was saved.")
    if is_public(request.path):
        return render(request, "errors/public_incomplete.html", public_frame(request), status=400)
    return render(request, "errors/incomplete.html", {"sent": request.method not in ("GET", "HEAD")}, status=400)


def is_malformed(request: HttpRequest, error: Exception) -> bool:
    """Whether the failure means that the request can't be read, and nothing else.

    True for a missing field that was asked for, for JSON that is none or no object, for a failure while a form reads
    its fields, for a conversion that failed on a value of the request, and for a NUL that PostgreSQL doesn't take.
    """
    if isinstance(error, MultiValueDictKeyError | UnreadablePostError):
        return True
    if isinstance(error, DataError):
        return any(NUL in value or NUL_IN_JSON in value for value in _sent(request))
    if isinstance(error, json.JSONDecodeError):
        # Only if the request sent that text: broken JSON of our own stays a 500.
        return error.doc in _sent(request)
    frames = list(_frames(error))
    if not isinstance(error, CONVERSIONS):
        return False
    if any((frame.f_globals.get("__name__"), frame.f_code.co_name) in READING for frame in frames):
        return True
    if _is_json_without_fields(request):
        return True
    if not isinstance(error, ValueError | TypeError | ValidationError):
        return False
    # A value that isn't in the request is one of ours, and its failure a bug.
    return _value_that_failed(error, frames[-1]) in _sent(request)


def _frames(error: Exception) -> Iterator[FrameType]:
    step = error.__traceback__
    while step is not None:
        yield step.tb_frame
        step = step.tb_next


def _value_that_failed(error: Exception, frame: FrameType) -> object:
    """Return the value that a database field or `int` couldn't convert; None where that can't be seen."""
    message = str(error.args[0]) if error.args else ""
    if message.startswith(INT_PREFIX):
        return message.removeprefix(INT_PREFIX)[1:-1]
    module = str(frame.f_globals.get("__name__"))
    found = frame.f_locals.get("value") if module.startswith("django.db.models.fields") else None
    return found if isinstance(found, str) else None


def _is_json_without_fields(request: HttpRequest) -> bool:
    """Whether the body is JSON, but a list or a scalar where every view expects an object."""
    if request.content_type != JSON:
        return False
    try:
        return not isinstance(json.loads(request.body), dict)
    except (ValueError, RecursionError, RawPostDataException):
        return False


def _sent(request: HttpRequest) -> frozenset[str]:
    """Return every value of the request, and its body."""
    found = {value for sent in (request.GET, request.POST) for name in sent for value in sent.getlist(name)}
    found |= {str(value) for value in (request.resolver_match.kwargs.values() if request.resolver_match else ())}
    if request.content_type == JSON:
        with suppress(RawPostDataException):
            found.add(request.body.decode(errors="replace"))
    return frozenset(found)
