"""Which status one case has that two are made of, and what becomes of proposals that wait (docs/adr/0134).

A status that two people decided on, or that the formal identification gave, stays, whatever the other case says. Where
both were decided and differ, the result of the formal identification goes before, then what was decided last. What the
other case had becomes a proposal, about which two people decide. Where nobody decided, the further status stands.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.models import User
from case_forms.procedures.case_state import STATUS_ORDER
from notifications.outbox.models import Notice

from ..as_recipient import AsRecipient
from ..brief_content import both
from ..models import Case, CaseEvent, CaseStatus, StatusChange
from ..statuses.decided import get_decided, store_proposal
from ..statuses.models import StatusDecision
from ..statuses.telling import MERGED as TOLD_MERGED
from ..statuses.telling import SEPARATED, preview_telling, tell_status
from ..telling_again import list_told
from .merge_rows import RESULTS
from .models import CaseMerge

STATE = "state"  # in `CaseMerge.moved`: what the kept case was before, and became
HELD, GIVEN_BACK = "merged_status_held", "merged_status_given_back"  # kinds of the case event

WHY: dict[str, Promise] = {
    "decision": _("two people decided on it"),
    "formal": _("the formal identification gave it"),
}


@dataclass(frozen=True)
class MergedStatus:
    """What a merge makes of two statuses.

    `held_by`: decision, formal, or "" where nobody decided. `other`: the status that becomes a proposal; "" for none.
    """

    status: str
    held_by: str
    other: str

    @property
    def label(self) -> str:
        return str(CaseStatus(self.status).label)

    @property
    def other_label(self) -> str:
        return str(CaseStatus(self.other).label) if self.other else ""

    @property
    def why(self) -> str:
        return str(WHY[self.held_by]) if self.held_by else ""


def compute_status(kept: Case, duplicate: Case) -> MergedStatus:
    """Compute the status of the case that stays. Reads only."""
    held = [found for case in (kept, duplicate) if (found := _find_held(case)) is not None]
    if not held:
        return MergedStatus(max(kept.status, duplicate.status, key=STATUS_ORDER.index), "", "")
    how, _since, case = max(held, key=lambda each: each[:2])
    if how == "formal":
        # Two results of an authority that differ: of two, the further one.
        formal = [each.status for way, _at, each in held if way == how]
        status = max(formal, key=STATUS_ORDER.index)
    else:
        status = case.status
    other = next((each.status for each in (kept, duplicate) if each.status != status), "")
    return MergedStatus(status, how, other)


def read_status(merge: CaseMerge) -> MergedStatus | None:
    """Return what a merge that stands made of the statuses; None of one from before this was stored."""
    state = merge.moved.get(STATE, {})
    if "held_by" not in state:
        return None
    return MergedStatus(state["after"]["status"], state["held_by"], state["other"])


def _find_held(case: Case) -> tuple[str, datetime, Case] | None:
    """Return how a case's status is held, since when, and the case; None where forms gave it.

    "formal" sorts behind "decision": an authority's result goes before.
    """
    decided = get_decided(case)
    if decided is not None and decided.decided_at is not None:
        return "decision", decided.decided_at, case
    return ("formal", case.opened_at, case) if case.formal_identification in RESULTS else None


def end_waiting(kept: Case, duplicate: Case, status: str, by: User, at: datetime) -> list[str]:
    """End the proposals that no longer fit the case that stays. Return their ids; the others go on waiting there.

    The one of the case that stays goes before: a case has one that waits.
    """
    ended, goes_on = [], False
    waiting = list(StatusChange.objects.waiting().filter(case__in=(kept, duplicate)).defer("words"))
    for change in sorted(waiting, key=lambda each: each.case_id != kept.pk):
        if change.before == status and change.wanted != status and not goes_on:
            goes_on = True
            continue
        _end(change, by, at)
        ended.append(str(change.pk))
    return ended


def _end(change: StatusChange, by: User, at: datetime) -> None:
    StatusChange.objects.waiting().filter(pk=change.pk).update(
        decision=StatusDecision.MERGED, decided_by=by, decided_at=at
    )


def propose_other(merge: CaseMerge, merged: MergedStatus, by: User, at: datetime) -> str:
    """Propose what the other case had, where the status was held. Return the proposal's id; "" for none."""
    if not merged.held_by or not merged.other:
        return ""
    made = store_proposal(merge.kept, merged.other, by, at, merge_id=merge.pk)
    return str(made.pk) if made else ""


def list_concerned(merge: CaseMerge, merged: MergedStatus) -> list[Notice]:
    """List who was told of a status that the merge takes back: before the rows are moved."""
    if not merged.held_by:
        return []
    differing = [case for case in (merge.kept, merge.duplicate) if case.status != merged.status]
    return [notice for case in differing for notice in list_told(case)]


def preview_merged(merge: CaseMerge) -> AsRecipient | None:
    """Describe what the recipients get whom the merge will tell of another status; None where it tells nobody."""
    merged = compute_status(merge.kept, merge.duplicate)
    if not merged.other or not (told := list_concerned(merge, merged)):
        return None
    return preview_telling(merged.status, is_drill=merge.kept.is_drill, count=len(told), what=TOLD_MERGED)


def preview_separated(merge: CaseMerge) -> AsRecipient | None:
    """Describe what they get once the merge is undone; None where that tells nobody."""
    state = merge.moved.get(STATE, {})
    if not state.get("told"):
        return None
    before, after = state["before"]["status"], state["after"]["status"]
    status = before if before != after else merge.duplicate.status
    return preview_telling(status, is_drill=merge.kept.is_drill, count=len(set(state["told"])), what=SEPARATED)


def tell_merged(merge: CaseMerge, merged: MergedStatus, told: list[Notice], at: datetime, *, is_proposed: bool) -> None:
    """Say in the case that its status was held, and notify whoever was told of another one."""
    if not merged.held_by or not merged.other:
        return
    event = CaseEvent.objects.create(
        case=merge.kept,
        kind=HELD,
        at=at,
        detail={"merge": str(merge.pk), "status": merged.status, "other": merged.other},
        explanation=[{"rule": HELD, "words": both(lambda: _word_held(merged, is_proposed=is_proposed))}],
    )
    tell_status(merge.kept, event, at, told=told, what=TOLD_MERGED)


def _word_held(merged: MergedStatus, *, is_proposed: bool) -> str:
    said = gettext("The status “%(status)s” stays: %(why)s. The other case had “%(other)s”.") % {
        "status": merged.label,
        "why": merged.why,
        "other": merged.other_label,
    }
    if is_proposed:
        return f"{said} {gettext('That is proposed now, and two people decide.')}"
    return f"{said} {gettext('Another proposal waits already. Propose this one after it, if it is right.')}"


def undo(merge: CaseMerge, state: dict[str, Any], by: User, at: datetime) -> None:
    """Let proposals that the merge ended wait again, end the one that it made, and tell whoever it told.

    After the rows and the statuses have been put back.
    """
    if made := state.get("proposed"):
        for change in StatusChange.objects.waiting().filter(pk=UUID(made)).defer("words"):
            _end(change, by, at)
    for key in state.get("ended", ()):
        _let_wait_again(UUID(key))
    if state.get("told"):
        _tell_separated(merge, state, at)


def _let_wait_again(key: UUID) -> None:
    """Let a proposal wait again, unless its case was given another one meanwhile."""
    try:
        with transaction.atomic():
            StatusChange.objects.filter(pk=key, decision=StatusDecision.MERGED).update(
                decision=StatusDecision.WAITING, decided_by=None, decided_at=None
            )
    except IntegrityError:
        return


def _tell_separated(merge: CaseMerge, state: dict[str, Any], at: datetime) -> None:
    after = state["after"]["status"]
    told = {int(key) for key in state["told"]}
    for case in (merge.kept, merge.duplicate):
        # Whoever stays with a case that keeps the status of the merge has been told what is so.
        if case.status == after:
            continue
        event = CaseEvent.objects.create(case=case, kind=GIVEN_BACK, at=at, detail={"merge": str(merge.pk)})
        again = [notice for notice in list_told(case) if notice.contact_id in told and not _is_of(notice, merge)]
        tell_status(case, event, at, told=again, what=SEPARATED)


def _is_of(notice: Notice, merge: CaseMerge) -> bool:
    """Say whether this is the notice by which the merge told its recipient."""
    return CaseEvent.objects.filter(pk=notice.event_id, kind=HELD, detail__merge=str(merge.pk)).exists()
