"""Which phones wake this person; and the worker that shows what wakes them."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from access.scoping import get_signed_in_user
from access.sessions.actions import get_session_rows
from notifications.channels import vapid
from notifications.channels.named_phones import MAX_NAME_LENGTH, CannotAdd

from .models import MAX_AGE
from .phones import COOKIE, add_phone, end_phone, get_phones

COOKIE_SECONDS = 400 * 24 * 3600  # as long as browsers keep one; when a phone ends is decided by its row


@never_cache
@sensitive_post_parameters("endpoint", "p256dh", "auth")
@require_http_methods(["GET", "HEAD", "POST"])
def phones(request: HttpRequest) -> HttpResponse:
    """List this person's phones (GET); add this one, or end one (POST)."""
    if not vapid.is_configured():
        raise Http404
    if request.method != "POST":
        return _show(request)
    me, now = get_signed_in_user(request), timezone.now()
    if request.POST.get("do") == "end":
        key = request.POST.get("phone", "")
        if key.isascii() and key.isdigit() and len(key) < 19:
            end_phone(user=me, key=int(key))
        return redirect("account_phones")
    session = get_session_rows(request, me).filter(ended_at__isnull=True).first()
    if session is None:  # ended a moment ago, from another device
        return redirect("account_login")
    try:
        cookie = add_phone(
            user=me, session=session, name=request.POST.get("name", ""), values=request.POST,
            only_alarms=request.POST.get("only_alarms") == "on", at=now,
        )  # fmt: skip
    except CannotAdd as refused:
        return _show(request, problem=str(refused))
    answer = redirect("account_phones")
    answer.set_cookie(
        COOKIE, cookie, max_age=COOKIE_SECONDS, path="/accounts/", secure=settings.SESSION_COOKIE_SECURE,
        httponly=True, samesite="Lax",
    )  # fmt: skip
    return answer


def _show(request: HttpRequest, *, problem: str = "") -> HttpResponse:
    page = {
        "phones": get_phones(get_signed_in_user(request), timezone.now()),
        "push_key": vapid.get_public_key(),
        "problem": problem,
        "name": request.POST.get("name", ""),
        "max_name": MAX_NAME_LENGTH,
        "days": MAX_AGE.days,
        "is_sandbox": settings.SANDBOX,
    }
    return render(request, "staff_push/phones.html", page, status=422 if problem else 200)
