"""Invented people and cases: all marked, all at reserved addresses, and enough of them to try every road."""

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils import timezone

from access.models import MobileUnit, Municipality, User
from audit.models import AuditEntry
from case_forms.cases.models import Case, CaseStatus
from case_forms.form_builder.sources import Lists
from case_forms.session_requests.details import iter_details
from case_forms.session_requests.models import SessionRequest
from case_forms.submissions.validation.validate import check_answers
from case_forms.tips.models import Tip
from notifications.directory.models import Contact, DutyShift, Partner, Role
from notifications.directory.resolve import resolve
from notifications.outbox.models import Notice
from outreach_pages.models import InformativeSession
from outreach_pages.records.conversions import Conversions, get_conversions
from tests.seeds import lay_down_reference

from ..models import Submission
from ..seeding.demo import DEMO_PASSWORD, DEMO_PIN, DemoRefused, demo_accounts, seed_demo
from ..seeding.reference import read


@pytest.fixture(scope="module")
def seeded_once(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, int]]:
    with django_db_blocker.unblock(), transaction.atomic():
        lay_down_reference()
        yield seed_demo(with_cases=False)
        transaction.set_rollback(True)


@pytest.fixture
def seeded(seeded_once: dict[str, int], db: None) -> dict[str, int]:
    return seeded_once


def test_each_unit_has_two_workers_and_a_number_to_call_back(seeded: dict[str, int]) -> None:
    for unit in MobileUnit.objects.all():
        workers = User.objects.filter(assignments__unit=unit)
        assert sorted(workers.values_list("username", flat=True)) == [f"{unit.slug}1", f"{unit.slug}2"]
        assert unit.callback_phone.startswith("+355 00 000 ")


def test_the_coordinator_has_all_five_regions_and_the_others_their_role(seeded: dict[str, int]) -> None:
    assert User.objects.get(username="koordinator").coordinated_regions().count() == 5
    assert User.objects.get(username="redaktor").roles() == {"editor"}
    assert User.objects.get(username="operator").roles() == {"operator"}


def test_the_editor_and_the_operator_may_enter_the_admin_and_nobody_is_a_superuser(seeded: dict[str, int]) -> None:
    for username in ("redaktor", "operator", "koordinator"):
        assert User.objects.get(username=username).has_perm("wagtailadmin.access_admin"), username
    assert User.objects.get(username="operator").has_perm("access.change_mobileunit")
    assert not User.objects.get(username="vlore1").has_perm("wagtailadmin.access_admin")
    assert not User.objects.filter(is_superuser=True).exists()


def test_everybody_is_marked_demo_and_lives_at_a_reserved_domain(seeded: dict[str, int]) -> None:
    people = list(User.objects.all())
    contacts = list(Contact.objects.all())
    assert len(people) == seeded["accounts"] == 15
    assert len(contacts) == seeded["contacts"] == 92
    for person in [*people, *contacts]:
        assert person.is_demo, person
        assert person.email.endswith(".example"), person
    assert not DutyShift.objects.filter(is_demo=False).exists()
    for contact in contacts:
        assert contact.phone.startswith("+355 00 000 "), contact  # no such numbers are given out
        assert "demo" in contact.name, contact


def test_the_shared_password_and_pin_fit(seeded: dict[str, int]) -> None:
    assert {row["password"] for row in demo_accounts()} == {DEMO_PASSWORD}
    for user in User.objects.all():
        assert check_password(DEMO_PASSWORD, user.password), user
    assert Contact.objects.filter(email="oficer.vlore@policia.example").get().check_pin(DEMO_PIN)
    assert Contact.objects.values("pin_hash").distinct().count() == 1


def test_somebody_is_on_duty_for_every_municipality_of_the_five_regions(seeded: dict[str, int]) -> None:
    now = timezone.now()
    for place in Municipality.objects.filter(region__is_outreach=True):
        police = resolve(role=Role.POLICE, municipality=place, at=now)
        assert police.contact is not None, place
        assert police.deputy is not None, place
        assert resolve(role=Role.CPU, municipality=place, at=now).contact is not None, place
        assert resolve(role=Role.COORDINATOR, municipality=place, at=now).contact is not None, place


def test_kruje_is_answered_by_the_police_of_tirane(seeded: dict[str, int]) -> None:
    found = resolve(role=Role.POLICE, municipality=Municipality.objects.get(slug="kruje"), at=timezone.now())
    assert found.contact is not None
    assert found.contact.email == "oficer.tirane@policia.example"


def test_the_seats_and_the_responsible_authority_have_a_deputy(seeded: dict[str, int]) -> None:
    now = timezone.now()
    for slug in ("vlore", "diber", "berat", "durres", "lezhe"):
        seat = Municipality.objects.get(slug=slug)
        assert resolve(role=Role.CPU, municipality=seat, at=now).deputy is not None, slug
        assert resolve(role=Role.RESPONSIBLE_AUTHORITY, municipality=seat, at=now).deputy is not None


def test_every_protection_service_can_answer(seeded: dict[str, int]) -> None:
    place = Municipality.objects.get(slug="vlore")
    for partner in Partner.objects.filter(role=Role.PROTECTION_SERVICE):
        found = resolve(role=Role.PROTECTION_SERVICE, municipality=place, at=timezone.now(), partner=partner)
        assert found.contact is not None, partner


def test_a_second_run_changes_nothing_and_is_quick(seeded: dict[str, int]) -> None:
    entries = AuditEntry.objects.count()
    started = time.process_time()
    assert not any(seed_demo(with_cases=False).values())
    assert time.process_time() - started < 30  # seconds of work: only what runs away takes so long
    assert AuditEntry.objects.count() == entries


def test_a_real_account_of_the_same_name_is_never_touched(seeded: dict[str, int]) -> None:
    User.objects.filter(username="operator").update(is_demo=False, email="operator@organisation.example", password="x")
    assert seed_demo(with_cases=False)["accounts"] == 0
    assert User.objects.get(username="operator").password == "x"


def test_a_missing_contact_is_added_again(seeded: dict[str, int]) -> None:
    gone = Contact.objects.get(email="oficer.vlore@policia.example")
    gone.shifts.all().delete()
    gone.ways.all().delete()
    gone.delete()
    made = seed_demo(with_cases=False)
    assert (made["contacts"], made["duty shifts"]) == (1, 1)
    assert Contact.objects.get(email="oficer.vlore@policia.example").check_pin(DEMO_PIN)


def test_production_refuses(seeded: dict[str, int], settings: Any) -> None:
    settings.PROFILE = "production"
    with pytest.raises(DemoRefused):
        seed_demo()


# ---- cases ----


def test_the_demo_cases_say_that_they_are_invented_and_go_down_the_real_road(seeded: dict[str, int]) -> None:
    assert seed_demo()["cases"] == 4
    assert Submission.objects.exclude(form_version__form__key="session_report").count() == 9
    for submission in Submission.objects.filter(form_version__form__key="initial_identification"):
        assert submission.answers["decision_reason"].startswith("RAST DEMO, I SAJUAR.")
    review = Submission.objects.get(form_version__form__key="indicator_review")
    assert review.answers["narrative"].startswith("RAST DEMO, I SAJUAR.")
    assert not Notice.objects.filter(contact__isnull=True).exists()
    assert {notice.contact.email.rsplit(".", 1)[1] for notice in Notice.objects.all() if notice.contact} == {"example"}


def test_the_child_of_kruje_is_told_to_the_police_of_tirane_and_to_its_own_child_protection_unit(
    seeded: dict[str, int],
) -> None:
    seed_demo()
    case = Case.objects.get(municipality__slug="kruje")
    assert case.child_track
    told = dict(Notice.objects.filter(case_id=case.pk).values_list("role", "contact__partner__slug"))
    assert told == {
        Role.POLICE: "policia-tirane",
        Role.RESPONSIBLE_AUTHORITY: "autoriteti-pergjegjes",
        Role.CPU: "njmf-kruje",
    }


def test_an_adult_at_risk_has_a_case_and_nobody_is_told(seeded: dict[str, int]) -> None:
    seed_demo()
    case = Case.objects.get(status=CaseStatus.AT_RISK)
    assert not case.child_track
    assert not Notice.objects.filter(case_id=case.pk).exists()


def test_an_age_in_doubt_opens_the_child_track(seeded: dict[str, int]) -> None:
    seed_demo()
    case = Case.objects.get(municipality__slug="mirdite")
    assert case.child_track
    assert Notice.objects.filter(case_id=case.pk, role=Role.CPU).count() == 1


def test_cases_are_made_once(seeded: dict[str, int]) -> None:
    seed_demo()
    assert seed_demo()["cases"] == 0
    assert Case.objects.count() == 4


def test_no_seeded_file_holds_an_address_outside_the_reserved_domains() -> None:
    for room, name in (
        ("access", "demo_staff.json"),
        ("directory", "demo_contacts.json"),
        ("directory", "partners.json"),
    ):
        words = str(read(room, name)).replace("'", " ").replace(",", " ").split()
        assert all(word.endswith(".example") for word in words if "@" in word), name


# ---- sessions ----


def test_the_demo_sessions_say_that_they_are_invented_and_two_of_them_are_reported(seeded: dict[str, int]) -> None:
    assert seed_demo()["sessions"] == InformativeSession.objects.count() == 9
    for session in InformativeSession.objects.all():
        assert session.is_demo
        assert "(demo)" in session.place_name
    states = Counter(InformativeSession.objects.values_list("state", flat=True))
    assert states == {"reported": 2, "held": 2, "planned": 5}
    assert seed_demo()["sessions"] == 0


def test_the_demo_requests_for_a_session_say_that_they_are_invented_and_are_seeded_once(seeded: dict[str, int]) -> None:
    SessionRequest.objects.all().delete()
    assert seed_demo()["session requests"] == SessionRequest.objects.count() == 3
    for request in SessionRequest.objects.all():
        said = [request.answers["institution"], request.answers["contact_name"], request.answer_text]
        assert all("SAJUAR" in words or "DEMO" in words for words in said if words)
        assert request.answers["contact_email"].endswith(".example")
        assert request.unit is not None
        form = request.form_version.parsed_form
        today = timezone.localdate()
        checked = check_answers(form, request.answers, sources=Lists(), today=today, occurred_on=today, language="sq")
        assert not checked.errors
        assert not [*iter_details(form, request.answers)]
    assert Counter(SessionRequest.objects.values_list("state", flat=True)) == {"new": 1, "answered": 1, "declined": 1}
    assert seed_demo()["session requests"] == 0


def test_one_invented_case_came_of_an_invented_session_by_an_invented_tip(seeded: dict[str, int]) -> None:
    seed_demo()
    tip = Tip.objects.get()
    assert tip.answers["what"].startswith("SINJAL DEMO, I SAJUAR.")
    messages = list(tip.messages.all())
    assert messages
    assert all(message.text.startswith("PËRGJIGJE DEMO, E SAJUAR.") for message in messages)
    assert (tip.state, tip.outcome) == ("closed", "identification")
    session = InformativeSession.objects.get(pk=tip.session_id)
    assert session.is_demo
    assert get_conversions(session) == Conversions(by_card=1, soon=1, cases=1)
    assert Notice.objects.filter(case_id=tip.pk).exists()  # its unit was told, by procedure
    assert not Notice.objects.open().filter(case_id=tip.pk).exists()
    assert not seed_demo()["sessions"]
    assert Tip.objects.count() == 1
