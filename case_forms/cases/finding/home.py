"""What the start page shows of this room: what waits for an answer between colleagues and units."""

from dataclasses import dataclass
from datetime import timedelta

from access.models import User
from audit import clock

from .assigning import count_orphans
from .merging import list_to_decide
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


def build_home(user: User) -> HomeLines:
    """Build the lines of one person's start page, in a few queries."""
    recent = clock.now() - SHOWN_FOR
    return HomeLines(
        requests=list(list_to_answer(user)[:MAX_SHOWN]),
        asked=list(list_asked(user).filter(asked_at__gte=recent)[:MAX_SHOWN]),
        transfers=list(list_for_home(user)[:MAX_SHOWN]),
        merges=list(list_to_decide(user)[:MAX_SHOWN]),
        orphans=count_orphans(user),
    )
