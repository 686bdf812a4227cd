"""What the unit writes about a notice of its case; what it answers ends the clock of the question."""

from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.http import Http404
from django.views.decorators.debug import sensitive_variables

from access.models import User
from access.reach import read_reach
from audit import clock
from audit.chain import get_actor
from notifications.briefs.talk.actions import note_answered_by_phone, write_as_unit
from notifications.briefs.talk.models import TalkMessage
from notifications.briefs.talk.thread import get_waiting_questions, has_talk
from notifications.outbox.models import Notice

from ..deadlines import lock_duties, meet_deadlines
from ..models import Case, Deadline
from ..rule_events import respond_to_done

QUESTION = "notice_question"  # the event of the procedure, the kind of the case event, and the key of its deadline


def get_talk_root(case: Case, notice_id: UUID) -> Notice:
    """Return the first notice of the chain that this notice of the case belongs to. Raises Http404."""
    notice = Notice.objects.filter(case_id=case.pk, pk=notice_id).defer("brief", "ladder", "link_token").first()
    root = notice.root if notice is not None else None
    if root is None or not has_talk(root):
        raise Http404
    return root


def may_write(case: Case, user: User) -> bool:
    """Tell whether this person writes for the case: a worker of its unit, or a coordinator of its region."""
    reach = read_reach(user)
    return case.unit_id in reach.units or not {case.region_id, case.unit.region_id}.isdisjoint(reach.regions)


def build_event_id(question: UUID) -> UUID:
    """Return the id of the case event that a question is."""
    return uuid5(question, QUESTION)


@sensitive_variables("text")
@transaction.atomic
def write(*, case: Case, root: Notice, text: str, key: UUID, by: User, answers: UUID | None) -> TalkMessage:
    """Add to a notice, or answer what its recipient asked. Raises `CannotSay`."""
    lock_duties(case)
    before = _get_waiting(root)
    message = write_as_unit(root=root, text=text, key=key, by=by, answers=answers)
    _end_clocks(case, before - _get_waiting(root), by)
    return message


@transaction.atomic
def note_phoned(*, case: Case, root: Notice, by: User, answers: UUID) -> None:
    """Note that the questions up to this one were answered by phone. Raises `CannotSay`."""
    lock_duties(case)
    before = _get_waiting(root)
    note_answered_by_phone(root=root, answers=answers, by=by)
    _end_clocks(case, before - _get_waiting(root), by)


def _get_waiting(root: Notice) -> set[UUID]:
    return set(get_waiting_questions(root).values_list("pk", flat=True))


def _end_clocks(case: Case, answered: set[UUID], by: User) -> None:
    events: list[Any] = [build_event_id(question) for question in answered]
    at = clock.now()
    met = meet_deadlines(Deadline.objects.filter(case=case, event__in=events), at, actor=get_actor(by), is_later=True)
    respond_to_done(met, at, case=case)
