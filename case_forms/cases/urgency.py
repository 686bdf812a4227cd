"""The urgency of cases, in SQL: what the start page sorts by and the register shows.

`submissions.urgency` says the same of one case in Python, with the notice that it is and whom to call; a test holds the
two against each other, and both against the case page's dashboard.

    no_contact  nobody is there for a notice that nobody else is asked for; or it was declined, and of those who could
                take it nobody is asked any more: a coordinator who calls doesn't take it
    call        it waits, and the coordinator was asked to call; or wrong PINs have locked its link
    breach      a deadline has passed
    late        the answer was due
    escalated   the clock took its last step
    red         the red mark of a deadline has passed
    failed      it couldn't be sent, and is tried again
    amber       the amber mark of a deadline has passed
    waiting     an answer is still to come
    quiet       nothing is open

A case with two reasons takes the most urgent. What is judged is whoever bears the duty now: the first notice, and
whoever it went on to. Reminders and calls stand beside them.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case as SqlCase
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from access.key_lists import name_keys
from notifications.briefs.models import PinTry
from notifications.briefs.pin import TRIES_A_ROUND
from notifications.outbox.escalation_chain import NOT_REACHED
from notifications.outbox.models import Notice, NoticeQuerySet, Purpose, Reply, ReplyKind, not_settled
from notifications.outbox.states import (
    AWAITING_ANSWER,
    NO_CONTACT,
    NOT_AWAITING,
    OPEN,
    SETTLED,
    WRONG_AREA,
    NoticeState,
)

from .models import Case, Deadline
from .timeline import NoticeLine

# From the most urgent to the least; the words are in the state badge. The position is what `with_urgency` annotates, so
# an order by it is the order of urgency.
URGENCIES = ("no_contact", "call", "breach", "late", "escalated", "red", "failed", "amber", "waiting", "quiet")
MARKS = ("breach", "red", "amber")

# Who bears the duty: the first, and whoever it went on to.
BEARERS = (
    *(Purpose.FIRST, Purpose.REROUTE, Purpose.DEPUTY, Purpose.INSTEAD, Purpose.DUTY),
    *(Purpose.TALK, Purpose.OUTCOME),
)
# Whose "no" leaves the duty with nobody; a deputy or a reminder stands beside one that is still open, unless the answer
# was "another area", which settles the whole chase.
LAST_WORD = (Purpose.FIRST, Purpose.REROUTE, Purpose.INSTEAD, Purpose.DUTY)
# What coordinators get; who takes it has not taken the duty.
TO_COORDINATORS = (Purpose.CALL, Purpose.FALLBACK, Purpose.DIGEST)


def with_urgency(cases: "QuerySet[Case]", moment: datetime, among: Collection[UUID] | None = None) -> "QuerySet[Any]":
    """Annotate the cases with `urgency`: the position of their state in URGENCIES.

    Each condition is a list of case ids that the database makes once, from the few notices and deadlines that it is
    true of, and not anew for each case. `among`: the only cases that are asked about, such as those of a page; the rows
    of all others aren't looked at then.
    """
    keys = None if among is None else name_keys(among)
    narrowing = {} if keys is None else {"case_id__in": keys}
    whens = [
        When(pk__in=rows.filter(**narrowing).values("case_id"), then=Value(URGENCIES.index(state)))
        for state, rows in get_rows_by_state(moment, keys)
    ]
    quiet = Value(URGENCIES.index("quiet"))
    return cases.annotate(urgency=SqlCase(*whens, default=quiet, output_field=IntegerField()))


def get_rows_by_state(moment: datetime, keys: Any = None) -> "list[tuple[str, QuerySet[Any]]]":
    """List (state, the notices or duties by which a case is in it), the most urgent first; a case may have several.

    `keys`: as `__in` takes them, where only the rows of these cases will be asked for.
    """
    late = bearing_duty().filter(answer_by__lte=moment)
    called = Notice.objects.order_by().filter(purpose=Purpose.CALL, chases__purpose__in=BEARERS)
    waiting = bearing_duty()
    if keys is None:
        late, waiting = late.awaiting_in_time(), waiting.open()
        called = called.filter(not_settled("chases__state"), chases__state__in=AWAITING_ANSWER)
    else:
        # The same, said the other way round: of "is one of these" SQLite would begin with all that are open anywhere.
        late, waiting = late.exclude(state__in=NOT_AWAITING), waiting.exclude(state__in=SETTLED)
        called = called.exclude(chases__state__in=NOT_AWAITING)
    running = Deadline.objects.unmet().order_by()
    found: list[tuple[str, QuerySet[Any]]] = [
        ("no_contact", without_contact()),
        ("no_contact", dropped()),
        ("call", called),
        ("call", locked_out(keys)),
        ("late", late),
        ("escalated", bearing_duty().filter(state=NoticeState.ESCALATED)),
        ("failed", bearing_duty().filter(state=NoticeState.FAILED)),
        ("waiting", waiting),
        *((mark, running.filter(**{f"{mark}_at__lte": moment})) for mark in MARKS),
    ]
    return sorted(found, key=lambda pair: URGENCIES.index(pair[0]))


def bearing_duty() -> NoticeQuerySet:
    """Return the notices that carry a duty: the first of a chase, and those it went on to."""
    # Without the model's ordering: these querysets are parts of other queries.
    return Notice.objects.order_by().filter(purpose__in=BEARERS)


def without_contact() -> NoticeQuerySet:
    """Return notices without a contact, of chases that nobody has accepted."""
    return Notice.objects.nobody_reached().order_by().filter(~_taken())


def dropped() -> NoticeQuerySet:
    """Return declined notices of chases that nobody has accepted and nobody is asked to accept any more.

    And of which no coordinator has said that the call reached somebody.
    """
    last_word = Q(purpose__in=LAST_WORD) | Q(reason=WRONG_AREA)
    declined = Notice.objects.order_by().filter(last_word, state=NoticeState.DECLINED)
    asked = bearing_duty().filter(chase_id=OuterRef("chase_id"), state__in=OPEN).exclude(reason=NO_CONTACT)
    reached = reached_by_call().filter(notice__chase_id=OuterRef("chase_id"))
    return declined.exclude(purpose__in=TO_COORDINATORS).filter(~_taken(), ~Exists(asked), ~Exists(reached))


def reached_by_call() -> "QuerySet[Reply]":
    """Return the coordinators' answers that end a chase: the call has reached somebody."""
    outcomes = Reply.objects.filter(kind=ReplyKind.OUTCOME, notice__purpose__in=TO_COORDINATORS)
    return outcomes.exclude(reason=NOT_REACHED).order_by()


def locked_out(among: Any = None) -> NoticeQuerySet:
    """Return open notices whose link has had a whole round of wrong PINs since it opened last.

    `among`: of these cases only, as a filter's `__in` takes them.
    `briefs.pin.wrong_pins` says the same in Python.
    """
    # Two tries may bear the same time; the id then says which came later.
    is_newer = Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk"))
    opened_since = PinTry.objects.filter(is_newer, notice=OuterRef("notice"), succeeded=True)
    wrong = PinTry.objects.filter(~Exists(opened_since), succeeded=False).order_by()
    if among is None:
        wrong = wrong.filter(not_settled("notice__state"), notice__state__in=OPEN)
    else:
        wrong = wrong.filter(notice__case_id__in=among).exclude(notice__state__in=SETTLED)
    rounds = wrong.values("notice").annotate(tries=Count("pk")).filter(tries__gte=TRIES_A_ROUND)
    # That they are open is said above. Said here, SQLite would begin with all that are.
    return Notice.objects.order_by().filter(~_taken(), pk__in=rounds.values("notice"))


def _taken() -> Exists:
    """Build the condition that somebody of the chase has taken it and didn't send it on afterwards."""
    accepted = Notice.objects.filter(chase_id=OuterRef("chase_id"), accepted_at__isnull=False, declined_at__isnull=True)
    return Exists(accepted.exclude(purpose__in=TO_COORDINATORS))


def has_taken(notice: Notice) -> bool:
    """Say the same as `_taken`, of one notice."""
    accepted = notice.accepted_at is not None and notice.declined_at is None
    return accepted and notice.purpose not in TO_COORDINATORS


def is_last_word(notice: Notice | NoticeLine) -> bool:
    """Say, as in `dropped`, whether this "no" leaves the duty with nobody, unless somebody else is asked."""
    has_said = notice.purpose in LAST_WORD or notice.reason == WRONG_AREA
    return has_said and notice.state == NoticeState.DECLINED and notice.purpose not in TO_COORDINATORS
