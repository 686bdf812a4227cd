"""The directory of services: what is searched, what is said before choosing, and the service's own link."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.chain import SYSTEM
from audit.models import AuditEntry
from notifications.directory.models import Agreement, Partner, Role
from tests.world.offices import PIN, make_office, make_staffed_office
from tests.world.places import make_place

from ..actions import CannotSay, read_number, say_places
from ..links import LINK_TRIES, find_link, make_link
from ..models import PlacesLink, ServiceProfile
from ..search import Wanted, search_services
from ..standing import describe_standings

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def shelter(**profile: Any) -> Partner:
    office = make_staffed_office(Role.PROTECTION_SERVICE, services=["shelter"])
    ServiceProfile.objects.create(partner=office, **profile)
    return office


def said(free: int, *, days: int = 0) -> dict[str, Any]:
    return {"places_free": free, "confirmed_at": timezone.now() - timedelta(days=days)}


def names(**wanted: Any) -> list[int]:
    return [line.partner.pk for line in search_services(Wanted(**wanted), timezone.now())]


def standing(partner: Partner, at: datetime | None = None) -> Any:
    return describe_standings([partner], at or timezone.now())[partner.pk]


def open_link(partner: Partner) -> tuple[Client, str]:
    contact = partner.contacts.first()
    assert contact is not None
    link = make_link(contact, actor=SYSTEM)
    return Client(), f"/n/p.{link.link_token}/"


# ---- what is said before choosing ----


def test_full_stale_unknown_and_free_are_said_in_words() -> None:
    assert standing(shelter(**said(0))).places.startswith("full, said on")
    assert standing(shelter(**said(1))).places.startswith("1 place free")
    assert standing(shelter(**said(3))).places.startswith("3 places free")
    assert standing(shelter()).places == "free places not known: call first"
    old = standing(shelter(**said(2, days=8)))
    assert (old.is_free, old.is_stale) == (True, True)
    assert "long ago" in old.places


def test_an_expired_agreement_and_an_empty_roster_are_said() -> None:
    office = shelter(**said(2))
    assert standing(office).warnings == ()
    Agreement.objects.create(partner=office, valid_until=timezone.localdate() - timedelta(days=1))
    office.shifts.all().delete()
    assert standing(office).warnings == ("the agreement is not in force", "nobody is on duty there now")
    Agreement.objects.create(partner=office, valid_until=timezone.localdate())
    assert standing(office).warnings == ("nobody is on duty there now",)


def test_looking_at_many_services_asks_the_database_a_few_times(django_assert_max_num_queries: Any) -> None:
    for _number in range(12):
        shelter(**said(1))
    with django_assert_max_num_queries(10):
        assert len(names()) == 12


# ---- searching ----


def test_what_is_recorded_excludes_and_what_is_not_recorded_never_does() -> None:
    girls = shelter(sexes=["female"], age_from=12, age_to=17, languages=["sq"], takes_children="no", step_free="no")
    open_to_all = shelter()
    both = [girls.pk, open_to_all.pk]
    assert sorted(names(need="shelter")) == sorted(both)
    assert names(need="legal") == []
    assert sorted(names(sex="female", age=15)) == sorted(both)
    for wanted in ({"sex": "male"}, {"age": 18}, {"language": "it"}, {"children": True}, {"step_free": True}):
        assert names(**wanted) == [open_to_all.pk]


def test_what_was_asked_for_and_is_not_recorded_is_said() -> None:
    shelter(sexes=["female"])
    (line,) = search_services(Wanted(sex="female", age=15, language="it"), timezone.now())
    assert line.unknown == ["age", "language"]


def test_free_ones_come_first_and_full_ones_last() -> None:
    full, unknown, free, stale = shelter(**said(0)), shelter(), shelter(**said(2)), shelter(**said(2, days=30))
    assert names() == [free.pk, *sorted([unknown.pk, stale.pk], key=names().index), full.pk]
    assert set(names(only_free=True)) == {free.pk, stale.pk}


def test_a_region_leaves_those_of_others_out_and_keeps_the_countrys() -> None:
    here, there = make_place("ketu", "Këtu"), make_place("atje", "Atje")
    near = make_office(Role.PSYCHOLOGIST, region=here.region)
    make_office(Role.PSYCHOLOGIST, region=there.region)
    country = make_office(Role.LEGAL_AID)
    assert set(names(region="ketu")) == {near.pk, country.pk}


def test_police_and_authorities_are_no_services_to_choose() -> None:
    make_office(Role.POLICE)
    make_office(Role.RESPONSIBLE_AUTHORITY)
    assert names() == []


# ---- the service's own link ----


def test_the_service_says_its_places_behind_its_pin() -> None:
    office = shelter()
    client, path = open_link(office)
    assert "shelter" not in client.get(path).content.decode().lower()
    assert client.post(path, {"free": "3"}).status_code == 403
    assert client.post(path, {"pin": PIN}).status_code == 303
    page = client.get(f"{path}?lang=en").content.decode()
    assert "Shelter" in page
    for wrong in ("-1", "2.5", "many", "", "501", "9" * 40):
        assert client.post(f"{path}?lang=en", {"free": wrong}).status_code == 422
    assert client.post(path, {"free": " 3 "}).status_code == 303
    profile = ServiceProfile.objects.get(partner=office)
    assert (profile.places_free, profile.confirmed_contact, profile.confirmed_by) == (3, office.contacts.first(), None)
    before = profile.confirmed_at
    client.post(path, {"free": "3"})
    profile.refresh_from_db()
    assert profile.confirmed_at > before
    assert AuditEntry.objects.filter(action="places.said").count() == 2
    assert client.post(path, {"do": "close"}).status_code == 303
    assert client.post(path, {"free": "9"}).status_code == 403


def test_a_get_changes_nothing() -> None:
    office = shelter(**said(1))
    client, path = open_link(office)
    client.post(path, {"pin": PIN})
    count = AuditEntry.objects.count()
    client.get(f"{path}?free=9")
    assert ServiceProfile.objects.get().places_free == 1
    assert AuditEntry.objects.count() == count


def test_guessing_is_slow_and_ends_the_link() -> None:
    office = shelter()
    client, path = open_link(office)
    for _try in range(5):
        assert client.post(path, {"pin": "000000"}).status_code == 403
    assert client.post(path, {"pin": PIN}).status_code == 403  # paused, for the right one too
    link = PlacesLink.objects.get()
    PlacesLink.objects.filter(pk=link.pk).update(wrong_pins=LINK_TRIES, ended_at=timezone.now())
    assert client.get(path).status_code == 404


def test_a_new_link_a_new_pin_and_an_inactive_contact_end_what_was_open() -> None:
    office = shelter()
    client, path = open_link(office)
    client.post(path, {"pin": PIN})
    contact = office.contacts.first()
    assert contact is not None
    contact.set_pin("739164")
    contact.save()
    assert client.post(path, {"free": "2"}).status_code == 403
    token = path.removeprefix("/n/p.").rstrip("/")
    assert find_link(token) is not None
    make_link(contact, actor=SYSTEM)
    assert find_link(token) is None
    newest = PlacesLink.objects.get(ended_at=None)
    contact.is_active = False
    contact.save()
    assert find_link(newest.link_token) is None


def test_numbers_are_read_as_people_type_them() -> None:
    assert read_number(" 12 ") == 12
    for wrong in ("", "-1", "1.5", "١", "1000"):
        with pytest.raises(CannotSay):
            read_number(wrong)


def test_who_said_it_is_stored() -> None:
    office = shelter()
    contact = office.contacts.first()
    profile = say_places(partner=office, free=0, contact=contact)
    assert (profile.places_free, profile.confirmed_contact) == (0, contact)
