"""One unit asks another to open the case of a person whom both may know. It opens after both agreed.

Whoever asks has agreed by asking; somebody of the other unit, or its coordinator, agrees or declines. Nobody answers
their own request. Without an answer it expires; until then it is chased like every duty of the case, also where that
case is closed: whoever closed it may know where the person was. Where the case is forgotten nobody can answer.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.models import Assignment, MobileUnit, StaffRole, User
from access.reach import get_region_keys, get_unit_keys
from audit import clock
from audit.chain import SYSTEM, get_actor, log_event
from audit.denials import record_denial
from audit.due import Due

from ..brief_content import both
from ..deadlines import lock_duties
from ..models import IDENTITY_REQUEST, Case, CaseEvent
from .duties import ask_for_answer, note_answered
from .models import CaseAccess, IdentityQuestion, IdentityRequest, ProbableMatch, RequestAnswer
from .sides import may_act_for

ASKED = IDENTITY_REQUEST  # the kind of the case event, and the key of the task
ANSWERED = "identity_request_answered"
EXPIRES_AFTER = timedelta(days=7)


class RequestRefused(Exception):
    """A request that can't be made or answered. `code`: not_yours, own_request, answered, known, forgotten."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def ask_after_question(*, question: IdentityQuestion, by: User) -> IdentityRequest:
    """Ask the unit whose case a question found. Raises RequestRefused."""
    if question.asked_by_id != by.pk or question.found_id is None or question.unit is None:
        raise RequestRefused("not_yours")
    found = _get_standing(question.found_id)
    return _ask(case=found, unit=question.unit, own_case=question.case, by=by)


def ask_about_match(*, match: ProbableMatch, by: User) -> IdentityRequest:
    """Ask the unit whose case may be about the person of one's own case. Raises RequestRefused."""
    if not may_act_for(match.case, by):
        raise RequestRefused("not_yours")
    return _ask(case=_get_standing(match.other_id), unit=match.case.unit, own_case=match.case, by=by)


def _get_standing(case_id: Any) -> Case:
    """Return the case, or the one that it was merged into meanwhile."""
    found = Case.objects.select_related("merged_into__unit", "unit").get(pk=case_id)
    return found.merged_into or found


def _ask(*, case: Case, unit: MobileUnit, own_case: Case | None, by: User) -> IdentityRequest:
    if Case.objects.visible_to(by).filter(pk=case.pk).exists():
        raise RequestRefused("known")
    if case.forgotten_at is not None:
        raise RequestRefused("forgotten")
    now = clock.now()
    waiting = IdentityRequest.objects.filter(case=case, unit=unit, answer=RequestAnswer.WAITING)
    try:
        with transaction.atomic():
            # Asking twice is asking once.
            if (earlier := waiting.first()) is not None:
                return earlier
            request = IdentityRequest.objects.create(
                case=case, unit=unit, own_case=own_case, asked_by=by, asked_at=now, expires_at=now + EXPIRES_AFTER
            )
            request.deadline = ask_for_answer(
                case=case,
                kind=ASKED,
                label=both(lambda: gettext("Another unit asks about this person")),
                next_step=both(lambda: gettext("Answer whether the case may be opened to %(unit)s.") % {"unit": unit}),
                at=now,
                detail={"request": str(request.pk)},
            )
            request.save(update_fields=["deadline"])
            log_event(
                "identity_request.asked", actor=get_actor(by), target_kind="identity_request", target_id=request.pk
            )
    except IntegrityError:
        # Two of the unit asked at the same moment.
        return waiting.get()
    return request


def get_requests_for(user: User) -> "QuerySet[IdentityRequest]":
    """Return the requests that this person may answer or has a side in."""
    units, regions = get_unit_keys(user), get_region_keys(user)
    of_case = Q(case__unit__in=units) | Q(case__region__in=regions) | Q(case__unit__region__in=regions)
    return IdentityRequest.objects.filter(of_case | Q(unit__in=units) | Q(unit__region__in=regions)).distinct()


def can_be_answered(request: IdentityRequest) -> bool:
    """Say whether anybody with an account acts for the case that is asked about, besides whoever asks."""
    case = request.case
    of_unit = Q(role=StaffRole.WORKER, unit=case.unit_id)
    of_regions = Q(role=StaffRole.COORDINATOR, region__in=(case.region_id, case.unit.region_id))
    acting = Assignment.objects.current().filter(of_unit | of_regions, user__is_active=True)
    return acting.exclude(user=request.asked_by_id).exists()


def is_visible(case: Case, user: User) -> bool:
    """Return whether this person may open the case."""
    return Case.objects.visible_to(user).filter(pk=case.pk).exists()


def note_denial(user: User, request_id: Any) -> None:
    """Record that somebody tried to reach a request of other units, if there is one."""
    if IdentityRequest.objects.filter(pk=request_id).exists():
        record_denial(actor=get_actor(user), target_kind="identity_request", target_id=request_id)


def list_to_answer(user: User) -> "QuerySet[IdentityRequest]":
    """Return the requests that wait for an answer of this person's side, the oldest first."""
    units, regions = get_unit_keys(user), get_region_keys(user)
    of_case = Q(case__unit__in=units) | Q(case__region__in=regions) | Q(case__unit__region__in=regions)
    # The few that wait are named first: joined at once, the database would begin with all cases of the regions.
    keys = list(IdentityRequest.objects.filter(answer=RequestAnswer.WAITING).order_by().values_list("pk", flat=True))
    waiting = IdentityRequest.objects.filter(of_case, pk__in=keys).exclude(asked_by=user.pk)
    return waiting.select_related("case", "unit").order_by("asked_at", "pk").distinct()


def list_asked(user: User) -> "QuerySet[IdentityRequest]":
    """Return what this person's units have asked others, the newest first."""
    asked = IdentityRequest.objects.filter(unit__in=get_unit_keys(user))
    return asked.select_related("case").order_by("-asked_at", "pk")


@transaction.atomic
def answer_request(*, request: IdentityRequest, agree: bool, by: User) -> IdentityRequest:
    """Agree or decline for the unit that is asked. Agreeing opens each side's case to the other.

    Raises RequestRefused.
    """
    lock_duties(request.case)
    locked = (
        IdentityRequest.objects.select_for_update(of=("self",)).select_related("case__unit", "unit").get(pk=request.pk)
    )
    if not may_act_for(locked.case, by):
        raise RequestRefused("not_yours")
    if locked.asked_by_id == by.pk:
        raise RequestRefused("own_request")
    if locked.answer:
        raise RequestRefused("answered")
    now = clock.now()
    _close(locked, RequestAnswer.AGREED if agree else RequestAnswer.DECLINED, now, by)
    if agree:
        CaseAccess.objects.create(case=locked.case, unit=locked.unit, since=now, request=locked)
        own = locked.own_case
        if own is not None:
            CaseAccess.objects.create(case=own, unit=locked.case.unit, since=now, request=locked)
    return locked


def _close(request: IdentityRequest, answer: str, now: datetime, by: User | None) -> None:
    request.answer, request.answered_by, request.answered_at = answer, by, now
    request.save(update_fields=["answer", "answered_by", "answered_at"])
    note_answered(request.deadline, now, by)
    for case in filter(None, (request.case, request.own_case)):
        detail = {"request": str(request.pk), "answer": str(answer)}
        CaseEvent.objects.create(case=case, kind=ANSWERED, at=now, detail=detail)
    log_event(
        "identity_request.answered",
        actor=get_actor(by) if by else SYSTEM,
        target_kind="identity_request",
        target_id=request.pk,
        answer=str(answer),
    )


@transaction.atomic
def end_access(*, access: CaseAccess, by: User) -> bool:
    """End what both agreed to, from either side. Returns whether it was still open. Raises RequestRefused."""
    is_of_unit = by.units().filter(pk=access.unit_id).exists()
    if not (is_of_unit or may_act_for(access.case, by)) or access.transfer_id is not None:
        raise RequestRefused("not_yours")
    now = clock.now()
    changed = CaseAccess.objects.filter(pk=access.pk, ended_at__isnull=True).update(ended_at=now)
    if changed:
        log_event(
            "case.access_ended", actor=get_actor(by), target_kind="case", target_id=access.case_id, unit=access.unit_id
        )
    return bool(changed)


def _lock_duties(key: UUID) -> None:
    lock_duties(IdentityRequest.objects.select_related("case").get(pk=key).case)


def _expire(request: IdentityRequest, now: datetime) -> bool:
    _close(request, RequestAnswer.EXPIRED, now, None)
    return True


DUE = Due(
    name="identity.requests",
    label=_("Ending a request to open another unit’s case"),
    rows=lambda _now: IdentityRequest.objects.filter(answer=RequestAnswer.WAITING).select_related("case"),
    column="expires_at",
    lock=_lock_duties,
    act=_expire,
)
expire = DUE.advance
