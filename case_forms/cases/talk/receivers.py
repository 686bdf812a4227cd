"""What a recipient writes becomes a duty of the unit, and then of a coordinator: to answer a question, to read a word.

Nothing of what was written is in either; it is read on the case's page. Of words that nobody has read yet there is one
duty for each conversation, however many come in: reading the page reads them all.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.dispatch import receiver
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import format_in_each_language, in_each_language
from notifications.briefs.talk.models import TalkKind, TalkMessage
from notifications.briefs.talk.thread import NO_CASE, register_case_check
from notifications.briefs.talk.times import UnitTimes, get_question_times, get_word_times
from notifications.directory.models import Role
from notifications.outbox.escalation_policy import snapshot_ladder
from notifications.outbox.models import Notice
from notifications.signals import notice_talked

from ..deadlines import find_first_mark
from ..models import Case, CaseEvent, Deadline
from ..rule_events import respond_to_notice
from .writing import QUESTION, WORD, build_event_id, get_unread_duties

LABELS: dict[str, str | Promise] = {
    QUESTION: _("Answer the question about notice {code}"),
    WORD: _("Read what was written about notice {code}"),
}
NEXT_STEPS: dict[str, str | Promise] = {
    QUESTION: _("Read it on the case's page and answer it there, or phone and note that you did."),
    WORD: _("Read it on the case's page, and press there that you have read it. No answer is asked for."),
}


KINDS: dict[str, str] = {TalkKind.QUESTION.value: QUESTION, TalkKind.WORD.value: WORD}


def check_case(root: Notice) -> str:
    """Return "closed" for a notice about a case that is closed, NO_CASE for one about no case; else ""."""
    case = _find_closed_at(key=root.case_id).first()
    if case is None:
        return NO_CASE
    return "closed" if case[0] is not None else ""


def _find_closed_at(key: UUID) -> QuerySet[Case, Any]:
    return Case.objects.filter(pk=key).values_list("closed_at")


register_case_check(check_case)


@receiver(notice_talked, dispatch_uid="cases.notice_talked")
def on_talked(sender: Any, *, notice: Notice, message: TalkMessage | None, **kwargs: Any) -> None:
    """Record a question or a word as an event of the case and begin its clock; let rules respond to a question."""
    if message is None or message.kind not in KINDS:
        return
    case = Case.objects.filter(pk=notice.case_id).first()
    if case is None:
        return
    kind = KINDS[message.kind]
    if kind == WORD and get_unread_duties(case, message.notice).exists():
        return
    event = CaseEvent.objects.create(
        pk=build_event_id(message.pk, kind),
        case=case,
        kind=kind,
        at=message.at,
        notice_id=message.notice_id,
        detail={"role": notice.role, "message": str(message.pk)},
    )
    times = get_question_times() if kind == QUESTION else get_word_times()
    _begin_clock(case, event, kind, times, message.notice, message.at)
    if kind == QUESTION:
        respond_to_notice(QUESTION, notice, message.at, occurrence=message.pk)


def _begin_clock(case: Case, event: CaseEvent, kind: str, times: UnitTimes, root: Notice, at: datetime) -> None:
    marks = {
        "amber_at": at + timedelta(minutes=times.amber_minutes),
        "red_at": at + timedelta(minutes=times.red_minutes),
        "breach_at": at + timedelta(minutes=times.breach_minutes),
    }
    Deadline.objects.create(
        case=case,
        event=event,
        key=kind,
        label=format_in_each_language(LABELS[kind], code=root.code),
        next_step=in_each_language(NEXT_STEPS[kind]),
        starts_at=at,
        owner=Role.MOBILE_UNIT,
        ladder=snapshot_ladder([dict(step) for step in times.ladder]),
        next_mark_at=find_first_mark(marks),
        **marks,
    )
