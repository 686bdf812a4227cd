"""Whether the person asked that their data aren't used: one moment on the case, as its undecided requests say."""

from ..models import Case
from .models import RESTRICTING, RightsRequest


def refresh_restriction(case: Case) -> None:
    """Set since when the case is restricted, by its requests; null when none restricts it. The caller holds its lock.

    Also after cases were merged, or that was undone: their requests have moved.
    """
    first = RightsRequest.objects.undecided().filter(case=case, kind__in=RESTRICTING).order_by("registered_at").first()
    since = first.registered_at if first else None
    if case.restricted_at != since:
        Case.objects.filter(pk=case.pk).update(restricted_at=since)
        case.restricted_at = since
