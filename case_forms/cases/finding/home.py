"""What the start page shows of this room: what waits for an answer between colleagues and units."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, QuerySet

from access.models import User
from audit import clock

from ..models import Case
from .assigning import get_orphans_of
from .merging import list_to_decide
from .models import CaseMerge, CaseTransfer, IdentityRequest, LeadChange
from .requests import list_asked, list_to_answer
from .transfers import list_for_home

MAX_SHOWN = 20
SHOWN_FOR = timedelta(days=14)  # of what one's own unit asked
TAKEN_OVER_FOR = timedelta(days=30)  # longer than most people are away


@dataclass(frozen=True)
class HomeLines:
    """`requests` wait for this person; `asked` are their unit's own; `orphans` is a number, 0 for a worker.

    `taken_over`: cases that this person led until lately, and who follows the person now.
    """

    requests: list[IdentityRequest]
    asked: list[IdentityRequest]
    transfers: list[CaseTransfer]
    merges: list[CaseMerge]
    orphans: int
    taken_over: list[LeadChange]


def list_taken_over(user: User) -> "QuerySet[LeadChange]":
    """Return the cases that others have taken over from this person lately: that are open, and that they may open.

    Not those that the person leads again.
    """
    seen = Case.objects.visible_to(user).open().exclude(lead=user).values("pk")
    found = LeadChange.objects.filter(before=user, at__gte=clock.now() - TAKEN_OVER_FOR, case__in=seen)
    return found.select_related("case", "worker", "by").order_by("-at")


def build_home(user: User) -> HomeLines:
    """Build the lines of one person's start page: one query when nothing waits, one more for each kind that does."""
    recent = clock.now() - SHOWN_FOR
    requests = list_to_answer(user)
    asked = list_asked(user).filter(asked_at__gte=recent)
    transfers, merges, orphans = list_for_home(user), list_to_decide(user), get_orphans_of(user)
    taken_over = list_taken_over(user)
    waits = User.objects.filter(pk=user.pk).values_list(
        *(Exists(rows.order_by()) for rows in (requests, asked, transfers, merges, orphans, taken_over))
    )
    there = waits.first() or (False,) * 6
    return HomeLines(
        requests=list(requests[:MAX_SHOWN]) if there[0] else [],
        asked=list(asked[:MAX_SHOWN]) if there[1] else [],
        transfers=list(transfers[:MAX_SHOWN]) if there[2] else [],
        merges=list(merges[:MAX_SHOWN]) if there[3] else [],
        orphans=orphans.count() if there[4] else 0,
        taken_over=list(taken_over[:MAX_SHOWN]) if there[5] else [],
    )
