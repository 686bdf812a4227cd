"""The coordinators' screens: what people on the roster ask for, and who has the link to their own page."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from access.models import User
from audit.chain import get_actor, log_event
from audit.denials import record_denial

from ..models import Contact, LeaveKind, Partner
from ..scope import get_managers, get_partners
from . import mails
from .actions import agree_to_request, may_agree, needs_second, preview_request, refuse_request
from .links import end_links
from .models import DutyCalendar, DutyLink, DutyRequest, Stage
from .page import describe_request
from .views import read_key

PAGE = 50
GET_AND_POST = ["GET", "HEAD", "POST"]


@never_cache
@require_http_methods(["GET", "HEAD"])
def requests(request: HttpRequest) -> HttpResponse:
    """List what waits for a coordinator in this person's offices, and below it what has ended, newest first."""
    me = _me(request)
    mine = DutyRequest.objects.filter(contact__partner__in=get_partners(me))
    mine = mine.select_related("contact__partner", "colleague", "agreed_by", "ended_by")
    waiting = [_describe(each) for each in mine.open().order_by("starts_at", "asked_at")]
    ended = Paginator(mine.exclude(ended_at=None).order_by("-ended_at"), PAGE).get_page(request.GET.get("p"))
    context = {"waiting": waiting, "ended": [_describe(each) for each in ended], "page": ended}
    return render(request, "directory/own_duty/requests.html", context)


@never_cache
@require_http_methods(GET_AND_POST)
def duty_request(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one request with what would follow from it. POST agrees to it or refuses it."""
    me, now = _me(request), timezone.now()
    found = _find(pk, me)
    error, status = "", 200
    if request.method == "POST":
        try:
            done = _decide(request, found, me)
        except ValidationError as refused:
            error, status = " ".join(refused.messages), 409
            found = _find(pk, me)
        else:
            messages.success(request, describe_result(done))
            return redirect("duty_request", done.pk)
    is_to_decide = found.stage in (Stage.COORDINATOR, Stage.SECOND)
    outcome = preview_request(found, now=now) if is_to_decide else None
    context = {
        "request_row": found,
        **_describe(found),
        "error": error,
        "outcome": outcome,
        "may_agree": may_agree(found, me),
        "may_refuse": is_to_decide,
        "takes_two": bool(outcome) and _needs_second(found),
        "others": [each for each in get_managers(found.contact.partner) if may_agree(found, each) and each != me],
    }
    return render(request, "directory/own_duty/request.html", context, status=status)


@never_cache
@require_http_methods(GET_AND_POST)
def duty_links(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who of an office has a link to their own page. POST mails one its link, or ends what is open of theirs.

    The link itself is shown to nobody: whoever gave somebody a PIN could act in their place with it.
    """
    me = _me(request)
    office = get_partners(me).filter(pk=pk, is_active=True).first()
    if office is None:
        if Partner.objects.filter(pk=pk).exists():
            record_denial(actor=get_actor(me), target_kind="partner", target_id=pk)
        raise Http404
    people = Contact.objects.filter(partner=office, is_active=True).order_by("name", "pk")
    if request.method == "POST":
        contact = people.filter(pk=read_key(request.POST.get("contact", ""))).first()
        if contact is None:
            raise Http404
        _act_on_link(request, contact, me)
        return redirect("duty_links", pk)
    links = {link.contact_id: link for link in DutyLink.objects.filter(contact__in=people, ended_at=None)}
    calendars = {each.contact_id: each for each in DutyCalendar.objects.filter(contact__in=people, ended_at=None)}
    rows = [
        {
            "contact": each,
            "link": links.get(each.pk),
            "calendar": calendars.get(each.pk),
            "has_pin": bool(each.pin_hash),
        }
        for each in people
    ]
    return render(request, "directory/own_duty/links.html", {"office": office, "rows": rows})


def _act_on_link(request: HttpRequest, contact: Contact, me: User) -> None:
    if request.POST.get("do") == "end":
        end_links(contact, actor=get_actor(me))
        messages.success(
            request, _("The link and the calendar of %(name)s open nothing any more.") % {"name": contact.name}
        )
        return
    if not contact.pin_hash or not contact.email:
        messages.error(request, _("Only somebody with a PIN and an e-mail address gets the link."))
        return
    DutyLink.objects.filter(contact=contact, ended_at=None).update(ended_at=timezone.now())
    mails.mail_page(contact, now=timezone.now())
    log_event("duty.link_asked", actor=get_actor(me), target_kind="contact", target_id=contact.pk)
    messages.success(
        request,
        _("%(name)s is being mailed a new link; the one before opens nothing any more.") % {"name": contact.name},
    )


def _decide(request: HttpRequest, found: DutyRequest, me: User) -> DutyRequest:
    now = timezone.now()
    decision = request.POST.get("decision", "")
    if decision == "agree":
        return agree_to_request(request=found, by=me, seen=request.POST.get("seen", ""), now=now)
    if decision == "refuse":
        return refuse_request(request=found, by=me, now=now)
    raise ValidationError(_("Choose one of the buttons."))


def describe_result(request: DutyRequest) -> str:
    """Say what has come of a decision."""
    if request.stage == Stage.AGREED:
        return _("It is entered into the roster, and everybody concerned is mailed.")
    if request.stage == Stage.SECOND:
        return _("Nothing has changed yet: another coordinator must agree first. They are notified by e-mail.")
    return _("Refused. The roster is as it was, and everybody concerned is mailed.")


def _needs_second(found: DutyRequest) -> bool:
    try:
        return needs_second(found, timezone.now())
    except ValidationError:
        return False  # it isn't possible any more, and the page says why


def _describe(found: DutyRequest) -> dict[str, Any]:
    by = found.ended_by or found.agreed_by
    return {
        "row": found,
        "what": describe_request(found),
        "office": found.contact.partner.name,
        "stage": found.get_stage_display(),
        "leave_kind": LeaveKind(found.leave_kind).label if found.leave_kind else "",
        "by": (by.get_full_name() or by.username) if by else "",
        "is_to_decide": found.stage in (Stage.COORDINATOR, Stage.SECOND),
    }


def _find(pk: UUID, me: User) -> DutyRequest:
    """Return the request, for whoever manages its office; raise Http404 for others."""
    rows = DutyRequest.objects.select_related("contact__partner", "colleague", "agreed_by", "ended_by")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    if not get_partners(me).filter(pk=found.contact.partner_id).exists():
        record_denial(actor=get_actor(me), target_kind="duty_request", target_id=found.pk)
        raise Http404
    return found


def _me(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the policy table let nobody else in
    return request.user
