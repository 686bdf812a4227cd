"""Where two offices answered for one area, an upgrade switches one off, touches nothing else, and says so."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.models import Assignment, User
from audit.chain import log_event
from audit.models import AuditEntry
from tests.world.offices import make_contact, make_country, make_office, put_on_duty

from ..models import Contact, DutyShift, Leave, OfficeConflict, Partner

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
keep_one = import_module("notifications.directory.migrations.earlier.0006_one_office_each").keep_one
name_them = import_module("notifications.directory.migrations.earlier.0011_two_offices_answered").name_them


@pytest.fixture
def country():
    with connection.cursor() as cursor:  # as before the constraint came; the test's end brings it back
        cursor.execute("DROP INDEX one_police_office_per_directorate")
    return make_country()


def upgrade() -> None:
    keep_one(apps, None)
    name_them(apps, None)


def beside(country) -> Partner:
    return make_office("police", slug="a-police-vlore", directorate=country.police.directorate)


def keeper(role: str = "coordinator", *, region=None, name: str = "") -> User:
    user = User.objects.create(username=name or role, first_name=name.title(), language="en")
    Assignment.objects.create(user=user, role=role, region=region)
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    return user


def home(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.get(reverse("wagtailadmin_home")).content.decode()


def press(user: User):
    client = Client()
    client.force_login(user)
    return client.post(reverse("office_conflict_checked", args=[OfficeConflict.objects.get().pk]))


def test_the_office_that_came_later_is_switched_off_and_keeps_its_own_people(country):
    real, planted = put_on_duty(country.police), put_on_duty(beside(country))
    upgrade()
    assert set(Partner.objects.filter(role="police", is_active=True)) == {country.police, country.police_sarande}
    assert Contact.objects.get(pk=planted.pk).partner == planted.partner
    assert DutyShift.objects.get(contact=planted).partner == planted.partner
    assert Contact.objects.get(pk=real.pk).partner == country.police
    found = OfficeConflict.objects.get()
    assert (found.kept, found.switched_off, found.were_moved) == (country.police, planted.partner, False)


def test_an_office_with_people_stays_before_an_older_one_with_nobody(country):
    people = put_on_duty(beside(country))
    upgrade()
    assert Partner.objects.get(pk=people.partner_id).is_active
    assert OfficeConflict.objects.get().switched_off == country.police


def test_an_office_with_somebody_on_duty_now_stays_before_an_older_one_with_a_shift_to_come(country):
    put_on_duty(country.police, since=timezone.now() + timedelta(days=300))
    people = put_on_duty(beside(country))
    upgrade()
    assert Partner.objects.get(pk=people.partner_id).is_active
    assert OfficeConflict.objects.get().switched_off == country.police


def test_who_is_on_leave_or_left_the_office_is_not_on_duty_there(country):
    now = timezone.now()
    people = put_on_duty(country.police)
    Leave.objects.create(contact=people, starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1))
    put_on_duty(country.police, rank=2, contact=make_contact(country.police_sarande))
    there = put_on_duty(beside(country))
    upgrade()
    assert Partner.objects.get(pk=there.partner_id).is_active


def test_twice_names_it_once(country):
    put_on_duty(country.police)
    put_on_duty(beside(country))
    upgrade()
    upgrade()
    assert OfficeConflict.objects.count() == 1


@pytest.mark.parametrize("deed", ["added", "changed"])
def test_an_office_whose_being_active_people_once_set_is_named_too(country, deed):
    put_on_duty(country.police)
    planted = put_on_duty(beside(country)).partner
    log_event(f"directory.partner_{deed}", target_kind="partner", target_id=planted.pk, fields=["is_active"])
    upgrade()
    assert OfficeConflict.objects.get().switched_off == planted


def test_offices_without_an_area_are_in_nobodys_way(country):
    make_office("police", slug="police-of-nowhere")
    make_office("police", slug="old-police-of-nowhere", is_active=False)
    upgrade()
    assert not OfficeConflict.objects.exists()


def test_that_an_earlier_release_may_have_moved_its_people_is_said(country):
    put_on_duty(country.police)
    make_office("police", slug="emptied", directorate=country.police.directorate, is_active=False)
    name_them(apps, None)
    assert OfficeConflict.objects.get().were_moved
    assert "may have been moved to" in home(keeper(region=country.vlore.region, name="besa"))


def test_it_stands_at_the_start_page_until_two_people_have_checked_it(country):
    put_on_duty(country.police)
    put_on_duty(beside(country))
    upgrade()
    besa, olta = keeper(region=country.vlore.region, name="besa"), keeper("operator", name="olta")
    assert "“Office police-vlore” stays; “Office a-police-vlore” was switched off, perhaps by an upgrade" in home(besa)
    assert press(besa).status_code == 302
    press(besa)  # once more is still one person
    assert "A second person must check it too" in home(besa)
    assert "Besa checked it" in home(olta)
    press(olta)
    assert "Two offices answered" not in home(olta) + home(besa)
    found = list(AuditEntry.objects.filter(action__startswith="directory.conflict").values_list("action", "actor_id"))
    assert found == [("directory.conflict_checked", str(besa.pk)), ("directory.conflict_confirmed", str(olta.pk))]


def test_a_coordinator_of_elsewhere_neither_sees_it_nor_ends_it(country):
    from access.models import Region

    put_on_duty(country.police)
    put_on_duty(beside(country))
    upgrade()
    berat = Region.objects.create(slug="berat", name="Berat", iso_code="AL-01", is_outreach=True)
    sara = keeper(region=berat, name="sara")
    assert "Two offices answered" not in home(sara)
    assert press(sara).status_code == 404
    assert press(keeper("editor", name="ana")).status_code == 404
    assert OfficeConflict.objects.get().checked_by is None
