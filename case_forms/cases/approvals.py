"""What of cases waits for a second person. A case is named by its code, for those who see it."""

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.models import StaffRole, User
from approvals.kinds import Kind, Waiting, register

from .adopting import may_adopt
from .closing.models import CaseClosing
from .closing.shown import list_moves, list_statuses
from .finding.merging import may_decide as may_decide_merge
from .finding.models import CaseMerge
from .models import Case
from .retention.models import CaseHold
from .rights.models import RightsRequest


def _find_closings(user: User) -> Iterator[Waiting]:
    for closing in CaseClosing.objects.to_decide(user).select_related("case", "asked_by").defer("words"):
        url = reverse("cases:closing", args=[closing.case.reference])
        what = f"{closing.case.reference} · {closing.get_act_display()}"
        yield Waiting(what, url, closing.asked_at, closing.asked_by)


def _find_statuses(user: User) -> Iterator[Waiting]:
    for change in list_statuses(user):
        url = reverse("cases:status", args=[change.case.reference])
        yield Waiting(change.case.reference, url, change.proposed_at, change.proposed_by)


def _find_moves(user: User) -> Iterator[Waiting]:
    for move in list_moves(user):
        url = reverse("intake:move_form", args=[move.submission_id])
        yield Waiting(move.source.reference, url, move.proposed_at, move.proposed_by)


def _find_merges(user: User) -> Iterator[Waiting]:
    open_ones = CaseMerge.objects.filter(dropped_at__isnull=True, undone_at__isnull=True)
    asked = open_ones.filter(Q(approved_at__isnull=True) | Q(undo_proposed_by__isnull=False))
    waiting = asked.select_related("kept__unit", "duplicate__unit", "proposed_by", "undo_proposed_by")
    for merge in waiting:
        if may_decide_merge(merge, user):
            what = f"{merge.kept.reference} · {merge.duplicate.reference}"
            by = merge.undo_proposed_by if merge.approved_at else merge.proposed_by
            yield Waiting(what, reverse("finding:merge", args=[merge.pk]), merge.proposed_at, by)


def _find_holds(user: User) -> Iterator[Waiting]:
    if not user.has_role(StaffRole.COORDINATOR):
        return
    asked = CaseHold.objects.standing().filter(lift_asked_by__isnull=False).exclude(lift_asked_by=user)
    seen = Case.objects.visible_to(user).values("pk")
    for hold in asked.filter(case__in=seen).select_related("case__unit", "lift_asked_by").defer("words"):
        if may_adopt(hold.case, user):
            url = reverse("cases:hold", args=[hold.case.reference])
            yield Waiting(hold.case.reference, url, hold.lift_asked_at, hold.lift_asked_by)


def _find_rights(user: User) -> Iterator[Waiting]:
    rows = RightsRequest.objects.to_decide(user).select_related("case", "proposed_by").defer("words", "document")
    for asked in rows:
        url = reverse("cases:right", args=[asked.case.reference, asked.pk])
        yield Waiting(f"{asked.case.reference} · {asked.get_kind_display()}", url, asked.proposed_at, asked.proposed_by)


register(Kind("closings", _("Cases to close, declare void or open again"), ("cases.CaseClosing",), _find_closings))
register(Kind("statuses", _("Other statuses of cases"), ("cases.StatusChange",), _find_statuses))
register(Kind("moves", _("Forms of another case"), ("cases.FormMove",), _find_moves))
register(Kind("merges", _("Cases of one person"), ("cases.CaseMerge",), _find_merges))
register(Kind("holds", _("Cases that are not forgotten yet"), ("cases.CaseHold",), _find_holds))
register(Kind("rights", _("What a person asks about their data"), ("cases.RightsRequest",), _find_rights))
