"""Answers: one tap is one reply, and an answer that can't be given is explained."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from access.models import Municipality
from audit.models import AuditEntry
from notifications import signals
from notifications.directory.models import Contact, Role
from notifications.outbox.actions import cancel
from notifications.outbox.models import Notice, Purpose, Reply, ReplyKind
from notifications.outbox.states import NoticeState

from ..choices import CALL_OUTCOMES, OUTCOMES, REASONS, get_decline_reasons, get_outcomes, get_reason_label
from ..replies import REFUSALS, AnswerRefused, answer
from .conftest import LADDER

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard() -> Iterator[list[Reply]]:
    replies: list[Reply] = []

    def hear(notice: Notice, reply: Reply, **kwargs: object) -> None:
        assert reply.notice_id == notice.pk
        replies.append(reply)

    signals.notice_answered.connect(hear)
    yield replies
    signals.notice_answered.disconnect(hear)


def refused(notice: Notice, kind: str, **given: object) -> str:
    with pytest.raises(AnswerRefused) as refusal:
        answer(notice=notice, kind=kind, **given)  # type: ignore[arg-type]
    assert refusal.value.words == str(REFUSALS[refusal.value.code])
    return refusal.value.code


def get_now(notice: Notice) -> Notice:
    return Notice.objects.get(pk=notice.pk)


def test_accepting_settles_the_notice_and_tells_the_rooms_above(notice: Notice, heard: list[Reply]) -> None:
    moment = timezone.now()

    reply = answer(notice=notice, kind="accepted", note="  niset patrulla ", at=moment)

    found = get_now(notice)
    assert (found.state, found.accepted_at, found.opened_at) == (NoticeState.ACCEPTED, moment, moment)
    assert (found.next_step_at, found.next_attempt_at, found.lease_until) == (None, None, None)
    assert heard == [reply]
    assert reply.note == "niset patrulla"
    entry = AuditEntry.objects.get(action="notice.accepted")
    assert (entry.actor_kind, entry.actor_id, entry.target_id) == ("contact", str(notice.contact_id), str(notice.pk))
    assert "patrulla" not in str(entry.detail)


def test_the_note_is_sealed_in_the_database(notice: Notice) -> None:
    answer(notice=notice, kind="accepted", note="emri i saj")

    assert str(Reply.objects.values_list("note", flat=True)[0]).startswith("v2.")


def test_a_double_tap_is_one_reply(notice: Notice, heard: list[Reply]) -> None:
    first = answer(notice=notice, kind="accepted")
    second = answer(notice=notice, kind="accepted", note="another note")

    assert first == second
    assert Reply.objects.count() == len(heard) == 1


@pytest.mark.parametrize(
    ("kind", "reason"), [("on_the_way", ""), ("declined", "busy_elsewhere"), ("outcome", "not_found")]
)
def test_every_kind_of_answer_survives_a_double_tap(notice: Notice, kind: str, reason: str) -> None:
    if kind == "outcome":
        answer(notice=notice, kind="accepted")
    first = answer(notice=notice, kind=kind, reason=reason)

    assert answer(notice=notice, kind=kind, reason=reason) == first
    assert Reply.objects.filter(kind=kind).count() == 1


def test_on_the_way_accepts_too_and_accepting_afterwards_says_nothing_new(notice: Notice) -> None:
    reply = answer(notice=notice, kind="on_the_way")

    assert get_now(notice).state == NoticeState.ACCEPTED
    assert answer(notice=notice, kind="accepted") == reply


def test_on_the_way_after_accepting_is_news_and_keeps_the_time_of_acceptance(notice: Notice) -> None:
    accepted = answer(notice=notice, kind="accepted")
    answer(notice=notice, kind="on_the_way", at=timezone.now() + timedelta(minutes=5))

    assert get_now(notice).accepted_at == accepted.at
    assert Reply.objects.count() == 2


def test_an_outcome_needs_an_accepted_notice_and_closes_it(notice: Notice) -> None:
    assert refused(notice, "outcome", reason="met_safe") == "not_accepted"
    answer(notice=notice, kind="accepted")
    assert refused(notice, "outcome", reason="invented") == "outcome_missing"
    assert refused(notice, "outcome", reason="reached") == "outcome_missing"

    answer(notice=notice, kind="outcome", reason="met_safe")

    assert get_now(notice).state == NoticeState.CLOSED
    assert refused(notice, "declined", reason="conflict") == "closed"


def test_a_service_tells_one_outcome_and_the_notice_is_closed(notice: Notice) -> None:
    Notice.objects.filter(pk=notice.pk).update(role=Role.PROTECTION_SERVICE)
    notice.refresh_from_db()
    answer(notice=notice, kind="accepted")
    answer(notice=notice, kind="outcome", reason="person_received")
    assert refused(notice, "outcome", reason="not_found") == "closed"


def test_declining_asks_for_a_reason_from_the_list(notice: Notice) -> None:
    assert refused(notice, "declined") == "reason_missing"
    assert refused(notice, "declined", reason="met_safe") == "reason_missing"
    assert get_now(notice).state == NoticeState.SENT

    answer(notice=notice, kind="declined", reason="not_on_duty")

    assert get_now(notice).state == NoticeState.DECLINED
    assert refused(notice, "accepted") == "declined"
    assert refused(notice, "declined", reason="conflict") == "declined"


def test_accepted_then_declined_then_accepted_does_not_stand_as_accepted(notice: Notice) -> None:
    answer(notice=notice, kind="accepted")
    answer(notice=notice, kind="declined", reason="busy_elsewhere")

    assert refused(notice, "accepted") == "declined"


def test_wrong_area_names_another_municipality_and_is_heard_above(
    notice: Notice, place: Municipality, other_place: Municipality, heard: list[Reply]
) -> None:
    assert refused(notice, "wrong_area") == "municipality_missing"
    assert refused(notice, "wrong_area", to_municipality=place) == "same_municipality"

    answer(notice=notice, kind="wrong_area", to_municipality=other_place, reason="ignored")

    found = get_now(notice)
    assert (found.state, found.reason) == (NoticeState.DECLINED, "wrong_area")
    assert [(reply.kind, reply.to_municipality, reply.reason) for reply in heard] == [("wrong_area", other_place, "")]
    assert answer(notice=notice, kind="wrong_area", to_municipality=other_place) == heard[0]


def test_only_those_with_an_area_can_say_another_area(
    make_notice: Callable[..., Notice], other_place: Municipality
) -> None:
    notice = make_notice("responsible_authority")

    assert refused(notice, "wrong_area", to_municipality=other_place) == "unknown_answer"
    assert refused(notice, "on_the_way") == "unknown_answer"
    assert refused(notice, "something") == "unknown_answer"
    assert refused(notice, "") == "unknown_answer"


def test_a_note_has_an_end(notice: Notice) -> None:
    assert refused(notice, "accepted", note="x" * 2001) == "note_too_long"
    assert answer(notice=notice, kind="accepted", note="x" * 2000)


def test_a_withdrawn_notice_takes_no_answer(notice: Notice) -> None:
    cancel(notice=notice, reason="drill_over")

    assert refused(notice, "accepted") == "withdrawn"


def test_an_answer_to_a_notice_that_is_just_being_sent_takes_it_from_its_holder(
    make_notice: Callable[..., Notice],
) -> None:
    notice = make_notice(sent=False)
    Notice.objects.filter(pk=notice.pk).update(
        state=NoticeState.SENDING, attempts=1, token=1, lease_until=timezone.now() + timedelta(seconds=30)
    )

    answer(notice=notice, kind="accepted")

    found = get_now(notice)
    assert (found.state, found.token, found.lease_until) == (NoticeState.ACCEPTED, 2, None)


def test_a_rolled_back_answer_leaves_nothing(notice: Notice) -> None:
    def fail(**kwargs: object) -> None:
        raise RuntimeError("a receiver broke")

    signals.notice_answered.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            answer(notice=notice, kind="accepted")
    finally:
        signals.notice_answered.disconnect(fail)

    assert get_now(notice).state == NoticeState.SENT
    assert not Reply.objects.exists()
    assert not AuditEntry.objects.filter(action="notice.accepted").exists()


@pytest.mark.parametrize("role", Role.values)
def test_each_role_declines_for_its_own_reasons(make_notice: Callable[..., Notice], role: str) -> None:
    notice = make_notice(role)
    reasons = get_decline_reasons(notice)
    assert len(reasons) >= 4
    assert list(reasons)[-1] == "other"
    assert ("no_free_bed" in reasons) == (role == Role.PROTECTION_SERVICE)
    assert ("not_our_pupil" in reasons) == (role == Role.SCHOOL)
    assert set(get_outcomes(notice)) <= set(OUTCOMES)


def test_a_coordinator_tells_what_they_decided_and_nothing_of_others_work(make_notice: Callable[..., Notice]) -> None:
    notice = make_notice(Role.COORDINATOR)
    assert list(get_outcomes(notice)) == ["police_by_unit", "police_not_notified", "called_back", "other"]
    answer(notice=notice, kind="accepted")
    assert refused(get_now(notice), "outcome", reason="person_received") == "outcome_missing"
    answer(notice=get_now(notice), kind="outcome", reason="police_not_notified")
    assert Reply.objects.filter(reason="police_not_notified").exists()


def test_a_shelter_cannot_decline_for_an_officers_reason(make_notice: Callable[..., Notice]) -> None:
    notice = make_notice(Role.PROTECTION_SERVICE)
    with pytest.raises(AnswerRefused) as refused:
        answer(notice=notice, kind="declined", reason="busy_elsewhere")
    assert refused.value.code == "reason_missing"
    assert answer(notice=notice, kind="declined", reason="no_free_bed").reason == "no_free_bed"


def test_every_code_has_words() -> None:
    for code in REASONS:
        assert get_reason_label("declined", code) != code
    for code in OUTCOMES | CALL_OUTCOMES:
        assert get_reason_label("outcome", code) != code
    assert get_reason_label("outcome", "from_the_future") == "from_the_future"


class TestTheChase:
    @pytest.fixture
    def chaser(self, make_notice: Callable[..., Notice]) -> Callable[..., Notice]:
        def make(root: Notice, purpose: str, contact: Contact, **given: object) -> Notice:
            role = contact.partner.role
            return make_notice(role, contact=contact, chases=root, purpose=purpose, ladder=(), **given)

        return make

    def test_a_deputy_who_accepts_ends_the_chase(
        self, notice: Notice, chaser: Callable[..., Notice], make_contact: Callable[..., Contact]
    ) -> None:
        deputy = chaser(notice, Purpose.DEPUTY, make_contact(rank=2))
        call = chaser(notice, Purpose.CALL, make_contact("coordinator"), sent=False)
        Notice.objects.filter(pk=call.pk).update(
            state=NoticeState.SENDING, attempts=1, token=4, lease_until=timezone.now() + timedelta(seconds=30)
        )

        answer(notice=deputy, kind="accepted")

        root = get_now(notice)
        assert (root.state, root.reason, root.next_step_at) == (NoticeState.CLOSED, "taken", None)
        assert (get_now(call).state, get_now(call).token) == (NoticeState.CANCELLED, 5)
        assert refused(notice, "accepted") == "taken"
        assert refused(call, "accepted") == "withdrawn"

    def test_answering_a_reminder_answers_the_first_notice(self, notice: Notice, chaser: Callable[..., Notice]) -> None:
        assert notice.contact is not None
        reminder = chaser(notice, Purpose.REMINDER, notice.contact)

        answer(notice=reminder, kind="accepted")

        assert get_now(notice).state == NoticeState.CLOSED
        assert refused(notice, "accepted") == "answered"

    def test_declining_a_reminder_moves_the_ladder_past_all_reminders(
        self, notice: Notice, chaser: Callable[..., Notice]
    ) -> None:
        assert notice.contact is not None
        reminder = chaser(notice, Purpose.REMINDER, notice.contact)
        moment = timezone.now()

        answer(notice=reminder, kind="declined", reason="conflict", at=moment)

        root = get_now(notice)
        assert (root.state, root.next_step_at) == (NoticeState.SENT, moment)
        assert LADDER[root.ladder_step]["do"] == "deputy"

    def test_declining_the_first_notice_closes_its_own_reminder_and_tells_somebody_else(
        self, notice: Notice, chaser: Callable[..., Notice], make_contact: Callable[..., Contact]
    ) -> None:
        assert notice.contact is not None
        reminder = chaser(notice, Purpose.REMINDER, notice.contact)
        deputy = make_contact(rank=2)

        answer(notice=notice, kind="declined", reason="not_on_duty")

        assert get_now(reminder).state == NoticeState.CLOSED
        heir = Notice.objects.exclude(pk__in=[notice.pk, reminder.pk]).get()
        assert (heir.contact, heir.purpose) == (deputy, Purpose.DEPUTY)
        assert heir.next_step_at is not None

    def test_wrong_area_ends_the_chase_here(
        self,
        notice: Notice,
        chaser: Callable[..., Notice],
        make_contact: Callable[..., Contact],
        other_place: Municipality,
    ) -> None:
        deputy = chaser(notice, Purpose.DEPUTY, make_contact(rank=2))

        answer(notice=notice, kind="wrong_area", to_municipality=other_place)

        assert (get_now(deputy).state, get_now(deputy).reason) == (NoticeState.CLOSED, "wrong_area")
        assert Notice.objects.count() == 2

    def test_a_coordinator_who_calls_leaves_the_officer_time_to_answer(
        self, notice: Notice, chaser: Callable[..., Notice], make_contact: Callable[..., Contact]
    ) -> None:
        coordinator = make_contact("coordinator")
        first, second = (chaser(notice, Purpose.CALL, coordinator) for _call in range(2))
        moment = timezone.now()

        answer(notice=second, kind="accepted", at=moment)

        root = get_now(notice)
        assert get_now(first).state == NoticeState.CLOSED
        assert (root.state, root.next_step_at) == (NoticeState.SENT, moment + timedelta(minutes=30))
        answer(notice=notice, kind="accepted")
        assert get_now(notice).state == NoticeState.ACCEPTED

    def test_a_call_that_reached_somebody_ends_the_chase(
        self, notice: Notice, chaser: Callable[..., Notice], make_contact: Callable[..., Contact]
    ) -> None:
        call = chaser(notice, Purpose.CALL, make_contact("coordinator"))
        answer(notice=call, kind="accepted")
        assert refused(call, "outcome", reason="met_safe") == "outcome_missing"

        answer(notice=call, kind="outcome", reason="reached")

        assert (get_now(notice).state, get_now(notice).reason) == (NoticeState.CLOSED, "reached")

    def test_a_call_that_reached_nobody_goes_on_at_once(
        self, notice: Notice, chaser: Callable[..., Notice], make_contact: Callable[..., Contact]
    ) -> None:
        call = chaser(notice, Purpose.CALL, make_contact("coordinator"))
        answer(notice=call, kind="accepted")
        moment = timezone.now()

        answer(notice=call, kind="outcome", reason="not_reached", at=moment)

        assert get_now(notice).next_step_at == moment

    def test_without_a_time_in_the_ladder_a_call_leaves_half_an_hour(
        self, make_notice: Callable[..., Notice], chaser: Callable[..., Notice], make_contact: Callable[..., Contact]
    ) -> None:
        root = make_notice()
        Notice.objects.filter(pk=root.pk).update(ladder=[{"after_minutes": 5, "do": "remind"}])
        call = chaser(root, Purpose.CALL, make_contact("coordinator"))
        moment = timezone.now()

        answer(notice=call, kind="accepted", at=moment)

        assert get_now(root).next_step_at == moment + timedelta(minutes=30)


def test_all_kinds_have_a_target() -> None:
    from ..replies import TARGETS

    assert set(TARGETS) == set(ReplyKind.values)


def test_an_officer_tells_one_outcome_after_the_other_and_each_is_kept(notice: Notice) -> None:
    answer(notice=notice, kind="accepted")
    answer(notice=notice, kind="outcome", reason="met")
    notice.refresh_from_db()
    closed_at = notice.closed_at
    told = {"number": "123/2025", "prosecutor": "Prokurori i Vlorës"}
    said = answer(notice=notice, kind="outcome", reason="investigation", details=told)
    notice.refresh_from_db()
    assert (notice.state, notice.closed_at) == ("closed", closed_at)
    assert said.details == told
    assert answer(notice=notice, kind="outcome", reason="investigation", details=told) == said
    later = answer(notice=notice, kind="outcome", reason="investigation", details={**told, "number": "124/2025"})
    assert later != said
    assert [reply.reason for reply in notice.replies.filter(kind="outcome")] == [
        "met",
        "investigation",
        "investigation",
    ]


def test_a_number_beside_another_outcome_is_not_lost_unseen(notice: Notice) -> None:
    answer(notice=notice, kind="accepted")
    assert refused(notice, "outcome", reason="met", details={"number": "1"}) == "details_elsewhere"
    assert refused(notice, "outcome", reason="investigation", details={"number": "1" * 61}) == "details_too_long"
    assert refused(notice, "outcome", reason="other") == "note_missing"
    assert not notice.replies.filter(kind="outcome").exists()
    assert answer(notice=notice, kind="outcome", reason="met", details={"number": "  "}).details is None


def test_the_number_of_an_investigation_is_sealed_in_the_database(notice: Notice) -> None:
    answer(notice=notice, kind="accepted")
    said = answer(notice=notice, kind="outcome", reason="investigation", details={"number": "777/2025"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT details FROM outbox_reply WHERE id = %s", [said.pk.hex])
        assert "777" not in str(cursor.fetchone())
