"""Steps that follow from something else: the answer to the notice, the end of a consent, a correction, the closing."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from audit.chain import SYSTEM, Actor
from notifications.directory.models import Partner
from notifications.outbox.models import Notice, Purpose, Reply, ReplyKind

from ..models import Case, Referral
from .actions import Step, write_step
from .models import StepKind, Way
from .moves import RUNNING, StepRefused, find_next_state
from .outcomes import CASE_CLOSED, FROM_REPLIES, HAS_ARRIVED
from .untold import count_duties_anew

STEPS_OF_REPLIES: dict[str, StepKind] = {
    ReplyKind.ACCEPTED: StepKind.ACCEPTED,
    ReplyKind.ON_THE_WAY: StepKind.ACCEPTED,
    ReplyKind.DECLINED: StepKind.DECLINED,
    # A no, where it could not be passed on to the office of that area.
    ReplyKind.WRONG_AREA: StepKind.DECLINED,
}


def follow_reply(case: Case, chase: Iterable[UUID], reply: Reply, *, sent_on: Notice | None = None) -> None:
    """Give the service's answer to the referral that this notice carried, if it carried one.

    `sent_on`: the notice by which the office of another area was asked instead; the referral goes on there.
    The answer stands whatever the referral's state: where it can't follow, as after it was noted by phone, it stays as
    it is. The caller holds the chain.
    """
    step = _read(reply, sent_on)
    if step is None:
        return
    for referral in Referral.objects.filter(case=case, notice_id__in=list(chase)).select_related(
        "partner", "accompaniment_duty", "arrival_duty"
    ):
        try:
            find_next_state(referral.state, step.kind, step.way)
        except StepRefused:
            continue
        contact = reply.notice.contact
        if step.kind in (StepKind.ACCEPTED, StepKind.DECLINED):
            referral.answer_note, referral.answered_at = reply.note, reply.at
            referral.save(update_fields=["answer_note", "answered_at"])
        write_step(
            referral,
            case,
            step,
            contact=contact,
            actor=Actor("contact", str(reply.notice.contact_id or "")),
            at=reply.at,
            settles_notice=False,
        )
        if step.kind == StepKind.PASSED_ON:
            count_duties_anew(referral.notice_id, case, reply.at)


def _read(reply: Reply, sent_on: Notice | None) -> Step | None:
    """Return the step that a reply is; None for an outcome that says nothing of where the person is."""
    note = reply.note or ""
    office = get_office(sent_on) if sent_on is not None and sent_on.purpose == Purpose.REROUTE else None
    if reply.kind == ReplyKind.WRONG_AREA and office is not None:
        return Step(kind=StepKind.PASSED_ON, way=Way.SYSTEM, note=note, office=office)
    if kind := STEPS_OF_REPLIES.get(reply.kind):
        return Step(kind=kind, way=Way.LINK, reason=reply.reason, note=note)
    if reply.kind == ReplyKind.OUTCOME and reply.reason == HAS_ARRIVED:
        return Step(kind=StepKind.ARRIVED, way=Way.LINK, note=note)
    if reply.kind == ReplyKind.OUTCOME and reply.reason in FROM_REPLIES:
        return Step(kind=StepKind.FINISHED, way=Way.LINK, reason=FROM_REPLIES[reply.reason], note=note)
    return None


def get_office(notice: Notice) -> Partner | None:
    """Return the office that a notice went to."""
    return notice.partner or (notice.contact.partner if notice.contact else None)


def withdraw_referrals(case: Case, notices: Iterable[UUID], at: datetime, *, actor: Actor = SYSTEM) -> None:
    """Withdraw what is running of the referrals that these notices carried. The caller ends the notices."""
    found = Referral.objects.filter(case=case, notice_id__in=list(notices), state__in=RUNNING)
    for referral in found.select_related("partner", "accompaniment_duty", "arrival_duty"):
        step = Step(kind=StepKind.WITHDRAWN, way=Way.SYSTEM)
        write_step(referral, case, step, actor=actor, at=at, settles_notice=False)


def end_with_case(case: Case, at: datetime, *, actor: Actor = SYSTEM) -> list[UUID]:
    """End every running referral of a case that is being closed. Return their ids. The caller ends the notices."""
    found = Referral.objects.filter(case=case, state__in=RUNNING).select_related(
        "partner", "accompaniment_duty", "arrival_duty"
    )
    ended = []
    for referral in found.order_by("made_at", "pk"):
        step = Step(kind=StepKind.CASE_CLOSED, way=Way.SYSTEM, reason=CASE_CLOSED)
        write_step(referral, case, step, actor=actor, at=at, settles_notice=False)
        ended.append(referral.pk)
    return ended
