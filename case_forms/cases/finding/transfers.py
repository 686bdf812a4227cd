"""Hand a case over to another unit or region.

Both units see it until the other has answered; no answer is chased like every duty, with the unit that is asked. Once
it is accepted the clocks go on, whoever is told follows the new unit and place, and the old unit sees that it was
handed over, and to whom. A decline leaves everything as it was.
"""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from access.models import MobileUnit, Municipality, User
from access.reach import get_unit_keys
from audit import clock
from audit.chain import get_actor, log_event
from notifications.directory.areas import OWN_ROLES
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice
from notifications.outbox.states import OPEN

from ..brief_content import both
from ..deadlines import withdraw_chase
from ..models import CASE_TRANSFER, Case, CaseEvent, Deadline
from .assigning import make_lead
from .duties import ask_for_answer, note_answered
from .models import CaseAccess, CaseTransfer, TransferAnswer
from .sides import may_act_for

ASKED, ANSWERED = CASE_TRANSFER, "case_transfer_answered"  # kinds of case events; the first is the task's key too
MAX_REASON = 500
SHOWN_FOR = timedelta(days=30)  # on the old unit's start page, after it was accepted
HANDED_OVER = "handed_over"  # why a notice to the old unit's people is withdrawn


class TransferRefused(Exception):
    """A transfer that can't be asked for or answered.

    `code`: not_yours, own_request, answered, closed, busy, unknown_unit, unknown_place, too_long, no_reason.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def ask_transfer(
    *, case: Case, to_unit: MobileUnit | None, to_municipality: Municipality | None, reason: str, by: User
) -> CaseTransfer:
    """Ask another unit to take a case over. Raises TransferRefused."""
    locked = Case.objects.select_for_update(no_key=True, of=("self",)).select_related("unit").get(pk=case.pk)
    if not may_act_for(locked, by):
        raise TransferRefused("not_yours")
    if locked.closed_at or locked.merged_into_id:
        raise TransferRefused("closed")
    if to_unit is None or not to_unit.is_active or to_unit.pk == locked.unit_id:
        raise TransferRefused("unknown_unit")
    if to_municipality is None or to_municipality.region_id != to_unit.region_id:
        raise TransferRefused("unknown_place")
    if not reason.strip():
        raise TransferRefused("no_reason")
    if len(reason) > MAX_REASON:
        raise TransferRefused("too_long")
    now = clock.now()
    try:
        with transaction.atomic():
            transfer = CaseTransfer.objects.create(
                case=locked,
                from_unit=locked.unit,
                to_unit=to_unit,
                from_municipality=locked.municipality,
                to_municipality=to_municipality,
                reason=reason.strip(),
                asked_by=by,
                asked_at=now,
            )
    except IntegrityError:
        raise TransferRefused("busy") from None
    CaseAccess.objects.create(case=locked, unit=to_unit, since=now, transfer=transfer)
    transfer.deadline = ask_for_answer(
        case=locked,
        kind=ASKED,
        label=both(lambda: gettext("A case is to be handed over to you")),
        next_step=both(lambda: gettext("Accept or decline the case from %(unit)s.") % {"unit": locked.unit}),
        at=now,
        detail={"transfer": str(transfer.pk), "from": locked.unit_id, "to": to_unit.pk},
    )
    transfer.save(update_fields=["deadline"])
    log_event(
        "case.transfer_asked",
        actor=get_actor(by),
        target_kind="case_transfer",
        target_id=transfer.pk,
        case=locked.pk,
        unit=to_unit.pk,
    )
    return transfer


def get_addressee(deadline: Deadline, case: Case) -> tuple[MobileUnit, Municipality]:
    """Return whose people a duty is about, and where: the case's, or those who are asked to take it over."""
    if deadline.key == ASKED:
        waiting = CaseTransfer.objects.filter(deadline=deadline, answer=TransferAnswer.WAITING)
        if (transfer := waiting.select_related("to_unit__region", "to_municipality").first()) is not None:
            return transfer.to_unit, transfer.to_municipality
    return case.unit, case.municipality


def may_answer(transfer: CaseTransfer, user: User) -> bool:
    """Return whether this person may accept or decline: of the unit that is asked, or its coordinator."""
    if user.pk == transfer.asked_by_id:
        return False
    is_worker = user.units().filter(pk=transfer.to_unit_id).exists()
    return is_worker or user.coordinated_regions().filter(pk=transfer.to_unit.region_id).exists()


@transaction.atomic
def answer_transfer(*, transfer: CaseTransfer, accept: bool, by: User) -> CaseTransfer:
    """Accept or decline for the unit that is asked. Raises TransferRefused."""
    locked = _lock(transfer)
    if locked.answer:
        raise TransferRefused("answered")
    if locked.asked_by_id == by.pk:
        raise TransferRefused("own_request")
    if not may_answer(locked, by):
        raise TransferRefused("not_yours")
    if accept and (locked.case.closed_at or locked.case.merged_into_id):
        raise TransferRefused("closed")
    _close(locked, TransferAnswer.ACCEPTED if accept else TransferAnswer.DECLINED, by)
    if accept:
        _hand_over(locked, by)
    return locked


@transaction.atomic
def withdraw_transfer(*, transfer: CaseTransfer, by: User) -> CaseTransfer:
    """Take back what wasn't answered yet, by the unit that asked. Raises TransferRefused."""
    locked = _lock(transfer)
    if locked.answer:
        raise TransferRefused("answered")
    if not may_act_for(locked.case, by):
        raise TransferRefused("not_yours")
    _close(locked, TransferAnswer.WITHDRAWN, by)
    return locked


def list_for_home(user: User) -> "QuerySet[CaseTransfer]":
    """Return what waits on either side, and what a person's units have handed over lately, the oldest first."""
    recent = clock.now() - SHOWN_FOR
    lately = Q(answer=TransferAnswer.ACCEPTED, answered_at__gte=recent, from_unit__in=get_unit_keys(user))
    declined = Q(answer=TransferAnswer.DECLINED, answered_at__gte=recent, from_unit__in=get_unit_keys(user))
    # Said on both sides: the unit that was asked sees the case no more, and would wonder.
    closed = Q(answer=TransferAnswer.CLOSED, answered_at__gte=recent)
    found = CaseTransfer.objects.visible_to(user).filter(Q(answer=TransferAnswer.WAITING) | lately | declined | closed)
    return found.select_related("case", "from_unit", "to_unit").defer("reason").order_by("asked_at", "pk").distinct()


def _lock(transfer: CaseTransfer) -> CaseTransfer:
    # Chases before the case (`outbox.locking`).
    open_ones = Notice.objects.filter(case_id=transfer.case_id, state__in=OPEN)
    lock_chases(open_ones.values_list("chase_id", flat=True))
    list(Case.objects.select_for_update(no_key=True).filter(pk=transfer.case_id).values_list("pk"))
    rows = CaseTransfer.objects.select_for_update(of=("self",))
    return rows.select_related("case__unit", "to_unit", "to_municipality", "from_unit", "deadline").get(pk=transfer.pk)


def _close(transfer: CaseTransfer, answer: str, by: User) -> None:
    now = clock.now()
    transfer.answer, transfer.answered_by, transfer.answered_at = answer, by, now
    transfer.save(update_fields=["answer", "answered_by", "answered_at"])
    CaseAccess.objects.filter(transfer=transfer, ended_at__isnull=True).update(ended_at=now)
    note_answered(transfer.deadline, now, by)
    CaseEvent.objects.create(
        case=transfer.case,
        kind=ANSWERED,
        at=now,
        detail={
            "transfer": str(transfer.pk),
            "answer": str(answer),
            "from": transfer.from_unit_id,
            "to": transfer.to_unit_id,
        },
    )
    log_event(
        "case.transfer_answered",
        actor=get_actor(by),
        target_kind="case_transfer",
        target_id=transfer.pk,
        case=transfer.case_id,
        answer=str(answer),
    )


def _hand_over(transfer: CaseTransfer, by: User) -> None:
    """Let the case, what is open about it, and its duties belong to the new unit and place."""
    case, unit, place = transfer.case, transfer.to_unit, transfer.to_municipality
    case.unit, case.municipality, case.region_id = unit, place, place.region_id
    case.save(update_fields=["unit", "municipality", "region"])
    # Who is asked already stays asked; the coordinators who are called if they don't answer are the new ones.
    Notice.objects.filter(case_id=case.pk, state__in=OPEN).update(unit=unit, home=place)
    _ask_the_new_people(case)
    if by.units().filter(pk=unit.pk).exists():
        make_lead(case, by, by=by, at=clock.now())


def _ask_the_new_people(case: Case) -> None:
    """Withdraw what asks the old unit's people about duties that run, and let the clock ask the new ones at once."""
    now = clock.now()
    chased = Deadline.objects.running().filter(case=case, owner__in=OWN_ROLES, chase_id__isnull=False)
    for deadline in chased.defer("ladder", "label", "next_step"):
        is_open = Notice.objects.filter(chase_id=deadline.chase_id, state__in=OPEN).exists()
        withdraw_chase(deadline, HANDED_OVER)
        if is_open:
            Deadline.objects.filter(pk=deadline.pk).update(next_mark_at=now)
