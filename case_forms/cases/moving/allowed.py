"""Who may propose that a form is moved, who may decide, and what stands against it: codes, for pages and actions."""

from access.models import MobileUnit, User

from ..finding.models import CaseMerge, TransferAnswer
from ..finding.sides import is_of_unit, may_act_for
from ..models import Case, CaseHold, FormMove


def may_propose(source: Case, unit: MobileUnit, user: User) -> bool:
    """Return whether this person may propose to move a form away from this case, which `unit` had sent.

    A worker of the case's unit or its coordinator, or a worker of the unit that sent the form; each sees the case.
    """
    if not Case.objects.visible_to(user).filter(pk=source.pk).exists():
        return False
    return may_act_for(source, user) or user.units().filter(pk=unit.pk).exists()


def get_obstacle_for(move: FormMove, user: User) -> str:
    """Return why this person can't decide, as a code; "" if they can.

    Somebody else than whoever proposed, who acts for the wrong case and sees both; and one of the two acts for the
    case that the form goes to.
    """
    if move.proposed_by_id == user.pk:
        return "own_proposal"
    if not may_act_for(move.source, user):
        return "not_allowed"
    cases = [case for case in (move.source, move.target) if case is not None]
    if Case.objects.visible_to(user).filter(pk__in=[case.pk for case in cases]).count() != len(cases):
        return "not_allowed"
    target = move.target
    if target is None or may_act_for(target, user) or may_act_for(target, move.proposed_by):
        return ""
    return "not_allowed"


def may_decide(move: FormMove, user: User) -> bool:
    return not get_obstacle_for(move, user)


def get_obstacle_of(case: Case) -> str:
    """Return why nothing can be moved away from this case or to it, as a code; "" if it can. Reads what is so now."""
    if case.forgotten_at is not None:
        return "forgotten"
    if case.voided_at is not None:
        return "void"
    if case.closed_at is not None:
        return "closed"
    if Case.objects.filter(pk=case.pk, merged_into__isnull=False).exists():
        return "merged"
    if case.restricted_at is not None:
        return "restricted"
    if CaseHold.objects.standing().filter(case=case).exists():
        return "held"
    if case.transfers.filter(answer=TransferAnswer.WAITING).exists():
        return "transfer"
    waiting = CaseMerge.objects.filter(approved_at=None, dropped_at=None)
    is_proposed = waiting.filter(kept=case).exists() or waiting.filter(duplicate=case).exists()
    return "merging" if is_proposed else ""


def is_read_further(source: Case, unit: MobileUnit, target: Case) -> bool:
    """Return whether a region would read the form in the target that couldn't read it before.

    `unit`: which sent the form; its region's coordinators read what it sends.
    """
    before = {source.region_id, source.unit.region_id, unit.region_id}
    return not {target.region_id, target.unit.region_id} <= before


def list_readers(case: Case, user: User) -> list[str]:
    """List the units beside the case's own that may open it now, by name: they will read the form, too."""
    current = case.accesses.filter(ended_at__isnull=True).exclude(unit=case.unit_id)
    return sorted({access.unit.name for access in current.select_related("unit")}) if is_seen(case, user) else []


def is_seen(case: Case, user: User) -> bool:
    return is_of_unit(case, user) or Case.objects.visible_to(user).filter(pk=case.pk).exists()
