"""Where a person with a locked or expired session is sent, and what happens to the form they posted meanwhile."""

import json
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from vault.seal import SealBroken, get_place, seal, unseal

from ..models import User
from .actions import ROW_KEY
from .models import StaffPin

TYPED_KEY = "access.typed"  # in a session: what was posted while it was locked, sealed
MAX_TYPED = 400_000  # bytes of one page's fields
STORED_AT = ("/field/", "/cms/")  # where typed text is worth storing
NOT_STORED = ("csrfmiddlewaretoken", "draft_key")


def redirect_to_unlocking(request: HttpRequest) -> HttpResponse:
    """Redirect to the PIN, or to signing in. A posted form is stored, sealed, and offered again."""
    user = getattr(request, "locked_user", None)
    if user is None:
        return redirect_to_login(request.get_full_path())
    is_stored = request.method == "POST" and _store_typed(request)
    back = reverse("account_typed") if is_stored else request.get_full_path() if request.method == "GET" else ""
    address = get_unlocking_url(user, next=back, **({"kept": "1"} if is_stored else {}))
    # A script's fetch would follow the redirect and take the sign-in page for its answer.
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"sign_in": address}, status=401)
    return redirect(address)


def get_unlocking_url(user: User, **asked: str) -> str:
    """Return where this person unlocks their session: by PIN, or by signing in."""
    has_pin = StaffPin.objects.filter(user=user).exists()
    address = reverse("account_unlock") if has_pin else resolve_url(settings.LOGIN_URL)
    return f"{address}?{urlencode({**asked, 'locked': '1'}, safe='/')}"


def _store_typed(request: HttpRequest) -> bool:
    """Store the posted fields, sealed, in the locked session; False if there is nothing to store, or too much."""
    if not request.path.startswith(STORED_AT) or "json" in (request.content_type or ""):
        return False
    fields = [(name, value) for name, values in request.POST.lists() if name not in NOT_STORED for value in values]
    plain = json.dumps({"path": request.get_full_path(), "fields": fields, "files": sorted(request.FILES)}).encode()
    if not fields or len(plain) > MAX_TYPED:
        return False
    request.session[TYPED_KEY] = seal(plain, _place(request))
    return True


def get_typed(request: HttpRequest) -> dict[str, Any] | None:
    """Return what was posted while the session was locked; None where nothing is stored.

    {"path", "fields": [(name, value)], "files": [names of the files, which aren't stored]}.
    """
    token = request.session.get(TYPED_KEY)
    if not token:
        return None
    try:
        found: dict[str, Any] = json.loads(unseal(token, _place(request)))
    except SealBroken:
        return None
    return found


def delete_typed(request: HttpRequest) -> None:
    """Delete what was posted while the session was locked."""
    request.session.pop(TYPED_KEY, None)


def _place(request: HttpRequest) -> bytes:
    """Bind the sealed text to this session's row: it opens nowhere else."""
    return get_place("session", "typed", request.session.get(ROW_KEY, ""))


def get_safe_next(request: HttpRequest, asked: QueryDict, default: str) -> str:
    """Return where `next` leads if that is a page of ours, else `default`."""
    wanted = str(asked.get("next", ""))
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else default
