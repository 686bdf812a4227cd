"""The script that shows what a push says. It is served beside the pages that it may open, and reaches no others."""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

WORKER = "js/push-worker.js"


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Serve the worker: the same for everybody."""
    response = HttpResponse(_read_worker(), content_type="text/javascript; charset=utf-8")
    # Asked for anew each time, so that no cached copy keeps an old worker in service.
    response["Cache-Control"] = "no-cache"
    return response


@cache
def _read_worker() -> bytes:
    return Path(finders.find(WORKER) or Path(settings.STATIC_ROOT) / WORKER).read_bytes()
