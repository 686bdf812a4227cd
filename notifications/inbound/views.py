"""The addresses at which gateways report. Each request proves that its gateway sent it, or it is answered as nothing.

A name that no gateway has, a report that this gateway doesn't make and a proof that is missing or wrong all get the
same answer. What is genuine gets an empty 200, whatever becomes of it: a gateway learns nothing of notices, and doesn't
send again what was understood.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from access.rate_limits import Limit, get_network
from audit.chain import ANONYMOUS, log_event
from notifications.channels.gateways.description import HttpGateway
from notifications.channels.gateways.incoming import (
    MAX_BODY,
    Request,
    is_genuine,
    read_keys,
    read_receipts,
    read_replies,
)
from notifications.channels.gateways.loading import GatewayInvalid, get_gateway

from .actions import take_key, take_receipt, take_sms

# Forged reports from one network: so many are recorded, each of the others is only answered.
FORGED = Limit("inbound.forged", 10, timedelta(hours=1))

Take = Callable[[HttpGateway, Any], None]


def _take_receipts(gateway: HttpGateway, data: Any) -> None:
    for receipt in read_receipts(gateway, data):
        take_receipt(gateway.name, receipt)


def _take_replies(gateway: HttpGateway, data: Any) -> None:
    for sms in read_replies(gateway, data):
        take_sms(gateway.name, sms)


def _take_keys(gateway: HttpGateway, data: Any) -> None:
    for key in read_keys(gateway, data):
        take_key(gateway.name, key)


@csrf_exempt
@require_POST
def receipt(request: HttpRequest, name: str) -> HttpResponse:
    """Take what became of messages."""
    return _take(request, name, "receipts", _take_receipts)


@csrf_exempt
@require_POST
def reply(request: HttpRequest, name: str) -> HttpResponse:
    """Take SMS that somebody sent to the gateway's number."""
    return _take(request, name, "replies", _take_replies)


@csrf_exempt
@require_POST
def key(request: HttpRequest, name: str) -> HttpResponse:
    """Take a key that was pressed during a call."""
    return _take(request, name, "keys", _take_keys)


def _take(request: HttpRequest, name: str, rule: str, take: Take) -> HttpResponse:
    try:
        loaded = get_gateway(name)
    except GatewayInvalid:
        loaded = None
    gateway = loaded.description if loaded else None
    incoming = _read(request)
    if loaded is None or not isinstance(gateway, HttpGateway) or incoming is None or not is_genuine(loaded, incoming):
        _record_forged(request)
        return HttpResponseNotFound()
    if getattr(gateway, rule) is None:
        return HttpResponseNotFound()
    take(gateway, incoming.get_data())
    return HttpResponse(b"", content_type="text/plain")


def _read(request: HttpRequest) -> Request | None:
    """Return the request as its gateway signed it; None for one that is too long to be read."""
    length = request.headers.get("Content-Length", "") or "0"
    if not length.isdigit() or int(length) > MAX_BODY:
        return None
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Request(settings.PUBLIC_URL + request.path, request.headers.get("Content-Type", ""), headers, request.body)


def _record_forged(request: HttpRequest) -> None:
    network = get_network(get_adapter(request).get_client_ip(request))
    if FORGED.is_used_up(network):
        return
    FORGED.hit(network)
    log_event("inbound.forged", actor=ANONYMOUS, target_kind="gateway", network=network)
