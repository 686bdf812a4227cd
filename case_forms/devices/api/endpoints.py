"""Routes of phones that store, under /api/field/v1/."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from ninja import Router
from ninja.responses import Status
from pydantic import BaseModel, ValidationError

from access.json_body import BodyRefused, read_bytes, read_json
from access.languages import LANGUAGES
from access.middleware import problem
from access.models import User
from access.scoping import visible_or_404
from audit.chain import get_actor, log_event
from case_forms.submissions.actions import AnswersRefused
from case_forms.submissions.field_api import schemas as field_shapes
from case_forms.submissions.validation.validate import AnswerProblem
from vault.field_keys import FieldSealBroken, UnknownFieldKey, get_published

from .. import actions
from ..app_version import APP_VERSION
from ..contact import Seen, is_sign_in_over, make_share, note_contact
from ..envelopes import SealedNotRead, decode
from ..living import get_end
from ..models import CONTACT_HOURS, Device
from ..pack import build_pack
from ..receiving import Delivered, Envelope, describe, find_arrival, is_notified, receive_envelope
from ..rescuing import SealedDraft, rescue_drafts
from ..sealed_files import MAX_PART, add_part, find_file
from . import schemas as shapes
from .authentication import PACK, QUEUE, SESSION, TokenExpired
from .limits import CONTACTS, FORMS, PARTS, RECORDED, RESCUES
from .problems import MixedUp

router = Router()
Parsed = TypeVar("Parsed", bound=BaseModel)
COMMON = field_shapes.COMMON
Problem = field_shapes.Problem
BUSY: dict[Any, Any] = {413: Problem, 415: Problem, 429: Problem, 503: Problem}
MAX_BODY = 4_300_000
MAX_RESCUE_BODY = 8_000_000


def _body_of(shape: type[BaseModel]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": shape.model_json_schema()}}}}


# ---- of somebody who is signed in ----


@router.post(
    "/devices",
    url_name="devices",
    auth=SESSION,
    response={201: shapes.SetUpOut, 409: Problem, 422: field_shapes.RefusedProblem, **BUSY, **COMMON},
    openapi_extra=_body_of(shapes.SetUpIn),
)
def set_up(request: HttpRequest) -> Any:
    """Set up the signed-in worker's phone, once a coordinator has granted it.

    403 `not-granted`: nobody has. 409 `device-exists`: another phone is theirs; with `replace` it ends.
    """
    body = _parse(shapes.SetUpIn, read_json(request))
    user = _person(request)
    made = actions.set_up_device(user=user, name=body.name, replace=body.replace)
    return Status(201, _describe(made, user))


@router.post(
    "/device-renewal",
    url_name="device_renewal",
    auth=SESSION,
    response={200: shapes.SetUpOut, 410: Problem, 422: field_shapes.RefusedProblem, **BUSY, **COMMON},
    openapi_extra=_body_of(shapes.RenewalIn),
)
def renew(request: HttpRequest) -> Any:
    """Give the signed-in worker's own phone new tokens; the one that reads lasts 30 days."""
    body = _parse(shapes.RenewalIn, read_json(request))
    user = _person(request)
    device = visible_or_404(Device, user, pk=body.device, user=user)
    return _describe(actions.renew_device(device=device, user=user), user)


# ---- of a phone, by the token that delivers ----


@router.post(
    "/device-contact",
    url_name="device_contact",
    auth=QUEUE,
    response={200: shapes.ContactOut, 410: Problem, 422: field_shapes.RefusedProblem, **BUSY, **COMMON},
    openapi_extra=_body_of(shapes.ContactIn),
)
def contact(request: HttpRequest) -> Any:
    """Say that the phone is there. 410 `device-ended`: it throws its keys away, and delivers what it has finished.

    401 `token-expired`: its owner signs in and renews it; until then it delivers, and its 72 hours aren't extended.
    """
    device = _device(request)
    with _in_language_of(device):
        CONTACTS.check(str(device.pk))
        body = _parse(shapes.ContactIn, read_json(request))
        _same_device(device, body.device)
        if is_sign_in_over(device):
            raise TokenExpired
        seen = Seen(body.app, body.drafts, body.queued, body.locked, body.now)
        return {**note_contact(device=device, seen=seen), "app": APP_VERSION}


@router.post(
    "/sealed-submissions",
    url_name="sealed_submissions",
    auth=QUEUE,
    response={
        201: field_shapes.Receipt,
        200: field_shapes.Receipt,
        422: shapes.ReturnedProblem,
        **BUSY,
        **COMMON,
    },
    openapi_extra=_body_of(shapes.SealedIn),
)
def submit_sealed(request: HttpRequest) -> Any:
    """Receive one form that only the service can open; sending it again is answered as the first time.

    201, 200: as `/submissions`. 422 `returned`: it is a draft of its worker now, at `url`, with what is to be corrected
    or confirmed; the phone needs it no more. 422 `sealed-not-opened`, `sealed-not-read` and 404 `unknown-key`: nothing
    was stored. 503: nothing was received, try again later.
    """
    device = _device(request)
    with _in_language_of(device):
        FORMS.check(str(device.pk))
        body = _parse(shapes.SealedIn, read_json(request, limit=MAX_BODY))
        _same_device(device, body.device)
        envelope = Envelope(
            uuid=body.uuid,
            key_id=body.key,
            sealed=_recorded(device, "form", lambda: decode(body.sealed)),
            is_urgent=body.urgent,
            made_at=body.made_at,
            sent_at=body.sent_at,
        )
        delivered = _recorded(device, "form", lambda: receive_envelope(device=device, envelope=envelope))
        if delivered.receipt is not None:
            return Status(201 if delivered.created else 200, delivered.receipt)
        return _returned(delivered)


@router.get(
    "/sealed-submissions/{uuid:uuid}",
    url_name="sealed_submission",
    auth=QUEUE,
    response={200: shapes.StatusOut, **COMMON},
)
def status(request: HttpRequest, uuid: UUID) -> Any:
    """Say what became of a form that this phone delivered."""
    device = _device(request)
    arrival = find_arrival(device, uuid)
    if arrival is None:
        raise Http404
    with _in_language_of(device):
        found = describe(arrival)
    if found.receipt is not None:
        return {"state": "told" if is_notified(found.receipt) else "server", "receipt": found.receipt}
    assert found.draft is not None
    return {
        "state": "returned",
        "draft": found.draft,
        "url": found.url,
        "reason": found.reason,
        "gone": found.is_gone,
    }


@router.api_operation(
    ["HEAD", "PATCH"],
    "/sealed-files/{uuid:uuid}",
    url_name="sealed_files",
    auth=QUEUE,
    response={
        201: shapes.FileOut,
        204: None,
        409: Problem,
        422: field_shapes.RefusedProblem,
        **BUSY,
        **COMMON,
    },
    openapi_extra={
        "parameters": [
            {"in": "header", "name": name, "schema": {"type": kind}}
            for name, kind in (("Upload-Offset", "integer"), ("Upload-Length", "integer"), ("X-Field-Key", "string"))
        ],
        "requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
    },
)
def sealed_file(request: HttpRequest, uuid: UUID) -> Any:
    """Say how much of a file is here (HEAD), or add the next part of it (PATCH).

    201: it is whole, and a form may name it. 204: go on at `Upload-Offset`. 409: it ends elsewhere, at `Upload-Offset`.
    422: it doesn't open or isn't accepted, and is gone.
    """
    device = _device(request)
    with _in_language_of(device):
        return _say_how_much(device, uuid) if request.method == "HEAD" else _take_part(request, device, uuid)


@router.post(
    "/device-rescues",
    url_name="device_rescues",
    auth=QUEUE,
    response={200: shapes.RescuedOut, 422: field_shapes.RefusedProblem, **BUSY, **COMMON},
    openapi_extra=_body_of(shapes.RescueIn),
)
def rescue(request: HttpRequest) -> Any:
    """Take over the drafts of a phone that has thrown its keys away: each becomes a draft of its worker."""
    device = _device(request)
    with _in_language_of(device):
        RESCUES.check(str(device.pk))
        body = _parse(shapes.RescueIn, read_json(request, limit=MAX_RESCUE_BODY))
        _same_device(device, body.device)
        drafts = [SealedDraft(each.id, each.iv, each.sealed) for each in body.drafts]
        found = _recorded(
            device,
            "slot",
            lambda: rescue_drafts(device=device, key_id=body.key, slot=body.slot, drafts=drafts),
        )
        return {"saved": found.saved, "refused": found.refused}


# ---- of a phone, by the token that reads ----


@router.get(
    "/device-pack",
    url_name="device_pack",
    auth=PACK,
    response={200: shapes.PackOut, 410: Problem, **COMMON},
)
def pack(request: HttpRequest, language: str = "") -> Any:
    """Return what the phone needs without a network. Each time is recorded."""
    device = _device(request)
    if why := get_end(device):
        raise actions.DeviceEnded(why)
    wanted = language if language in LANGUAGES else device.user.language
    with translation.override(wanted):
        return build_pack(device, wanted)


# ---- reading what was asked ----


def _device(request: HttpRequest) -> Device:
    found: Device = request.auth  # type: ignore[attr-defined]
    return found


def _person(request: HttpRequest) -> User:
    found: User = request.auth  # type: ignore[attr-defined]
    return found


@contextmanager
def _in_language_of(device: Device) -> Iterator[None]:
    with translation.override(device.user.language):
        yield


def _same_device(device: Device, named: UUID) -> None:
    if named == device.pk:
        return
    if RECORDED.take(str(device.pk)):
        log_event("device.mixed_up", actor=get_actor(device.user), target_kind="device", target_id=device.pk)
    raise MixedUp


Result = TypeVar("Result")


def _recorded(device: Device, what: str, open_it: Callable[[], Result]) -> Result:
    """Do what opens a sealed value; one that doesn't open is recorded, in a transaction of its own."""
    try:
        return open_it()
    except (FieldSealBroken, UnknownFieldKey, SealedNotRead) as broken:
        if RECORDED.take(str(device.pk)):
            log_event(
                "device.sealed_refused",
                actor=get_actor(device.user),
                target_kind="device",
                target_id=device.pk,
                what=what,
                why=type(broken).__name__,
            )
        raise


def _parse(shape: type[Parsed], body: Any) -> Parsed:
    """Parse a body. Raises AnswersRefused, with a path for each field that is missing, unknown or wrong."""
    try:
        return shape.model_validate(body)
    except ValidationError as refused:
        found = [(error["loc"], error["type"]) for error in refused.errors(include_input=False, include_context=False)]
    known = shape.model_fields
    problems = set()
    for location, kind in found:
        name = str(location[0]) if location and str(location[0]) in known else ""
        words = _("This is needed.") if kind == "missing" else _("This has the wrong format.")
        code = "missing" if kind == "missing" else "unknown_field" if kind == "extra_forbidden" else "wrong_type"
        problems.add(AnswerProblem(f"/{name}" if name else "", code, words))
    raise AnswersRefused(sorted(problems, key=lambda each: (each.path, each.code)))


def _describe(made: actions.SetUp, user: User) -> dict[str, Any]:
    return {
        "device": made.device.pk,
        "queue_token": made.queue_token,
        "read_token": made.pack_token,
        "share": make_share(),
        "now": timezone.now(),
        "ends_at": made.device.pack_token.expires_at,
        "contact_hours": CONTACT_HOURS,
        "keys": get_published(),
        "person": {"name": user.get_full_name() or user.username},
        "units": [{"slug": unit.slug, "name": unit.name} for unit in user.units().order_by("name")],
    }


def _returned(delivered: Delivered) -> HttpResponse:
    assert delivered.draft is not None
    return problem(
        422,
        "returned",
        _("It couldn't be received as it is, and is saved as a draft."),
        draft=str(delivered.draft),
        url=delivered.url,
        reason=delivered.reason,
        gone=delivered.is_gone,
        errors=delivered.problems.errors,
        confirm=delivered.problems.confirm,
    )


def _say_how_much(device: Device, uuid: UUID) -> HttpResponse:
    row = find_file(device, uuid)
    if row is None:
        raise Http404
    answer = HttpResponse(status=204)
    answer["Upload-Offset"], answer["Upload-Length"] = str(row.offset), str(row.length)
    answer["Cache-Control"] = "no-store"
    return answer


def _take_part(request: HttpRequest, device: Device, uuid: UUID) -> Any:
    PARTS.check(str(device.pk))
    part = read_bytes(request, MAX_PART)
    if part and request.content_type != "application/octet-stream":
        raise BodyRefused("wrong_media_type")
    offset, length = (_number(request.headers.get(name, "")) for name in ("Upload-Offset", "Upload-Length"))
    key_id = request.headers.get("X-Field-Key", "")
    row = _recorded(
        device,
        "file",
        lambda: add_part(device=device, uuid=uuid, key_id=key_id, offset=offset, length=length, part=part),
    )
    if row.attachment_id is not None:
        answer: Any = Status(201, {"id": row.attachment_id})
        return answer
    more = HttpResponse(status=204)
    more["Upload-Offset"] = str(row.offset)
    return more


def _number(text: str) -> int:
    """Return a header's number. Raises AnswersRefused."""
    if text.isascii() and text.isdigit() and len(text) < 12:
        return int(text)
    raise AnswersRefused([AnswerProblem("", "wrong_type", _("This has the wrong format."))])
