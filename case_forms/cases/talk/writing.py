"""What the unit writes and reads about a notice of its case; answering and reading end the clocks of what came in."""

from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.views.decorators.debug import sensitive_variables

from access.models import User
from access.reach import read_reach
from audit import clock
from audit.chain import get_actor
from notifications.briefs.talk.actions import note_answered_by_phone, note_seen_by_unit, write_as_unit
from notifications.briefs.talk.models import TalkMessage
from notifications.briefs.talk.thread import get_waiting_questions, has_talk, iter_chains
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice

from ..deadlines import lock_duties, meet_deadlines
from ..models import Case, Deadline
from ..rule_events import respond_to_done

# The kinds of the case events, and the keys of their deadlines. The first is an event of the procedure, too.
QUESTION, WORD = "notice_question", "notice_word"


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


def build_event_id(message: UUID, kind: str = QUESTION) -> UUID:
    """Return the id of the case event that a question, or a word, is."""
    return uuid5(message, kind)


def get_unread_duties(case: Case, root: Notice) -> "QuerySet[Deadline]":
    """Return the running duty to read what a recipient let the unit know in this conversation."""
    return Deadline.objects.unmet().filter(case=case, key=WORD, event__notice_id=root.pk)


@sensitive_variables("text")
@transaction.atomic
def write(*, case: Case, root: Notice, text: str, key: UUID, by: User, answers: UUID | None) -> TalkMessage:
    """Add to a notice, or answer what its recipient asked. Raises `CannotSay`."""
    lock_duties(case)
    before = _get_waiting(root)
    message = write_as_unit(root=root, text=text, key=key, by=by, answers=answers)
    _end_clocks(root, before - _get_waiting(root), by)
    return message


@transaction.atomic
def note_phoned(*, case: Case, root: Notice, by: User, answers: UUID) -> None:
    """Note that the questions up to this one were answered by phone. Raises `CannotSay`."""
    lock_duties(case)
    before = _get_waiting(root)
    note_answered_by_phone(root=root, answers=answers, by=by)
    _end_clocks(root, before - _get_waiting(root), by)


@transaction.atomic
def note_read(*, case: Case, root: Notice, by: User) -> bool:
    """Note that somebody of the unit has read what needs no answer. False when nothing was new."""
    lock_duties(case)
    # As whoever writes does: a word that comes in at this moment is read with these, or begins a duty of its own.
    lock_chases(iter_chains(root))
    is_new = note_seen_by_unit(root=root, by=by)
    _end_clocks(root, set(), by)
    return is_new


def _get_waiting(root: Notice) -> set[UUID]:
    return set(get_waiting_questions(root).values_list("pk", flat=True))


def _end_clocks(root: Notice, answered: set[UUID], by: User) -> None:
    """Meet the duties of what was answered, and of what was read: whoever writes or reads has it all before them.

    Whatever case they belong to by now: the page may have been opened before two cases became one.
    """
    events: list[Any] = [build_event_id(question) for question in answered]
    at = clock.now()
    duties = Deadline.objects.filter(Q(event__in=events) | Q(key=WORD, event__notice_id=root.pk))
    met = meet_deadlines(duties, at, actor=get_actor(by), is_later=True)
    respond_to_done(met, at)
