"""Account pages of signed-in staff: sessions and devices, lock and PIN, tokens of the field API, calls for help."""

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from audit.chain import get_actor, log_event

from ..adapter import StaffAccountAdapter
from ..models import DEVICE_SCOPES, FieldToken, StaffRole, User
from ..scoping import get_signed_in_user
from ..short_lists import shorten
from ..staff import mails
from . import actions, duress
from .forms import PinForm, TokenForm, UnlockForm
from .locked import delete_typed, get_safe_next, get_typed, get_unlocking_url
from .models import StaffPin, StaffSession

CALLS_ON_A_PAGE = 20
MAX_ENDED = 5  # sessions that are over

# ---- sessions and devices ----


@never_cache
def sessions(request: HttpRequest) -> HttpResponse:
    """List where this person is signed in."""
    oldest = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    open_ones = StaffSession.objects.filter(
        user=get_signed_in_user(request), ended_at__isnull=True, started_at__gt=oldest
    )
    ended = StaffSession.objects.filter(user=get_signed_in_user(request), ended_at__isnull=False)
    recent = shorten(ended.order_by("-ended_at", "-pk"), MAX_ENDED)
    return render(
        request,
        "account/sessions.html",
        {
            "sessions": open_ones,
            "recent": recent,
            "here": actions.get_row(request),
            "done": request.GET.get("done"),
            "wakes_phones": bool(settings.VAPID_PRIVATE_KEY),
        },
    )


@require_POST
def end_session(request: HttpRequest) -> HttpResponse:
    """End one of one's own sessions. POST `session` = its id, or "others"."""
    me, wanted = get_signed_in_user(request), request.POST.get("session", "")
    if wanted == "others":
        actions.end_all(user=me, by=me, keep=request)
        return redirect(f"{reverse('account_sessions')}?done=others")
    try:
        found = uuid.UUID(wanted)
    except ValueError:
        return redirect("account_sessions")
    if str(found) == actions.get_row(request):
        # Signing out ends this one, and empties it as well.
        return redirect("account_logout")
    actions.end_one(user=me, session=found, by=me)
    return redirect(f"{reverse('account_sessions')}?done=one")


# ---- lock and PIN ----


@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    """Lock this session at once, and redirect to unlocking it."""
    actions.lock(request, by=get_signed_in_user(request).person)
    return redirect(
        get_unlocking_url(get_signed_in_user(request).person, next=get_safe_next(request, request.POST, ""))
    )


@require_POST
def alive(request: HttpRequest) -> HttpResponse:
    """Answer a page in which somebody types, so that the session isn't idle. The guard has stored the time."""
    return HttpResponse(status=204)


@never_cache
@sensitive_variables()
@sensitive_post_parameters()
def unlock(request: HttpRequest) -> HttpResponse:
    """Ask for the PIN. GET changes nothing; each POST counts as an attempt."""
    if request.user.is_authenticated:
        return redirect(get_safe_next(request, request.GET, reverse("account_home")))
    user: User | None = request.locked_user  # type: ignore[attr-defined]
    if user is None or not StaffPin.objects.filter(user=user).exists():
        return redirect("account_login")
    form = UnlockForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        outcome = actions.try_pin(request, user, form.cleaned_data["pin"])
        if outcome == "open":
            return redirect(get_safe_next(request, request.GET, reverse("account_home")) or reverse("account_home"))
        if outcome == "ended":
            return redirect(f"{reverse('account_login')}?ended=1")
        form.add_error("pin", _("This isn't your PIN. After five wrong tries the session ends."))
    signs_in = not StaffPin.objects.filter(user=user, ask_at_sign_in=True).exists()
    kept = "kept" in request.GET
    return render(request, "account/unlock.html", {"form": form, "signs_in": signs_in, "kept": kept, "is_locked": True})


@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Redirect to where this person starts."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    return redirect(StaffAccountAdapter().get_login_redirect_url(request))


@never_cache
def typed(request: HttpRequest) -> HttpResponse:
    """Offer what was posted while the session was locked (GET). POST `_typed` = send or forget."""
    found = get_typed(request)
    if found is None:
        return redirect("account_home")
    if request.method == "POST":
        delete_typed(request)
        if request.POST.get("_typed") == "send":
            # 307: the browser posts the offered fields again to the page they were meant for.
            return redirect(found["path"], preserve_request=True)
        return redirect("account_home")
    return render(request, "account/typed.html", {"typed": found})


@never_cache
@sensitive_variables()
@sensitive_post_parameters()
@reauthentication_required(app="allauth.mfa")
def pin(request: HttpRequest) -> HttpResponse:
    """Choose or remove the PIN, after the second factor. The page never shows whether there is a duress PIN."""
    me = get_signed_in_user(request)
    has_duress = me.has_role(StaffRole.WORKER, StaffRole.COORDINATOR)
    chosen = StaffPin.objects.filter(user=me).first()
    form = PinForm(request.POST or None, has_duress=has_duress)
    if request.method == "POST" and "remove" in request.POST:
        actions.remove_pin(user=me)
        return redirect(f"{reverse('account_pin')}?done=removed")
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        actions.set_pin(
            user=me,
            pin=wanted["pin"],
            duress_pin=wanted.get("duress_pin", ""),
            ask_at_sign_in=wanted["ask_at_sign_in"],
        )
        return redirect(f"{reverse('account_pin')}?done=set")
    return render(request, "account/pin.html", {"form": form, "chosen": chosen, "done": request.GET.get("done")})


# ---- tokens of the field API ----


@never_cache
@sensitive_variables()
@reauthentication_required(app="allauth.mfa")
def tokens(request: HttpRequest) -> HttpResponse:
    """List, make and end tokens. A new one is in the answer to the POST that made it, and nowhere else."""
    me = get_signed_in_user(request)
    has_factor = is_mfa_enabled(me)
    form = TokenForm(request.POST if "name" in request.POST else None)
    made = ""
    if request.method == "POST" and "end" in request.POST:
        found = get_object_or_404(_get_own_tokens(me), pk=_number(request.POST["end"]))
        with transaction.atomic():
            if FieldToken.objects.filter(pk=found.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
                log_event("field_token.ended", actor=get_actor(me), target_kind="user", target_id=me.pk, token=found.pk)
        return redirect("account_tokens")
    if request.method == "POST" and has_factor and form.is_valid():
        made = _make(me, form.cleaned_data)
        form = TokenForm()
    listed = _get_own_tokens(me).filter(revoked_at__isnull=True, expires_at__gt=timezone.now()).order_by("-created_at")
    return render(
        request, "account/tokens.html", {"form": form, "tokens": listed, "made": made, "has_factor": has_factor}
    )


def _get_own_tokens(user: User) -> QuerySet[FieldToken]:
    """Return a person's tokens without those of their phone, which end with it."""
    return FieldToken.objects.filter(user=user).exclude(scope__in=DEVICE_SCOPES)


def _make(user: User, wanted: dict[str, Any]) -> str:
    with transaction.atomic():
        token = FieldToken.issue(user, days=wanted["days"], scope=wanted["scope"], name=wanted["name"])
        detail = {"days": wanted["days"], "scope": wanted["scope"]}
        log_event("field_token.issued", actor=get_actor(user), target_kind="user", target_id=user.pk, **detail)
        transaction.on_commit(partial(mails.mail_security_change, user, "token"))
    return token


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


# ---- calls for help ----


@never_cache
def calls(request: HttpRequest) -> HttpResponse:
    """List calls for help of those whom this person coordinates. POST `seen` = the id of the call to acknowledge."""
    me = get_signed_in_user(request)
    if request.method == "POST":
        found = get_object_or_404(duress.get_visible_alarms(me), pk=_number(request.POST.get("seen", "")))
        duress.acknowledge(alarm=found, by=me)
        return redirect("account_calls")
    # What nobody sees to stands first, however much came since.
    waiting_first = duress.get_visible_alarms(me).order_by(F("seen_at").desc(nulls_first=True), "-at", "-pk")
    page = Paginator(waiting_first, CALLS_ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "account/calls.html", {"page": page, "calls": page.object_list})
