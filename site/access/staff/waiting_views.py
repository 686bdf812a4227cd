"""Everything that waits for a second person in one list (`approvals.kinds`)."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from approvals.kinds import list_queues
from audit.chain import get_actor
from audit.denials import record_denial

from ..models import User
from ..place_changes.labels import describe_change
from ..place_changes.people import get_place
from ..place_changes.people import get_waiting_changes as places_waiting_for
from ..scoping import get_signed_in_user
from . import decisions, dual_control
from .models import AddressChange, FactorReset, RoleRequest, SessionEnd
from .people import get_managed_people
from .views import _confirmed, _show_mail_result

# Of these the page lists also what this person asked for themselves.
SHOWN_WITH_THEIR_OWN = {"roles", "places", "accounts"}


def waiting(request: HttpRequest) -> HttpResponse:
    """List what waits for this manager as the second person, of all rooms, and what of accounts they asked for."""
    me = get_signed_in_user(request)
    return render(
        request,
        "access/admin/by_two.html",
        {
            "me": me,
            "queues": list_queues(me, without=SHOWN_WITH_THEIR_OWN),
            "roles": dual_control.get_waiting_requests(me),
            "places": [(each, get_place(each), describe_change(each)) for each in places_waiting_for(me)],
            "sessions": SessionEnd.objects.waiting()
            .of_sessions()
            .filter(user__in=get_managed_people(me))
            .select_related("user", "asked_by"),
            "ends": _list_ends(me),
            "addresses": AddressChange.objects.waiting()
            .filter(Q(user__in=get_managed_people(me)) | Q(asked_by=me))
            .select_related("user", "asked_by"),
            "factors": FactorReset.objects.waiting()
            .filter(user__in=get_managed_people(me))
            .select_related("user", "asked_by"),
        },
    )


def decide_role(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who would get which role where, and who asked (GET); decide it (POST `decision` = agree or refuse)."""
    me = get_signed_in_user(request)
    asked = get_object_or_404(RoleRequest.objects.select_related("user", "asked_by", "unit"), pk=pk)
    may_decide = dual_control.get_deciders(asked).filter(pk=me.pk).exists()
    if not may_decide and asked.asked_by_id != me.pk:
        record_denial(actor=get_actor(me), target_kind="role_request", target_id=pk)
        raise Http404

    def act(approve: bool) -> None:
        if not may_decide:
            raise ValidationError(_("The person who decides must be neither the one who asked nor the one concerned."))
        decisions.decide_role(asked=asked, approve=approve, by=me)
        if approve and asked.invites:
            _show_mail_result(request, asked.user)

    return _decided(request, asked, act, may_decide, "access/admin/role_request.html")


def decide_session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Show and decide a request to end somebody's sessions."""
    rows = SessionEnd.objects.select_related("user", "asked_by", "assignment__region")
    asked = get_object_or_404(rows, pk=pk)
    is_of_sessions = not asked.closes_account and asked.assignment is None
    return _decide_about_person(
        request,
        asked,
        decisions.decide_session_end,
        "access/admin/session_end.html",
        may_see=not is_of_sessions and dual_control.get_enders().filter(pk=get_signed_in_user(request).pk).exists(),
    )


def _list_ends(me: User) -> list[SessionEnd]:
    """Return the accounts and roles that are to end, for whoever may decide that."""
    if not dual_control.get_enders().filter(pk=me.pk).exists():
        return []
    rows = SessionEnd.objects.waiting().exclude(pk__in=SessionEnd.objects.of_sessions())
    return list(rows.exclude(user=me).select_related("user", "asked_by", "assignment__region").order_by("asked_at"))


def decide_address(request: HttpRequest, pk: int) -> HttpResponse:
    """Show and decide a request for another address. Whoever asked sees it too."""
    asked = get_object_or_404(AddressChange.objects.select_related("user", "asked_by"), pk=pk)
    is_own = asked.asked_by_id == get_signed_in_user(request).pk
    return _decide_about_person(
        request, asked, decisions.decide_address, "access/admin/address_change.html", may_see=is_own
    )


def _decide_about_person(
    request: HttpRequest, asked: Any, decide: Callable[..., None], template: str, *, may_see: bool = False
) -> HttpResponse:
    """Decide a request about a person whom this manager keeps, as one who neither asked nor is concerned."""
    me = get_signed_in_user(request)
    if not may_see and not get_managed_people(me).filter(pk=asked.user_id).exists():
        record_denial(actor=get_actor(me), target_kind="user", target_id=asked.user_id)
        raise Http404
    return _decided(
        request,
        asked,
        lambda approve: decide(asked=asked, approve=approve, by=me),
        me.pk not in (asked.asked_by_id, asked.user_id),
        template,
    )


def ask_to_end_sessions(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the end of somebody's sessions, after a page that asks for confirmation."""
    user = get_object_or_404(User, pk=pk)
    return _confirmed(
        request, user, lambda: decisions.ask_to_end_sessions(user=user, by=get_signed_in_user(request)),
        title=_("End all sessions"), submit=_("Ask another keeper"), back="by_two:list", is_serious=True,
        words=_("For a lost or seized phone: every session, open form and token of this person ends once another keeper"
                " agrees. If it can't wait, shut the account instead."),
        done=_("Asked. Another keeper must agree."),
    )  # fmt: skip


def _decided(request: HttpRequest, asked: Any, act: Any, may_decide: bool, template: str) -> HttpResponse:
    """Show a request (GET); decide it and redirect, or show beside it why it failed (POST)."""
    error = ""
    if request.method == "POST":
        approve = request.POST.get("decision") == "agree"
        try:
            act(approve)
        except ValidationError as refused:
            error = " ".join(refused.messages)
        else:
            if not approve:
                messages.success(request, _("Refused. Nothing changed."))
            # A role that invites has a message of its own (`decide_role`).
            elif not getattr(asked, "invites", False):
                messages.success(request, _("Agreed. It takes effect now."))
            return redirect("by_two:list")
    return render(request, template, {"asked": asked, "error": error, "may_decide": may_decide})
