"""One keeper alone turns no notice to another address: what is asked for, who decides, and who hears of it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.test import Client
from django.utils import timezone

from access.models import Assignment, Municipality, PoliceDirectorate, Region, StaffRole, User
from audit.models import AuditEntry
from notifications.briefs.pin import enter_pin
from notifications.outbox.actions import create_notice
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.requests import NoticeRequest
from notifications.outbox.sweep import resolve_again

from ..changes.actions import DIRECTORY, ChangedMeanwhile
from ..changes.mails import send_again
from ..models import Contact, DirectoryChange, DutyShift, Leave, Partner, Role
from ..resolve import resolve
from ..scope import get_partners, is_national_manager
from .second_keeper import agree_to_all, second_keeper
from .test_admin import CONTACTS, area, filled, sign_in
from .test_editing import police, typed

pytestmark = pytest.mark.django_db
EVIL = "attacker@evil.example"


@pytest.fixture
def north() -> Region:
    region = area("veri")
    Region.objects.update(is_outreach=True)
    return region


@pytest.fixture
def south(north: Region) -> Region:
    region = area("jug")
    Region.objects.update(is_outreach=True)
    return region


@pytest.fixture
def keeper(client: Client, north: Region, south: Region) -> User:
    """A coordinator of the north only."""
    return sign_in(client, StaffRole.COORDINATOR, north)


def on_duty(contact: Contact) -> None:
    DutyShift.objects.create(
        partner=contact.partner, contact=contact, rank=1, starts_at=timezone.now() - timedelta(days=1)
    )


def told_now(role: str = Role.POLICE) -> str:
    found = resolve(role=role, municipality=Municipality.objects.get(slug="veri"), at=timezone.now())
    return found.contact.email if found.contact else ""


def office_page(**given: object) -> dict[str, object]:
    return {"name_sq": "Z", "name_en": "Z", "slug": "aaa", "is_active": "on"} | given


def test_one_coordinator_alone_redirects_no_officers_notices(
    client: Client, keeper: User, django_capture_on_commit_callbacks
) -> None:
    officer = police()
    on_duty(officer)
    mate = second_keeper(keeper)
    changed = filled(officer, email=EVIL, pin="830274", pin_again="830274")

    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(f"{CONTACTS}edit/{officer.pk}/", changed, follow=True)

    assert "another coordinator must agree" in response.content.decode()
    officer.refresh_from_db()
    assert (officer.email, officer.pin_hash) == ("police@veri.example", "")
    assert told_now() == "police@veri.example"
    written = {address for letter in mail.outbox for address in letter.to}
    assert written == {"police@veri.example", mate.email}
    assert not any(EVIL in letter.body + letter.subject for letter in mail.outbox)


def test_whoever_asked_cannot_agree_and_neither_can_another_regions_keeper(
    client: Client, keeper: User, south: Region
) -> None:
    officer = police()
    client.post(f"{CONTACTS}edit/{officer.pk}/", filled(officer, email=EVIL))
    change = DirectoryChange.objects.get()
    address = f"/cms/directory-changes/{change.pk}/"

    assert client.post(address, {"decision": "agree"}).status_code == 409
    far = User.objects.create_user("far", password="x", language="en")
    Assignment.objects.create(user=far, role=StaffRole.COORDINATOR, region=south)
    other = Client()
    other.force_login(far)
    for attempt in (other.get(address), other.post(address, {"decision": "agree"})):
        assert attempt.status_code in (302, 404)
    with pytest.raises(ValidationError):
        DIRECTORY.decide(change=change, agree=True, by=far)

    change.refresh_from_db()
    assert change.decision == "waiting"
    assert Contact.objects.get(pk=officer.pk).email == "police@veri.example"


def test_an_agreed_address_counts_only_once_a_test_notice_was_opened_with_the_pin(client: Client, keeper: User) -> None:
    officer = police()
    on_duty(officer)
    officer.set_pin("271828")
    officer.save()
    client.post(f"{CONTACTS}edit/{officer.pk}/", filled(officer, email="new@veri.example"))
    agree_to_all()

    officer.refresh_from_db()
    assert (officer.email, officer.reachable_at) == ("new@veri.example", None)
    assert told_now() == ""
    notice = Notice.objects.get(purpose=Purpose.TEST)
    assert (notice.contact, notice.is_drill, notice.ladder, notice.next_step_at) == (officer, True, [], None)

    assert enter_pin(notice=notice, pin="999990", address="127.0.0.1") is None
    assert told_now() == ""
    assert enter_pin(notice=notice, pin="271828", address="127.0.0.1") is not None
    assert told_now() == "new@veri.example"
    assert AuditEntry.objects.filter(action="directory.contact_reached", target_id=str(officer.pk)).exists()


def test_open_links_end_when_the_address_changes(client: Client, keeper: User) -> None:
    officer = police()
    on_duty(officer)
    notice = create_notice(
        NoticeRequest(
            event_id=uuid4(),
            case_id=uuid4(),
            case_reference="7K2M9",
            role=Role.POLICE,
            contact=officer,
            municipality=Municipality.objects.get(slug="veri"),
            brief={"sections": []},
        )
    )
    client.post(f"{CONTACTS}edit/{officer.pk}/", filled(officer, email="new@veri.example"))
    notice.refresh_from_db()
    assert notice.link_revoked_at is None, "nothing ends before it is agreed"
    agree_to_all()
    notice.refresh_from_db()
    assert notice.link_revoked_at is not None


@pytest.mark.parametrize("role", ["responsible_authority", "police", "cpu", "coordinator"])
def test_a_coordinator_of_one_region_adds_no_office_for_another_or_for_the_nation(
    client: Client, keeper: User, south: Region, role: str
) -> None:
    given = {
        "police": {"directorate": str(PoliceDirectorate.objects.get(slug="dvp-jug").pk)},
        "cpu": {"municipality": str(Municipality.objects.get(slug="jug").pk)},
        "coordinator": {"regions": [str(south.pk)]},
    }.get(role, {})
    html = client.post("/cms/partner/new/", office_page(role=role, **given)).content.decode()
    assert "must lie in your own regions" in html
    assert not DirectoryChange.objects.exists()
    assert not Partner.objects.filter(slug="aaa").exists()


def test_an_office_that_answers_for_two_regions_is_not_one_regions_keepers(keeper: User, south: Region) -> None:
    both = PoliceDirectorate.objects.get(slug="dvp-veri")
    Municipality.objects.create(slug="kufi", name="Kufi", region=south, police_directorate=both)
    assert not get_partners(keeper).filter(slug="police-veri").exists()
    Region.objects.filter(pk=south.pk).update(is_outreach=False)
    assert get_partners(keeper).filter(slug="police-veri").exists(), "places where no unit works don't count"


def test_national_offices_are_kept_by_coordinators_of_every_region(keeper: User, south: Region) -> None:
    authority = Partner.objects.create(slug="ra", role=Role.RESPONSIBLE_AUTHORITY, names={"sq": "AP"})
    assert not is_national_manager(keeper)
    assert not get_partners(keeper).filter(pk=authority.pk).exists()
    Assignment.objects.create(user=keeper, role=StaffRole.COORDINATOR, region=south)
    assert is_national_manager(keeper)
    assert get_partners(keeper).filter(pk=authority.pk).exists()


def test_a_second_office_for_one_area_is_refused_in_words(client: Client, keeper: User) -> None:
    directorate = PoliceDirectorate.objects.get(slug="dvp-veri")
    html = client.post(
        "/cms/partner/new/", office_page(role="police", directorate=str(directorate.pk))
    ).content.decode()
    assert "answers for this police directorate already" in html
    region = Region.objects.get(slug="veri")
    html = client.post("/cms/partner/new/", office_page(role="coordinator", regions=[str(region.pk)])).content.decode()
    assert "answers for one of these regions already" in html


def test_a_roster_of_today_waits_and_one_from_tomorrow_on_does_not(client: Client, keeper: User) -> None:
    officer = police()
    soon, later = timezone.now() + timedelta(hours=2), timezone.now() + timedelta(hours=30)
    written = {"partner": str(officer.partner_id), "contact": str(officer.pk), "rank": "1"}
    client.post("/cms/dutyshift/new/", written | {"starts_at": typed(later)})
    assert DutyShift.objects.count() == 1
    client.post("/cms/dutyshift/new/", written | {"starts_at": typed(soon), "ends_at": typed(later)})
    assert DutyShift.objects.count() == 1
    assert agree_to_all() == 1
    assert DutyShift.objects.count() == 2


def test_leave_that_leaves_nobody_today_waits_and_covered_leave_does_not(client: Client, keeper: User) -> None:
    officer = police()
    on_duty(officer)
    start, end = timezone.now() - timedelta(hours=1), timezone.now() + timedelta(hours=9)
    written = {"contact": str(officer.pk), "starts_at": typed(start), "ends_at": typed(end), "kind": "holiday"}
    client.post("/cms/leave/new/", written)
    assert not Leave.objects.exists()
    assert told_now() == "police@veri.example"
    deputy = Contact.objects.create(partner=officer.partner, name="Zëvendësi", email="z@veri.example")
    DutyShift.objects.create(partner=officer.partner, contact=deputy, rank=2, starts_at=start)
    client.post("/cms/leave/new/", written)
    assert Leave.objects.count() == 1


def test_what_was_changed_meanwhile_is_not_written_over(client: Client, keeper: User) -> None:
    officer = police()
    client.post(f"{CONTACTS}edit/{officer.pk}/", filled(officer, phone="+355691111111"))
    Contact.objects.filter(pk=officer.pk).update(phone="+355692222222")
    with pytest.raises(ChangedMeanwhile):
        agree_to_all()
    officer.refresh_from_db()
    assert officer.phone == "+355692222222"
    assert DirectoryChange.objects.get().decision == "waiting"


def test_two_who_agree_at_once_make_one_change(client: Client, keeper: User) -> None:
    officer = police()
    client.post(f"{CONTACTS}edit/{officer.pk}/", filled(officer, phone="+355691111111"))
    change = DirectoryChange.objects.get()
    DIRECTORY.decide(change=change, agree=True, by=second_keeper(keeper))
    with pytest.raises(ValidationError):
        DIRECTORY.decide(change=change, agree=True, by=second_keeper(keeper, "third-keeper"))
    assert AuditEntry.objects.filter(action="directory.contact_changed").count() == 1


def test_the_values_of_a_change_are_sealed_and_never_in_the_chain(client: Client, keeper: User) -> None:
    officer = police()
    client.post(f"{CONTACTS}edit/{officer.pk}/", filled(officer, email=EVIL, pin="830274", pin_again="830274"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM directory_directorychange")
        stored = str(cursor.fetchall())
    chain = str(list(AuditEntry.objects.values_list("action", "detail")))
    assert EVIL not in stored + chain
    assert "830274" not in stored + chain
    change = DirectoryChange.objects.get()
    html = client.get(f"/cms/directory-changes/{change.pk}/").content.decode()
    assert "police@veri.example" in html
    assert EVIL in html
    assert "830274" not in html
    assert change.values["after"]["pin_hash"] not in html


def test_a_keeper_withdraws_what_they_asked(client: Client, keeper: User) -> None:
    officer = police()
    client.post(f"{CONTACTS}edit/{officer.pk}/", filled(officer, phone="+355691111111"))
    change = DirectoryChange.objects.get()
    address = f"/cms/directory-changes/{change.pk}/"
    assert "There is no other coordinator" in client.get(address).content.decode()
    assert client.get("/cms/directory-changes/").status_code == 200
    assert client.post(address, {"decision": "withdraw"}).status_code == 302
    change.refresh_from_db()
    assert change.decision == "withdrawn"
    assert client.post(address, {"decision": "withdraw"}).status_code == 409
    assert client.post(address, {}).status_code == 409


def emergency() -> DirectoryChange:
    """An emergency as earlier releases made it: the address is another one, and nobody has agreed yet."""
    officer = police()
    change = DirectoryChange.objects.get(entry_id=officer.pk)
    Contact.objects.filter(pk=officer.pk).update(email=EVIL)
    DirectoryChange.objects.filter(pk=change.pk).update(at_once=True)
    change.refresh_from_db()
    return change


@pytest.mark.parametrize("role", [StaffRole.OPERATOR, StaffRole.COORDINATOR])
def test_whoever_is_alarmed_by_an_emergency_can_undo_it_and_not_agree_to_it(
    client: Client, keeper: User, south: Region, role: str
) -> None:
    officer = police()
    client.post(f"{CONTACTS}edit/{officer.pk}/", filled(officer, email=EVIL))
    change = emergency()
    far = User.objects.create_user("far", password="x", language="en")
    Assignment.objects.create(user=far, role=role, region=south if role == StaffRole.COORDINATOR else None)
    with pytest.raises(ValidationError):
        DIRECTORY.decide(change=change, agree=True, by=far)
    with pytest.raises(ValidationError):
        DIRECTORY.decide(change=change, agree=False, by=keeper)
    DIRECTORY.decide(change=change, agree=False, by=far)
    assert police().email == "police@veri.example"


def test_an_operator_sees_emergencies_only(client: Client, keeper: User) -> None:
    officer = police()
    client.post(f"{CONTACTS}edit/{officer.pk}/", filled(officer, phone="+355691111111"))
    change = DirectoryChange.objects.get()
    operator = User.objects.create_user("op", password="x", language="en")
    Assignment.objects.create(user=operator, role=StaffRole.OPERATOR)
    other = Client()
    other.force_login(operator)
    assert other.get(f"/cms/directory-changes/{change.pk}/").status_code in (302, 404)


def test_what_was_not_sent_yet_never_goes_to_an_untested_address_and_never_with_a_dead_link(
    client: Client, keeper: User
) -> None:
    officer = police()
    on_duty(officer)
    notice = create_notice(
        NoticeRequest(
            event_id=uuid4(),
            case_id=uuid4(),
            case_reference="7K2M9",
            role=Role.POLICE,
            contact=officer,
            municipality=Municipality.objects.get(slug="veri"),
            brief={"sections": []},
        )
    )
    client.post(f"{CONTACTS}edit/{officer.pk}/", filled(officer, email="new@veri.example"))
    agree_to_all()
    Notice.objects.filter(purpose=Purpose.TEST).delete()
    mail.outbox.clear()
    send_due()
    notice.refresh_from_db()
    assert not [letter for letter in mail.outbox if "new@veri.example" in letter.to]
    assert (notice.state, notice.reason) == ("failed", "no_contact")
    Contact.objects.filter(pk=officer.pk).update(reachable_at=timezone.now())
    resolve_again(timezone.now() + timedelta(minutes=1))
    notice.refresh_from_db()
    assert notice.contact == officer
    assert notice.link_revoked_at is None, "it has a link of its own again"


def test_a_deletion_agreed_to_after_the_shift_began_is_refused(client: Client, keeper: User) -> None:
    officer = police()
    soon = timezone.now() + timedelta(hours=2)
    shift = DutyShift.objects.create(partner=officer.partner, contact=officer, rank=1, starts_at=soon)
    client.post(f"/cms/dutyshift/delete/{shift.pk}/")
    change = DirectoryChange.objects.get()
    with pytest.raises(ChangedMeanwhile):
        DIRECTORY.decide(change=change, agree=True, by=second_keeper(keeper), now=soon + timedelta(hours=1))
    assert DutyShift.objects.filter(pk=shift.pk).exists()


def test_a_mail_server_that_is_away_loses_no_warning(
    client: Client, keeper: User, settings, django_capture_on_commit_callbacks
) -> None:
    settings.EMAIL_BACKEND = "notifications.directory.tests.test_two_keepers.AwayBackend"
    officer = police()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{CONTACTS}edit/{officer.pk}/", filled(officer, email=EVIL))
    assert DirectoryChange.objects.get().mailed_at is None
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    later = timezone.now() + timedelta(minutes=2)
    assert send_again(now=later) == 1
    assert [letter.to for letter in mail.outbox] == [["police@veri.example"]]
    assert send_again(now=later) == 0


def test_one_refused_address_brings_nobody_else_the_warning_again(
    client: Client, keeper: User, django_capture_on_commit_callbacks, monkeypatch
) -> None:
    second_keeper(keeper)
    tried: list[str] = []

    def send(letter: mail.EmailMessage) -> int:
        tried.append(letter.to[0])
        return 0 if letter.to == ["police@veri.example"] else 1

    monkeypatch.setattr("django.core.mail.EmailMessage.send", send)
    officer = police()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{CONTACTS}edit/{officer.pk}/", filled(officer, email=EVIL))
    assert len(set(tried)) == 2
    tried.clear()
    asked = DirectoryChange.objects.get().asked_at
    for minute in range(1, 121):
        send_again(now=asked + timedelta(minutes=minute, seconds=5))
    assert set(tried) == {"police@veri.example"}
    assert len(tried) < 12


def test_who_asked_and_writes_somebody_else_into_the_database_still_decides_nothing(
    client: Client, keeper: User
) -> None:
    officer = police()
    client.post(f"{CONTACTS}edit/{officer.pk}/", filled(officer, email=EVIL))
    DirectoryChange.objects.update(asked_by=second_keeper(keeper))
    change = DirectoryChange.objects.get()
    with pytest.raises(ValidationError):
        DIRECTORY.decide(change=change, agree=True, by=keeper)
    officer.refresh_from_db()
    assert officer.email == "police@veri.example"
    DIRECTORY.decide(change=change, agree=False, by=keeper)


def test_a_late_warning_says_that_the_change_was_agreed_to_and_none_of_a_refused_one_goes_out(
    client: Client, keeper: User, settings, django_capture_on_commit_callbacks
) -> None:
    settings.EMAIL_BACKEND = "notifications.directory.tests.test_two_keepers.AwayBackend"
    officer = police()
    for agree in (False, True):
        with django_capture_on_commit_callbacks(execute=True):
            client.post(f"{CONTACTS}edit/{officer.pk}/", filled(officer, email=EVIL))
            change = DirectoryChange.objects.waiting().get()
            DIRECTORY.decide(change=change, agree=agree, by=second_keeper(keeper))
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert send_again(now=timezone.now() + timedelta(minutes=30)) == 1
    assert [letter.to for letter in mail.outbox] == [["police@veri.example"]]
    assert "it holds now" in mail.outbox[0].body or "tani" in mail.outbox[0].body


class AwayBackend(BaseEmailBackend):
    def send_messages(self, email_messages: object) -> int:
        raise OSError("the mail server is away")


def test_a_test_notice_is_sent_by_a_press_only_and_to_who_waits_for_it(client: Client, keeper: User) -> None:
    officer = police()
    address = f"/cms/directory-changes/test/{officer.pk}/"
    assert client.get(address).status_code == 405
    client.post(address)
    assert not Notice.objects.filter(purpose=Purpose.TEST).exists(), "this person counts already"
    Contact.objects.filter(pk=officer.pk).update(reachable_at=None)
    client.post(address)
    assert Notice.objects.filter(purpose=Purpose.TEST, contact=officer).count() == 1
