"""The screens on which a second person decides: what waits, what was decided, and each change by itself."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from access.models import User
from approvals.requests import Decision
from approvals.views import ChangeView
from audit.chain import get_actor, log_event
from notifications import signals

from ..editing import preview_warnings
from ..models import Contact, ContactWay
from ..scope import get_entries, get_partners
from .actions import DIRECTORY
from .labels import build_rows, is_way_untested
from .models import ChangedKind, DirectoryChange
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


class DirectoryChangeView(ChangeView[DirectoryChange]):
    handler = DIRECTORY
    template_name = "directory/changes/change.html"

    def may_see(self, change: DirectoryChange, user: User) -> bool:
        return _may_see(change, user)

    def get_success_url(self, change: DirectoryChange) -> str:
        return reverse("directory_changes:change", args=[change.pk])

    def get_context(self, change: DirectoryChange, user: User) -> dict[str, Any]:
        sides = change.sides()
        mine = may_decide(change, user)
        return {
            "rows": build_rows(change),
            "may_decide": mine,
            "may_undo": may_undo(change, user),
            "contact": _untested_contact(change),
            "way": _untested_way(change),
            "has_key": bool(sides and sides[1].get("mail_key")),
            "warnings": _warnings(change),
            "others": [] if mine else _others(change),
        }


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
