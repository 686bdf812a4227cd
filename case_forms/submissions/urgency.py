"""Urgency of an open case, computed in Python: which notice it is, since when, and whom to call.

What the states mean, and the same in SQL, is in `cases.urgency`; a test compares the two on random chases.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from case_forms.cases.models import Case, Deadline
from case_forms.cases.urgency import (
    BEARERS,
    MARKS,
    URGENCIES,
    has_taken,
    is_last_word,
    reached_by_call,
    with_urgency,
)
from notifications.briefs.pin import WrongPins, wrong_pins
from notifications.directory.models import Contact
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import AWAITING_ANSWER, NO_CONTACT, SETTLED, NoticeState

__all__ = ["CALLS", "URGENCIES", "Urgency", "get_urgencies", "get_urgency", "with_urgency"]

CALLS = ("no_contact", "call", "breach", "late", "escalated", "red")


# Of a notice, what is judged and what a line says: with everything else a page of cases reads four times as much.
JUDGED = (
    *("case_id", "purpose", "role", "state", "reason", "chase_id", "chases_id"),
    *("owed_at", "sent_at", "accepted_at", "declined_at", "escalated_at", "answer_by"),
    *("contact__name", "contact__phone"),
)


@dataclass(frozen=True)
class Urgency:
    """The most urgent thing about a case.

    `state`: one of URGENCIES; `notice`: the one it is about, `since`: when that began, `contact`: whoever can be
    called. `wrong_pins`: so many have locked its link.
    """

    state: str
    notice: Notice | None = None
    since: datetime | None = None
    contact: Contact | None = None
    wrong_pins: int = 0


def get_urgencies(cases: Iterable[Case], moment: datetime) -> dict[Any, Urgency]:
    """Return {case id: its urgency}, with what to say about it. Four queries."""
    ids = [case.pk for case in cases]
    notices: dict[Any, list[Notice]] = defaultdict(list)
    for notice in Notice.objects.filter(case_id__in=ids).select_related("contact").only(*JUDGED):
        notices[notice.case_id].append(notice)
    marks = _marks(ids, moment)
    reached = set(reached_by_call().filter(notice__case_id__in=ids).values_list("notice__chase_id", flat=True))
    locked = wrong_pins(notice.pk for rows in notices.values() for notice in rows if notice.is_open)
    return {pk: get_urgency(notices[pk], marks[pk], moment, reached=reached, locked=locked) for pk in ids}


def get_urgency(
    notices: list[Notice],
    marks: Iterable[str],
    moment: datetime,
    *,
    reached: Collection[UUID | None],
    locked: Mapping[UUID, WrongPins],
) -> Urgency:
    """Return the most urgent thing about one case: of its notices, and of the `marks` that its open deadlines passed.

    `reached`: the chases (ids) that a coordinator's call has ended; `locked`: the notices (ids) that wrong PINs lock.
    """
    chases: dict[UUID, list[Notice]] = defaultdict(list)
    for notice in notices:
        chases[notice.chase_id or notice.pk].append(notice)
    found = [Urgency(mark) for mark in marks]
    for key, members in chases.items():
        if not any(map(has_taken, members)):
            # only while nobody has accepted: afterwards a declined notice or a link locked by wrong PINs is harmless
            found += _with_nobody(members, notices, is_reached=key in reached)
            found += [
                Urgency("call", notice, notice.sent_at or notice.owed_at, notice.contact, locked[notice.pk].tries)
                for notice in members
                if notice.is_open and notice.pk in locked
            ]
    called = {notice.chases_id for notice in notices if notice.purpose == Purpose.CALL}
    # reminders and calls aren't judged: what counts is the notice of whoever bears the duty that they are about
    bearing = (notice for notice in notices if notice.purpose in BEARERS and notice.is_open)
    found += [_of_bearer(notice, moment, is_called=notice.pk in called) for notice in bearing]
    return min(found, key=lambda line: URGENCIES.index(line.state), default=Urgency("quiet"))


def _with_nobody(members: list[Notice], notices: list[Notice], *, is_reached: bool) -> list[Urgency]:
    """Return what of an unaccepted chase is with nobody: declined and nobody else asked, or never with a contact."""
    found = []
    is_asked = any(each.is_open and each.purpose in BEARERS and each.reason != NO_CONTACT for each in members)
    declined = [notice for notice in members if is_last_word(notice)]
    if declined and not is_asked and not is_reached:
        last = max(declined, key=lambda notice: (notice.declined_at or notice.owed_at, str(notice.pk)))
        found.append(Urgency("no_contact", last, last.declined_at, last.contact))
    by_pk = {notice.pk: notice for notice in notices}
    for notice in members:
        above = by_pk.get(notice.chases_id) if notice.chases_id else None
        is_alone = notice.chases_id is None or (above is not None and above.state in SETTLED)
        # A test is for the one contact whose address it tries (`without_recipient`).
        has_nobody = notice.reason == NO_CONTACT and notice.purpose != Purpose.TEST
        if notice.state == NoticeState.FAILED and has_nobody and is_alone:
            found.append(Urgency("no_contact", notice, notice.owed_at, _notified_instead(notice, members)))
    return found


def _notified_instead(notice: Notice, members: list[Notice]) -> Contact | None:
    """Return whoever was notified because this notice has no contact; a contact who has left is nobody."""
    chasers = (each for each in members if each.chases_id == notice.pk and each.reason != NO_CONTACT)
    return next((chaser.contact for chaser in chasers if chaser.contact), None)


def _of_bearer(notice: Notice, moment: datetime, *, is_called: bool) -> Urgency:
    """Return the urgency of an open notice by which somebody bears the duty now."""
    is_waiting = notice.state in AWAITING_ANSWER
    if is_waiting and is_called:
        return Urgency("call", notice, notice.escalated_at or notice.owed_at, notice.contact)
    if is_waiting and notice.answer_by and notice.answer_by <= moment:
        return Urgency("late", notice, notice.sent_at or notice.owed_at, notice.contact)
    if notice.state == NoticeState.ESCALATED:
        return Urgency("escalated", notice, notice.escalated_at, notice.contact)
    if notice.state == NoticeState.FAILED:
        return Urgency("failed", notice, notice.owed_at)
    return Urgency("waiting", notice, notice.owed_at)


def _marks(case_ids: list[Any], moment: datetime) -> dict[Any, set[str]]:
    passed: dict[Any, set[str]] = defaultdict(set)
    running = Deadline.objects.unmet().filter(case__in=case_ids).order_by()
    for case_id, *times in running.values_list("case_id", F("breach_at"), F("red_at"), F("amber_at")):
        passed[case_id] |= {mark for mark, at in zip(MARKS, times, strict=True) if at is not None and at <= moment}
    return passed
