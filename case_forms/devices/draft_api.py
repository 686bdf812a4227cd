"""Route of phones that store: a draft that its worker began on the pages and has offered to this phone."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from ninja import Router

from access.languages import LANGUAGES
from access.middleware import problem
from case_forms.submissions.field_api import schemas as field_shapes

from .actions import DeviceEnded
from .api.authentication import PACK
from .living import get_end
from .models import Device
from .taking import CannotTakeDraft, take_draft
from .taking_words import OBSTACLES

router = Router()


@router.post(
    "/device-drafts/{uuid:draft_id}",
    url_name="device_draft",
    auth=PACK,
    response={200: dict[str, Any], 409: field_shapes.Problem, 410: field_shapes.Problem, **field_shapes.COMMON},
)
def device_draft(request: HttpRequest, draft_id: UUID, language: str = "") -> Any:
    """Return the draft as its pages would post it. 409 `not-taken`: `why` it can't go on here."""
    device: Device = request.auth  # type: ignore[attr-defined]
    if why := get_end(device):
        raise DeviceEnded(why)
    wanted = language if language in LANGUAGES else device.user.language
    with translation.override(wanted):
        try:
            taken = take_draft(device=device, draft_id=draft_id, language=wanted)
        except CannotTakeDraft as refused:
            return problem(409, "not-taken", str(OBSTACLES[refused.code]), why=refused.code)
    response: HttpResponse = JsonResponse(taken)
    response["Cache-Control"] = "no-store"
    return response
