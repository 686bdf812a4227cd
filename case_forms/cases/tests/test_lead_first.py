"""Of a duty the lead worker is told first, then the unit, then a coordinator. Who led before reads who took over."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from access.models import Assignment, StaffRole, User
from notifications.directory.models import Contact, Leave, Partner
from notifications.escalation import clock
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice
from tests.world.notices import postbox
from tests.world.offices import make_contact, make_office, put_on_duty
from tests.world.places import make_coordinator, make_place, make_unit_with_worker, make_user
from tests.world.procedures import enact, small_procedure
from tests.world.scene import Scene, make_scene

from .. import deadline_clock
from ..finding.assigning import assign
from ..finding.home import list_taken_over
from ..lead import put_unit_after_lead
from ..models import Case, Deadline, LeadChange

__all__ = ["postbox"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("postbox", "in_english")]

SLOW = [
    {"after_minutes": 240, "do": "remind"},
    {"after_minutes": 720, "do": "deputy"},
    {"after_minutes": 1440, "do": "call", "repeat_minutes": 1440},
]


@pytest.fixture
def scene() -> Scene:
    made = make_scene()
    procedure = small_procedure()
    owned = {"owner": "mobile_unit", "ladder": "slow", "red_minutes": 720}
    procedure["ladders"]["slow"] = SLOW
    procedure["deadlines"]["assessment"] |= owned
    enact(procedure, since=timezone.now())
    return made


@pytest.fixture
def office(scene: Scene) -> Partner:
    made = make_office("mobile_unit", slug="unit-office", region=scene.place.region)
    put_on_duty(made)
    return made


@pytest.fixture
def lead(scene: Scene, office: Partner) -> Contact:
    """The lead worker's contact, who has no shift: the same e-mail address, written otherwise."""
    User.objects.filter(pk=scene.worker.pk).update(email="lead@vatra.example")
    contact = make_contact(office, name="Lead")
    Contact.objects.filter(pk=contact.pk).update(email="Lead@Vatra.example")
    return contact


def begin(scene: Scene) -> Deadline:
    scene.send(age_stated=15)
    return Deadline.objects.get(key="assessment")


def told(duty: Deadline, *minutes: float) -> list[tuple[str, int | None]]:
    """Turn the clocks at these minutes after the duty's mark; return who was told, in order."""
    assert duty.red_at is not None
    for each in minutes:
        now: datetime = duty.red_at + timedelta(minutes=each, seconds=1)
        clock.advance(now)
        deadline_clock.advance(now)
        send_due()
    chase = Deadline.objects.get(pk=duty.pk).chase_id
    found = Notice.objects.filter(chase_id=chase).order_by("owed_at") if chase else Notice.objects.none()
    return [(each.purpose, each.contact_id) for each in found]


def test_the_lead_worker_first_then_the_unit_on_duty_then_a_coordinator(
    scene: Scene, office: Partner, lead: Contact
) -> None:
    on_duty = office.contacts.exclude(pk=lead.pk).get()
    chief = scene.offices["coordinator"].contacts.get()
    assert told(begin(scene), 0, 240, 720, 1440) == [
        ("duty", lead.pk), ("reminder", lead.pk), ("deputy", on_duty.pk), ("call", chief.pk)
    ]  # fmt: skip


def away(scene: Scene, lead: Contact) -> None:
    now = timezone.now()
    Leave.objects.create(contact=lead, starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=9))


def inactive(scene: Scene, lead: Contact) -> None:
    User.objects.filter(pk=scene.worker.pk).update(is_active=False)


def elsewhere(scene: Scene, lead: Contact) -> None:
    Assignment.objects.filter(user=scene.worker).update(ends_on=timezone.localdate() - timedelta(days=1))


def not_reachable(scene: Scene, lead: Contact) -> None:
    Contact.objects.filter(pk=lead.pk).update(reachable_at=None)


def gone(scene: Scene, lead: Contact) -> None:
    Contact.objects.filter(pk=lead.pk).update(is_active=False)


def without_address(scene: Scene, lead: Contact) -> None:
    User.objects.filter(pk=scene.worker.pk).update(email="")


def of_another_region(scene: Scene, lead: Contact) -> None:
    other = make_office("mobile_unit", slug="far", region=make_place("lezhe", "Lezhë").region)
    Contact.objects.filter(pk=lead.pk).update(partner=other)


@pytest.mark.parametrize("how", [away, inactive, elsewhere, not_reachable, gone, without_address, of_another_region])
def test_when_the_lead_worker_can_not_be_told_the_unit_on_duty_is_at_once(
    scene: Scene, office: Partner, lead: Contact, how: Any
) -> None:
    duty = begin(scene)
    on_duty = office.contacts.exclude(pk=lead.pk).get()
    how(scene, lead)
    assert told(duty, 0) == [("duty", on_duty.pk)]


def test_where_minutes_count_nobody_waits_for_the_lead_worker(scene: Scene, office: Partner, lead: Contact) -> None:
    duty = begin(scene)
    Deadline.objects.filter(pk=duty.pk).update(ladder=[{**step, "after_minutes": 20} for step in SLOW[1:]])
    assert told(duty, 0) == [("duty", office.contacts.exclude(pk=lead.pk).get().pk)]


def test_the_lead_worker_is_not_asked_for_what_somebody_else_is_to_do(
    scene: Scene, office: Partner, lead: Contact
) -> None:
    duty = begin(scene)
    Deadline.objects.filter(pk=duty.pk).update(not_by=scene.worker)
    assert told(duty, 0) == [("duty", office.contacts.exclude(pk=lead.pk).get().pk)]


def test_steps_without_the_unit_get_one_before_the_call() -> None:
    steps = [{"after_minutes": 1440, "do": "remind"}, {"after_minutes": 2880, "do": "call", "repeat_minutes": 1440}]
    assert [(step["do"], step["after_minutes"]) for step in put_unit_after_lead(steps)] == [
        ("remind", 1440), ("deputy", 1440), ("call", 2880)
    ]  # fmt: skip
    assert put_unit_after_lead(SLOW) == SLOW


# ---- who had it before ----


def sign_in(user: User) -> Client:
    User.objects.filter(pk=user.pk).update(language="en")
    client = Client()
    client.force_login(user)
    return client


def days(user: User) -> list[str]:
    """The start page and the day of a person."""
    client = sign_in(user)
    return [client.get(path).content.decode() for path in ("/field/", "/field/day/")]


def test_whoever_led_the_case_reads_who_has_taken_it_over_and_when(scene: Scene) -> None:
    case = Case.objects.get(reference=scene.send().receipt["case"])
    colleague = make_user(
        StaffRole.WORKER, username="colleague", unit=scene.unit, first_name="Drita", last_name="Hoxha"
    )
    client, lead = sign_in(colleague), f"/field/cases/{case.reference}/lead/"
    assert client.post(lead).status_code == 302
    assert client.post(lead).status_code == 302  # pressed twice
    (change,) = LeadChange.objects.all()
    assert (change.before, change.worker, change.by) == (scene.worker, colleague, colleague)
    for page in days(scene.worker):
        assert "Drita Hoxha follows the person of your case now" in page
        assert f"/field/cases/{case.reference}/" in page
    for page in days(colleague):
        assert "follows the person of your case now" not in page
    history = sign_in(scene.worker).get(f"/field/cases/{case.reference}/history/").content.decode()
    assert "Lead worker: Drita Hoxha" in history


def test_a_case_that_a_coordinator_gives_away_is_told_with_who_gave_it(scene: Scene) -> None:
    case = Case.objects.get(reference=scene.send().receipt["case"])
    colleague = make_user(StaffRole.WORKER, username="colleague", unit=scene.unit, first_name="Drita")
    chief = make_coordinator(scene.place)
    User.objects.filter(pk=chief.pk).update(first_name="Arta")
    assert assign(unit=scene.unit, case_ids=[case.pk], worker_id=colleague.pk, by=User.objects.get(pk=chief.pk)) == 1
    assert "given by Arta" in days(scene.worker)[1]


def test_it_is_told_for_a_month_and_of_no_case_that_can_not_be_opened_any_more(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case.objects.get(reference=scene.send().receipt["case"])
    colleague = make_user(StaffRole.WORKER, username="colleague", unit=scene.unit)
    sign_in(colleague).post(f"/field/cases/{case.reference}/lead/")
    later = timezone.now() + timedelta(days=31)
    assert list_taken_over(scene.worker).count() == 1
    with monkeypatch.context() as patched:
        patched.setattr("audit.clock.now", lambda: later)
        assert list_taken_over(scene.worker).count() == 0
    other, _stranger = make_unit_with_worker(make_place("lezhe", "Lezhë"))
    Case.objects.update(unit=other, region=other.region)
    assert list_taken_over(scene.worker).count() == 0


def test_whoever_has_it_back_reads_nothing_any_more_about_that_case(scene: Scene) -> None:
    case = Case.objects.get(reference=scene.send().receipt["case"])
    colleague = make_user(StaffRole.WORKER, username="colleague", unit=scene.unit)
    for user in (colleague, scene.worker):
        assert sign_in(user).post(f"/field/cases/{case.reference}/lead/").status_code == 302
    assert list_taken_over(scene.worker).count() == 0
    assert list_taken_over(colleague).count() == 1
