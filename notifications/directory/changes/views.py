"""The screens on which a second person decides: what waits, what was decided, and each change by itself."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from access.models import User
from audit.chain import get_actor, log_event
from audit.denials import record_denial
from notifications import signals

from ..editing import preview_warnings
from ..models import Contact, ContactWay
from ..scope import get_entries, get_partners
from .actions import decide_change, withdraw_change
from .labels import build_rows, is_way_untested
from .models import ChangedKind, Decision, DirectoryChange
from .values import MODELS, ChangeRequest
from .who import filter_managers, may_decide, may_undo

PAGE = 50


def changes(request: HttpRequest) -> HttpResponse:
    """List what waits for this person or was asked by them, and below it what was decided, newest first."""
    me = _me(request)
    # In Python: whom a change concerns stands in its sealed values, which no query can look into.
    waiting = [each for each in _all().waiting() if _may_see(each, me)]
    for change in waiting:
        change.is_mine_to_decide = may_decide(change, me) or may_undo(change, me)
    mine = Q(asked_by=me) | Q(decided_by=me) | Q(office__in=get_partners(me))
    decided = _all().exclude(decision=Decision.WAITING).filter(mine).order_by("-decided_at")
    page = Paginator(decided, PAGE).get_page(request.GET.get("p"))
    return render(request, "directory/changes/list.html", {"waiting": waiting, "page": page, "me": me})


def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one change, with both sides of every field. POST decides or withdraws it."""
    found = _found(request, pk)
    me = _me(request)
    error = ""
    status = 200
    if request.method == "POST":
        try:
            _do(found, request.POST.get("decision", ""), me)
        except ValidationError as refused:
            error, status = " ".join(refused.messages), 409
            found = _found(request, pk)
        else:
            messages.success(request, _("Done."))
            return redirect("directory_changes:change", found.pk)
    sides = found.sides()
    page = {
        "change": found,
        "rows": build_rows(found),
        "may_decide": may_decide(found, me),
        "may_undo": may_undo(found, me),
        "may_withdraw": found.decision == Decision.WAITING and found.asked_by_id == me.pk and not found.at_once,
        "is_waiting": found.decision == Decision.WAITING,
        "contact": _untested_contact(found),
        "way": _untested_way(found),
        "has_key": bool(sides and sides[1].get("mail_key")),
        "is_unreadable": sides is None,
        "error": error,
        "warnings": _warnings(found),
        "others": [] if may_decide(found, me) else _others(found),
    }
    return render(request, "directory/changes/change.html", page, status=status)


@require_POST
def test_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send this contact another test notice."""
    mine = get_entries(_me(request), Contact).values("pk")
    contact = get_object_or_404(Contact.objects.filter(pk__in=mine), pk=pk)
    if not contact.is_active or contact.reachable_at is not None:
        messages.error(request, _("Only somebody who is active and still waits for a test gets a test notice."))
        return redirect("contact:edit", contact.pk)
    signals.contact_untested.send(sender=Contact, contact=contact)
    log_event("directory.test_asked", actor=get_actor(request.user), target_kind="contact", target_id=contact.pk)
    messages.success(request, _("A test notice is on its way. The contact counts once it is opened with the PIN."))
    return redirect("contact:edit", contact.pk)


@require_POST
def test_way(request: HttpRequest, pk: int) -> HttpResponse:
    """Send another test along this way."""
    mine = get_entries(_me(request), ContactWay).values("pk")
    way = get_object_or_404(ContactWay.objects.filter(pk__in=mine).select_related("contact__partner"), pk=pk)
    if not is_way_untested(way):
        messages.error(request, _("Only a way that is active and still waits for a test gets a test notice."))
        return redirect("contactway:edit", way.pk)
    signals.way_untested.send(sender=ContactWay, way=way)
    log_event("directory.test_asked", actor=get_actor(request.user), target_kind="contactway", target_id=way.pk)
    messages.success(request, _("A test notice is on its way. The way counts once it is opened with the PIN."))
    return redirect("contactway:edit", way.pk)


def _do(found: DirectoryChange, decision: str, me: User) -> None:
    if decision == "withdraw":
        withdraw_change(change=found, by=me)
    elif decision in ("agree", "refuse"):
        decide_change(change=found, agree=decision == "agree", by=me)
    else:
        raise ValidationError(_("Choose one of the buttons."))


def _found(request: HttpRequest, pk: UUID) -> DirectoryChange:
    """Return the change, for whoever asked and whoever manages what it is about; raise Http404 for others."""
    found = get_object_or_404(_all(), pk=pk)
    me = _me(request)
    if not _may_see(found, me):
        record_denial(actor=get_actor(me), target_kind="directory_change", target_id=found.pk)
        raise Http404
    return found


def _may_see(found: DirectoryChange, me: User) -> bool:
    return found.asked_by_id == me.pk or may_undo(found, me) or bool(filter_managers(found, [me]))


def _all() -> Any:
    return DirectoryChange.objects.select_related("asked_by", "decided_by", "office")


def _warnings(found: DirectoryChange) -> list[str]:
    """Return what would follow from a change that waits: hours with nobody, places without an office."""
    sides = found.sides()
    if found.decision != Decision.WAITING or found.at_once or sides is None:
        return []
    model = MODELS[found.kind]
    row = model._default_manager.filter(pk=found.entry_id or 0).first() or model()
    return preview_warnings(ChangeRequest(found.kind, found.act, row, *sides), found.asked_by)


def _others(found: DirectoryChange) -> list[User]:
    """Return who could decide."""
    people = User.objects.filter(is_active=True, assignments__role="coordinator").distinct().order_by("last_name")
    return filter_managers(found, people.exclude(pk=found.asked_by_id))


def _untested_contact(found: DirectoryChange) -> Contact | None:
    """Return the contact of an agreed change that hasn't opened its test notice yet."""
    if found.kind != ChangedKind.CONTACT or found.entry_id is None:
        return None
    return Contact.objects.filter(pk=found.entry_id, is_active=True, reachable_at__isnull=True).first()


def _untested_way(found: DirectoryChange) -> ContactWay | None:
    """Return the way of an agreed change whose test wasn't opened yet."""
    if found.kind != ChangedKind.WAY or found.entry_id is None:
        return None
    way = ContactWay.objects.select_related("contact").filter(pk=found.entry_id).first()
    return way if way is not None and is_way_untested(way) else None


def _me(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
