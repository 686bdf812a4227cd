"""What other front ends may send: the same as our own public pages take, with the same budgets.

The addresses come from each room (`config.api_urls`); here is what they share. A body is plain JSON; a refusal names
the place and what is wrong with it, and never repeats what was sent. Nothing is kept by a cache: every answer is
`no-store`. Who may read the answer in a browser is decided before (`cors`).
"""

from collections.abc import Sequence
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import DatabaseError, DataError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError
from ninja.errors import ValidationError as NinjaRefused
from pydantic import BaseModel, ConfigDict, ValidationError

from access.json_body import JSON_TYPE, BodyRefused, iter_texts, read_json
from access.languages import LANGUAGES
from access.middleware import problem
from vault.keyring import KeyRingError
from vault.seal import SealBroken

PROBLEM_TYPE = "application/problem+json"
NO_STORE = "no-store"
RETRY_SECONDS = "60"

B = TypeVar("B", bound=BaseModel)

log = structlog.get_logger(__name__)


class FieldProblem(Schema):
    """One thing to correct. `path`: a JSON Pointer into the body; "" is the whole of it."""

    path: str
    code: str
    message: str


class Refused(Exception):
    """What was sent can't be taken. `kind` names the problem, `title` says it, `errors` what to correct."""

    def __init__(self, status: int, kind: str, title: str, errors: Sequence[FieldProblem] = (), **more: Any) -> None:
        super().__init__(kind)
        self.status, self.kind, self.title = status, kind, title
        self.more = {**({"errors": [each.model_dump() for each in errors]} if errors else {}), **more}


class Body(BaseModel):
    """What every body is: no field that isn't described, and no error that repeats what was sent."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Problem(Schema):
    """RFC 9457."""

    type: str
    title: str
    status: int


class ProblemWithErrors(Problem):
    """RFC 9457, with each thing to correct by its place in the body."""

    errors: list[FieldProblem] = []


COMMON: dict[Any, Any] = {403: Problem, 404: Problem, 422: ProblemWithErrors, 503: Problem}
SENT: dict[Any, Any] = {**COMMON, 413: Problem, 415: Problem, 429: Problem}


class WritingAPI(NinjaAPI):
    """Ninja's, whose problems have their own media type, and whose answers no cache keeps."""

    def get_openapi_schema(self, **options: Any) -> Any:
        schema = super().get_openapi_schema(**options)
        for path in schema["paths"].values():
            for operation in path.values():
                for status, response in operation["responses"].items():
                    if int(status) >= 400 and JSON_TYPE in response.get("content", {}):
                        response["content"] = {PROBLEM_TYPE: response["content"].pop(JSON_TYPE)}
        return schema

    def create_response(self, request: HttpRequest, data: Any, **options: Any) -> HttpResponse:
        response = super().create_response(request, data, **options)
        response["Cache-Control"] = NO_STORE
        return response


def describe_body(model: type[BaseModel]) -> dict[str, Any]:
    """Return what the description says of a body that `read_body` parses."""
    return {"requestBody": {"required": True, "content": {JSON_TYPE: {"schema": model.model_json_schema()}}}}


def read_body(request: HttpRequest, model: type[B], *, max_bytes: int | None = None) -> B:
    """Parse the body. Raises BodyRefused, and Refused with a path for each field that is missing, unknown or wrong."""
    value = read_json(request, limit=max_bytes)
    try:
        # Half of a character (a lone surrogate) and NUL are valid JSON, and PostgreSQL stores neither.
        if any(b"\0" in text.encode() for text in iter_texts(value)):
            raise BodyRefused("not_json")
    except UnicodeEncodeError:
        raise BodyRefused("not_json") from None
    try:
        return model.model_validate(value)
    except ValidationError as refused:
        # The library's own messages may quote what was sent, so only place and kind are taken from it.
        found = [(error["loc"], error["type"]) for error in refused.errors(include_input=False, include_context=False)]
    raise Refused(422, "refused", _("This can't be received as it is."), _build_errors(found, model))


def get_language(asked: str) -> str:
    """Return the language to answer in: the one that was asked for, if the site has it."""
    return asked if asked in LANGUAGES else settings.LANGUAGE_CODE


def _build_errors(found: Sequence[tuple[tuple[Any, ...], str]], model: type[BaseModel]) -> list[FieldProblem]:
    words = {
        "missing": ("missing", _("This is needed.")),
        "extra_forbidden": ("unknown_field", _("There is no such field.")),
        "string_too_long": ("too_long", _("This is too long.")),
    }
    problems = set()
    for location, kind in found:
        name = str(location[0]) if location else ""
        code, message = words.get(kind, ("wrong_type", _("This has the wrong format.")))
        # A name that is no field's is the sender's own text; a problem never repeats that.
        problems.add((f"/{name}" if name in model.model_fields else "", code, message))
    return [FieldProblem(path=path, code=code, message=message) for path, code, message in sorted(problems)]


def handle_refusals(api: WritingAPI) -> None:
    """Let this API answer each refusal with a problem document that no cache keeps."""

    def not_stored(answer: HttpResponse) -> HttpResponse:
        answer["Cache-Control"] = NO_STORE
        return answer

    @api.exception_handler(Refused)
    def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
        answer = problem(refusal.status, refusal.kind, refusal.title, **refusal.more)
        if refusal.status == 503:
            answer["Retry-After"] = RETRY_SECONDS
        return not_stored(answer)

    @api.exception_handler(BodyRefused)
    def body_refused(request: HttpRequest, refusal: BodyRefused) -> HttpResponse:
        if refusal.code == "too_large":
            return not_stored(problem(413, "too-large", _("The body is larger than a megabyte.")))
        if refusal.code == "wrong_media_type":
            return not_stored(problem(415, "wrong-media-type", _("Send application/json.")))
        error = {"path": "", "code": "not_json", "message": _("The body isn't JSON that can be read.")}
        return not_stored(problem(422, "refused", _("This can't be received as it is."), errors=[error]))

    @api.exception_handler(NinjaRefused)
    def parameter_refused(request: HttpRequest, refusal: NinjaRefused) -> HttpResponse:
        return not_stored(problem(422, "refused", _("This can't be received as it is.")))

    @api.exception_handler(Http404)
    def not_found(request: HttpRequest, missing: Http404) -> HttpResponse:
        return not_stored(problem(404, "not-found", _("There is nothing here.")))

    @api.exception_handler(HttpError)
    def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
        return not_stored(problem(error.status_code, "refused", _("This can't be received as it is.")))

    def busy(request: HttpRequest, failure: Exception | type[Exception]) -> HttpResponse:
        # It may have failed after something was stored, so nothing is said of that: the same sent again is stored once.
        log.error("writing_api_busy", error=getattr(failure, "__name__", type(failure).__name__))
        answer = problem(
            503, "busy", _("Something on our side isn't working. Send the same again in a minute, or call.")
        )
        answer["Retry-After"] = RETRY_SECONDS
        return not_stored(answer)

    @api.exception_handler(DataError)
    def not_comparable(request: HttpRequest, failure: DataError) -> HttpResponse:
        # An address with a NUL, which PostgreSQL compares with nothing.
        if "%00" in request.get_full_path():
            return not_stored(problem(422, "refused", _("This can't be received as it is.")))
        return busy(request, failure)

    for kind in (DatabaseError, KeyRingError, SealBroken):
        api.add_exception_handler(kind, busy)
