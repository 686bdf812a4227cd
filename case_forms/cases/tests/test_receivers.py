"""What recipients do reaches the case: events, clocks, referrals, and notices sent on."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from access.models import Municipality
from audit.models import AuditEntry
from notifications.briefs.choices import get_outcomes
from notifications.briefs.replies import answer
from notifications.directory.models import DutyShift, Role
from notifications.escalation.clock import advance
from notifications.outbox.actions import create_notice, mark_opened
from notifications.outbox.models import Notice, Purpose, Reply
from notifications.outbox.requests import NoticeRequest
from tests.world.offices import make_staffed_office
from tests.world.places import make_place
from tests.world.scene import Scene, make_scene

from ..models import Case, CaseEvent, Deadline, Referral

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    scene = make_scene()
    scene.send()
    return scene


def police() -> Notice:
    return Notice.objects.get(role="police", purpose=Purpose.FIRST)


def opened(notice: Notice) -> Notice:
    mark_opened(notice=notice, at=timezone.now())
    return notice


def reply(notice: Notice, kind: str, **more: Any) -> Reply:
    return answer(notice=opened(notice), kind=kind, **more)


def events(kind: str) -> list[CaseEvent]:
    return list(CaseEvent.objects.filter(kind=kind))


def test_opening_leaves_one_event_in_the_case(scene: Scene) -> None:
    opened(opened(police()))
    (event,) = events("notice_opened")
    assert (event.case, event.notice_id, event.detail["role"]) == (Case.objects.get(), police().pk, "police")


@pytest.mark.parametrize("kind", ["accepted", "on_the_way"])
def test_accepting_meets_the_deadline_that_waited_for_it(scene: Scene, kind: str) -> None:
    said = reply(police(), kind)
    deadline = Deadline.objects.get(key="police_report")
    assert deadline.met_at == said.at
    (event,) = events("notice_answered")
    assert event.detail["kind"] == kind
    assert AuditEntry.objects.filter(action="deadline.met", target_id=deadline.pk).count() == 1


def test_accepting_another_notice_meets_nothing(scene: Scene) -> None:
    reply(Notice.objects.get(role="responsible_authority"), "accepted")
    assert Deadline.objects.get(key="police_report").met_at is None


def test_the_deputy_who_accepts_meets_the_first_ones_deadline(scene: Scene) -> None:
    for minutes in (11, 22):
        advance(timezone.now() + timedelta(minutes=minutes))
    deputy = Notice.objects.get(purpose=Purpose.DEPUTY, role="police")
    reply(deputy, "accepted")
    assert Deadline.objects.get(key="police_report").met_at is not None


def test_each_step_of_the_clock_leaves_an_event(scene: Scene) -> None:
    advance(timezone.now() + timedelta(minutes=11))
    steps = {(event.detail["role"], event.detail["step"]) for event in events("notice_escalated")}
    assert steps == {("police", "remind"), ("responsible_authority", "remind")}


def test_a_coordinator_who_takes_the_call_does_not_stop_the_clock(scene: Scene) -> None:
    for minutes in (11, 22, 33):
        advance(timezone.now() + timedelta(minutes=minutes))
    call = Notice.objects.filter(purpose=Purpose.CALL, chases__role="police").first()
    assert call is not None
    reply(call, "accepted")
    assert Deadline.objects.get(key="police_report").met_at is None
    assert events("notice_answered")[0].detail["purpose"] == "call"


def test_declining_meets_nothing_and_somebody_is_asked_next(scene: Scene) -> None:
    reply(police(), "declined", reason="not_on_duty")
    assert Deadline.objects.get(key="police_report").met_at is None
    assert events("notice_answered")[0].detail["reason"] == "not_on_duty"
    assert Notice.objects.open().filter(chases=police()).exists()


def test_what_was_written_is_in_no_event(scene: Scene) -> None:
    reply(police(), "declined", reason="other", note="CANARY")
    assert "CANARY" not in "".join(str(event.detail) for event in CaseEvent.objects.all())


def test_a_notice_about_no_case_of_ours_is_let_be(scene: Scene) -> None:
    stray = create_notice(
        NoticeRequest(
            event_id=uuid.uuid4(),
            case_id=uuid.uuid4(),
            case_reference="222222",
            role=Role.POLICE,
            contact=scene.offices["police"].contacts.first(),
            municipality=scene.place.municipality,
            brief={"sections": []},
        )
    )
    before = CaseEvent.objects.count()
    reply(stray, "wrong_area", to_municipality=make_place().municipality)
    assert CaseEvent.objects.count() == before


# ---- referrals ----


@pytest.mark.parametrize(
    ("kind", "more", "state"),
    [("accepted", {}, "accepted"), ("on_the_way", {}, "accepted"), ("declined", {"reason": "other"}, "declined")],
)
def test_a_referral_follows_its_services_answer(scene: Scene, kind: str, more: dict[str, str], state: str) -> None:
    scene.follow(Case.objects.get().reference, to_org=scene.offices["protection_service"].slug)
    said = reply(Notice.objects.get(role="protection_service"), kind, note="CANARY", **more)
    referral = Referral.objects.get()
    assert (referral.state, referral.answered_at, referral.answer_note) == (state, said.at, "CANARY")
    assert AuditEntry.objects.get(action="referral.answered").detail["state"] == state


def test_the_same_answer_again_is_recorded_once(scene: Scene) -> None:
    scene.follow(Case.objects.get().reference, to_org=scene.offices["protection_service"].slug)
    notice = Notice.objects.get(role="protection_service")
    reply(notice, "accepted")
    reply(notice, "on_the_way")
    assert AuditEntry.objects.filter(action="referral.answered").count() == 1


def test_the_outcome_that_the_person_is_there_is_their_arrival(scene: Scene) -> None:
    scene.follow(Case.objects.get().reference, to_org=scene.offices["protection_service"].slug)
    notice = Notice.objects.get(role="protection_service")
    reply(notice, "accepted")
    reply(notice, "outcome", reason=next(iter(get_outcomes(notice))))
    assert Referral.objects.get().state == "arrived"
    assert [event.detail["kind"] for event in events("notice_answered")] == ["accepted", "outcome"]


# ---- another area ----


def elsewhere(contacts: int = 2) -> Municipality:
    place = make_place()
    if contacts:
        make_staffed_office(Role.POLICE, directorate=place.directorate, contacts=contacts)
    make_staffed_office(Role.COORDINATOR, region=place.region, contacts=1)
    return place.municipality


def test_a_wrong_area_sends_the_notice_on_to_the_other_office(scene: Scene) -> None:
    there = elsewhere()
    first = police()
    reply(first, "wrong_area", to_municipality=there)
    sent_on = Notice.objects.get(purpose=Purpose.REROUTE)
    (event,) = events("rerouted")
    assert (sent_on.event_id, sent_on.chases, sent_on.municipality) == (event.pk, first, there)
    assert sent_on.contact.partner.directorate == there.police_directorate
    assert event.detail == {"role": "police", "from": first.municipality.slug, "to": there.slug, "resolved": True}
    assert event.explanation
    assert [step["do"] for step in sent_on.ladder] == ["remind", "deputy", "call"]
    assert sent_on.next_step_at is not None


def test_the_duty_does_not_start_anew_because_it_was_misdirected(scene: Scene) -> None:
    first = police()
    reply(first, "wrong_area", to_municipality=elsewhere())
    sent_on = Notice.objects.get(purpose=Purpose.REROUTE)
    assert abs(sent_on.breach_at - first.breach_at) < timedelta(seconds=1)
    assert abs((sent_on.answer_by - sent_on.owed_at) - timedelta(minutes=30)) < timedelta(seconds=1)


def test_the_brief_sent_on_is_the_one_this_role_may_read_and_says_where_it_came_from(scene: Scene) -> None:
    first = police()
    there = elsewhere()
    reply(first, "wrong_area", to_municipality=there)
    brief = Notice.objects.get(purpose=Purpose.REROUTE).brief
    assert brief["sections"][1:] == first.brief["sections"]
    assert there.name in brief["sections"][0]["rows"][0]["value"]["en"]


def test_the_other_office_that_accepts_meets_the_deadline(scene: Scene) -> None:
    reply(police(), "wrong_area", to_municipality=elsewhere())
    assert Deadline.objects.get(key="police_report").met_at is None
    reply(Notice.objects.get(purpose=Purpose.REROUTE), "accepted")
    assert Deadline.objects.get(key="police_report").met_at is not None


def test_with_nobody_there_the_coordinator_is_asked_to_call(scene: Scene) -> None:
    there = elsewhere(contacts=0)
    reply(police(), "wrong_area", to_municipality=there)
    assert not Notice.objects.filter(purpose=Purpose.REROUTE).exists()
    call = Notice.objects.get(purpose=Purpose.CALL)
    assert (call.role, call.chases, call.is_open) == ("coordinator", police(), True)
    assert call.contact.partner.regions.get() == there.region
    assert call.next_step_at is not None
    assert there.name in str(call.brief)
    assert police().contact.phone in str(call.brief)
    assert events("rerouted")[0].detail["resolved"] is False


def test_with_no_coordinator_there_the_sending_units_own_is_asked_to_call(scene: Scene) -> None:
    there = make_place().municipality
    reply(police(), "wrong_area", to_municipality=there)
    call = Notice.objects.get(purpose=Purpose.CALL)
    assert call.contact == scene.offices["coordinator"].contacts.get()
    assert there.name in str(call.brief)


def test_with_no_coordinator_anywhere_it_stays_loud(scene: Scene) -> None:
    there = make_place().municipality
    DutyShift.objects.filter(partner__role=Role.COORDINATOR).delete()
    reply(police(), "wrong_area", to_municipality=there)
    call = Notice.objects.get(purpose=Purpose.CALL)
    assert (call.contact, call.reason) == (None, "no_contact")
    assert call.next_attempt_at is not None


def test_nobody_gets_back_what_they_have_passed_on(scene: Scene) -> None:
    there = elsewhere(contacts=1)
    reply(police(), "wrong_area", to_municipality=there)
    reply(Notice.objects.get(purpose=Purpose.REROUTE), "wrong_area", to_municipality=scene.place.municipality)
    assert Notice.objects.filter(role="police", purpose=Purpose.REROUTE).count() == 1
    call = Notice.objects.get(purpose=Purpose.CALL)
    assert call.contact == scene.offices["coordinator"].contacts.get()


def test_a_notice_sent_on_may_be_sent_on_again(scene: Scene) -> None:
    reply(police(), "wrong_area", to_municipality=elsewhere())
    first = Notice.objects.get(purpose=Purpose.REROUTE)
    reply(first, "wrong_area", to_municipality=elsewhere())
    second = Notice.objects.get(purpose=Purpose.REROUTE, chases=first)
    assert second.is_open
    assert len(second.brief["sections"]) == len(first.brief["sections"]) + 1


def test_a_case_never_waits_in_silence_after_any_answer(scene: Scene) -> None:
    """Whatever a recipient says short of taking it, somebody else of the case has a next step."""
    DutyShift.objects.filter(rank=2).delete()
    for kind, more in (("declined", {"reason": "other"}), ("wrong_area", {"to_municipality": elsewhere(contacts=0)})):
        case = Case.objects.get(reference=scene.send().receipt["case"])
        notice = Notice.objects.get(role="police", case_id=case.pk)
        reply(notice, kind, **more)
        heirs = Notice.objects.open().filter(case_id=case.pk, chases=notice)
        assert any(heir.next_step_at for heir in heirs)
