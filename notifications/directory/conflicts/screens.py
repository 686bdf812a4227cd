"""The start page's panel of offices that an upgrade set inactive, until two people have checked them."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.admin.ui.components import Component

from access.models import StaffRole, User
from audit.chain import get_actor, log_event
from audit.denials import record_denial

from ..scope import get_partners
from .models import OfficeConflict


class ConflictsPanel(Component):
    name = "office_conflicts"
    template_name = "directory/conflicts/panel.html"
    order = 20

    def __init__(self, user: User) -> None:
        self.user = user

    def get_context_data(self, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        found = conflicts_for(self.user).filter(confirmed_by__isnull=True)
        rows = list(found.select_related("kept", "switched_off", "checked_by"))
        return {"rows": rows, "me": self.user, "request": (parent_context or {}).get("request")}


def conflicts_for(user: User) -> "QuerySet[OfficeConflict]":
    """Return the conflicts of a coordinator's offices; all for operators, who see that something is to be checked."""
    if user.has_role(StaffRole.OPERATOR):
        return OfficeConflict.objects.all()
    mine = get_partners(user).values("pk")
    return OfficeConflict.objects.filter(Q(kept__in=mine) | Q(switched_off__in=mine))


@require_POST
def check_conflict(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that this person has checked it; the second person's press ends it."""
    me = request.user
    assert isinstance(me, User)  # the policy table let nobody else in
    with transaction.atomic():
        found = conflicts_for(me).select_for_update().filter(pk=pk).first()
        if found is not None and found.confirmed_by_id is None and found.checked_by_id != me.pk:
            which = "checked" if found.checked_by_id is None else "confirmed"
            setattr(found, f"{which}_by", me)
            setattr(found, f"{which}_at", timezone.now())
            found.save(update_fields=[f"{which}_by", f"{which}_at"])
            log_event(f"directory.conflict_{which}", actor=get_actor(me), target_kind="partner",
                   target_id=found.switched_off_id, kept=found.kept_id)  # fmt: skip
    # Outside the transaction, which would take the entry of the denial with it if it were rolled back.
    if found is None:
        record_denial(actor=get_actor(me), target_kind="office_conflict", target_id=pk)
        raise Http404
    if found.confirmed_by_id is None:
        messages.success(request, _("Noted. It stays on the start page until a second person has checked it too."))
    else:
        messages.success(request, _("Two people have checked it. It is no longer shown."))
    return redirect("wagtailadmin_home")
