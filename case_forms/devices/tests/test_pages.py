"""The coordinator's list of phones, and the worker's own page: what each sees, and ends at a press."""

from datetime import time, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.models import Region, User
from audit.models import AuditEntry
from case_forms.cases.models import Case
from case_forms.submissions.models import Draft, Submission
from notifications.directory.models import DutyShift, Leave
from outreach_pages.records.models import InformativeSession
from tests.world.offices import make_contact, make_office, put_on_duty
from tests.world.places import make_coordinator, make_municipality, make_place, make_user

from ..actions import grant_device, set_up_device
from ..models import Device, DeviceGrant, RoadCase
from ..numbers import list_numbers
from .phone import make_phone

pytestmark = pytest.mark.django_db
LIST = reverse("devices:list")


def signed_in(user: User) -> Client:
    User.objects.filter(pk=user.pk).update(language="en")
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


@pytest.fixture
def coordinator(phone) -> User:
    return phone.device.grant.granted_by


def read(user: User, address: str = LIST) -> str:
    return signed_in(user).get(address).content.decode()


def test_a_coordinator_sees_when_it_was_seen_its_version_what_waits_and_its_clock(phone, coordinator):
    phone.ahead = timedelta(minutes=-10)
    phone.contact(app="2.1", drafts=3, queued=1, locked=True)
    page = read(coordinator)
    for words in ("Telefoni i provës", "2.1", "3 drafts", "1 form to be sent", "10 minutes behind", "locked"):
        assert words in page, words


def test_one_that_was_not_seen_for_three_days_stands_out(phone, coordinator):
    Device.objects.update(last_seen_at=timezone.now() - timedelta(hours=73))
    assert "not seen for 72 hours" in read(coordinator)


def test_a_coordinator_of_another_region_sees_none_and_ends_none(phone, coordinator):
    stranger = make_coordinator(make_place())
    assert "Telefoni i provës" not in read(stranger)
    client = signed_in(stranger)
    assert client.post(reverse("devices:end", args=[phone.device.pk])).status_code == 404
    for do in ("grant", "withdraw"):
        answer = client.post(reverse("devices:grants"), {"user": phone.device.user_id, "do": do})
        assert answer.status_code == 404
    assert Device.objects.get().ended_at is None


def test_a_coordinator_allows_withdraws_and_ends(phone, coordinator, scene):
    colleague = make_user("worker", unit=scene.unit, first_name="Besa", last_name="Gashi")
    client = signed_in(coordinator)
    assert "Besa Gashi" in client.get(LIST).content.decode()
    answer = client.post(reverse("devices:grants"), {"user": colleague.pk, "do": "grant"}, follow=True)
    assert "can now set up a phone" in answer.content.decode()
    assert DeviceGrant.objects.standing().filter(user=colleague).exists()
    client.post(reverse("devices:grants"), {"user": colleague.pk, "do": "withdraw"})
    assert not DeviceGrant.objects.standing().filter(user=colleague).exists()
    answer = client.post(reverse("devices:end", args=[phone.device.pk]), {"why": "lost"}, follow=True)
    assert "throws its keys away" in answer.content.decode()
    assert Device.objects.get().ended_why == "lost"
    assert "not yet: it hasn" in client.get(f"{LIST}?state=ended").content.decode()


def test_sixty_one_phones_are_in_pages(scene):
    coordinator = make_coordinator(scene.place)
    for number in range(61):
        user = make_user("worker", unit=scene.unit, username=f"many-{number}")
        grant_device(user=user, region=scene.place.region, by=coordinator)
        set_up_device(user=user, name=f"Telefoni {number:02d}", replace=False)
    client = signed_in(coordinator)
    pages = [client.get(f"{LIST}?page={number}").content.decode() for number in (1, 2)]
    for number in range(61):
        assert sum(f"Telefoni {number:02d}<" in page for page in pages) == 1


def test_the_list_s_queries_do_not_grow_with_the_phones(scene, django_assert_max_num_queries):
    coordinator = make_coordinator(scene.place)
    for number in range(12):
        make_phone(scene, make_user("worker", unit=scene.unit, username=f"few-{number}"), coordinator)
    client = signed_in(coordinator)
    client.get(LIST)
    with django_assert_max_num_queries(60):
        client.get(LIST)


def test_a_worker_ends_their_own_and_not_a_colleague_s(phone, scene):
    colleague = make_user("worker", unit=scene.unit)
    assert signed_in(colleague).post(reverse("devices:end", args=[phone.device.pk])).status_code == 404
    page = read(scene.worker)
    assert "Telefoni i provës" in page
    assert "Who may have one" not in page
    signed_in(scene.worker).post(reverse("devices:end", args=[phone.device.pk]), {"why": ""})
    assert Device.objects.get().ended_why == "owner"


def test_a_worker_without_permission_is_told_whom_to_ask(scene):
    assert "Ask yours if you work where there is no network" in read(scene.worker)


def test_a_worker_may_not_grant_and_a_coordinator_takes_nothing_along(phone, coordinator, scene):
    assert signed_in(scene.worker).post(reverse("devices:grants"), {"user": 1}).status_code == 404
    assert signed_in(coordinator).post(reverse("devices:road"), {"case": "ABC234"}).status_code == 404


# ---- cases for the road


def get_pack(phone) -> dict:
    answer = phone.client.get("/api/field/v1/device-pack?language=en", headers=phone.bearer(phone.pack))
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_case_is_taken_along_and_left_here(phone, scene):
    case = scene.send().submission.case
    client = signed_in(scene.worker)
    answer = client.post(reverse("devices:road"), {"case": case.reference, "do": "take"}, follow=True)
    assert "goes along until" in answer.content.decode()
    pack = get_pack(phone)
    assert [each["reference"] for each in pack["cases"]] == [case.reference]
    assert AuditEntry.objects.filter(action="case.read", target_id=str(case.pk)).get().detail["by"] == "phone"
    client.post(reverse("devices:road"), {"case": case.reference, "do": "leave"})
    assert get_pack(phone)["cases"] == []
    assert AuditEntry.objects.filter(action__in=("device.case_marked", "device.case_unmarked")).count() == 2


def test_five_are_the_most(phone, scene):
    client = signed_in(scene.worker)
    cases = [scene.send(story=f"Story {number}").submission.case for number in range(6)]
    for case in cases[:5]:
        assert client.post(reverse("devices:road"), {"case": case.reference, "do": "take"}).status_code == 302
    answer = client.post(reverse("devices:road"), {"case": cases[5].reference, "do": "take"})
    assert answer.status_code == 422
    assert "Five cases are taken along already" in answer.content.decode()
    assert len(get_pack(phone)["cases"]) == 5


def close(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now())


def restrict(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(restricted_at=timezone.now())


def give_away(case: Case) -> None:
    other = make_user("worker", unit=case.unit)
    Case.objects.filter(pk=case.pk).update(lead=other)


def grow_old(case: Case) -> None:
    RoadCase.objects.filter(case=case).update(expires_at=timezone.now())


@pytest.mark.parametrize("happens", [close, restrict, give_away, grow_old])
def test_a_case_that_may_not_go_any_more_drops_out(phone, scene, happens):
    case = scene.send().submission.case
    signed_in(scene.worker).post(reverse("devices:road"), {"case": case.reference, "do": "take"})
    assert get_pack(phone)["cases"]
    happens(case)
    assert get_pack(phone)["cases"] == []


def test_what_is_not_theirs_or_restricted_is_refused(phone, scene):
    case = scene.send().submission.case
    restrict(case)
    client = signed_in(scene.worker)
    assert client.post(reverse("devices:road"), {"case": case.reference, "do": "take"}).status_code == 422
    colleague = make_user("worker", unit=scene.unit)
    grant_device(user=colleague, region=scene.place.region, by=phone.device.grant.granted_by)
    answer = signed_in(colleague).post(reverse("devices:road"), {"case": case.reference, "do": "take"})
    assert answer.status_code == 422
    assert client.post(reverse("devices:road"), {"case": "NOSUCH", "do": "take"}).status_code == 404


# ---- the pack


def test_the_pack_has_forms_numbers_words_and_codes_and_no_story(phone, scene):
    scene.send(story="Kanarina foli.", first_name="Kanarina")
    pack = get_pack(phone)
    assert {form["key"] for form in pack["forms"]} == {"small_identification", "small_follow_up"}
    assert pack["forms"][0]["package"].startswith("/api/field/v1/device-forms/")
    assert {form["key"] for form in pack["forms"] if form["urgent"]} == {"small_identification"}
    assert {number["phone"] for number in pack["numbers"]} >= {"112", "129"}
    assert {number["kind"] for number in pack["numbers"]} >= {"national", "police"}
    assert pack["call_card"]["title"] == "When you call"
    assert pack["alarm"] is None
    assert "Kanarina" not in str(pack)
    assert AuditEntry.objects.filter(action="device.pack_read").count() == 1


def test_of_an_office_with_many_people_the_one_on_duty_goes_along_and_nobody_on_leave_is_said_to_be(phone, scene):
    office = scene.offices["police"]
    DutyShift.objects.all().delete()
    many = [make_contact(office) for _each in range(61)]
    put_on_duty(office, contact=many[-1])
    put_on_duty(office, contact=many[-2], rank=2)
    now = timezone.now()
    Leave.objects.create(contact=many[-2], starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1))
    listed = [each for each in get_pack(phone)["numbers"] if each["kind"] == "police"]
    assert listed[0]["phone"] == many[-1].phone
    assert [each["phone"] for each in listed if each["on_duty"]] == [many[-1].phone]


def test_of_61_municipalities_those_where_something_waits_come_first_and_those_on_duty_before_the_others(phone, scene):
    DutyShift.objects.all().delete()
    place = scene.place
    towns = [
        make_municipality(f"town-{number:02}", f"Town {number:02}", region=place.region, directorate=place.directorate)
        for number in range(60)
    ]
    elsewhere = make_place().municipality
    offices = {town: make_office("cpu", slug=f"cpu-{town.slug}", municipality=town) for town in (*towns, elsewhere)}
    for office in offices.values():
        make_contact(office)
    for town in (towns[50], towns[59], elsewhere):
        put_on_duty(offices[town], contact=offices[town].contacts.get())
    for town in (towns[40], towns[50], elsewhere):
        InformativeSession.objects.create(
            unit=scene.unit, municipality=town, place_type="high_school", place_name="School",
            date=timezone.localdate(), starts_at=time(9), ends_at=time(10), audience="high_school",
            planned_by=scene.worker,
        )  # fmt: skip
    listed = [each for each in get_pack(phone)["numbers"] if each["kind"] == "cpu"]
    places = [each["office"] for each in listed]
    named = {town: office.names["en"] for town, office in offices.items()}
    seat = scene.offices["cpu"].names["en"]
    near = [named[elsewhere], named[towns[50]], seat, seat, named[towns[40]]]
    assert sorted(places[:5]) == sorted(near)
    assert [each["on_duty"] for each in listed[:5]] == [True, True, False, False, False]
    assert places[5] == named[towns[59]]  # of those further away, who is on duty
    assert len(set(places)) == 62


@pytest.mark.parametrize("count", [5, 61])
def test_the_numbers_take_as_many_queries_of_five_municipalities_as_of_sixty_one(
    scene, django_assert_num_queries, count
):
    place, now = scene.place, timezone.now()
    regions = [place.region, *(make_place().region for _region in range(count // 5))]
    for number in range(count):
        town = make_municipality(
            f"town-{number:02}", f"Town {number:02}", region=place.region, directorate=place.directorate
        )
        office = make_office("cpu", slug=f"cpu-{town.slug}", municipality=town)
        people = [make_contact(office) for _person in range(4)]
        put_on_duty(office, contact=people[-1])
        Leave.objects.create(contact=people[0], starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1))
    with django_assert_num_queries(7):  # the seats; the offices of three roles; shifts, leave and people
        listed = list_numbers(regions, [], now)
    assert len([each for each in listed if each["kind"] == "cpu"]) >= 3 * count


def test_a_worker_of_no_region_and_a_region_without_municipalities_have_the_national_numbers(scene):
    assert list_numbers([], [], timezone.now()) == []
    bare = Region.objects.create(slug="bare", name="Bare", iso_code="B1")
    assert list_numbers([bare], [], timezone.now()) == []


def test_an_ended_phone_gets_no_pack(phone, scene):
    signed_in(scene.worker).post(reverse("devices:end", args=[phone.device.pk]))
    answer = phone.client.get("/api/field/v1/device-pack", headers=phone.bearer(phone.pack))
    assert answer.status_code == 410


# ---- what is said of a form that came from a phone


def test_a_returned_form_says_why_on_top(phone, scene):
    phone.ahead = timedelta(minutes=-10)
    body = phone.seal(phone.fill(scene, result="nonsense"))
    answer = phone.deliver(body).json()
    page = read(scene.worker, answer["url"])
    assert "This form came from a phone and has not been sent." in page
    assert "10 minutes behind" in page
    draft = Draft.objects.get()
    section = reverse("intake:section", args=[draft.pk, draft.section])
    assert "This form came from a phone" in read(scene.worker, section)


def test_a_form_that_was_sent_says_that_it_came_from_a_phone(phone, scene):
    phone.ahead = timedelta(minutes=-10)
    body = phone.seal(phone.fill(scene, clock=True))
    assert phone.deliver(body).status_code == 201
    stored = Submission.objects.get()
    page = read(scene.worker, reverse("intake:case_submission", args=[stored.case.reference, stored.pk]))
    assert "From a phone without a network" in page
    assert "10 minutes behind" in page
