"""Field API, for apps that fill forms outside the browser: /api/field/v1/ (docs/api.md)."""

import re
from typing import Any

import structlog
from django.db import OperationalError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError
from ninja.responses import Status
from pydantic import ValidationError

from access.json_body import JSON_TYPE, BodyRefused, read_json
from access.middleware import problem
from access.models import MobileUnit, User
from access.scoping import visible_or_404
from audit.chain import get_actor, log_event
from case_forms.cases.consent.gate import may_leave
from case_forms.cases.consent.held_back import list_held_back
from case_forms.cases.finding.links import get_standing_references
from case_forms.cases.models import Case
from case_forms.cases.timeline import build_timeline
from case_forms.form_builder.answer_schema import answers_schema
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists
from sanitizer.file_types import FileRefused

from ..actions import (
    AnswersRefused,
    ConfirmationNeeded,
    CorrectedSince,
    NotAllowed,
    NotDecided,
    UnknownForm,
    UuidReused,
    receive_submission,
)
from ..attachments.messages import words_for
from ..correcting import REFUSALS, CorrectionByApp
from ..models import Submission
from ..validation.validate import AnswerProblem
from . import schemas as shapes
from .attachments import router as attachments
from .authentication import Bearer, Session

REFERENCE = re.compile(r"^[0-9A-Z]{6,8}$")
FIELD_NAME = re.compile(r"^[a-z][a-z0-9_]{0,63}$")
PROBLEM_TYPE = "application/problem+json"
RETRY_SECONDS = "60"
ROAD = "field_api"  # of the gate for sharing

log = structlog.get_logger(__name__)


class FieldAPI(NinjaAPI):
    def get_openapi_schema(self, **kwargs: Any) -> Any:
        """Build ninja's schema, with the problems under their own media type."""
        schema = super().get_openapi_schema(**kwargs)
        for path in schema["paths"].values():
            for operation in path.values():
                for status, response in operation["responses"].items():
                    if int(status) >= 400 and "application/json" in response.get("content", {}):
                        response["content"] = {PROBLEM_TYPE: response["content"].pop("application/json")}
        return schema


api = FieldAPI(
    title="Vatra field API",
    version="1",
    description="Forms, submissions and cases, for the mobile units' own apps.",
    urls_namespace="field_api",
    docs_url=None,
    openapi_url="/openapi.json",
    auth=[Bearer(), Session()],
)

COMMON = shapes.COMMON
api.add_router("", attachments)
SUBMISSION_BODY = {
    "requestBody": {"required": True, "content": {JSON_TYPE: {"schema": shapes.SubmissionIn.model_json_schema()}}}
}


@api.post(
    "/submissions",
    url_name="submissions",
    response={
        201: shapes.Receipt,
        200: shapes.Receipt,
        409: shapes.ConflictProblem,
        413: shapes.Problem,
        415: shapes.Problem,
        422: shapes.RefusedProblem,
        503: shapes.Problem,
        **COMMON,
    },
    openapi_extra=SUBMISSION_BODY,
)
def submit(request: HttpRequest) -> Any:
    """Receive one filled form.

    201: received; a notice is created for everybody who must be notified. 200: the same was received before; the same
    receipt. 409: the UUID belongs to another submission. 422: `errors` names each thing to correct by its path, or
    `confirm` what may be a slip; send it corrected, or again with the keys in `confirmed`.
    With `corrects` it is a new version of a form that was sent before, beside which it stands: it is decided again in
    the same case, what was notified by mistake is corrected, and who was missing is notified. 404: there is no such
    form for this person; 403 `not-correctable`: another unit's. 409 `corrected-since`: it isn't the newest version;
    `newest` is.
    503: nothing was received, try again later and inform your coordinator.
    """
    body = _submission(read_json(request))
    user: User = request.user  # type: ignore[assignment]
    received = receive_submission(
        uuid=body.uuid,
        form_key=body.form,
        version=body.version,
        occurred_at=body.occurred_at,
        answers=body.answers,
        user=user,
        unit=_unit(body.unit),
        confirmed=body.confirmed,
        correction=_correction(body, user),
    )
    return Status(201 if received.created else 200, received.receipt)


@api.get("/forms", url_name="forms", response={200: list[shapes.FormOut], **COMMON})
def forms(request: HttpRequest) -> Any:
    """List the newest version of each form that this person may fill; none for those who work in no unit."""
    # only workers fill forms: a coordinator's token reads cases and gets no list of forms
    if not request.user.units().exists():  # type: ignore[union-attr]
        return []
    return [
        {
            "key": version.form.key,
            "version": version.number,
            "sha256": version.sha256,
            "title": version.definition["title"],
        }
        for version in FormVersion.objects.newest().for_staff().order_by("form__key")
    ]


@api.get(
    "/forms/{slug:key}/versions/{int:number}", url_name="form_version", response={200: shapes.DefinitionOut, **COMMON}
)
def form_version(request: HttpRequest, key: str, number: int) -> Any:
    """Return one published version with its definition. It never changes, so it may be cached."""
    version = _version(key, number)
    return {
        "key": key,
        "version": version.number,
        "sha256": version.sha256,
        "published_at": version.published_at,
        "definition": version.definition,
    }


@api.get(
    "/forms/{slug:key}/versions/{int:number}/schema", url_name="form_schema", response={200: dict[str, Any], **COMMON}
)
def form_schema(request: HttpRequest, key: str, number: int) -> Any:
    """Return the JSON Schema 2020-12 of this version's `answers`."""
    return answers_schema(_version(key, number).parsed_form, Lists(request.user))  # type: ignore[arg-type]


@api.get("/cases/{str:reference}", url_name="case", response={200: shapes.CaseOut, **COMMON})
def case(request: HttpRequest, reference: str) -> Any:
    """Return a case of the person's unit or region: status, notices with their times, deadlines, referrals."""
    user: User = request.user  # type: ignore[assignment]
    # what can't be a reference needs no query
    if not REFERENCE.match(reference):
        raise Http404
    # The reference of a merged case is that of the one that stays.
    reference = get_standing_references([reference]).get(reference, reference)
    found = visible_or_404(Case, user, reference=reference)
    if not may_leave(found, ROAD).is_allowed:
        raise Http404
    with transaction.atomic():
        log_event("case.read", actor=get_actor(user), target_kind="case", target_id=found.pk, by="api")
    timeline = build_timeline(found, language=user.language)
    procedure = found.procedure_version
    return {
        "reference": found.reference,
        "status": found.status,
        "formal_identification": found.formal_identification,
        "child_track": found.child_track,
        "is_drill": found.is_drill,
        "municipality": found.municipality.slug,
        "unit": found.unit.slug,
        "procedure": {"key": procedure.procedure.key, "version": procedure.number},
        "opened_at": found.opened_at,
        "closed_at": found.closed_at,
        "restricted_at": found.restricted_at,
        "notices": timeline.notices,
        "deadlines": timeline.deadlines,
        "referrals": timeline.referrals,
        "not_shared": [each.as_data for each in list_held_back(found, timezone.now())],
    }


# ---- reading what was asked ----


def _version(key: str, number: int) -> FormVersion:
    found = FormVersion.objects.filter(form__key=key, number=number).first()
    if found is None:
        raise Http404
    return found


def _unit(slug: str | None) -> MobileUnit | None:
    """Return the unit named in the body. Another's unit and an unknown one get the same answer."""
    if slug is None:
        return None
    found = MobileUnit.objects.filter(slug=slug).first()
    if found is None:
        raise NotAllowed("not_a_worker")
    return found


def _correction(body: shapes.SubmissionIn, user: User) -> CorrectionByApp | None:
    """Return what the body corrects, None for nothing. Raises AnswersRefused, and Http404 for what isn't theirs."""
    if body.corrects is None:
        if body.correction_reason is None:
            return None
        words = _("A reason is given only for a correction: name in “corrects” what it corrects.")
        raise AnswersRefused([AnswerProblem("/correction_reason", "not_relevant", words)])
    return CorrectionByApp(visible_or_404(Submission, user, pk=body.corrects), body.correction_reason or "")


def _submission(body: Any) -> shapes.SubmissionIn:
    """Parse the body. Raises AnswersRefused, with a path for each field that is missing, unknown or wrong."""
    try:
        return shapes.SubmissionIn.model_validate(body)
    except ValidationError as refused:
        # The library's own messages may quote what was sent, so only place and kind are taken from it.
        found = [(error["loc"], error["type"]) for error in refused.errors(include_input=False, include_context=False)]
    problems = {_body_problem(location, kind) for location, kind in found}
    raise AnswersRefused(sorted(problems, key=lambda error: error.path))


def _body_problem(location: tuple[Any, ...], kind: str) -> AnswerProblem:
    name = str(location[0]) if location else ""
    # a name that no field could have is the sender's own text; a problem never repeats that
    path = f"/{name}" if FIELD_NAME.match(name) else ""
    if kind == "missing":
        return AnswerProblem(path, "missing", _("This is needed."))
    if kind == "extra_forbidden":
        return AnswerProblem(path, "unknown_field", _("There is no such field."))
    return AnswerProblem(path, "wrong_type", _("This has the wrong format."))


# ---- problems ----


@api.exception_handler(AnswersRefused)
def _refused(request: HttpRequest, refused: AnswersRefused) -> HttpResponse:
    errors = [{"path": error.path, "code": error.code, "message": error.message} for error in refused.errors]
    return problem(422, "refused", _("The submission can't be received as it is."), errors=errors)


@api.exception_handler(ConfirmationNeeded)
def _to_confirm(request: HttpRequest, needed: ConfirmationNeeded) -> HttpResponse:
    confirm = [{"key": each.key, "path": each.path, "message": each.message} for each in needed.asked]
    return problem(422, "confirm", _("Something may be a mistake: correct it, or confirm it."), confirm=confirm)


@api.exception_handler(BodyRefused)
def _body_refused(request: HttpRequest, refused: BodyRefused) -> HttpResponse:
    if refused.code == "too_large":
        return problem(413, "too-large", _("The body is larger than a megabyte."))
    if refused.code == "wrong_media_type":
        return problem(415, "wrong-media-type", _("Send application/json; a file as multipart/form-data or by itself."))
    error = {"path": "", "code": "not_json", "message": _("The body isn't JSON that can be read.")}
    return problem(422, "refused", _("The submission can't be received as it is."), errors=[error])


@api.exception_handler(FileRefused)
def _file_refused(request: HttpRequest, refused: FileRefused) -> HttpResponse:
    words = words_for(refused.code)
    if refused.code == "too_large":
        return problem(413, "too-large", words)
    if refused.code in ("busy", "one_at_a_time"):
        return _try_later("busy", words)
    error = {"path": "", "code": refused.code, "message": words}
    return problem(422, "refused", _("The file can't be saved."), errors=[error])


@api.exception_handler(UuidReused)
def _reused(request: HttpRequest, reused: UuidReused) -> HttpResponse:
    return problem(409, "uuid-reused", _("This UUID belongs to another submission."))


@api.exception_handler(CorrectedSince)
def _not_correctable(request: HttpRequest, refused: CorrectedSince) -> HttpResponse:
    words = str(REFUSALS[refused.code])
    if refused.code == "not_yours":
        return problem(403, "not-correctable", words)
    newest = {"newest": str(refused.newest)} if refused.newest else {}
    return problem(409, refused.code.replace("_", "-"), words, **newest)


@api.exception_handler(UnknownForm)
def _unknown_form(request: HttpRequest, unknown: UnknownForm) -> HttpResponse:
    return problem(404, "unknown-form", _("There is no such form or version."))


@api.exception_handler(NotAllowed)
def _not_allowed(request: HttpRequest, refused: NotAllowed) -> HttpResponse:
    if refused.code == "unit_needed":
        return problem(403, "unit-needed", _("You work in several units: choose one."))
    return problem(403, "not-a-worker", _("Only a unit's own workers submit for it."))


@api.exception_handler(NotDecided)
def _not_decided(request: HttpRequest, failure: NotDecided) -> HttpResponse:
    log.error("submission_not_decided", where=failure.where)
    return _try_later("not-decided")


@api.exception_handler(OperationalError)
def _busy(request: HttpRequest, failure: OperationalError) -> HttpResponse:
    # a lock that wasn't had in time, or a database that is away: the transaction was rolled back, so a retry is safe
    log.error("database_busy", path=request.path)
    return _try_later("busy")


def _try_later(kind: str, words: str = "") -> HttpResponse:
    words = words or _("Nothing was received. Try again in a minute, and inform your coordinator by phone.")
    answer = problem(503, kind, words)
    answer["Retry-After"] = RETRY_SECONDS
    return answer


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, missing: Http404) -> HttpResponse:
    return problem(404, "not-found", _("There is nothing here for you."))


@api.exception_handler(AuthenticationError)
def _not_signed_in(request: HttpRequest, refused: AuthenticationError) -> HttpResponse:
    answer = problem(401, "not-signed-in", _("Send a bearer token or sign in."))
    answer["WWW-Authenticate"] = 'Bearer realm="field"'
    return answer


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer ninja's own error: a session request without its CSRF token."""
    return problem(error.status_code, "csrf", _("Send the CSRF token with the session, or a bearer token."))
