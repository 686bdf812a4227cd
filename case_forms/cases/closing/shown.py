"""What other pages say about the end of cases: the case's own page, and the start page."""

from typing import Any

from django.db.models import QuerySet

from access.models import User

from ..adopting import may_adopt
from ..models import Case, CaseClosing, StatusChange
from ..statuses.actions import may_decide as may_decide_status
from .actions import may_ask
from .reasons import label_reason
from .reopening import get_closing

MAX_ON_HOME = 30


def describe_end(case: Case, user: User) -> dict[str, Any]:
    """Return for the case's page: the request that waits, how it was closed, and whether this person may act."""
    closing = get_closing(case)
    return {
        "waiting_closing": CaseClosing.objects.waiting().filter(case=case).first(),
        "waiting_status": StatusChange.objects.waiting().filter(case=case).exists(),
        "closing": closing,
        "closing_reason": label_reason(closing.act, closing.reason) if closing else "",
        "may_close": may_ask(case, user),
        "may_hold": may_adopt(case, user),
    }


def describe_home(user: User) -> dict[str, Any]:
    """Return for the start page: requests that this person decides, and closed cases about which a form came in."""
    # The few that wait are named first: joined at once, the database would begin with all cases of the regions.
    keys = list(CaseClosing.objects.waiting().order_by().values_list("pk", flat=True))
    decided_here = CaseClosing.objects.to_decide(user).filter(pk__in=keys)
    waiting = decided_here.select_related("case__unit").defer("words").order_by("asked_at")
    after = Case.objects.seen_now_by(user).filter(form_after_closing_at__isnull=False).select_related("unit")
    # One more than is shown tells that there are more.
    closings = list(waiting[: MAX_ON_HOME + 1])
    changes = [each for each in _list_statuses(user)[: MAX_ON_HOME + 1] if may_decide_status(each, user)]
    cases = list(after.order_by("form_after_closing_at")[: MAX_ON_HOME + 1])
    return {
        "closings": closings[:MAX_ON_HOME],
        "status_changes": changes[:MAX_ON_HOME],
        "cases_with_forms": cases[:MAX_ON_HOME],
        "more_closings": max(len(closings), len(cases), len(changes)) > MAX_ON_HOME,
    }


def _list_statuses(user: User) -> "QuerySet[StatusChange]":
    """List the statuses that are proposed for this person's cases by somebody else, the oldest first."""
    keys = list(StatusChange.objects.waiting().order_by().values_list("pk", flat=True))
    near = StatusChange.objects.filter(pk__in=keys).near(user).exclude(proposed_by=user)
    return near.select_related("case__unit", "proposed_by").defer("words").order_by("proposed_at")
