"""`/metrics`, for machines that watch the service."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.views import is_this_machine

from .metrics import CONTENT_TYPE, write_metrics


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer the figures in Prometheus's text format to this machine, or to whoever sends METRICS_TOKEN; else 404."""
    if not (is_this_machine(request) or _has_token(request)):
        raise Http404
    return HttpResponse(write_metrics(), content_type=CONTENT_TYPE)


def _has_token(request: HttpRequest) -> bool:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    return bool(wanted) and scheme.lower() == "bearer" and constant_time_compare(token.strip(), wanted)
