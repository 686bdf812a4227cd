"""Which phones a contact's notices wake, behind the PIN."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from notifications.channels import vapid
from notifications.channels.named_phones import MAX_NAME_LENGTH, CannotAdd
from notifications.directory.ways.phones import add_phone, end_phone, get_phones

from .pages import before_pin
from .views import redirect_to
from .visit import Visit, at_link


@sensitive_post_parameters("endpoint", "p256dh", "auth")
@at_link
def phones(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List this contact's phones (GET); add this one, or end one (POST)."""
    if not vapid.is_configured():
        raise Http404
    if visit.session is None:
        if request.method == "POST":
            return render(request, "briefs/pin.html", before_pin(visit) | {"ended": True}, status=403)
        return redirect_to(visit.address())
    if request.method != "POST":
        return _show(request, visit)
    contact = visit.notice.contact
    assert contact is not None  # a link opens for somebody only (`links.get_notice_by_link`)
    now = timezone.now()
    if request.POST.get("do") == "end":
        key = request.POST.get("phone", "")
        if key.isascii() and key.isdigit() and len(key) < 19:
            end_phone(contact=contact, key=int(key), at=now)
        return redirect_to(visit.address("phones"))
    try:
        add_phone(contact=contact, name=request.POST.get("name", ""), values=request.POST, at=now)
    except CannotAdd as refused:
        return _show(request, visit, problem=str(refused))
    return redirect_to(visit.address("phones") + "#phones")


def _show(request: HttpRequest, visit: Visit, *, problem: str = "") -> HttpResponse:
    contact = visit.notice.contact
    assert contact is not None
    page = {
        "visit": visit,
        "notice": visit.notice,
        "phones": get_phones(contact),
        "push_key": vapid.get_public_key(),
        "problem": problem,
        "name": request.POST.get("name", ""),
        "max_name": MAX_NAME_LENGTH,
        "is_sandbox": settings.SANDBOX,
    }
    return render(request, "briefs/phones.html", page, status=422 if problem else 200)
