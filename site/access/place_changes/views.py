"""The screen on which a second person decides about a change of a unit or a place."""

from typing import Any

from django.urls import reverse

from approvals.requests import Decision
from approvals.views import ChangeView

from ..models import User
from .actions import PLACES
from .labels import build_rows, get_recent_renames
from .models import PlaceChange
from .people import get_deciders, get_place, may_see


class PlaceChangeView(ChangeView[PlaceChange]):
    handler = PLACES
    template_name = "access/admin/place_change.html"

    def may_see(self, change: PlaceChange, user: User) -> bool:
        return may_see(change, user)

    def get_success_url(self, change: PlaceChange) -> str:
        return reverse("by_two:list")

    def get_context(self, change: PlaceChange, user: User) -> dict[str, Any]:
        deciding = get_deciders(change)
        return {
            "place": get_place(change),
            "rows": build_rows(change),
            "renamed": get_recent_renames(change),
            "name_then": change.names().get("place", ""),
            "may_decide": change.decision == Decision.WAITING and deciding.filter(pk=user.pk).exists(),
            "others": deciding.exclude(pk=user.pk).order_by("last_name", "username"),
        }
