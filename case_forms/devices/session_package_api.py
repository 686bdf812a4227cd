"""Route of phones that store: the form that records a session, with what is known of it."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from ninja import Router

from access.languages import LANGUAGES
from access.scoping import visible_or_404
from case_forms.submissions.field_api import schemas as field_shapes
from outreach_pages.records.models import InformativeSession
from outreach_pages.records.phones.form import build_plan_package, build_record_package, may_take_along

from .actions import DeviceEnded
from .api.authentication import PACK
from .living import get_end
from .models import Device

router = Router()


@router.get(
    "/device-sessions/{uuid:session_id}",
    url_name="device_session",
    auth=PACK,
    response={200: dict[str, Any], 304: None, 410: field_shapes.Problem, **field_shapes.COMMON},
)
def device_session(request: HttpRequest, session_id: UUID, language: str = "") -> Any:
    """Return the form that records this session. 304: the phone has it as it is now."""
    device: Device = request.auth  # type: ignore[attr-defined]
    if why := get_end(device):
        raise DeviceEnded(why)
    session = visible_or_404(InformativeSession, device.user, pk=session_id)
    if not may_take_along(device.user, session):
        raise Http404
    with translation.override(language if language in LANGUAGES else device.user.language):
        package = build_record_package(session)
    return _answer(request, package)


@router.get(
    "/device-session-plan",
    url_name="device_session_plan",
    auth=PACK,
    response={200: dict[str, Any], 304: None, 410: field_shapes.Problem, **field_shapes.COMMON},
)
def device_session_plan(request: HttpRequest, language: str = "") -> Any:
    """Return the form that plans a session. 304: the phone has it as it is now."""
    device: Device = request.auth  # type: ignore[attr-defined]
    if why := get_end(device):
        raise DeviceEnded(why)
    with translation.override(language if language in LANGUAGES else device.user.language):
        package = build_plan_package(device.user)
    if package is None:
        raise Http404
    return _answer(request, package)


def _answer(request: HttpRequest, package: dict[str, Any]) -> HttpResponse:
    tag = f'"{package["sha256"]}"'
    is_known = request.headers.get("If-None-Match") == tag
    response = HttpResponse(status=304) if is_known else JsonResponse(package)
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    return response
