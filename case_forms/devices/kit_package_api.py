"""Route of phones that store: a kit's version as the phone takes it along."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import Router

from case_forms.submissions.field_api import schemas as field_shapes
from outreach_pages.kits.models import KitVersion

from .actions import DeviceEnded
from .api.authentication import PACK
from .kit_package import build_kit_package
from .living import get_end
from .models import Device

router = Router()
MAX_KEY = 2**63


@router.get(
    "/device-kits/{int:version}",
    url_name="device_kit",
    auth=PACK,
    response={200: dict[str, Any], 304: None, 410: field_shapes.Problem, **field_shapes.COMMON},
)
def device_kit(request: HttpRequest, version: int) -> Any:
    """Return a kit's version with its materials, in its language. 304: the phone has it as it is now."""
    device: Device = request.auth  # type: ignore[attr-defined]
    if why := get_end(device):
        raise DeviceEnded(why)
    found = KitVersion.objects.filter(pk=version).first() if version < MAX_KEY else None
    if found is None or not device.user.units().exists():
        raise Http404
    package = build_kit_package(found)
    tag = f'"{package["sha256"]}"'
    is_known = request.headers.get("If-None-Match") == tag
    response = HttpResponse(status=304) if is_known else JsonResponse(package)
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    return response
