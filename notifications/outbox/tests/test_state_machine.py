"""The outbox as a machine that Hypothesis drives: workers that are slow, late or die at any line, clocks that jump,
servers and rosters that fail, people who answer at the wrong moment. What the room promises must hold after each step,
and once everything works again, everything open must get sent.
"""

import random
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any
from unittest import mock

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from notifications.briefs.replies import AnswerRefused, answer
from notifications.channels.base import PayloadError, RecipientRefused, Unreached
from notifications.directory.models import DutyShift
from notifications.escalation.clock import advance
from notifications.escalation.digest import send_digests
from notifications.escalation.findings import get_stranded_notices
from notifications.outbox.escalation_chain import get_chain_members
from tests.examples import with_factor
from tests.world.notices import POSTBOX, make_staffed_country, notify_officer

from .. import backoff, claiming, delivery, sweep
from ..actions import cancel, mark_opened
from ..delivery import ChannelPool, ClaimedNotice, claim, record_results, send, send_due
from ..models import Attempt, Notice
from ..repeating import merge_repeated_notices
from ..states import SETTLED, UNSENT

START = datetime(2025, 3, 1, 8, tzinfo=UTC)
FAILURES = {
    "refuses": RecipientRefused("rcpt_550"),
    "later": Unreached("rcpt_451", connection_lost=False),
    "hangs": Unreached("timeout"),
    "garbles": PayloadError("not_composed"),
}
ANSWERS = (
    ("accepted", "", "page"),
    ("on_the_way", "", "page"),
    ("declined", "not_on_duty", "page"),
    ("outcome", "met_safe", "page"),
    ("outcome", "not_reached", "page"),
    ("accepted", "", "sms"),
    ("declined", "not_asked", "sms"),
    ("accepted", "", "voice"),
)
HAPPENINGS = ("answered", "opened", "withdrawn", "taken over", "taken over by a slow one", "died")


class Died(BaseException):
    """The process was killed at this line."""


def run_and_die(work: Callable[[], Any], *, at_line: int) -> None:
    """Runs `work` and kills it at the n-th line that `delivery` or `claiming` executes.

    The database loses what wasn't committed.
    """
    lines = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal lines
        if frame.f_code.co_filename not in (delivery.__file__, claiming.__file__):
            return None
        if event == "line":
            lines += 1
            if lines == at_line:
                raise Died
        return trace

    depth, before = len(connection.savepoint_ids), sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    except Died:
        pass
    finally:
        sys.settrace(before)
    while len(connection.savepoint_ids) > depth:  # it died in the line that would have committed
        connection.savepoint_rollback(connection.savepoint_ids.pop())


class Outbox(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.events: list[uuid.UUID] = []
        self.holders: list[list[ClaimedNotice]] = []
        self.tokens: dict[uuid.UUID, int] = {}
        self.settled: set[uuid.UUID] = set()
        self.woken: list[list[str]] = []
        POSTBOX.empty()
        same_each_time = random.Random(7)
        self.patches = [
            mock.patch("os.urandom", same_each_time.randbytes),  # primary keys decide the order of equals
            mock.patch.object(backoff, "_random", same_each_time),
            mock.patch("django.utils.timezone.now", self.tell_time),
            mock.patch.object(sweep, "enqueue_delivery", self.woken.append),
            mock.patch.object(sweep, "queue_length", return_value=0),
        ]
        for patch in self.patches:
            patch.start()
        self.whole = transaction.atomic()
        self.whole.__enter__()
        self.staffed = make_staffed_country()

        DutyShift.objects.update(starts_at=START - timedelta(days=1000))

    def tell_time(self) -> datetime:
        return self.now

    def teardown(self) -> None:
        try:
            self.everything_open_gets_sent_once_everything_works()
        finally:
            transaction.set_rollback(True)
            self.whole.__exit__(None, None, None)
            for patch in self.patches:
                patch.stop()

    # --- what is owed, and what people do ---

    @rule(somebody=st.sampled_from([True, True, True, False]))
    def owe(self, somebody: bool) -> None:
        self.events.append(uuid.uuid4())
        words = {} if somebody else {"contact": None}
        notify_officer(self.staffed, event_id=self.events[-1], **words)

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def owe_again(self, data: st.DataObject) -> None:
        event = data.draw(st.sampled_from(self.events))
        first = Notice.objects.filter(event_id=event, contact__isnull=False).first()
        if first is not None and first.contact == self.staffed.officer:
            assert notify_officer(self.staffed, event_id=event).pk == first.pk

    def some_notice(self, data: st.DataObject) -> Notice:
        keys = list(Notice.objects.order_by("owed_at", "pk").values_list("pk", flat=True))
        return Notice.objects.get(pk=keys[data.draw(st.integers(0, len(keys) - 1))])

    @precondition(lambda self: self.events)
    @rule(data=st.data(), what=st.sampled_from(ANSWERS))
    def somebody_answers(self, data: st.DataObject, what: tuple[str, str, str]) -> None:
        notice = self.some_notice(data)
        if notice.contact is None:
            return
        try:
            answer(notice=notice, kind=what[0], reason=what[1], by=what[2], at=self.now)
        except AnswerRefused:
            return

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def somebody_opens(self, data: st.DataObject) -> None:
        mark_opened(notice=self.some_notice(data), at=self.now)

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def it_is_withdrawn(self, data: st.DataObject) -> None:
        self.withdraw(self.some_notice(data))

    def withdraw(self, notice: Notice) -> None:
        """All of its chain: a follow-up that is withdrawn alone would take the chain's clock along (`cancel`)."""
        cancel(notice=notice.root, reason="withdrawn")

    # --- workers ---

    @rule()
    def a_worker_is_woken(self) -> None:
        send_due([str(key) for key in Notice.objects.values_list("pk", flat=True)[:3]])

    @rule(at_line=st.integers(1, 300))
    def a_worker_dies(self, at_line: int) -> None:
        run_and_die(send_due, at_line=at_line)

    @rule()
    def a_slow_worker_claims(self) -> None:
        batch = claim(now=self.now)
        if batch:
            self.holders.append(batch)

    @precondition(lambda self: self.holders)
    @rule(data=st.data())
    def a_slow_worker_sends(self, data: st.DataObject) -> None:
        batch = data.draw(st.sampled_from(self.holders))
        if all(held.attempt.outcome == "started" for held in batch):
            send(batch, ChannelPool())

    @precondition(lambda self: self.holders)
    @rule(data=st.data())
    def a_slow_worker_settles(self, data: st.DataObject) -> None:
        batch = data.draw(st.sampled_from(self.holders))
        if all(held.attempt.outcome != "started" for held in batch):
            self.settle(batch)
            self.holders.remove(batch)

    @rule(data=st.data(), what=st.sampled_from(HAPPENINGS))
    def something_happens_while_a_worker_sends(self, data: st.DataObject, what: str) -> None:
        batch = claim(now=self.now)
        if not batch:
            return
        notice = Notice.objects.get(pk=data.draw(st.sampled_from(batch)).notice.pk)
        if what == "answered":
            answer(notice=notice, kind="accepted", at=self.now)
        elif what == "opened":
            mark_opened(notice=notice, at=self.now)
        elif what == "withdrawn":
            self.withdraw(notice)
        elif what == "taken over":
            self.now += timedelta(minutes=1)
            send_due()
        elif what == "taken over by a slow one":
            self.now += timedelta(minutes=1)
            self.holders.append(claim(now=self.now))
        send(batch, ChannelPool())
        if what != "died":
            self.settle(batch)

    def settle(self, batch: list[ClaimedNotice]) -> None:
        """Whoever lost a notice meanwhile may not change it."""
        lost = [held.notice.pk for held in batch if not self.is_still_held(held)]
        before = list(Notice.objects.filter(pk__in=lost).order_by("pk").values())
        record_results(batch)
        assert list(Notice.objects.filter(pk__in=lost).order_by("pk").values()) == before

    def is_still_held(self, held: ClaimedNotice) -> bool:
        return Notice.objects.filter(pk=held.notice.pk, token=held.attempt.token, state="sending").exists()

    # --- the sweeper; its wake-ups arrive late, twice or never ---

    @rule()
    def the_sweeper_passes(self) -> None:
        advance(self.now)
        sweep.sweep(self.now)
        send_digests(self.now)
        assert merge_repeated_notices(self.now) == 0  # nothing here ever leaves two

    @precondition(lambda self: self.woken)
    @rule(again=st.booleans())
    def a_wake_up_arrives(self, again: bool) -> None:
        send_due(self.woken[0] if again else self.woken.pop(0))

    # --- the world ---

    @rule(seconds=st.sampled_from([1, 3, 10, 25, 120, 700, 4000, 100_000]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(seconds=st.sampled_from([1, 30, 4000, 100_000]))
    def the_clock_is_set_back(self, seconds: int) -> None:
        self.now -= timedelta(seconds=seconds)

    @rule(mood=st.sampled_from(["", *FAILURES]))
    def the_servers_mood_towards_the_officer_changes(self, mood: str) -> None:
        POSTBOX.failures = {self.staffed.officer.email: FAILURES[mood]} if mood else {}

    @rule(closed=st.booleans())
    def the_server_goes_or_comes(self, closed: bool) -> None:
        POSTBOX.closed = Unreached("connection_refused") if closed else None

    @rule(active=st.booleans())
    def the_officer_leaves_or_comes(self, active: bool) -> None:
        self.staffed.officer.is_active = active
        self.staffed.officer.save()

    # --- what must always hold ---

    @invariant()
    def no_open_notice_is_without_a_next_step(self) -> None:
        assert get_stranded_notices(self.now + timedelta(days=10)) == []

    @invariant()
    def as_long_as_nobody_takes_it_somebody_is_asked(self) -> None:
        for first in Notice.objects.filter(chases=None).exclude(purpose="digest"):
            chase = get_chain_members(first)
            taken = any(member.accepted_at or member.reason == "withdrawn" for member in chase)
            assert taken or any(member.is_open for member in chase)

    @invariant()
    def nothing_was_sent_without_an_attempt(self) -> None:
        attempted = set(Attempt.objects.exclude(outcome="").values_list("notice", flat=True))
        assert set(Notice.objects.filter(sent_at__isnull=False).values_list("pk", flat=True)) <= attempted
        accepted = set(Attempt.objects.filter(outcome="accepted").values_list("notice", flat=True))
        assert set(Notice.objects.filter(state="sent").values_list("pk", flat=True)) <= accepted

    @invariant()
    def a_token_has_one_holder(self) -> None:
        held = [(one.notice.pk, one.attempt.token) for batch in self.holders for one in batch]
        assert len(held) == len(set(held))
        current = dict(Notice.objects.values_list("pk", "token"))
        assert all(token <= current[pk] for pk, token in held)

    @invariant()
    def tokens_only_rise_and_what_is_settled_stays_settled(self) -> None:
        for pk, token, state in Notice.objects.values_list("pk", "token", "state"):
            assert token >= self.tokens.get(pk, 0)
            self.tokens[pk] = token
            assert state in SETTLED or pk not in self.settled
            if state in SETTLED:
                self.settled.add(pk)

    @invariant()
    def one_notice_is_one_message(self) -> None:
        known = {str(pk) for pk in Notice.objects.values_list("pk", flat=True)}
        assert {letter.id.strip("<>").split("@")[0].split(".")[0] for letter in POSTBOX.letters} <= known

    @invariant()
    def a_notice_is_said_no_more_often_than_planned(self) -> None:
        said: dict[str, set[str]] = {}
        for letter in POSTBOX.letters:
            said.setdefault(letter.id.strip("<>").split("@")[0].split(".")[0], set()).add(letter.id)
        for pk, repeats in Notice.objects.values_list("pk", "repeats"):
            assert len(said.get(str(pk), ())) <= repeats + 1

    @invariant()
    def a_chase_has_one_open_call_and_one_open_reminder(self) -> None:
        standing = Notice.objects.open().filter(purpose__in=["call", "reminder"])
        rows = list(standing.values_list("chase_id", "purpose"))
        assert len(rows) == len(set(rows))

    def everything_open_gets_sent_once_everything_works(self) -> None:
        POSTBOX.failures, POSTBOX.closed = {}, None
        self.the_officer_leaves_or_comes(active=True)
        waiting = Notice.objects.filter(
            pk__in=list(Notice.objects.open().values_list("pk", flat=True)), state__in=(*UNSENT, "sending")
        )
        for _round in range(4):
            sweep.sweep(self.now)
            send_due()
            self.now += timedelta(minutes=80)
        assert not waiting.exists(), list(waiting.values_list("state", "reason", "next_attempt_at", "lease_until"))


@pytest.mark.django_db
@pytest.mark.usefixtures("postbox")
def test_the_outbox_keeps_its_promises_whatever_happens(settings):
    settings.NOTICE_BATCH = 3
    run_state_machine_as_test(Outbox, settings=with_factor(MACHINE))


MACHINE = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
