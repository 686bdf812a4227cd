"""What other pages say about the end of cases: the case's own page, and the start page."""

from typing import Any

from access.models import User

from ..adopting import may_adopt
from ..models import Case, CaseClosing
from .actions import may_ask
from .reasons import label_reason
from .reopening import get_closing

MAX_ON_HOME = 30


def describe_end(case: Case, user: User) -> dict[str, Any]:
    """Return for the case's page: the request that waits, how it was closed, and whether this person may act."""
    closing = get_closing(case)
    return {
        "waiting_closing": CaseClosing.objects.waiting().filter(case=case).first(),
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
    with_forms = list(Case.objects.filter(form_after_closing_at__isnull=False).order_by().values_list("pk", flat=True))
    after = Case.objects.seen_now_by(user).filter(pk__in=with_forms).select_related("unit")
    # One more than is shown tells that there are more.
    closings = list(waiting[: MAX_ON_HOME + 1])
    cases = list(after.order_by("form_after_closing_at")[: MAX_ON_HOME + 1])
    return {
        "closings": closings[:MAX_ON_HOME],
        "cases_with_forms": cases[:MAX_ON_HOME],
        "more_closings": max(len(closings), len(cases)) > MAX_ON_HOME,
    }
