"""Cases as a machine that Hypothesis drives: forms, answers, clocks, closing by two, voiding, reopening, in any order.

What a closed case promises must hold after each step.
"""

import contextlib
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from notifications.briefs.replies import AnswerRefused, answer
from notifications.escalation.clock import advance as advance_notices
from notifications.escalation.findings import get_stranded_notices
from notifications.outbox import sweep
from notifications.outbox.actions import mark_opened
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import SETTLED
from tests.examples import with_factor
from tests.world.forms import texts
from tests.world.notices import POSTBOX, postbox
from tests.world.places import make_coordinator
from tests.world.procedures import enact, small_procedure
from tests.world.scene import make_scene

from ... import date_clock, deadline_clock
from ...deadlines import get_stranded_deadlines
from ...models import AwaitedDate, Case, CaseClosing, CaseEvent, Deadline, Referral
from ..actions import CannotClose, ClosingRequest, ask_to_close, decide_closing, withdraw_closing
from ..open_ends import find_open_ends
from ..reopening import get_ended_duties, leave_closed, reopen_case

__all__ = ["postbox"]

START = datetime(2025, 3, 1, 8, tzinfo=UTC)
OWNED = {"owner": "mobile_unit", "ladder": "quick", "form": "small_follow_up"}


def build_procedure() -> dict[str, Any]:
    procedure = small_procedure()
    procedure["deadlines"]["assessment"] |= OWNED
    tell = {"do": "notify", "role": "cpu", "ladder": "quick"}
    begin = {"do": "deadline", "key": "assessment"}
    for on, then in (("case_closed", [tell, begin]), ("case_reopened", [begin])):
        procedure["rules"].append(
            {"key": on, "title": texts(on), "on": on, "words": texts(f"Words of {on}."), "then": then}
        )
    return procedure


class Cases(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = START
        POSTBOX.empty()
        self.patches = [
            mock.patch("django.utils.timezone.now", self.tell_time),
            # Primary keys decide the order of equals: drawn anew in the same order, they make a story repeatable.
            mock.patch("os.urandom", random.Random(7).randbytes),
            mock.patch.object(sweep, "enqueue_delivery"),
            mock.patch.object(sweep, "queue_length", return_value=0),
        ]
        for patch in self.patches:
            patch.start()
        self.whole = transaction.atomic()
        self.whole.__enter__()
        self.scene = make_scene()
        enact(build_procedure(), since=START - timedelta(days=1))
        self.people = [self.scene.worker, make_coordinator(self.scene.place), make_coordinator(self.scene.place)]

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.whole.__exit__(None, None, None)
        for patch in self.patches:
            patch.stop()

    def tell_time(self) -> datetime:
        return self.now

    def a_case(self, data: st.DataObject) -> Case:
        keys = list(Case.objects.order_by("opened_at", "pk").values_list("pk", flat=True))
        return Case.objects.get(pk=data.draw(st.sampled_from(keys)))

    def somebody(self, data: st.DataObject) -> Any:
        return data.draw(st.sampled_from(self.people))

    # --- what people do ---

    @precondition(lambda self: Case.objects.count() < 3)
    @rule(age=st.sampled_from([15, 30]))
    def an_identification_comes_in(self, age: int) -> None:
        self.scene.send(age_stated=age)

    @precondition(lambda self: Case.objects.exists())
    @rule(data=st.data(), asks=st.booleans(), is_assessed=st.booleans())
    def a_form_comes_in(self, data: st.DataObject, asks: bool, is_assessed: bool) -> None:
        case = self.a_case(data)
        more = {"to_org": self.scene.offices["protection_service"].slug, "service": ["shelter"]} if asks else {}
        before = Notice.objects.filter(case_id=case.pk).count()
        received = self.scene.follow(case.reference, assessed=is_assessed, **more)
        # Never lost, and whoever has to know is notified, whatever became of the case.
        assert received.submission.case == case
        assert Notice.objects.filter(case_id=case.pk).count() >= before + asks

    @precondition(lambda self: Case.objects.exists())
    @rule(data=st.data(), act=st.sampled_from(["close", "close", "close", "void"]), keeps=st.booleans())
    def somebody_asks(self, data: st.DataObject, act: str, keeps: bool) -> None:
        case = self.a_case(data)
        reason = "test" if act == "void" else "finished"
        ends = find_open_ends(case)
        wanted = ClosingRequest(
            act=act, reason=reason, seen=ends.fingerprint, open="Words.", keeps_notices=keeps,
            wish="agrees", despite=ends.despite, risk="Words.",
        )  # fmt: skip
        try:
            ask_to_close(case=case, wanted=wanted, by=self.somebody(data))
        except CannotClose as refused:
            assert refused.code in ("closed", "asked_already")  # noqa: PT017

    @precondition(lambda self: CaseClosing.objects.waiting().exists())
    @rule(data=st.data(), what=st.sampled_from(["agree", "agree", "refuse", "withdraw"]))
    def somebody_decides(self, data: st.DataObject, what: str) -> None:
        waiting = CaseClosing.objects.waiting().select_related("case__unit").order_by("asked_at", "pk")[0]
        by = self.somebody(data)
        try:
            if what == "withdraw":
                withdraw_closing(closing=waiting, by=by)
            else:
                seen = find_open_ends(waiting.case).fingerprint
                decide_closing(closing=waiting, agree=what == "agree", by=by, seen=seen)
        except CannotClose as refused:
            assert refused.code in ("own_request", "not_allowed")  # noqa: PT017
            assert (by == waiting.asked_by) != (what == "withdraw") or by == self.scene.worker

    @precondition(lambda self: Case.objects.filter(closed_at__isnull=False).exists())
    @rule(data=st.data(), leave=st.sampled_from([False, False, True]), with_duties=st.booleans())
    def somebody_reopens(self, data: st.DataObject, leave: bool, with_duties: bool) -> None:
        case = self.a_case(data)
        by = self.somebody(data)
        if leave:
            leave_closed(case=case, by=by)
            return
        duties = list(get_ended_duties(case).values_list("pk", flat=True)) if with_duties else []
        try:
            reopen_case(case=case, reason="new_risk", duties=duties, by=by)
        except CannotClose as refused:
            assert refused.code == ("open" if case.closed_at is None else "void")  # noqa: PT017

    @precondition(lambda self: Notice.objects.filter(contact__isnull=False).exists())
    @rule(
        data=st.data(), what=st.sampled_from([("accepted", ""), ("declined", "not_on_duty"), ("outcome", "met_safe")])
    )
    def a_recipient_answers(self, data: st.DataObject, what: tuple[str, str]) -> None:
        keys = list(Notice.objects.filter(contact__isnull=False).order_by("owed_at", "pk").values_list("pk", flat=True))
        notice = Notice.objects.get(pk=data.draw(st.sampled_from(keys)))
        mark_opened(notice=notice, at=self.now)
        notice.refresh_from_db()
        with contextlib.suppress(AnswerRefused):
            answer(notice=notice, kind=what[0], reason=what[1], at=self.now)

    # --- what the service does ---

    @rule()
    def a_worker_sends(self) -> None:
        send_due()

    @rule(minutes=st.sampled_from([1, 20, 90, 1500, 60_000]))
    def time_passes_and_the_sweeper_looks(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        for turn in (advance_notices, deadline_clock.advance, date_clock.advance, sweep.sweep):
            turn(self.now)

    # --- what must hold ---

    @invariant()
    def no_clock_of_a_closed_case_is_open(self) -> None:
        closed = Case.objects.filter(closed_at__isnull=False)
        assert not Deadline.objects.unmet().filter(case__in=closed).exists()
        assert not Deadline.objects.filter(case__in=closed, next_mark_at__isnull=False).exists()
        assert not AwaitedDate.objects.filter(case__in=closed, done_at__isnull=True, ended_at__isnull=True).exists()

    @invariant()
    def nothing_that_was_not_done_counts_as_done(self) -> None:
        assert not Deadline.objects.filter(met_at__isnull=False, ended_at__isnull=False).exists()

    @invariant()
    def links_of_what_was_settled_when_the_case_was_closed_open_nothing(self) -> None:
        for case in Case.objects.filter(closed_at__isnull=False):
            if CaseClosing.objects.filter(case=case, reopened_at__isnull=True, keeps_notices=True).exists():
                continue  # what went on was settled later, perhaps by an answer to another notice of its chain
            over = Notice.objects.filter(case_id=case.pk, link_revoked_at__isnull=True, state__in=SETTLED)
            assert not over.filter(owed_at__lt=case.closed_at).exclude(replies__at__gte=case.closed_at).exists()

    @invariant()
    def notices_of_duties_are_open_in_open_cases_only(self) -> None:
        closed = Case.objects.filter(closed_at__isnull=False).values("pk")
        assert not Notice.objects.open().filter(case_id__in=closed, purpose=Purpose.DUTY).exists()

    @invariant()
    def nobody_decides_about_their_own_request(self) -> None:
        for each in CaseClosing.objects.filter(decision__in=["agreed", "refused"]):
            assert each.decided_by_id != each.asked_by_id

    @invariant()
    def every_closed_case_was_agreed_to_and_every_void_one_is_closed_and_uncounted(self) -> None:
        for case in Case.objects.filter(closed_at__isnull=False):
            last = CaseClosing.objects.filter(case=case, decision="agreed").order_by("-decided_at").first()
            assert last is not None
            assert (last.act == "void") == (case.voided_at is not None)
            assert last.reopened_at is None
        assert not Case.objects.counted().filter(voided_at__isnull=False).exists()

    @invariant()
    def what_was_agreed_and_not_taken_back_closed_the_case(self) -> None:
        lasting = CaseClosing.objects.filter(decision="agreed", reopened_at__isnull=True).values("case")
        assert not Case.objects.filter(pk__in=lasting, closed_at__isnull=True).exists()

    @invariant()
    def nothing_open_is_without_a_next_step(self) -> None:
        assert not get_stranded_deadlines().exists()
        assert get_stranded_notices(self.now) == []

    @invariant()
    def nothing_was_deleted(self) -> None:
        events = CaseEvent.objects.filter(kind="submission_received").count()
        assert events >= Case.objects.count()
        assert not Referral.objects.filter(state="ended", answered_at__isnull=True).exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("postbox")
def test_cases_are_closed_voided_and_reopened_in_any_order() -> None:
    machine = settings(max_examples=60, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Cases, settings=with_factor(machine))
