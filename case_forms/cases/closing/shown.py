"""What other pages say about the end of cases: the case's own page, and the start page."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from access.models import User
from access.short_lists import shorten
from audit import clock

from ..adopting import may_adopt
from ..models import Case, CaseClosing, FormMove, StatusChange
from ..moving.allowed import may_decide as may_decide_move
from ..statuses.actions import may_decide as may_decide_status
from ..statuses.models import StatusDecision
from .actions import may_ask
from .reasons import label_reason
from .reopening import get_closing

MAX_ON_HOME = 30
SHOWN_FOR = timedelta(days=14)  # what became of a proposal


def describe_end(case: Case, user: User) -> dict[str, Any]:
    """Return for the case's page: the request that waits, how it was closed, and whether this person may act."""
    closing = get_closing(case)
    return {
        "waiting_closing": CaseClosing.objects.waiting().filter(case=case).first(),
        "waiting_status": StatusChange.objects.waiting().filter(case=case).exists(),
        "waiting_moves": FormMove.objects.waiting().filter(source=case).defer("words"),
        "closing": closing,
        "closing_reason": label_reason(closing.act, closing.reason) if closing else "",
        "may_close": may_ask(case, user),
        "may_hold": may_adopt(case, user),
    }


def get_rows(user: User) -> "dict[str, QuerySet[Any]]":
    """Return what this person decides or proposed, whole and in order.

    Requests to close, closed cases that a form is about, statuses, and what became of one's own proposals.
    """
    # The few that wait are named first: joined at once, the database would begin with all cases of the regions.
    keys = list(CaseClosing.objects.waiting().order_by().values_list("pk", flat=True))
    decided_here = CaseClosing.objects.to_decide(user).filter(pk__in=keys)
    with_forms = list(Case.objects.filter(form_after_closing_at__isnull=False).order_by().values_list("pk", flat=True))
    after = Case.objects.seen_now_by(user).filter(pk__in=with_forms)
    return {
        "closings": decided_here.select_related("case__unit").defer("words").order_by("asked_at", "pk"),
        "status_changes": list_statuses(user),
        "form_moves": list_moves(user),
        "ended_statuses": _list_ended_statuses(user),
        "cases_with_forms": after.select_related("unit").order_by("form_after_closing_at", "pk"),
    }


def describe_home(user: User) -> dict[str, Any]:
    """Return the beginning of each of these lists, for the start page."""
    return {name: shorten(rows, MAX_ON_HOME) for name, rows in get_rows(user).items()}


def list_statuses(user: User) -> "QuerySet[StatusChange]":
    """List the statuses that others proposed for this person's cases and that they may decide, the oldest first."""
    keys = list(StatusChange.objects.waiting().order_by().values_list("pk", flat=True))
    rows = StatusChange.objects.select_related("case__unit", "proposed_by").defer("words")
    # What waits about a case that was merged comes back when the two are undone.
    near = rows.near(user).filter(pk__in=keys, case__merged_into=None).exclude(proposed_by=user)
    decided_here = [change.pk for change in near if may_decide_status(change, user)]
    return rows.filter(pk__in=decided_here).order_by("proposed_at", "pk")


def list_moves(user: User) -> "QuerySet[FormMove]":
    """List the forms that others proposed to move out of this person's cases and about which they may decide."""
    keys = list(FormMove.objects.waiting().order_by().values_list("pk", flat=True))
    rows = FormMove.objects.select_related("source__unit", "target__unit", "proposed_by").defer("words")
    near = rows.near(user).filter(pk__in=keys, source__merged_into=None).exclude(proposed_by=user)
    decided_here = [move.pk for move in near if may_decide_move(move, user)]
    return rows.filter(pk__in=decided_here).order_by("proposed_at", "pk")


def _list_ended_statuses(user: User) -> "QuerySet[StatusChange]":
    """List the statuses that this person proposed and about which nobody decides any more: cases were merged lately."""
    rows = StatusChange.objects.filter(decision=StatusDecision.MERGED, proposed_by=user, submission_id=None)
    mine = rows.filter(merge_id=None, decided_at__gte=clock.now() - SHOWN_FOR)
    seen = Case.objects.visible_to(user).open().filter(pk__in=mine.values("case"))
    found = mine.filter(case__in=seen.values("pk"))
    return found.select_related("case__unit").defer("words").order_by("-decided_at", "pk")
