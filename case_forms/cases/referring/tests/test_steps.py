"""A referral to its end: by link, by the unit and by phone; what chases it; the next service."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from case_forms.cases import deadline_clock
from case_forms.cases.closing.actions import ClosingRequest, ask_to_close, decide_closing
from case_forms.cases.closing.open_ends import find_open_ends
from case_forms.cases.consent.ending import end_uncovered_links
from case_forms.cases.models import Case, CaseEvent, Deadline, Referral, ReferralState, ReferralStep
from case_forms.procedures.deadline_warnings import find_warnings
from case_forms.procedures.definition import parse_procedure
from notifications.briefs.links import get_notice_by_link
from notifications.briefs.replies import answer
from notifications.directory.models import Agreement, Role
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import OPEN, NoticeState
from tests.world.consents import record_consent
from tests.world.offices import make_office, make_staffed_office, put_on_duty
from tests.world.places import make_user
from tests.world.procedures import deadline, enact, rule, small_procedure
from tests.world.scene import Scene, make_scene

from ..actions import Step, note_step
from ..again import CannotRefer, list_services, refer_again
from ..arrival import ARRIVAL, NEXT_SERVICE
from ..at_link import keeps_open
from ..models import StepKind, Way
from ..moves import MOVES, REFUSALS, RUNNING, TAKEN, WAYS, StepRefused, find_next_state, list_steps

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def referred(scene: Scene) -> Referral:
    """Refer the person of a new case to the scene's protection service, and send what is due."""
    reference = scene.send().receipt["case"]
    put_on_duty(make_office("mobile_unit", region=scene.place.region))
    scene.follow(reference, to_org=scene.offices["protection_service"].slug, service=["shelter"])
    send_due()
    return Referral.objects.get()


def its_notice(referral: Referral) -> Notice:
    return Notice.objects.get(pk=referral.notice_id)


def note(referral: Referral, scene: Scene, kind: str, way: str = Way.UNIT, **more: Any) -> ReferralStep:
    given: dict[str, Any] = {"said_by": "Voice"} if way == Way.PHONE else {}
    given |= {"who": "Driver", "due_at": soon()} if kind == StepKind.AGREED else {}
    return note_step(referral=referral, step=Step(kind=kind, way=way, **given | more), by=scene.worker)


def soon(hours: float = 4) -> datetime:
    return timezone.now() + timedelta(hours=hours)


def state(referral: Referral) -> str:
    referral.refresh_from_db()
    return referral.state


def token(notice: Notice) -> str:
    return Notice.objects.get(pk=notice.pk).link_token


# ---- the machine ----


def test_every_refusal_has_words_and_nothing_follows_an_ended_referral() -> None:
    assert set(MOVES) == set(ReferralState.values) <= set(REFUSALS)
    for current, kind, way in product(ReferralState.values, StepKind.values, Way.values):
        if kind in list_steps(current, way):
            assert way in WAYS[kind]
            assert find_next_state(current, kind, way) in ReferralState.values
            continue
        with pytest.raises(StepRefused) as refused:
            find_next_state(current, kind, way)
        assert refused.value.words
    for over in (ReferralState.FINISHED, ReferralState.WITHDRAWN, ReferralState.ENDED):
        assert list_steps(over, *Way) == []
        assert str(REFUSALS[over])


def test_a_service_steps_at_its_link_only_after_its_answer() -> None:
    assert list_steps(ReferralState.PENDING, Way.LINK) == [StepKind.ACCEPTED, StepKind.DECLINED]
    assert set(list_steps(ReferralState.ACCEPTED, Way.LINK)) == {
        StepKind.DECLINED, StepKind.AGREED, StepKind.ARRIVED, StepKind.FINISHED
    }  # fmt: skip


# ---- the road ----


def test_a_referral_goes_to_its_end_by_link_by_the_unit_and_by_phone(scene: Scene) -> None:
    referral = referred(scene)
    notice = its_notice(referral)
    answer(notice=notice, kind="accepted", note="Come")
    assert state(referral) == ReferralState.ACCEPTED
    due = soon()
    note(referral, scene, StepKind.AGREED, Way.PHONE, due_at=due)
    assert state(referral) == ReferralState.AGREED
    duty = Deadline.objects.get(key=ARRIVAL)
    assert referral.arrival_duty == duty
    assert (duty.owner, duty.red_at) == (Role.MOBILE_UNIT, due + timedelta(hours=2))
    note(referral, scene, StepKind.ARRIVED)
    duty.refresh_from_db()
    assert duty.met_at is not None
    contact = notice.contact
    ended = Step(kind=StepKind.FINISHED, way=Way.LINK, reason="programme_finished")
    note_step(referral=referral, step=ended, contact=contact)
    assert state(referral) == ReferralState.FINISHED
    assert its_notice(referral).state == NoticeState.CLOSED
    rows = list(referral.steps.values_list("kind", "way", "by", "contact"))
    assert rows == [
        ("accepted", "link", None, contact.pk),
        ("agreed", "phone", scene.worker.pk, None),
        ("arrived", "unit", scene.worker.pk, None),
        ("finished", "link", None, contact.pk),
    ]
    assert referral.steps.first().words == {"note": "Come"}


def test_a_yes_on_the_phone_stops_the_chase_and_meets_what_waited(scene: Scene) -> None:
    referral = referred(scene)
    note(referral, scene, StepKind.ACCEPTED, Way.PHONE)
    notice = its_notice(referral)
    assert (notice.state, notice.accepted_at) == (NoticeState.CLOSED, None)
    assert not Notice.objects.filter(chase_id=notice.pk, state__in=OPEN).exists()
    assert Deadline.objects.get(key="answer").met_at is not None
    assert get_notice_by_link(token(notice)) == notice  # its page goes on


def test_an_answer_in_two_ways_is_one_step(scene: Scene) -> None:
    referral = referred(scene)
    answer(notice=its_notice(referral), kind="accepted")
    first = referral.steps.get()
    assert note(referral, scene, StepKind.ACCEPTED, Way.PHONE) == first
    due = soon()
    agreed = note(referral, scene, StepKind.AGREED, due_at=due)
    assert note(referral, scene, StepKind.AGREED, Way.PHONE, due_at=due) == agreed
    assert note(referral, scene, StepKind.AGREED, due_at=soon(9)) != agreed
    assert ReferralStep.objects.count() == 3
    assert Deadline.objects.filter(key=ARRIVAL, ended_at=None).count() == 1


@pytest.mark.parametrize(
    ("kind", "way", "more", "code"),
    [
        ("arrived", "phone", {"said_by": ""}, "said_by_missing"),
        ("agreed", "unit", {"who": " "}, "who_missing"),
        ("agreed", "unit", {"due_at": None}, "time_missing"),
        ("agreed", "unit", {"due_at": datetime(2020, 1, 1, tzinfo=timezone.get_current_timezone())}, "past"),
        ("agreed", "unit", {"due_at": datetime(2999, 1, 1, tzinfo=timezone.get_current_timezone())}, "too_far"),
        ("agreed", "unit", {"who": "x" * 121}, "name_too_long"),
        ("finished", "unit", {"reason": "nonsense"}, "pending"),
        ("declined", "phone", {"reason": "nonsense"}, "reason_missing"),
        ("accepted", "unit", {}, "not_this_way"),
        ("withdrawn", "unit", {}, "not_this_way"),
        ("dance", "unit", {}, "unknown"),
        ("arrived", "unit", {"note": "x" * 2001}, "note_too_long"),
    ],
)
def test_what_is_missing_is_refused_and_nothing_is_written(
    scene: Scene, kind: str, way: str, more: dict[str, Any], code: str
) -> None:
    referral = referred(scene)
    with pytest.raises(StepRefused) as refused:
        note(referral, scene, kind, way, **more)
    assert refused.value.code == code
    assert not ReferralStep.objects.exists()


def test_steps_are_only_added(scene: Scene) -> None:
    referral = referred(scene)
    step = note(referral, scene, StepKind.ARRIVED)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReferralStep.objects.filter(pk=step.pk).update(kind="declined")


# ---- what chases ----


def test_who_has_not_arrived_is_looked_for_until_it_is_noted(scene: Scene) -> None:
    procedure = small_procedure()
    seen = {"do": "set_flag", "flag": "late"}
    said = rule("late", "Late", form="small_follow_up", words="Late.", then=[seen], on="referral_not_arrived")
    procedure["flags"] = {"late": {"label": {"sq": "vonë", "en": "late"}}}
    enact({**procedure, "rules": [*procedure["rules"], said]}, since=timezone.now())
    referral = referred(scene)
    note(referral, scene, StepKind.AGREED)
    duty = Deadline.objects.get(key=ARRIVAL)
    assert deadline_clock.advance(duty.red_at - timedelta(minutes=1)) == 0
    assert deadline_clock.advance(duty.red_at) == 1
    told = Notice.objects.get(purpose=Purpose.DUTY)
    assert (told.role, told.ladder[-1]["do"]) == (Role.MOBILE_UNIT, "call")
    assert list(Case.objects.get().flags) == ["late"]
    assert CaseEvent.objects.filter(kind="rules_referral_not_arrived").count() == 1
    note(referral, scene, StepKind.ARRIVED)
    deadline_clock.advance(duty.red_at + timedelta(days=2))
    assert not Notice.objects.filter(purpose=Purpose.DUTY, state__in=OPEN).exists()


def test_the_procedure_sets_when_and_whom_a_late_arrival_reaches(scene: Scene) -> None:
    procedure = small_procedure()
    own = {**deadline("Arrival", amber_minutes=15), "owner": "coordinator", "ladder": "quick"}
    procedure["deadlines"][ARRIVAL] = own
    assert not [each for each in find_warnings(parse_procedure(procedure)) if each.path.endswith(ARRIVAL)]
    enact(procedure, since=timezone.now())
    referral = referred(scene)
    due = soon()
    note(referral, scene, StepKind.AGREED, due_at=due)
    duty = Deadline.objects.get(key=ARRIVAL)
    assert (duty.owner, duty.amber_at, duty.red_at) == (Role.COORDINATOR, due + timedelta(minutes=15), None)


@pytest.mark.parametrize("kind", [StepKind.NO_ANSWER, StepKind.DECLINED])
def test_a_referral_that_nobody_took_leaves_a_task(scene: Scene, kind: str) -> None:
    referral = referred(scene)
    way = Way.UNIT if kind == StepKind.NO_ANSWER else Way.PHONE
    note(referral, scene, kind, way, reason="no_free_bed")
    assert not Notice.objects.filter(chase_id=referral.notice_id, state__in=OPEN).exists()
    assert Deadline.objects.get(key="answer").ended_at is not None
    task = Deadline.objects.get(key=NEXT_SERVICE)
    assert task.next_mark_at is not None
    assert not task.form  # so that it can be marked as done by hand


# ---- the link ----


def test_the_link_of_an_accepted_referral_goes_on_until_it_ends(scene: Scene) -> None:
    referral = referred(scene)
    notice = its_notice(referral)
    link = token(notice)
    Notice.objects.filter(pk=notice.pk).update(link_expires_at=timezone.now() - timedelta(days=30))
    assert get_notice_by_link(link) is None
    Notice.objects.filter(pk=notice.pk).update(link_expires_at=timezone.now() + timedelta(days=1))
    answer(notice=notice, kind="accepted")
    Notice.objects.filter(pk=notice.pk).update(link_expires_at=timezone.now() - timedelta(days=30))
    assert get_notice_by_link(link) == notice
    agreement = Agreement.objects.create(partner=referral.partner, valid_until=timezone.localdate() - timedelta(days=1))
    assert get_notice_by_link(link) is None
    Agreement.objects.filter(pk=agreement.pk).update(valid_until=timezone.localdate() + timedelta(days=1))
    note(referral, scene, StepKind.ARRIVED)
    assert get_notice_by_link(link) == notice
    note(referral, scene, StepKind.FINISHED, reason="independent")
    assert keeps_open(its_notice(referral), timezone.now())
    assert not keeps_open(its_notice(referral), timezone.now() + timedelta(days=2))


# ---- the next service ----


def second_service(scene: Scene) -> Any:
    return make_staffed_office(Role.PROTECTION_SERVICE)


def test_full_then_one_press_asks_another_service_under_its_own_consent(scene: Scene) -> None:
    referral = referred(scene)
    answer(notice=its_notice(referral), kind="declined", reason="no_free_bed")
    other = second_service(scene)
    case = Case.objects.get()
    (choice,) = list_services(case, referral)
    assert (choice.partner, choice.is_possible) == (other, False)
    with pytest.raises(CannotRefer) as refused:
        refer_again(referral=referral, partner_id=other.pk, by=scene.worker)
    assert refused.value.code == "not_covered"
    assert refused.value.words
    assert Referral.objects.count() == 1
    record_consent(case, partner=other)
    assert list_services(case, referral)[0].is_possible
    made = refer_again(referral=referral, partner_id=other.pk, by=scene.worker)
    assert refer_again(referral=referral, partner_id=other.pk, by=scene.worker) == made  # pressed twice
    assert (made.after, made.services, made.state) == (referral, ["shelter"], ReferralState.PENDING)
    notice = its_notice(made)
    assert notice.contact.partner == other
    assert notice.brief["sections"] == its_notice(referral).brief["sections"]
    assert not Notice.objects.filter(chase_id=referral.notice_id, state__in=OPEN).exists()
    waiting = Deadline.objects.get(key="answer", ended_at=None)
    assert waiting.notice_id == notice.pk
    send_due()
    answer(notice=its_notice(made), kind="accepted")
    waiting.refresh_from_db()
    assert waiting.met_at is not None


def test_a_running_referral_is_not_sent_elsewhere(scene: Scene) -> None:
    referral = referred(scene)
    other = second_service(scene)
    record_consent(Case.objects.get(), partner=other)
    with pytest.raises(CannotRefer) as refused:
        refer_again(referral=referral, partner_id=other.pk, by=scene.worker)
    assert refused.value.code == "running"


def test_a_late_yes_asks_the_gate_again(scene: Scene) -> None:
    referral = referred(scene)
    note(referral, scene, StepKind.NO_ANSWER)
    record_consent(Case.objects.get(), partner=referral.partner, answer="withdrawn")
    with pytest.raises(StepRefused) as refused:
        note(referral, scene, StepKind.ACCEPTED, Way.PHONE)
    assert refused.value.code == "not_covered"


# ---- what else ends it ----


def test_a_withdrawn_consent_withdraws_what_runs_and_stops_the_arrivals_clock(scene: Scene) -> None:
    referral = referred(scene)
    note(referral, scene, StepKind.AGREED)
    case = Case.objects.get()
    record_consent(case, partner=referral.partner, answer="withdrawn")
    link = token(its_notice(referral))
    end_uncovered_links(case, timezone.now())
    assert state(referral) == ReferralState.WITHDRAWN
    assert Deadline.objects.get(key=ARRIVAL).ended_at is not None
    assert get_notice_by_link(link) is None
    assert referral.steps.last().way == Way.SYSTEM


def test_a_yes_on_the_phone_before_the_mail_was_sent_ends_with_the_consent_too(scene: Scene) -> None:
    reference = scene.send().receipt["case"]
    scene.follow(reference, to_org=scene.offices["protection_service"].slug, service=["shelter"])
    referral = Referral.objects.get()
    note(referral, scene, StepKind.ACCEPTED, Way.PHONE)
    assert its_notice(referral).state == NoticeState.CANCELLED
    case = Case.objects.get()
    record_consent(case, partner=referral.partner, answer="withdrawn")
    end_uncovered_links(case, timezone.now())
    assert state(referral) == ReferralState.WITHDRAWN


def test_a_referral_without_a_notice_settles_no_other(scene: Scene) -> None:
    scene.send()
    send_due()
    case = Case.objects.get()
    partner = scene.offices["protection_service"]
    Notice.objects.filter(role="police").update(chase_id=None)
    bare = Referral.objects.create(case=case, event=case.events.first(), partner=partner)
    note(bare, scene, StepKind.ARRIVED)
    note(bare, scene, StepKind.FINISHED, reason="own_wish")
    assert Notice.objects.get(role="police", purpose=Purpose.FIRST).state == NoticeState.SENT


def test_a_finished_referral_stays_finished_when_consent_ends(scene: Scene) -> None:
    referral = referred(scene)
    note(referral, scene, StepKind.ARRIVED)
    note(referral, scene, StepKind.FINISHED, reason="own_wish")
    case = Case.objects.get()
    record_consent(case, partner=referral.partner, answer="withdrawn")
    end_uncovered_links(case, timezone.now())
    assert state(referral) == ReferralState.FINISHED


def test_closing_a_case_lists_and_ends_the_referrals_that_run(scene: Scene) -> None:
    referral = referred(scene)
    note(referral, scene, StepKind.AGREED)
    case = Case.objects.get()
    ends = find_open_ends(case)
    assert [(each.id, each.state) for each in ends.referrals] == [(referral.pk, "agreed")]
    wanted = ClosingRequest(act="close", reason="finished", seen=ends.fingerprint, open="All known.", wish="agrees")
    wanted = replace(wanted, despite=ends.despite)
    asked = ask_to_close(case=case, wanted=wanted, by=scene.worker)
    coordinator = make_user("coordinator", username="chief", region=scene.place.region)
    decide_closing(closing=asked, agree=True, by=coordinator, seen=find_open_ends(case).fingerprint)
    assert state(referral) == ReferralState.FINISHED
    assert referral.steps.last().reason == "case_closed"
    assert not Deadline.objects.unmet().filter(key=ARRIVAL).exists()
    with pytest.raises(StepRefused) as refused:
        note(referral, scene, StepKind.ARRIVED)
    assert refused.value.code == "closed"


def test_running_and_taken_are_what_the_machine_says() -> None:
    assert {state for state in MOVES if StepKind.CASE_CLOSED in MOVES[state]} == set(RUNNING)
    assert set(TAKEN) < set(RUNNING)
