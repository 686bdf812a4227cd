"""Place a hold on a case, ask that it be lifted, and lift it as the second person."""

from django.db import IntegrityError, transaction

from access.models import User
from audit import clock
from audit.chain import get_actor, log_event

from ..adopting import may_adopt
from ..locking import lock_case
from ..models import Case, CaseHold

MAX_WORDS = 1000


class CannotHold(Exception):
    """A hold that can't be placed or lifted. `code`: not_allowed, no_words, held, forgotten, own_request, not_held."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def place_hold(*, case: Case, words: str, by: User) -> CaseHold:
    """Keep everything of the case until the hold is lifted. Raises CannotHold."""
    if not may_adopt(case, by):
        raise CannotHold("not_allowed")
    why = words.strip()[:MAX_WORDS]
    if not why:
        raise CannotHold("no_words")
    if lock_case(case).forgotten_at is not None:
        raise CannotHold("forgotten")
    try:
        with transaction.atomic():
            hold = CaseHold.objects.create(case=case, words=why, placed_by=by, placed_at=clock.now())
    except IntegrityError:
        raise CannotHold("held") from None
    log_event("case.hold_placed", actor=get_actor(by), target_kind="case", target_id=case.pk)
    return hold


@transaction.atomic
def ask_to_lift(*, hold: CaseHold, by: User) -> None:
    """Ask that the hold be lifted; it stands until somebody else agrees. Raises CannotHold."""
    locked = _lock(hold, by)
    locked.lift_asked_by, locked.lift_asked_at = by, clock.now()
    locked.save(update_fields=["lift_asked_by", "lift_asked_at"])
    log_event("case.hold_lift_asked", actor=get_actor(by), target_kind="case", target_id=locked.case_id)


@transaction.atomic
def lift_hold(*, hold: CaseHold, by: User) -> None:
    """Lift the hold as the second person. Raises CannotHold."""
    locked = _lock(hold, by)
    if locked.lift_asked_by_id in (None, by.pk):
        raise CannotHold("own_request")
    locked.lifted_by, locked.lifted_at = by, clock.now()
    locked.save(update_fields=["lifted_by", "lifted_at"])
    log_event(
        "case.hold_lifted",
        actor=get_actor(by),
        target_kind="case",
        target_id=locked.case_id,
        asked_by=locked.lift_asked_by_id,
    )


def _lock(hold: CaseHold, by: User) -> CaseHold:
    locked = CaseHold.objects.select_for_update(of=("self",)).select_related("case__unit").get(pk=hold.pk)
    if not may_adopt(locked.case, by):
        raise CannotHold("not_allowed")
    if locked.lifted_at is not None:
        raise CannotHold("not_held")
    return locked
