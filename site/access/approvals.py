"""What of accounts and places waits for a second person."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from approvals.kinds import Kind, Waiting, register

from .models import AddressChange, FactorReset, SessionEnd, StaffRole, User
from .place_changes.people import get_deciders as get_deciders_of_place
from .place_changes.people import get_place, get_waiting_changes
from .staff.dual_control import get_deciders, get_enders, get_waiting_requests
from .staff.people import get_managed_people

MANAGERS = (StaffRole.COORDINATOR, StaffRole.OPERATOR)


def _find_roles(user: User) -> Iterator[Waiting]:
    if not user.has_role(*MANAGERS):
        return
    for asked in get_waiting_requests(user):
        if asked.asked_by_id != user.pk and get_deciders(asked).filter(pk=user.pk).exists():
            what = f"{asked.user} · {StaffRole(asked.role).label}"
            yield Waiting(what, reverse("by_two:role", args=[asked.pk]), asked.asked_at, asked.asked_by)


def _find_places(user: User) -> Iterator[Waiting]:
    if not user.has_role(*MANAGERS):
        return
    for change in get_waiting_changes(user):
        if get_deciders_of_place(change).filter(pk=user.pk).exists():
            what = str(get_place(change) or change.get_kind_display())
            yield Waiting(what, reverse("by_two:place", args=[change.pk]), change.asked_at, change.asked_by)


def _find_accounts(user: User) -> Iterator[Waiting]:
    if not user.has_role(*MANAGERS):
        return
    managed = get_managed_people(user)
    ends = SessionEnd.objects.waiting()
    # Accounts and roles that end are for whoever may decide that, wherever the person works.
    wider = ends.exclude(pk__in=ends.of_sessions()) if get_enders().filter(pk=user.pk).exists() else ends.none()
    for address, rows in (
        ("by_two:session_end", ends.of_sessions().filter(user__in=managed) | wider),
        ("by_two:address", AddressChange.objects.waiting().filter(user__in=managed)),
        ("factor_resets:decide", FactorReset.objects.waiting().filter(user__in=managed)),
    ):
        for asked in rows.exclude(asked_by=user).exclude(user=user).select_related("user", "asked_by"):
            yield Waiting(str(asked.user), reverse(address, args=[asked.pk]), asked.asked_at, asked.asked_by)


register(Kind("roles", _("Roles"), ("access.RoleRequest",), _find_roles))
register(Kind("places", _("Units and places"), ("access.PlaceChange",), _find_places, is_urgent=True))
models = ("access.SessionEnd", "access.AddressChange", "access.FactorReset")
register(Kind("accounts", _("Accounts: closing, sessions, addresses, second factors"), models, _find_accounts))
