"""What the unit does in a story besides sending forms: steps of a referral, closing, talking, tasks, corrections.

By the functions that the pages call, so what those refuse is impossible in a story, too.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext_lazy as _

from access.languages import DEFAULT_LANGUAGE, in_each_language
from access.models import Assignment, Region, StaffRole, User
from audit import clock
from case_forms.cases.closing.actions import CannotClose, ClosingRequest, ask_to_close, decide_closing
from case_forms.cases.closing.models import ClosingAct, PersonsWish
from case_forms.cases.closing.open_ends import find_open_ends
from case_forms.cases.closing.reopening import reopen_case
from case_forms.cases.models import Case, CaseClosing, Deadline
from case_forms.cases.referring.actions import Step, get_decline_codes, note_step
from case_forms.cases.referring.again import CannotRefer, list_services, refer_again
from case_forms.cases.referring.models import StepKind, Way
from case_forms.cases.referring.moves import REFUSALS, StepRefused
from case_forms.cases.referring.outcomes import get_outcomes
from case_forms.cases.talk.writing import write
from case_forms.cases.task_pages.actions import CannotDo, finish_task
from notifications.briefs.models import TalkMessage
from notifications.briefs.talk.actions import CannotSay, write_as_recipient
from notifications.outbox.models import Notice

from .acts import ActImpossible, find_notice
from .contents import build_table, insert
from .service_acts import act_at_link, find_newest_referral
from .story import (
    Asks,
    Closes,
    DoesTask,
    ReferralStep,
    RefersAgain,
    Reopens,
    ServicePlaces,
    ServiceStep,
    UnitAnswers,
)

TEXT = "Shembull / Example"
REFUSED = _("The unit can't do this then.")
# Steps that the unit knows from the phone only.
BY_PHONE = (StepKind.ACCEPTED, StepKind.DECLINED)


@dataclass(frozen=True)
class Staff:
    """The imagined people of a story who act on its case: who sends its forms, and a coordinator of its region."""

    worker: User
    coordinator: User


def hire_coordinator(connection: Any, key: int, region: Region, since: Any) -> User:
    """Imagine a coordinator of this region, who agrees as the second person."""
    coordinator = User(pk=key, username="story-2", first_name="Shembull", is_active=True, language=DEFAULT_LANGUAGE)
    at_work = Assignment(pk=key, user=coordinator, role=StaffRole.COORDINATOR, region=region, starts_on=since)
    insert(connection, [build_table([coordinator]), build_table([at_work])])
    return coordinator


def do_case_act(act: Any, case: Case | None, staff: Staff) -> None:
    """Do this act now. Raises ActImpossible."""
    if isinstance(act, Asks):
        _ask(act)
        return
    if case is None:
        raise ActImpossible(_("There is no case that this could be about."))
    case.refresh_from_db()
    try:
        _do(act, case, staff)
    except StepRefused as refused:
        raise ActImpossible(in_each_language(REFUSALS[refused.code])) from None
    except (CannotClose, CannotDo, CannotRefer, CannotSay):
        raise ActImpossible(REFUSED) from None


def _do(act: Any, case: Case, staff: Staff) -> None:
    if isinstance(act, ReferralStep):
        _step(act, case, staff.worker)
    elif isinstance(act, ServiceStep | ServicePlaces):
        act_at_link(act, find_newest_referral(case))
    elif isinstance(act, RefersAgain):
        _refer_again(case, staff.worker)
    elif isinstance(act, Closes):
        _close(act, case, staff)
    elif isinstance(act, Reopens):
        duties = list(Deadline.objects.filter(case=case, ended_at__isnull=False).values_list("pk", flat=True))
        reopen_case(case=case, reason=act.reason, duties=duties, by=staff.worker)
    elif isinstance(act, UnitAnswers):
        _answer(case, staff.worker)
    elif isinstance(act, DoesTask):
        task = Deadline.objects.unmet().filter(case=case, key=act.deadline).order_by("pk").first()
        if task is None:
            raise ActImpossible(_("Nothing of this kind is to be done then."))
        finish_task(case=case, pk=task.pk, note=TEXT, by=staff.worker)


def _step(act: ReferralStep, case: Case, worker: User) -> None:
    referral = find_newest_referral(case)
    reason = act.reason
    if act.step == StepKind.DECLINED:
        reason = reason or get_decline_codes(referral)[0]
    elif act.step == StepKind.FINISHED:
        reason = reason or next(iter(get_outcomes()))
    is_agreed, is_phoned = act.step == StepKind.AGREED, act.step in BY_PHONE
    step = Step(
        kind=StepKind(act.step),
        way=Way.PHONE if is_phoned else Way.UNIT,
        reason=reason,
        due_at=clock.now() + timedelta(minutes=act.after) if is_agreed else None,
        note=TEXT,
        who=TEXT if is_agreed else "",
        said_by=TEXT if is_phoned else "",
    )
    note_step(referral=referral, step=step, by=worker)


def _refer_again(case: Case, worker: User) -> None:
    referral = find_newest_referral(case)
    choice = next((each for each in list_services(case, referral) if each.is_possible), None)
    if choice is None:
        raise ActImpossible(_("There is no other service that could be asked then."))
    refer_again(referral=referral, partner_id=choice.partner.pk, by=worker)


def _close(act: Closes, case: Case, staff: Staff) -> None:
    ends = find_open_ends(case)
    wanted = ClosingRequest(
        act=ClosingAct.CLOSE,
        reason=act.reason,
        seen=ends.fingerprint,
        open=TEXT,
        note=TEXT,
        wish=PersonsWish.AGREES,
        despite=ends.despite,
        risk=TEXT,
    )
    closing: CaseClosing = ask_to_close(case=case, wanted=wanted, by=staff.worker)
    if closing.needs_two:
        seen = find_open_ends(case).fingerprint
        decide_closing(closing=closing, agree=True, by=staff.coordinator, seen=seen)


def _ask(act: Asks) -> None:
    notice = find_notice(act, lambda each: each.accepted_at is not None or each.is_open, clock.now())
    try:
        write_as_recipient(notice=notice, text=TEXT, key=uuid4(), wants_answer=True)
    except CannotSay:
        raise ActImpossible(_("Nothing can be asked at this notice then.")) from None


def _answer(case: Case, worker: User) -> None:
    waiting = TalkMessage.objects.filter(notice__case_id=case.pk, kind="question", answered_at__isnull=True)
    question = waiting.order_by("-at", "-pk").first()
    if question is None:
        raise ActImpossible(_("No question waits then."))
    root = Notice.objects.get(pk=question.notice_id)
    write(case=case, root=root, text=TEXT, key=uuid4(), by=worker, answers=question.pk)
