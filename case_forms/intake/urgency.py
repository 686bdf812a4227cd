"""How urgent an open case is, said twice in the same words: in SQL, to sort and cut all of them, and of one case in
Python, to say which notice it is, since when, and whom to call. A test holds the two against each other.

    no_contact  nobody was found for a first notice; or it was declined and whoever was asked then can't take it either
    call        it waits, and the coordinator was asked to call
    breach      a deadline has passed
    late        the answer was due
    escalated   the clock took its last step
    red         the red mark of a deadline has passed
    failed      it couldn't be sent, and is tried again
    amber       the amber mark of a deadline has passed
    waiting     an answer is still to come
    quiet       nothing is owed

A case with two reasons takes the loudest.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case as SqlCase
from django.db.models import F, IntegerField, Q, QuerySet, Value, When

from case_forms.cases.models import Case, Deadline
from notifications.directory.models import Contact
from notifications.outbox.models import Notice, NoticeQuerySet, Purpose
from notifications.outbox.states import AWAITING_ANSWER, OPEN, UNSENT, NoticeState

# From the loudest to the quietest; the words are in the state badge.
LOUDNESS = ("no_contact", "call", "breach", "late", "escalated", "red", "failed", "amber", "waiting", "quiet")
CALLS = ("no_contact", "call", "breach", "late", "escalated", "red")
MARKS = ("breach", "red", "amber")

# How often a notice may have been passed on for those who have it now to be found: each office asks another one.
LONGEST_CHAIN = 8


@dataclass(frozen=True)
class Urgency:
    """`state`: one of LOUDNESS; `notice` the loud one, `since` when that began, `contact` whoever can be called."""

    state: str
    notice: Notice | None = None
    since: datetime | None = None
    contact: Contact | None = None


# ---- of all cases, in the database ----


def with_urgency(cases: "QuerySet[Case]", moment: datetime) -> "QuerySet[Any]":
    """The cases with `urgency`: the place of their state in LOUDNESS.

    Each condition is a list of case ids that the database makes once, from the few notices and deadlines that it is
    true of, and not anew for each case.
    """
    whens = [When(pk__in=ids, then=Value(LOUDNESS.index(state))) for state, ids in _case_ids(moment)]
    quiet = Value(LOUDNESS.index("quiet"))
    return cases.annotate(urgency=SqlCase(*whens, default=quiet, output_field=IntegerField()))


def _case_ids(moment: datetime) -> list[tuple[str, "QuerySet[Any]"]]:
    """(state, the ids of cases that are in it), the loudest first; a case may stand in several."""
    first = Notice.objects.filter(chases__isnull=True).order_by()
    awaiting = first.filter(state__in=AWAITING_ANSWER)
    called = Notice.objects.order_by().filter(
        purpose=Purpose.CALL, chases__chases__isnull=True, chases__state__in=AWAITING_ANSWER
    )
    found: list[tuple[str, QuerySet[Any]]] = [
        ("no_contact", first.filter(contact__isnull=True, state__in=UNSENT).values("case_id")),
        ("no_contact", _dropped(first).values("case_id")),
        ("call", called.values("chases__case_id")),
        ("late", awaiting.filter(answer_by__lte=moment).values("case_id")),
        ("escalated", first.filter(state=NoticeState.ESCALATED).values("case_id")),
        ("failed", first.filter(state=NoticeState.FAILED).values("case_id")),
        ("waiting", first.filter(state__in=OPEN).values("case_id")),
    ]
    running = Deadline.objects.filter(met_at__isnull=True).order_by()
    found += [(mark, running.filter(**{f"{mark}_at__lte": moment}).values("case_id")) for mark in MARKS]
    return sorted(found, key=lambda pair: LOUDNESS.index(pair[0]))


def _dropped(first: NoticeQuerySet) -> NoticeQuerySet:
    """Declined first notices that nobody has taken or is asked to take any more.

    For each length of the chain a list that is made once, from the few that were declined downwards.
    """
    dropped = first.filter(state=NoticeState.DECLINED)
    for length in range(1, LONGEST_CHAIN + 1):
        root = "__".join(["chases"] * length)
        of_declined = {f"{root}__state": NoticeState.DECLINED, f"{root}__chases__isnull": True}
        living = Notice.objects.order_by().filter(_has_it(), **of_declined)
        dropped = dropped.exclude(pk__in=living.values(root))
    return dropped


def _has_it() -> Q:
    """A notice that somebody took, or is still asked to take."""
    taken = Q(state__in=(*OPEN, NoticeState.ACCEPTED)) | Q(state=NoticeState.CLOSED, accepted_at__isnull=False)
    return Q(taken, contact__isnull=False)


# ---- of a page's cases, one by one ----


def urgencies_of(cases: Iterable[Case], moment: datetime) -> dict[Any, Urgency]:
    """{case id: its urgency}, with what to say about it. Two queries."""
    ids = [case.pk for case in cases]
    notices: dict[Any, list[Notice]] = defaultdict(list)
    rows = Notice.objects.filter(case_id__in=ids).select_related("contact__partner").defer("brief", "link_token")
    for notice in rows:
        notices[notice.case_id].append(notice)
    marks = _marks(ids, moment)
    return {pk: urgency_of(notices[pk], marks[pk], moment) for pk in ids}


def urgency_of(notices: list[Notice], marks: Iterable[str], moment: datetime) -> Urgency:
    """The loudest thing about one case: of its notices, and of the `marks` that its open deadlines have passed."""
    chasers: dict[Any, list[Notice]] = defaultdict(list)
    for notice in notices:
        chasers[notice.chases_id].append(notice)
    # a reminder, a deputy's notice, a call: the first notice, which they chase, is the one that counts
    found = [line for first in chasers[None] if (line := _of_first(first, chasers, moment))]
    found += [Urgency(mark) for mark in marks]
    return min(found, key=lambda line: LOUDNESS.index(line.state), default=Urgency("quiet"))


def _of_first(notice: Notice, chasers: dict[Any, list[Notice]], moment: datetime) -> Urgency | None:
    """What one first notice adds; None when nothing more is owed."""
    is_waiting = notice.state in AWAITING_ANSWER
    if notice.contact_id is None and notice.state in UNSENT:
        instead = next((chaser.contact for chaser in chasers[notice.pk] if chaser.contact), None)
        return Urgency("no_contact", notice, notice.owed_at, instead)
    if notice.state == NoticeState.DECLINED and not any(map(_has_taken, _heirs(notice, chasers))):
        return Urgency("no_contact", notice, notice.declined_at, notice.contact)
    if is_waiting and any(chaser.purpose == Purpose.CALL for chaser in chasers[notice.pk]):
        return Urgency("call", notice, notice.escalated_at or notice.owed_at, notice.contact)
    if is_waiting and notice.answer_by and notice.answer_by <= moment:
        return Urgency("late", notice, notice.sent_at or notice.owed_at, notice.contact)
    if notice.state == NoticeState.ESCALATED:
        return Urgency("escalated", notice, notice.escalated_at, notice.contact)
    if notice.state == NoticeState.FAILED:
        return Urgency("failed", notice, notice.owed_at)
    return Urgency("waiting", notice, notice.owed_at) if notice.is_open else None


def _heirs(notice: Notice, chasers: dict[Any, list[Notice]]) -> list[Notice]:
    """All that were asked after it: those who chase it, those who chase them, and so on."""
    heirs: list[Notice] = []
    ring = [notice]
    for _step in range(LONGEST_CHAIN):
        ring = [chaser for above in ring for chaser in chasers.get(above.pk, [])]
        heirs += ring
    return heirs


def _has_taken(notice: Notice) -> bool:
    is_taken = notice.state == NoticeState.ACCEPTED or (
        notice.state == NoticeState.CLOSED and notice.accepted_at is not None
    )
    return notice.contact_id is not None and (notice.is_open or is_taken)


def _marks(case_ids: list[Any], moment: datetime) -> dict[Any, set[str]]:
    passed: dict[Any, set[str]] = defaultdict(set)
    running = Deadline.objects.filter(case__in=case_ids, met_at__isnull=True).order_by()
    for case_id, *times in running.values_list("case_id", F("breach_at"), F("red_at"), F("amber_at")):
        passed[case_id] |= {mark for mark, at in zip(MARKS, times, strict=True) if at is not None and at <= moment}
    return passed
