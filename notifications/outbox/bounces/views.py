"""The address at which a mail relay of ours hands over what came to a return path, instead of a mailbox."""

import hmac

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from .actions import NotYet, take_report

RETRY_SECONDS = 60


@csrf_exempt  # no browser sends it: the relay shows a token of its own
@require_POST
def came_back(request: HttpRequest) -> HttpResponse:
    """Take the raw mail in the body: 204; 503 while its attempt isn't recorded yet, and the relay tries again.

    Without the token, or where none is set, there is nothing here.
    """
    wanted = str(settings.EMAIL_BOUNCE_HOOK_TOKEN)
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not wanted or not hmac.compare_digest(given.encode(), wanted.encode()):
        return HttpResponseNotFound()
    try:
        take_report(request.body, at=timezone.now())
    except NotYet:
        return HttpResponse(status=503, headers={"Retry-After": str(RETRY_SECONDS)})
    return HttpResponse(status=204)
