"""The sandbox's push service: its address for pushes, and a page that shows what invented phones were woken with."""

from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from notifications.channels import vapid
from notifications.channels.outgoing_http import BadEndpoint, parse_endpoint

from .push_service import Refused, count_phones, get_received, lose_phones, make_phone, receive


def folder() -> Path:
    return settings.DATA_DIR / "push"


@require_http_methods(["GET", "HEAD", "POST"])
def push(request: HttpRequest) -> HttpResponse:
    """Show what came, newest first (GET); lose all phones (POST). Reloads every few seconds unless `?still=1`."""
    if request.method == "POST":
        lose_phones(folder())
        return HttpResponseRedirect(reverse("sandbox:push"))
    received = [{**each, "at": datetime.fromtimestamp(each["at"], tz=UTC)} for each in get_received(folder())]
    context = {"received": received, "phones": count_phones(folder()), "refreshes": "still" not in request.GET}
    return render(request, "sandbox/push.html", context)


@require_POST
def push_phone(request: HttpRequest) -> HttpResponse:
    """Make an invented phone, and return its subscription."""
    service = request.build_absolute_uri(reverse("sandbox:push"))
    return JsonResponse(make_phone(folder(), service, vapid.get_public_key()))


@csrf_exempt  # who sends shows it by a token that this service checks, as push services do
@require_POST
def push_service(request: HttpRequest, key: str) -> HttpResponse:
    """Take a push for this phone: 201, or what a push service answers instead."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        origin = parse_endpoint(request.build_absolute_uri()).origin
        receive(folder(), key, headers, request.body, origin=origin)
    except Refused as refused:
        return HttpResponse(refused.reason, status=refused.status, content_type="text/plain")
    except BadEndpoint as bad:
        return HttpResponse(bad.code, status=400, content_type="text/plain")
    return HttpResponse(status=201)
