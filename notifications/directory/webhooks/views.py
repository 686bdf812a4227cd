"""The keys of one webhook: since when each signs, what is asked for, and, once, the key itself."""

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages

from access.models import User
from approvals.requests import Decision
from audit.chain import get_actor
from audit.denials import record_denial

from ..ways.models import ContactWay, WayKind
from .actions import OVERLAP, agree, ask_for_key, get_periods, may_manage, refuse
from .models import WebhookKeyRequest


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_keys(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the keys' periods (GET); ask for a key, agree, refuse, withdraw (POST)."""
    assert isinstance(request.user, User)
    me = request.user
    way = _find(me, pk)
    waiting = way.key_requests.filter(decision=Decision.WAITING).select_related("asked_by").first()
    if request.method != "POST":
        return _show(request, way, me)
    try:
        done = request.POST.get("do", "")
        if done == "ask":
            ask_for_key(way=way, by=me, ends_old=request.POST.get("ends_old") == "on")
        elif waiting is None:
            raise ValidationError(_("This has been decided meanwhile. Look again."))
        elif done == "agree":
            # On the answer to this very press, and nowhere else: no session and no address keeps it.
            return _show(request, way, me, key=agree(request=waiting, by=me))
        elif done == "refuse":
            refuse(request=waiting, by=me)
        else:
            raise ValidationError(_("Choose one of the buttons."))
    except ValidationError as refused:
        return _show(request, way, me, error=" ".join(refused.messages))
    messages.success(request, _("Done."))
    return redirect("webhook_keys", way.pk)


def _find(me: User, pk: int) -> ContactWay:
    ways = ContactWay.objects.select_related("contact__partner").filter(channel=WayKind.WEBHOOK)
    way = ways.filter(pk=pk).first()
    if way is None:
        raise Http404
    if not may_manage(way, me):
        record_denial(actor=get_actor(me), target_kind="contactway", target_id=pk)
        raise Http404
    return way


def _show(request: HttpRequest, way: ContactWay, me: User, *, key: str = "", error: str = "") -> HttpResponse:
    if key:
        way.refresh_from_db()
    asked = WebhookKeyRequest.objects.filter(way=way).select_related("asked_by", "decided_by")
    waiting = asked.filter(decision=Decision.WAITING).first()
    context = {
        "way": way,
        "key": key,
        "error": error,
        "periods": get_periods(way, timezone.now()),
        "waiting": waiting,
        "is_mine": waiting is not None and waiting.asked_by_id == me.pk,
        # All of them: a key is changed once a year.
        "past": asked.exclude(decision=Decision.WAITING).order_by("-decided_at"),
        "overlap_days": OVERLAP.days,
    }
    return render(request, "directory/webhook_keys.html", context, status=409 if error else 200)
