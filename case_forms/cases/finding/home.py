"""What the start page shows of this room: what waits for an answer between colleagues and units."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists

from access.models import User
from audit import clock

from .assigning import get_orphans_of
from .merging import list_ended_with_case, list_to_decide
from .models import CaseMerge, CaseTransfer, IdentityRequest
from .requests import list_asked, list_to_answer
from .transfers import list_for_home

MAX_SHOWN = 20
SHOWN_FOR = timedelta(days=14)  # of what one's own unit asked


@dataclass(frozen=True)
class HomeLines:
    """`requests` wait for this person; `asked` are their unit's own; `orphans` is a number, 0 for a worker."""

    requests: list[IdentityRequest]
    asked: list[IdentityRequest]
    transfers: list[CaseTransfer]
    merges: list[CaseMerge]
    orphans: int
    ended_merges: list[CaseMerge]


def build_home(user: User) -> HomeLines:
    """Build the lines of one person's start page: one query when nothing waits, one more for each kind that does."""
    recent = clock.now() - SHOWN_FOR
    requests = list_to_answer(user)
    asked = list_asked(user).filter(asked_at__gte=recent)
    transfers, merges, orphans = list_for_home(user), list_to_decide(user), get_orphans_of(user)
    ended = list_ended_with_case(user).filter(dropped_at__gte=recent)
    waits = User.objects.filter(pk=user.pk).values_list(
        *(Exists(rows.order_by()) for rows in (requests, asked, transfers, merges, orphans, ended))
    )
    there = waits.first() or (False,) * 6
    return HomeLines(
        requests=list(requests[:MAX_SHOWN]) if there[0] else [],
        asked=list(asked[:MAX_SHOWN]) if there[1] else [],
        transfers=list(transfers[:MAX_SHOWN]) if there[2] else [],
        merges=list(merges[:MAX_SHOWN]) if there[3] else [],
        orphans=orphans.count() if there[4] else 0,
        ended_merges=list(ended[:MAX_SHOWN]) if there[5] else [],
    )
