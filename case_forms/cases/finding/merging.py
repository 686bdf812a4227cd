"""Two cases of one person become one, and two again.

One person proposes, another decides, and between them they act for both cases. What belongs to the duplicate goes to
the case that stays: forms, events, clocks, referrals, notices. Its reference leads there from then on. What would be
double stays behind: a duty that runs in both, and a notice that is open although the same office has one from the other
case; that one is withdrawn, so nobody is told a second time. Undoing puts back exactly the rows that were moved
(docs/adr/0112).
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from access.models import User
from access.reach import get_keys_of_units_of_regions, get_region_keys, get_unit_keys
from audit import clock
from audit.chain import get_actor, log_event
from notifications.directory.resolve import Resolution
from notifications.outbox.actions import cancel
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.sharing import SharingRefused
from notifications.outbox.states import OPEN, NoticeState
from notifications.outbox.subjects import Subject
from vault.rotation import reseal_owned

from ..brief_content import both
from ..deadlines import withdraw_chase
from ..facts.risk import refresh_risk
from ..models import DATA_DUTIES, MERGE_PROPOSED, Case, CaseEvent, Deadline, Referral, ReferralStep
from ..rights.actions import take_earlier_days
from ..rights.restriction import refresh_restriction
from ..talk.writing import QUESTION
from . import merge_status
from .duties import ask_for_answer, note_answered
from .merge_rows import NOTICES, give_back_state, move_rows, put_back, take_over_state
from .merge_status import STATE
from .models import CaseAccess, CaseMerge, ProbableMatch
from .sides import may_act_for

MERGED, UNMERGED, PROPOSED = "cases_merged", "cases_unmerged", MERGE_PROPOSED
WITHDRAWN = "merged"  # why a notice is withdrawn
OVER = (NoticeState.CANCELLED, NoticeState.DECLINED)


log = structlog.get_logger(__name__)


class MergeRefused(Exception):
    """A merge that can't be proposed or decided.

    `code`: unknown_case, same_case, drill, busy (merged, about to be, or being handed over), not_yours, own_proposal,
    closed, over.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def get_merges_for(user: User) -> "QuerySet[CaseMerge]":
    """Return the merges that this person has a side in: of their units' cases, and of their regions'."""
    units, regions = get_unit_keys(user), get_region_keys(user)
    sides = Q()
    for case in ("kept", "duplicate"):
        sides |= Q(**{f"{case}__unit__in": units}) | Q(**{f"{case}__region__in": regions})
        sides |= Q(**{f"{case}__unit__in": get_keys_of_units_of_regions(user)})
    return CaseMerge.objects.filter(sides).distinct()


def list_to_decide(user: User) -> "QuerySet[CaseMerge]":
    """Return what waits for somebody else's decision and that this person may decide, the oldest first."""
    open_ones = Q(approved_at__isnull=True, dropped_at__isnull=True) & ~Q(proposed_by=user.pk)
    undoing = Q(undo_proposed_by__isnull=False, undone_at__isnull=True) & ~Q(undo_proposed_by=user.pk)
    found = get_merges_for(user).filter(open_ones | undoing)
    return found.select_related("kept__unit", "duplicate__unit", "proposed_by").order_by("proposed_at", "pk")


def list_ended_with_case(user: User) -> "QuerySet[CaseMerge]":
    """Return the proposals that ended because one of the cases was closed, the newest first."""
    ended = get_merges_for(user).filter(ended_with_case=True)
    return ended.select_related("kept__unit", "duplicate__unit").order_by("-dropped_at")


@transaction.atomic
def propose_merge(*, kept: Case, duplicate: Case, by: User) -> CaseMerge:
    """Propose that two cases are about one person. Raises MergeRefused."""
    if kept.pk == duplicate.pk:
        raise MergeRefused("same_case")
    if kept.is_drill != duplicate.is_drill:
        raise MergeRefused("drill")
    visible = Case.objects.visible_to(by).filter(pk__in=(kept.pk, duplicate.pk)).count()
    if visible != 2 or not (may_act_for(kept, by) or may_act_for(duplicate, by)):
        raise MergeRefused("not_yours")
    # Locked, so that neither is closed meanwhile: closing ends what is proposed, and would pass over this.
    locked = Case.objects.select_for_update(no_key=True).filter(pk__in=(kept.pk, duplicate.pk)).order_by("pk")
    if any(closed_at for _pk, closed_at in locked.values_list("pk", "closed_at")):
        raise MergeRefused("closed")
    if _is_busy(kept) or _is_busy(duplicate):
        raise MergeRefused("busy")
    now = clock.now()
    try:
        with transaction.atomic():
            merge = CaseMerge.objects.create(kept=kept, duplicate=duplicate, proposed_by=by, proposed_at=now)
    except IntegrityError:
        raise MergeRefused("busy") from None
    # Told on the side that hasn't spoken yet.
    asked = duplicate if may_act_for(kept, by) else kept
    merge.deadline = ask_for_answer(
        case=asked,
        kind=PROPOSED,
        label=both(lambda: gettext("Two cases may be one person's: a second person decides")),
        next_step=both(
            lambda: (
                gettext("Decide whether case %(duplicate)s becomes part of case %(kept)s.")
                % {"duplicate": duplicate.reference, "kept": kept.reference}
            )
        ),
        at=now,
        detail={"merge": str(merge.pk)},
    )
    merge.save(update_fields=["deadline"])
    log_event("case.merge_proposed", actor=get_actor(by), target_kind="case_merge", target_id=merge.pk)
    return merge


def may_decide(merge: CaseMerge, by: User) -> bool:
    """Return whether this person may decide: not the one who proposed, and together they act for both cases."""
    undoing = merge.undo_proposed_by if merge.approved_at else None
    first = undoing or merge.proposed_by
    cases = (merge.kept, merge.duplicate)
    own = [may_act_for(case, by) for case in cases]
    theirs = [may_act_for(case, first) for case in cases]
    return first.pk != by.pk and any(own) and all(one or other for one, other in zip(own, theirs, strict=True))


@transaction.atomic
def drop_merge(*, merge: CaseMerge, by: User) -> None:
    """Leave the cases as they are: whoever proposed takes it back, or whoever decides declines. Raises MergeRefused."""
    locked = _lock(merge)
    if locked.approved_at or locked.dropped_at:
        raise MergeRefused("over")
    if locked.proposed_by_id != by.pk and not may_decide(locked, by):
        raise MergeRefused("not_yours")
    now = clock.now()
    locked.dropped_at, locked.dropped_by = now, by
    locked.save(update_fields=["dropped_at", "dropped_by"])
    note_answered(locked.deadline, now, by)
    log_event("case.merge_dropped", actor=get_actor(by), target_kind="case_merge", target_id=locked.pk)


@transaction.atomic
def approve_merge(*, merge: CaseMerge, by: User) -> CaseMerge:
    """Carry a merge out. Raises MergeRefused."""
    locked = _lock(merge)
    if locked.approved_at or locked.dropped_at:
        raise MergeRefused("over")
    _check_decider(locked, by)
    kept, duplicate = locked.kept, locked.duplicate
    _check_open(kept, duplicate)
    if _is_busy(kept, locked) or _is_busy(duplicate, locked):
        raise MergeRefused("busy")
    now = clock.now()
    note_answered(locked.deadline, now, by)
    locked.withdrawn = [str(key) for key in _withdraw_doubled_notices(kept, duplicate)]
    stays = _hold_doubled_duties(kept, duplicate, locked.withdrawn)
    merged = merge_status.compute_status(kept, duplicate)
    told = merge_status.list_concerned(locked, merged)
    ended = merge_status.end_waiting(kept, duplicate, merged.status, by, now)
    locked.moved = move_rows(duplicate, kept, without={"cases.Deadline": stays, **_hold_doubled_referrals(locked)})
    take_earlier_days(kept, duplicate)
    state = take_over_state(kept, duplicate, merged.status)
    proposed = merge_status.propose_other(locked, merged, by, now)
    told_ids = [notice.contact_id for notice in told]
    locked.moved[STATE] = {
        **state,
        "held_by": merged.held_by,
        "other": merged.other,
        "ended": ended,
        "proposed": proposed,
        "told": told_ids,
    }
    locked.approved_by, locked.approved_at = by, now
    locked.save(update_fields=["withdrawn", "moved", "approved_by", "approved_at"])
    Case.objects.filter(pk=duplicate.pk).update(merged_into=kept)
    refresh_restriction(kept)
    # Under the key of the case that they belong to now: who forgets that one forgets them.
    reseal_owned(kept.pk)
    refresh_risk(kept)
    if duplicate.unit_id != kept.unit_id:
        # Whoever met the person goes on seeing the case.
        CaseAccess.objects.create(case=kept, unit_id=duplicate.unit_id, since=now, merge=locked)
    ProbableMatch.objects.filter(Q(case=kept, other=duplicate) | Q(case=duplicate, other=kept)).update(dismissed_at=now)
    _tell(locked, MERGED, by, now)
    merge_status.tell_merged(locked, merged, told, now, is_proposed=bool(proposed))
    return locked


@transaction.atomic
def propose_undoing(*, merge: CaseMerge, by: User) -> None:
    """Propose that one case becomes two again. Raises MergeRefused."""
    locked = _lock(merge)
    if not locked.approved_at or locked.undone_at or locked.undo_proposed_by_id:
        raise MergeRefused("over")
    if not (may_act_for(locked.kept, by) or may_act_for(locked.duplicate, by)):
        raise MergeRefused("not_yours")
    locked.undo_proposed_by = by
    locked.save(update_fields=["undo_proposed_by"])
    log_event("case.unmerge_proposed", actor=get_actor(by), target_kind="case_merge", target_id=locked.pk)


@transaction.atomic
def approve_undoing(*, merge: CaseMerge, by: User) -> CaseMerge:
    """Make two cases of one again, each with exactly what it had. Raises MergeRefused."""
    locked = _lock(merge)
    if not locked.undo_proposed_by_id or locked.undone_at:
        raise MergeRefused("over")
    _check_decider(locked, by)
    now = clock.now()
    kept, duplicate = locked.kept, locked.duplicate
    Case.objects.filter(pk=duplicate.pk).update(merged_into=None)
    for label, keys in locked.moved.items():
        if label != STATE:
            put_back(label, keys, kept, duplicate)
    _give_back_what_came_meanwhile(locked)
    give_back_state(kept, locked.moved.get(STATE, {}))
    refresh_restriction(kept)
    refresh_restriction(duplicate)
    reseal_owned(kept.pk, duplicate.pk)
    for case in (kept, duplicate):
        refresh_risk(case)
    CaseAccess.objects.filter(merge=locked, ended_at__isnull=True).update(ended_at=now)
    for key in locked.withdrawn:
        _tell_again(UUID(key), locked)
    merge_status.undo(locked, locked.moved.get(STATE, {}), by, now)
    locked.undone_by, locked.undone_at = by, now
    locked.save(update_fields=["undone_by", "undone_at"])
    _tell(locked, UNMERGED, by, now)
    return locked


# ---- the parts ----


def _lock(merge: CaseMerge) -> CaseMerge:
    # Chases first (`outbox.locking`): somebody may be answering a notice of either case, or writing to one that was
    # accepted long ago.
    cases = (merge.kept_id, merge.duplicate_id)
    lock_chases(Notice.objects.filter(case_id__in=cases).values_list("chase_id", flat=True))
    list(Case.objects.select_for_update(no_key=True).filter(pk__in=cases).order_by("pk").values_list("pk"))
    rows = CaseMerge.objects.select_for_update(of=("self",))
    return rows.select_related("kept__unit", "duplicate__unit", "deadline", "proposed_by", "undo_proposed_by").get(
        pk=merge.pk
    )


def _check_decider(merge: CaseMerge, by: User) -> None:
    first = (merge.undo_proposed_by if merge.approved_at else None) or merge.proposed_by
    if first.pk == by.pk:
        raise MergeRefused("own_proposal")
    if not may_decide(merge, by):
        raise MergeRefused("not_yours")


def _check_open(*cases: Case) -> None:
    # The clocks of one would stop, or those of the other run on in a closed case, and nobody would notice.
    if any(case.closed_at for case in cases):
        raise MergeRefused("closed")


def _is_busy(case: Case, merge: CaseMerge | None = None) -> bool:
    """Return whether the case is merged, about to be, or being handed over."""
    others = CaseMerge.objects.filter(Q(kept=case) | Q(duplicate=case), approved_at=None, dropped_at=None)
    if merge is not None:
        others = others.exclude(pk=merge.pk)
    is_merged = Case.objects.filter(pk=case.pk, merged_into__isnull=False).exists()
    return is_merged or others.exists() or case.transfers.filter(answer="").exists()


def _withdraw_doubled_notices(kept: Case, duplicate: Case) -> list[UUID]:
    """Withdraw the duplicate's open notices to offices that have one about the kept case. Return their ids."""
    told = Notice.objects.filter(case_id=kept.pk, purpose__in=_OF_PEOPLE).exclude(state__in=OVER)
    known = {(role, partner, contact) for role, partner, contact in told.values_list("role", "partner", "contact")}
    offices = {(role, partner) for role, partner, _contact in known if partner}
    withdrawn = []
    mine = Notice.objects.filter(case_id=duplicate.pk, state__in=OPEN, purpose=Purpose.FIRST, accepted_at=None)
    for notice in mine.defer("brief", "ladder", "link_token"):
        is_told = (notice.role, notice.partner_id) in offices or (
            (notice.role, notice.partner_id, notice.contact_id) in known and notice.contact_id is not None
        )
        if is_told and cancel(notice=notice, reason=WITHDRAWN):
            withdrawn.append(notice.pk)
    return withdrawn


_OF_PEOPLE = (Purpose.FIRST, Purpose.DEPUTY, Purpose.REROUTE, Purpose.INSTEAD)


def _hold_doubled_duties(kept: Case, duplicate: Case, withdrawn: Iterable[str]) -> set[int]:
    """Return the duplicate's duties that stay with it: they run in both cases, or wait for a withdrawn notice.

    `Deadline.objects.running` leaves out a merged case's, so they tell nobody until the merge is undone.
    """
    # An arrival that is waited for is each referral's own, a question that waits for its answer each notice's, and a
    # request about data runs from the day of each.
    own = Deadline.objects.filter(case=kept, met_at=None, arrivals=None).exclude(key__in={QUESTION, *DATA_DUTIES})
    running = set(own.values_list("key", flat=True))
    doubled = Deadline.objects.filter(case=duplicate, met_at=None).filter(
        Q(key__in=running) | Q(notice_id__in=[UUID(key) for key in withdrawn])
    )
    held = list(doubled.defer("ladder", "label", "next_step"))
    for deadline in held:
        withdraw_chase(deadline, WITHDRAWN)
    return {deadline.pk for deadline in held}


def _hold_doubled_referrals(merge: CaseMerge) -> dict[str, set[Any]]:
    """Return the duplicate's referrals that stay with it, and their steps: their notices were withdrawn as doubled."""
    doubled = Referral.objects.filter(case=merge.duplicate_id, notice_id__in=[UUID(key) for key in merge.withdrawn])
    held = set(doubled.values_list("pk", flat=True))
    steps = set(ReferralStep.objects.filter(referral__in=held).values_list("pk", flat=True))
    return {"cases.Referral": held, "cases.ReferralStep": steps}


def _give_back_what_came_meanwhile(merge: CaseMerge) -> None:
    """Let what recipients asked while there was one case go with their notice, and each chase with its duty."""
    notices = [UUID(key) for key in merge.moved.get(f"{NOTICES}.case_id", ())]
    asked = CaseEvent.objects.filter(case=merge.kept, kind=QUESTION, notice_id__in=notices)
    events = list(asked.values_list("pk", flat=True))
    Deadline.objects.filter(case=merge.kept, event__in=events).update(case=merge.duplicate)
    CaseEvent.objects.filter(pk__in=events).update(case=merge.duplicate)
    chased = Deadline.objects.filter(case=merge.duplicate, chase_id__isnull=False)
    chases = list(chased.values_list("chase_id", flat=True))
    Notice.objects.filter(chase_id__in=chases, case_id=merge.kept_id).update(case_id=merge.duplicate_id)


def _tell_again(key: UUID, merge: CaseMerge) -> None:
    """Create again a notice that was withdrawn as doubled: about this person nobody has notified its recipient.

    One that the gate for sharing refuses by now stays withdrawn.
    """
    old = Notice.objects.select_related("contact", "partner", "municipality", "unit", "home").get(pk=key)
    try:
        new = replace(Subject.of_notice(old), id=merge.duplicate_id).notify(
            old.role,
            event_id=uuid5(old.event_id, f"unmerged-{merge.pk}"),
            found=Resolution(old.role, old.partner, old.contact),
            brief=old.brief,
            answer_minutes=(old.answer_by - old.owed_at).total_seconds() / 60 if old.answer_by else None,
            ladder=old.ladder,
            needs_document=old.needs_document,
        )
    except SharingRefused as refused:
        log.warning("not_sent_again", notice=str(key), code=refused.code)
        return
    Deadline.objects.filter(case=merge.duplicate_id, notice_id=key).update(notice_id=new.pk)
    Referral.objects.filter(case=merge.duplicate_id, notice_id=key).update(notice_id=new.pk)


def _tell(merge: CaseMerge, kind: str, by: User, now: Any) -> None:
    for case in (merge.kept, merge.duplicate):
        CaseEvent.objects.create(case=case, kind=kind, at=now, detail={"merge": str(merge.pk)})
    ids = {"kept": merge.kept_id, "duplicate": merge.duplicate_id, "withdrawn": len(merge.withdrawn)}
    ids["statuses"] = len(merge.moved.get(STATE, {}).get("ended", ()))
    about: dict[str, Any] = {"actor": get_actor(by), "target_kind": "case_merge", "target_id": merge.pk, **ids}
    if kind == MERGED:
        log_event("case.merged", **about)
    else:
        log_event("case.unmerged", **about)
