"""What the start page shows of this room: what waits for an answer between colleagues and units."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Exists, QuerySet

from access.models import User
from access.short_lists import ShortList, shorten
from audit import clock

from ..models import Case
from .assigning import get_orphans_of
from .merging import list_ended_with_case, list_to_decide
from .models import CaseMerge, CaseTransfer, IdentityRequest, LeadChange
from .requests import list_asked, list_to_answer
from .transfers import list_for_home

MAX_SHOWN = 20
MAX_COUNTED = 1_000  # cases without a worker
SHOWN_FOR = timedelta(days=14)  # of what one's own unit asked
TAKEN_OVER_FOR = timedelta(days=30)  # longer than most people are away


@dataclass(frozen=True)
class HomeLines:
    """`requests` wait for this person; `asked` are their unit's own; `orphans` is a number, 0 for a worker, and at most
    MAX_COUNTED: `more_orphans` says that there are more.

    `taken_over`: cases that this person led until lately, and who follows the person now.
    """

    requests: ShortList[IdentityRequest] = field(default_factory=ShortList)
    asked: ShortList[IdentityRequest] = field(default_factory=ShortList)
    transfers: ShortList[CaseTransfer] = field(default_factory=ShortList)
    merges: ShortList[CaseMerge] = field(default_factory=ShortList)
    taken_over: ShortList[LeadChange] = field(default_factory=ShortList)
    ended_merges: ShortList[CaseMerge] = field(default_factory=ShortList)
    orphans: int = 0
    more_orphans: bool = False


def list_taken_over(user: User) -> "QuerySet[LeadChange]":
    """Return the cases that others have taken over from this person lately: that are open, and that they may open.

    Not those that the person leads again.
    """
    seen = Case.objects.visible_to(user).open().exclude(lead=user).values("pk")
    found = LeadChange.objects.filter(before=user, at__gte=clock.now() - TAKEN_OVER_FOR, case__in=seen)
    return found.select_related("case", "worker", "by").order_by("-at")


def get_rows(user: User) -> "dict[str, QuerySet[Any]]":
    """Return the rows of each list by its name in HomeLines, whole and in order."""
    return {
        "requests": list_to_answer(user),
        "asked": list_asked(user).filter(asked_at__gte=clock.now() - SHOWN_FOR),
        "transfers": list_for_home(user),
        "merges": list_to_decide(user),
        "taken_over": list_taken_over(user),
        "ended_merges": list_ended_with_case(user).filter(dropped_at__gte=clock.now() - SHOWN_FOR),
    }


def build_home(user: User) -> HomeLines:
    """Build the lines of one person's start page: one query when nothing waits, one more for each kind that does."""
    lists, orphans = get_rows(user), get_orphans_of(user)
    waits = User.objects.filter(pk=user.pk).values_list(
        *(Exists(rows.order_by()) for rows in (*lists.values(), orphans))
    )
    *there, has_orphans = waits.first() or (False,) * (len(lists) + 1)
    shown = {
        name: shorten(rows, MAX_SHOWN) for (name, rows), is_any in zip(lists.items(), there, strict=True) if is_any
    }
    counted = orphans.order_by()[: MAX_COUNTED + 1].count() if has_orphans else 0
    return HomeLines(**shown, orphans=min(counted, MAX_COUNTED), more_orphans=counted > MAX_COUNTED)
