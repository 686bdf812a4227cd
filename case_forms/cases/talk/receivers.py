"""A recipient's question becomes an event of the case, with a clock for the unit, and then for a coordinator.

Nothing of what was asked is in either; it is read on the case's page.
"""

from datetime import datetime, timedelta
from typing import Any

from django.dispatch import receiver
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import format_in_each_language, in_each_language
from notifications.briefs.talk.models import TalkKind, TalkMessage
from notifications.briefs.talk.thread import NO_CASE, register_case_check
from notifications.briefs.talk.times import get_question_times
from notifications.directory.models import Role
from notifications.outbox.escalation_policy import snapshot_ladder
from notifications.outbox.models import Notice
from notifications.signals import notice_talked

from ..deadlines import find_first_mark
from ..models import Case, CaseEvent, Deadline
from ..rule_events import respond_to_notice
from .writing import QUESTION, build_event_id

LABEL: str | Promise = _("Answer the question about notice {code}")
NEXT_STEP = _("Read it on the case's page and answer it there, or phone and note that you did.")


def check_case(root: Notice) -> str:
    """Return "closed" for a notice about a case that is closed, NO_CASE for one about no case; else ""."""
    case = Case.objects.filter(pk=root.case_id).values_list("closed_at").first()
    if case is None:
        return NO_CASE
    return "closed" if case[0] is not None else ""


register_case_check(check_case)


@receiver(notice_talked, dispatch_uid="cases.notice_talked")
def on_talked(sender: Any, *, notice: Notice, message: TalkMessage | None, **kwargs: Any) -> None:
    """Record a question as an event of the case, begin its clock, and let rules respond."""
    if message is None or message.kind != TalkKind.QUESTION:
        return
    case = Case.objects.filter(pk=notice.case_id).first()
    if case is None:
        return
    event = CaseEvent.objects.create(
        pk=build_event_id(message.pk),
        case=case,
        kind=QUESTION,
        at=message.at,
        notice_id=message.notice_id,
        detail={"role": notice.role, "message": str(message.pk)},
    )
    _begin_clock(case, event, message.notice, message.at)
    respond_to_notice(QUESTION, notice, message.at, occurrence=message.pk)


def _begin_clock(case: Case, event: CaseEvent, root: Notice, at: datetime) -> None:
    times = get_question_times()
    marks = {
        "amber_at": at + timedelta(minutes=times.amber_minutes),
        "red_at": at + timedelta(minutes=times.red_minutes),
        "breach_at": at + timedelta(minutes=times.breach_minutes),
    }
    Deadline.objects.create(
        case=case,
        event=event,
        key=QUESTION,
        label=format_in_each_language(LABEL, code=root.code),
        next_step=in_each_language(NEXT_STEP),
        starts_at=at,
        owner=Role.MOBILE_UNIT,
        ladder=snapshot_ladder([dict(step) for step in times.ladder]),
        next_mark_at=find_first_mark(marks),
        **marks,
    )
