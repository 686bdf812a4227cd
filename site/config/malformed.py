"""A request that can't be read is answered with 400 and a page that says so, not as a fault of ours.

Forms of Wagtail's admin trust that the browser sends every field it was given: one that arrives without its counts, or
with words where a number belongs, ends in an exception. A connection that broke off makes such requests, and so does
whoever tries what happens.
"""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FrameType

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, RawPostDataException, UnreadablePostError
from django.shortcuts import render
from django.utils.datastructures import MultiValueDictKeyError

from access.middleware import API_PREFIX, problem
from content.models.frame import frame as public_frame

from .middleware import ADMIN_PREFIX, is_public

log = logging.getLogger(__name__)
# What a failed conversion raises. Nothing that a database, a missing key or a broken setting raises is among them.
CONVERSIONS = (ValueError, TypeError, AttributeError, LookupError, OverflowError, ValidationError)
# Where a form takes a value out of the request and makes what it needs of it; its own `clean_...` comes after.
READING = frozenset({("django.forms.boundfield", "data"), ("django.forms.fields", "_clean_bound_field")})
JSON = "application/json"
INT_PREFIX = "invalid literal for int() with base 10: "


class MalformedRequests:
    """Answers what `is_malformed` recognizes. What was begun is undone by its own transaction, as with any failure, and
    a test sends such requests everywhere: none of them leaves something behind."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        """Where Wagtail goes afterwards is looked at before: by then the work would be done, and the answer a failure.

        Only there: who reads a form here decides how its files are taken, and other views do that themselves.
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
        # With the places, without the words (config.logs): a field of ours that fails on what is right shows here.
        log.warning("%s couldn't read what was sent", where, exc_info=error)
        return incomplete(request)


def _is_no_address(where_to: str) -> bool:
    """What Django's `redirect` would take for the name of a view."""
    return bool(where_to) and "/" not in where_to and "." not in where_to


def incomplete(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return problem(400, "malformed", "This request can't be read. Nothing was saved.")
    if is_public(request.path):
        return render(request, "errors/public_incomplete.html", public_frame(request), status=400)
    return render(request, "errors/incomplete.html", {"sent": request.method not in ("GET", "HEAD")}, status=400)


def is_malformed(request: HttpRequest, error: Exception) -> bool:
    """Whether the failure says that what was sent can't be read, and nothing else.

    True for a field that was asked for and isn't there, for JSON that is none or no object, for a failure while a form
    reads its fields, and for a conversion that failed on a value which stands in the request.
    """
    if isinstance(error, MultiValueDictKeyError | UnreadablePostError):
        return True
    if isinstance(error, json.JSONDecodeError):
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
    return _value_that_failed(error, frames[-1]) in _sent(request)


def _frames(error: Exception) -> Iterator[FrameType]:
    step = error.__traceback__
    while step is not None:
        yield step.tb_frame
        step = step.tb_next


def _value_that_failed(error: Exception, frame: FrameType) -> object:
    """What a field of the database, or `int`, couldn't make anything of; None where that can't be seen."""
    said = str(error.args[0]) if error.args else ""
    if said.startswith(INT_PREFIX):
        return said.removeprefix(INT_PREFIX)[1:-1]
    module = str(frame.f_globals.get("__name__"))
    found = frame.f_locals.get("value") if module.startswith("django.db.models.fields") else None
    return found if isinstance(found, str) else None


def _is_json_without_fields(request: HttpRequest) -> bool:
    """JSON, but a list or a word where every view expects an object."""
    if request.content_type != JSON:
        return False
    try:
        return not isinstance(json.loads(request.body), dict)
    except (ValueError, RecursionError, RawPostDataException):
        return False


def _sent(request: HttpRequest) -> frozenset[str]:
    """Every value of the request, and its body."""
    found = {value for sent in (request.GET, request.POST) for name in sent for value in sent.getlist(name)}
    found |= {str(value) for value in (request.resolver_match.kwargs.values() if request.resolver_match else ())}
    if request.content_type == JSON:
        with suppress(RawPostDataException):
            found.add(request.body.decode(errors="replace"))
    return frozenset(found)
