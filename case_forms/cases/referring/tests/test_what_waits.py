"""After a yes somebody agrees the accompaniment; a service that nobody could tell is found, and its referral begins."""

from datetime import datetime, timedelta
from importlib import import_module

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.utils import timezone

from access.models import User
from audit.due import advance_clocks
from case_forms.cases import deadline_clock
from case_forms.cases.models import Case, CaseEvent, Deadline, Referral, ReferralState
from case_forms.submissions.seeding.reference import seed_groups
from config.migrating.earlier import EarlierExecutor
from notifications.briefs.replies import answer
from notifications.directory.models import DutyShift, Partner, Role
from notifications.directory.tests.second_keeper import agree_to_all
from notifications.escalation import clock as escalation
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import OPEN, NoticeState
from notifications.outbox.sweep import resolve_again
from tests.world.consents import record_consent
from tests.world.notices import postbox
from tests.world.offices import PIN, make_contact, make_office, make_staffed_office, put_on_duty
from tests.world.places import make_coordinator
from tests.world.procedures import deadline, enact, rule, small_procedure
from tests.world.scene import Scene, make_scene

from ..actions import Step, note_step
from ..arrival import ACCOMPANIMENT, ARRIVAL, UNTOLD
from ..models import StepKind, Way

__all__ = ["postbox"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("postbox", "in_english")]


@pytest.fixture
def scene() -> Scene:
    made = make_scene()
    unit = make_office(Role.MOBILE_UNIT, slug="unit-office", region=made.place.region)
    put_on_duty(unit, rank=1)
    put_on_duty(unit, rank=2)
    return made


def sign_in(user: User) -> Client:
    User.objects.filter(pk=user.pk).update(language="en")
    client = Client()
    client.force_login(user)
    return client


def turn(now: datetime) -> None:
    """One pass of the clocks and of the workers."""
    escalation.advance(now)
    advance_clocks(now)
    send_due()


def referred(scene: Scene) -> Referral:
    reference = scene.send().receipt["case"]
    scene.follow(reference, to_org=scene.offices["protection_service"].slug, service=["shelter"])
    send_due()
    return Referral.objects.get()


def accept_at_link(referral: Referral) -> tuple[Client, str]:
    notice = Notice.objects.get(pk=referral.notice_id)
    client, path = Client(), f"/n/{notice.link_token}/"
    assert client.post(path, {"pin": PIN}).status_code == 303
    assert client.post(f"{path}reply/", {"kind": "accepted"}).status_code == 303
    return client, path


def page_of(scene: Scene, case: Case) -> str:
    return sign_in(scene.worker).get(f"/field/cases/{case.reference}/").content.decode()


def duty_of(key: str) -> Deadline:
    return Deadline.objects.get(key=key)


def told_about(duty: Deadline) -> list[tuple[str, str]]:
    duty.refresh_from_db()
    found = Notice.objects.filter(chase_id=duty.chase_id).order_by("owed_at")
    return list(found.values_list("purpose", "role")) if duty.chase_id else []


# ---- accepted, and then ----


def test_after_a_yes_the_unit_is_told_to_agree_the_accompaniment_and_then_a_coordinator(scene: Scene) -> None:
    referral = referred(scene)
    accept_at_link(referral)
    duty = duty_of(ACCOMPANIMENT)
    referral.refresh_from_db()
    assert (referral.accompaniment_duty, duty.owner) == (duty, Role.MOBILE_UNIT)
    assert "Agree who brings the person to the service" in page_of(scene, referral.case)
    due = duty.starts_at + timedelta(hours=4)
    turn(due - timedelta(minutes=1))
    assert told_about(duty) == []
    for minutes in (0, 60, 120, 240):
        turn(due + timedelta(minutes=minutes, seconds=1))
    assert told_about(duty) == [
        ("duty", "mobile_unit"), ("reminder", "mobile_unit"), ("deputy", "mobile_unit"), ("call", "coordinator")
    ]  # fmt: skip


def test_what_is_agreed_at_the_link_withdraws_the_chase_and_the_arrivals_clock_goes_on(scene: Scene) -> None:
    referral = referred(scene)
    client, path = accept_at_link(referral)
    duty = duty_of(ACCOMPANIMENT)
    turn(duty.starts_at + timedelta(hours=5))
    due = (timezone.localtime() + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M")
    sent = {"kind": "agreed", "who": "Driver", "due": due}
    assert client.post(f"{path}step/", sent).status_code == 303
    duty.refresh_from_db()
    assert duty.met_at is not None
    advance_clocks(timezone.now())
    assert not Notice.objects.filter(chase_id=duty.chase_id, state__in=OPEN).exists()
    assert duty_of(ARRIVAL).met_at is None


@pytest.mark.parametrize(
    ("kind", "more", "is_met"),
    [
        ("arrived", {}, True),
        ("finished", {"reason": "not_needed"}, False),
        ("declined", {"reason": "no_free_bed"}, False),
    ],
)
def test_an_arrival_meets_it_and_an_end_ends_it(scene: Scene, kind: str, more: dict[str, str], is_met: bool) -> None:
    referral = referred(scene)
    accept_at_link(referral)
    said = Step(kind=kind, way=Way.PHONE, said_by="Voice", **more)
    note_step(referral=referral, step=said, by=scene.worker)
    duty = duty_of(ACCOMPANIMENT)
    assert (duty.met_at is not None, duty.ended_at is not None, duty.next_mark_at) == (is_met, not is_met, None)
    turn(duty.starts_at + timedelta(days=3))
    assert told_about(duty) == []


def test_a_yes_on_the_phone_and_a_second_yes_each_begin_their_own_clock(scene: Scene) -> None:
    referral = referred(scene)
    for kind in (StepKind.ACCEPTED, StepKind.DECLINED, StepKind.ACCEPTED):  # each by phone
        said = Step(kind=kind, way=Way.PHONE, said_by="Voice", reason="no_free_bed")
        note_step(referral=referral, step=said, by=scene.worker)
    first, second = Deadline.objects.filter(key=ACCOMPANIMENT).order_by("pk")
    assert first.ended_at is not None
    assert (second.ended_at, second.met_at) == (None, None)


def test_the_procedure_says_when_and_who_is_told(scene: Scene) -> None:
    procedure = small_procedure()
    own = {**deadline("Agree", amber_minutes=30, red_minutes=90), "owner": "coordinator", "ladder": "quick"}
    procedure["deadlines"][ACCOMPANIMENT] = own
    enact(procedure, since=timezone.now())
    accept_at_link(referred(scene))
    duty = duty_of(ACCOMPANIMENT)
    assert (duty.owner, duty.amber_at) == (Role.COORDINATOR, duty.starts_at + timedelta(minutes=30))


def test_a_worker_whose_help_comes_to_the_person_marks_it_as_done_and_is_left_alone(scene: Scene) -> None:
    referral = referred(scene)
    accept_at_link(referral)
    duty = duty_of(ACCOMPANIMENT)
    address = f"/field/cases/{referral.case.reference}/tasks/{duty.pk}/done/"
    assert sign_in(scene.worker).post(address, {"note": "The service comes to her."}).status_code == 302
    turn(duty.starts_at + timedelta(days=2))
    assert told_about(duty) == []


def test_referrals_that_were_accepted_before_get_the_clock_and_count_from_now(scene: Scene) -> None:
    referral = referred(scene)
    accept_at_link(referral)
    Referral.objects.update(accompaniment_duty=None)
    Deadline.objects.filter(key=ACCOMPANIMENT).delete()
    before = EarlierExecutor(connection).loader.project_state([("cases", "0018_clocks_of_referrals")])
    module = import_module("case_forms.cases.migrations.earlier.0019_accompaniments_of_accepted_referrals")
    module.begin(before.apps, None)
    module.begin(before.apps, None)
    duty = duty_of(ACCOMPANIMENT)
    referral.refresh_from_db()
    assert referral.accompaniment_duty == duty
    assert duty.red_at is not None
    assert duty.red_at > timezone.now() + timedelta(hours=3)
    turn(duty.red_at + timedelta(seconds=1))
    assert told_about(duty) == [("duty", "mobile_unit")]


# ---- nobody could be told ----


def asked_without_an_office(scene: Scene, role: str = Role.HEALTH) -> Case:
    """Ask a role of which the directory has no office, with the person's consent."""
    procedure = small_procedure()
    procedure["deadlines"]["help"] = deadline("Help", amber_minutes=60, red_minutes=120)
    ask = {"do": "notify", "role": role, "answer_minutes": 60, "ladder": "quick", "deadline": "help"}
    asked = rule("ask", "Ask", form="small_follow_up", words="Asked.", then=[ask])
    enact({**procedure, "rules": [*procedure["rules"], asked]}, since=timezone.now())
    reference = scene.send().receipt["case"]
    case = Case.objects.get(reference=reference)
    record_consent(case, role=role)
    scene.follow(reference)
    send_due()
    return case


def test_the_case_says_that_nobody_has_been_told_and_a_task_chases(scene: Scene) -> None:
    case = asked_without_an_office(scene)
    assert not Referral.objects.exists()
    page = page_of(scene, case)
    assert "Nobody has been notified." in page
    assert "Find somebody to notify" in page
    duty = duty_of(UNTOLD)
    turn(duty.starts_at + timedelta(hours=1, seconds=1))
    assert told_about(duty) == [("duty", "mobile_unit")]
    for minutes in (60, 120, 240):
        turn(duty.starts_at + timedelta(hours=1, minutes=minutes, seconds=2))
    assert told_about(duty)[-1] == ("call", "coordinator")
    assert Deadline.objects.filter(key=UNTOLD).count() == 1


def add_in_the_cms(scene: Scene) -> Partner:
    """Two keepers enter a health service for the scene's municipality, its contact and a standing shift."""
    seed_groups()
    keeper = make_coordinator(scene.place)
    keeper.groups.add(Group.objects.get(name="Coordinators"))
    client = sign_in(keeper)
    fields = {
        "role": "health", "slug": "qendra-e-re", "name_sq": "Qendra e re", "name_en": "New centre",
        "municipality": str(scene.place.municipality.pk), "is_active": "on",
    }  # fmt: skip
    assert client.post("/cms/partner/new/", fields).status_code == 302
    agree_to_all()
    return Partner.objects.get(slug="qendra-e-re")


def test_an_office_that_is_added_three_days_later_gets_the_referral_and_all_its_time(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = asked_without_an_office(scene)
    later = timezone.now() + timedelta(days=3)
    first = Notice.objects.get(role="health", purpose=Purpose.FIRST)
    for hours in (1, 2, 5, 30, 60):
        turn(timezone.now() + timedelta(hours=hours))
    office = add_in_the_cms(scene)
    contact = make_contact(office, pin=PIN)
    DutyShift.objects.create(partner=office, contact=contact, rank=1, starts_at=timezone.now() - timedelta(days=1))
    record_consent(case, partner=office)
    monkeypatch.setattr("audit.clock.now", lambda: later)
    assert resolve_again(later) == 1
    referral = Referral.objects.get()
    assert (referral.partner, referral.state, referral.asked_role) == (office, ReferralState.PENDING, "health")
    first.refresh_from_db()
    assert first.contact == contact
    assert first.answer_by == later + timedelta(minutes=60)
    assert first.next_step_at is not None
    assert timedelta(minutes=9) < first.next_step_at - later < timedelta(minutes=11)
    waiting = duty_of("help")
    assert (waiting.starts_at, waiting.red_at) == (later, later + timedelta(minutes=120))
    assert duty_of(UNTOLD).met_at == later
    monkeypatch.undo()
    Notice.objects.filter(pk=first.pk).update(next_attempt_at=timezone.now())
    send_due()
    assert "Nobody has been notified." not in page_of(scene, case)
    client, path = accept_at_link(referral)
    referral.refresh_from_db()
    assert referral.state == ReferralState.ACCEPTED
    assert duty_of(ACCOMPANIMENT).met_at is None
    assert "The person has arrived" in client.get(f"{path}?lang=en").content.decode()


def test_an_office_that_the_unit_chooses_gets_the_referral(scene: Scene) -> None:
    case = asked_without_an_office(scene)
    first = Notice.objects.get(role="health", purpose=Purpose.FIRST)
    elsewhere = make_staffed_office(Role.HEALTH, contacts=1)  # answers for no municipality yet
    record_consent(case, partner=elsewhere)
    address = f"/field/cases/{case.reference}/notices/{first.pk}/instead/"
    sent = {"contact": str(elsewhere.contacts.get().pk), "why": "They take her."}
    client = sign_in(scene.worker)
    assert client.post(address, sent).status_code == 302
    assert client.post(address, sent).status_code == 302  # pressed twice
    send_due()
    referral = Referral.objects.get()
    assert (referral.partner, referral.notice_id) == (elsewhere, first.pk)
    assert duty_of(UNTOLD).met_at is not None
    chosen = Notice.objects.get(purpose=Purpose.INSTEAD)
    answer(notice=chosen, kind="accepted")
    referral.refresh_from_db()
    assert referral.state == ReferralState.ACCEPTED
    assert duty_of("help").met_at is not None


def test_a_coordinator_who_is_asked_to_call_is_no_service_that_was_told(scene: Scene) -> None:
    case = asked_without_an_office(scene)
    first = Notice.objects.get(role="health", purpose=Purpose.FIRST)
    chief = scene.offices["coordinator"].contacts.first()
    assert chief is not None
    address = f"/field/cases/{case.reference}/notices/{first.pk}/instead/"
    assert sign_in(scene.worker).post(address, {"contact": str(chief.pk), "why": "Please."}).status_code == 302
    assert not Referral.objects.exists()
    assert duty_of(UNTOLD).met_at is None


def test_a_named_service_with_nobody_on_duty_says_so_on_its_card(scene: Scene) -> None:
    DutyShift.objects.filter(partner=scene.offices["protection_service"]).delete()
    referral = referred(scene)
    page = page_of(scene, referral.case)
    assert "Nobody at the service has been notified yet" in page
    assert duty_of(UNTOLD).notice_id == referral.notice_id
    put_on_duty(scene.offices["protection_service"], contact=scene.offices["protection_service"].contacts.first())
    Notice.objects.filter(pk=referral.notice_id).update(next_attempt_at=timezone.now())
    assert resolve_again(timezone.now()) >= 1
    assert Referral.objects.count() == 1
    assert duty_of(UNTOLD).met_at is not None
    assert "Nobody at the service has been notified yet" not in page_of(scene, referral.case)


def lose_contact(referral: Referral) -> None:
    """The notice as the workers leave it when its contact is no longer active."""
    again = timezone.now() + timedelta(minutes=5)
    found = Notice.objects.filter(pk=referral.notice_id)
    found.update(state=NoticeState.FAILED, reason="no_contact", next_attempt_at=again)


def test_a_notice_that_loses_its_contact_is_found_by_the_clock_once(scene: Scene) -> None:
    referral = referred(scene)
    lose_contact(referral)
    advance_clocks(timezone.now())
    advance_clocks(timezone.now())
    assert Deadline.objects.filter(key=UNTOLD).count() == 1
    assert CaseEvent.objects.filter(kind="nobody_told").count() == 1


def test_what_is_about_no_case_or_a_closed_one_gets_no_task(scene: Scene) -> None:
    referral = referred(scene)
    lose_contact(referral)
    Case.objects.update(closed_at=timezone.now())
    advance_clocks(timezone.now())
    assert not Deadline.objects.filter(key=UNTOLD).exists()


def test_the_end_of_consent_ends_the_task(scene: Scene) -> None:
    from case_forms.cases.consent.ending import end_uncovered_links

    case = asked_without_an_office(scene)
    record_consent(case, role=Role.HEALTH, answer="withdrawn")
    end_uncovered_links(case, timezone.now())
    assert not Deadline.objects.unmet().filter(key=UNTOLD).exists()
    assert deadline_clock.advance(timezone.now() + timedelta(days=2)) == 0
