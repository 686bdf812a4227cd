"""Route 7 of phones that store: a form as the phone takes it along."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from ninja import Router

from access.languages import LANGUAGES
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.field_api import schemas as field_shapes

from .actions import DeviceEnded
from .api.authentication import PACK
from .form_package import build_package
from .living import get_end
from .models import Device

router = Router()


@router.get(
    "/device-forms/{slug:key}/{int:version}",
    url_name="device_form",
    auth=PACK,
    response={200: dict[str, Any], 304: None, 410: field_shapes.Problem, **field_shapes.COMMON},
)
def device_form(request: HttpRequest, key: str, version: int, language: str = "") -> Any:
    """Return a form blank, with its rules and the words for what is wrong. 304: the phone has it as it is now."""
    device: Device = request.auth  # type: ignore[attr-defined]
    if why := get_end(device):
        raise DeviceEnded(why)
    found = FormVersion.objects.for_staff().select_related("form").filter(form__key=key, number=version).first()
    if found is None or not device.user.units().exists():
        raise Http404
    wanted = language if language in LANGUAGES else device.user.language
    with translation.override(wanted):
        package = build_package(found, device.user, wanted)
    tag = f'"{package["lists_sha256"]}"'
    is_known = request.headers.get("If-None-Match") == tag
    response = HttpResponse(status=304) if is_known else JsonResponse(package)
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    return response
