"""Keeping the roster in the admin: leave, warnings on saving, taking back, and two people at one page."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.forms import ChoiceField, MultipleChoiceField
from django.test import Client
from django.utils import timezone, translation

from access.models import Municipality, PoliceDirectorate, Region, StaffRole
from audit.models import AuditEntry
from audit.tests.counting import denials

from ..editing import _in_words
from ..models import Agreement, Contact, DutyShift, Leave, Partner, Role
from ..moments import moment_in_words, stretch_in_words
from ..resolve import resolve
from ..roster import Stretch
from .second_keeper import agree_to_all
from .test_admin import CONTACTS, area, filled, sign_in

pytestmark = pytest.mark.django_db
TIRANA = ZoneInfo("Europe/Tirane")


@pytest.fixture
def north() -> Region:
    return area("veri")


@pytest.fixture
def keeper(client: Client, north: Region) -> Client:
    sign_in(client, StaffRole.COORDINATOR, north)
    return client


def police() -> Contact:
    return Contact.objects.get(name="police veri")


def second(office: Partner) -> Contact:
    return Contact.objects.create(partner=office, name="Zëvendësi", email="z@veri.example")


def typed(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%d.%m.%Y %H:%M")


def get_shift(contact: Contact, start: datetime, end: datetime | None = None, rank: int = 1) -> DutyShift:
    return DutyShift.objects.create(partner=contact.partner, contact=contact, rank=rank, starts_at=start, ends_at=end)


def full_minute(ahead: timedelta) -> datetime:
    return (timezone.now() + ahead).replace(second=0, microsecond=0)


def said(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_leave_is_entered_and_the_directory_tells_somebody_else(keeper: Client) -> None:
    officer = police()
    deputy = second(officer.partner)
    now = timezone.now()
    get_shift(officer, now - timedelta(days=9))
    get_shift(deputy, now - timedelta(days=9), rank=2)
    written = {
        "contact": str(officer.pk),
        "starts_at": typed(now - timedelta(hours=1)),
        "ends_at": typed(now + timedelta(days=2)),
        "kind": "holiday",
    }

    html = said(keeper.post("/cms/leave/new/", written, follow=True))

    leave = Leave.objects.get()
    assert leave.entered_by.username == "coordinator-1"
    assert AuditEntry.objects.filter(action="directory.leave_added", target_id=str(leave.pk)).exists()
    assert "nobody is on duty" not in html
    found = resolve(role=Role.POLICE, municipality=Municipality.objects.get(), at=now)
    assert found.contact == deputy


def test_leave_that_leaves_an_office_with_nobody_says_the_hours_and_the_places(keeper: Client) -> None:
    officer = police()
    get_shift(officer, timezone.now() - timedelta(days=9))
    start, end = full_minute(timedelta(hours=2)), full_minute(timedelta(hours=9))
    written = {"contact": str(officer.pk), "starts_at": typed(start), "ends_at": typed(end), "kind": "health"}

    html = said(keeper.post("/cms/leave/new/", written, follow=True))

    agree_to_all()
    assert Leave.objects.count() == 1
    assert "During this leave nobody is on duty" in html
    assert moment_in_words(start) in html
    assert moment_in_words(end) in html
    assert "It answers for: Veri" in html


def test_leave_ends_after_it_begins_and_has_an_end(keeper: Client) -> None:
    officer = police()
    start = full_minute(timedelta(hours=2))
    written = {"contact": str(officer.pk), "starts_at": typed(start), "kind": "holiday"}
    for end in ("", typed(start), typed(start - timedelta(hours=1))):
        assert keeper.post("/cms/leave/new/", {**written, "ends_at": end}).status_code == 200
    assert not Leave.objects.exists()


def test_an_overlap_is_said_with_its_hours_and_with_who_is_told(keeper: Client) -> None:
    officer = police()
    substitute = second(officer.partner)
    get_shift(officer, timezone.now() - timedelta(days=9))
    start, end = full_minute(timedelta(hours=1)), full_minute(timedelta(hours=13))
    written = {
        "partner": str(officer.partner_id),
        "contact": str(substitute.pk),
        "rank": "1",
        "starts_at": typed(start),
        "ends_at": typed(end),
    }

    html = said(keeper.post("/cms/dutyshift/new/", written, follow=True))

    with translation.override("en"):
        hours = f"{moment_in_words(start)} – {moment_in_words(end)}"
        assert f"{hours}: Zëvendësi and police veri. Zëvendësi is notified" in html
    agree_to_all()
    assert DutyShift.objects.count() == 2


def test_a_gap_is_said_and_does_not_refuse(keeper: Client) -> None:
    officer = police()
    start, end = full_minute(timedelta(hours=1)), full_minute(timedelta(hours=13))
    written = {
        "partner": str(officer.partner_id),
        "contact": str(officer.pk),
        "rank": "1",
        "starts_at": typed(start),
        "ends_at": typed(end),
    }
    html = said(keeper.post("/cms/dutyshift/new/", written, follow=True))
    assert "Nobody is on duty at police veri" in html
    assert f"from {moment_in_words(end)} on" in html


def test_a_gap_in_the_night_the_clocks_change_has_the_offsets() -> None:
    night = Stretch(datetime(2026, 10, 25, 2, 30, tzinfo=TIRANA), datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=TIRANA))
    with translation.override("en"):
        assert stretch_in_words(night) == "25.10.2026 02:30 (UTC+2) – 25.10.2026 02:30 (UTC+1)"
        spring = Stretch(datetime(2026, 3, 28, 20, tzinfo=TIRANA), datetime(2026, 3, 29, 8, tzinfo=TIRANA))
        assert stretch_in_words(spring) == "28.03.2026 20:00 (UTC+1) – 29.03.2026 08:00 (UTC+2)"
        assert moment_in_words(datetime(2026, 12, 1, 8, tzinfo=TIRANA)) == "01.12.2026 08:00"


def test_an_hour_that_does_not_exist_or_exists_twice_is_asked_again(keeper: Client) -> None:
    officer = police()
    for start in ("29.3.2026 02:30", "25.10.2026 02:30"):
        written = {"partner": str(officer.partner_id), "contact": str(officer.pk), "rank": "1", "starts_at": start}
        assert keeper.post("/cms/dutyshift/new/", written).status_code == 200
    assert not DutyShift.objects.exists()


def test_the_list_shows_days_and_hours(keeper: Client) -> None:
    officer = police()
    get_shift(officer, datetime(2027, 12, 1, 8, tzinfo=TIRANA), datetime(2027, 12, 1, 20, tzinfo=TIRANA))
    html = said(keeper.get("/cms/dutyshift/"))
    assert "01.12.2027 08:00" in html
    assert "01.12.2027 20:00" in html
    assert "to come" in html


def test_the_roster_of_one_office_is_shown_and_no_office_of_another_region_is_offered(keeper: Client) -> None:
    theirs = area("jug")
    get_shift(police(), full_minute(timedelta(hours=1)))
    office, other = Partner.objects.get(slug="police-veri"), Partner.objects.get(slug="cpu-veri")
    row = f"/cms/dutyshift/edit/{DutyShift.objects.get().pk}/"
    assert row in said(keeper.get(f"/cms/dutyshift/?partner={office.pk}"))
    assert row not in said(keeper.get(f"/cms/dutyshift/?partner={other.pk}"))
    assert "police jug" not in said(keeper.get("/cms/dutyshift/"))
    assert theirs.slug == "jug"


def test_a_shift_that_ends_before_it_begins_is_told_beside_the_field_in_words(keeper: Client) -> None:
    officer = police()
    written = {
        "partner": str(officer.partner_id),
        "contact": str(officer.pk),
        "rank": "1",
        "starts_at": "2.12.2026 08:00",
        "ends_at": "1.12.2026 08:00",
    }
    html = said(keeper.post("/cms/dutyshift/new/", written))
    assert "The end must come after the start." in html
    assert "shift_ends_after_start" not in html


@pytest.mark.parametrize("kind", ["dutyshift", "leave"])
def test_what_has_not_begun_can_be_deleted_by_a_press_and_not_by_a_look(keeper: Client, kind: str) -> None:
    period = get_period(kind, timedelta(hours=3), timedelta(hours=9))
    address = f"/cms/{kind}/delete/{period.pk}/"
    assert address in said(keeper.get(f"/cms/{kind}/edit/{period.pk}/"))
    assert keeper.get(address).status_code == 200
    assert type(period).objects.exists()

    assert keeper.post(address).status_code == 302

    agree_to_all()
    assert not type(period).objects.exists()
    entry = AuditEntry.objects.get(action=f"directory.{kind}_deleted")
    assert entry.target_id == str(period.pk)


@pytest.mark.parametrize("kind", ["dutyshift", "leave"])
def test_what_has_begun_can_be_ended_and_not_deleted(keeper: Client, kind: str) -> None:
    period = get_period(kind, -timedelta(hours=3), timedelta(hours=9))
    page = said(keeper.get(f"/cms/{kind}/edit/{period.pk}/"))
    assert f"/cms/{kind}/end/{period.pk}/" in page
    assert f"/cms/{kind}/delete/{period.pk}/" not in page

    html = said(keeper.post(f"/cms/{kind}/delete/{period.pk}/", follow=True))
    assert "can&#x27;t be deleted" in html or "can't be deleted" in html
    assert type(period).objects.exists()

    before = timezone.now()
    keeper.post(f"/cms/{kind}/end/{period.pk}/")
    agree_to_all()
    period.refresh_from_db()
    assert before < period.ends_at <= timezone.now() + timedelta(minutes=1)
    deeds = (f"directory.{kind}_ended", f"directory.{kind}_changed")
    assert AuditEntry.objects.filter(action__in=deeds).count() == 1


@pytest.mark.parametrize("deed", ["delete", "end", "edit"])
def test_another_regions_shift_and_leave_are_not_there(client: Client, north: Region, deed: str) -> None:
    sign_in(client, StaffRole.COORDINATOR, area("jug"))
    for kind in ("dutyshift", "leave"):
        period = get_period(kind, timedelta(hours=3), timedelta(hours=9))
        assert client.get(f"/cms/{kind}/{deed}/{period.pk}/").status_code == 404
        assert client.post(f"/cms/{kind}/{deed}/{period.pk}/").status_code == 404
        assert type(period).objects.filter(pk=period.pk).exists()
        assert denials(target_kind=kind, target_id=str(period.pk)) == 2


def get_period(kind: str, start: timedelta, end: timedelta) -> DutyShift | Leave:
    officer, now = police(), timezone.now()
    if kind == "leave":
        return Leave.objects.create(contact=officer, starts_at=now + start, ends_at=now + end)
    return get_shift(officer, now + start, now + end)


def test_dates_have_pickers(keeper: Client) -> None:
    for address in ("dutyshift", "leave", "agreement"):
        assert "date-time-chooser" in said(keeper.get(f"/cms/{address}/new/"))


def test_an_agreement_cannot_end_before_it_was_signed(keeper: Client) -> None:
    office = Partner.objects.get(slug="police-veri")
    written = {"partner": str(office.pk), "reference": "7", "signed_on": "1.2.2026", "valid_until": "31.1.2026"}
    assert "end before it begins or was signed" in said(keeper.post("/cms/agreement/new/", written))
    keeper.post("/cms/agreement/new/", written | {"valid_until": "1.2.2026"})
    assert agree_to_all() == 1
    assert Agreement.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("police", "directorate"),
        ("cpu", "municipality"),
        ("school", "municipality"),
        ("coordinator", "regions"),
        ("psychologist", "regions"),
    ],
)
def test_an_office_without_its_kind_of_area_is_refused(keeper: Client, north: Region, role: str, words: str) -> None:
    written = {"name_sq": "Z", "name_en": "Z", "slug": "z", "role": role, "is_active": "on"}
    given = {"regions": [str(north.pk)]} if words != "regions" else {"municipality": str(Municipality.objects.get().pk)}
    html = said(keeper.post("/cms/partner/new/", written | given))
    assert not Partner.objects.filter(slug="z").exists()
    assert f"by its {words}" in html or f"by their {words}" in html


@pytest.mark.parametrize("role", ["social_service", "health"])
def test_a_local_or_regional_office_names_its_municipality_or_its_regions(
    keeper: Client, north: Region, role: str
) -> None:
    written = {"name_sq": "Z", "name_en": "Z", "slug": "z", "role": role, "is_active": "on"}
    assert "by its municipality or its regions" in said(keeper.post("/cms/partner/new/", written))
    places = ({"regions": [str(north.pk)]}, {"municipality": str(Municipality.objects.get().pk)})
    for slug, place in zip(("z", "zz"), places, strict=True):
        page = keeper.post("/cms/partner/new/", written | {"slug": slug} | place)
        assert page.status_code == 302  # nothing was wrong with it


def test_only_a_protection_service_has_services(keeper: Client) -> None:
    office = Partner.objects.get(slug="police-veri")
    written = partner_page(office) | {"services": "xyz"}
    assert "Only a protection service" in said(keeper.post(f"/cms/partner/edit/{office.pk}/", written))
    office.refresh_from_db()
    assert office.services == []


@pytest.mark.parametrize("kind", ["contact", "dutyshift", "leave", "partner", "agreement"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_directory_is_not_taken_out_as_a_file(keeper: Client, kind: str, form: str) -> None:
    assert keeper.get(f"/cms/{kind}/?export={form}").status_code == 404


def test_a_partner_that_stops_says_which_places_are_left_without(keeper: Client, north: Region) -> None:
    office = Partner.objects.get(slug="police-veri")
    directorate = PoliceDirectorate.objects.get()
    Municipality.objects.create(slug="fshat", name="Fshat", region=north, police_directorate=directorate)
    written = partner_page(office)
    del written["is_active"]

    html = said(keeper.post(f"/cms/partner/edit/{office.pk}/", written, follow=True))

    assert "There is now no active office (anti-trafficking police officer) for: Fshat; Veri" in html


def test_a_partner_that_stops_beside_another_leaves_nobody_without(keeper: Client, north: Region) -> None:
    office = Partner.objects.get(slug="police-veri")
    other = Partner.objects.create(slug="other", role=Role.PROTECTION_SERVICE, names={"sq": "Z"})
    other.regions.add(north)
    Partner.objects.filter(pk=office.pk).update(role=Role.PROTECTION_SERVICE)
    office.refresh_from_db()
    written = partner_page(office)
    del written["is_active"]
    assert "no active office" not in said(keeper.post(f"/cms/partner/edit/{office.pk}/", written, follow=True))


def partner_page(office: Partner) -> dict[str, str]:
    return {
        "name_sq": office.names["sq"],
        "name_en": "Police",
        "slug": office.slug,
        "role": office.role,
        "directorate": str(office.directorate_id),
        "is_active": "on",
        "version": str(office.version),
    }


# Two people at one page


def test_the_second_saver_sees_both_and_nothing_is_written_over(keeper: Client) -> None:
    officer = police()
    address = f"{CONTACTS}edit/{officer.pk}/"
    assert 'name="version" value="0"' in said(keeper.get(address))
    keeper.post(address, filled(officer, phone="+355 1", duty="Shef", version="0"))
    agree_to_all()

    response = keeper.post(address, filled(officer, phone="+355 2", version="0"))

    html = said(response)
    assert response.status_code == 409
    assert "+355 1" in html
    assert "+355 2" in html
    assert 'name="choice-phone"' in html
    assert 'name="choice-duty"' in html
    assert 'name="choice-email"' not in html
    officer.refresh_from_db()
    assert (officer.phone, officer.duty) == ("+355 1", "Shef")


def test_what_the_second_saver_chose_is_saved_field_by_field(keeper: Client) -> None:
    officer = police()
    address = f"{CONTACTS}edit/{officer.pk}/"
    keeper.post(address, filled(officer, phone="+355 1", duty="Shef", version="0"))
    agree_to_all()
    mine = filled(officer, phone="+355 2", version="0", compared="1")

    half = keeper.post(address, mine | {"choice-phone": "mine"})
    assert half.status_code == 409
    assert "Choose in every line" in said(half)
    done = keeper.post(address, mine | {"choice-phone": "mine", "choice-duty": "stored"})

    assert done.status_code == 302
    agree_to_all()
    officer.refresh_from_db()
    assert (officer.phone, officer.duty, officer.version) == ("+355 2", "Shef", 2)


def test_a_third_save_in_between_asks_again(keeper: Client) -> None:
    officer = police()
    address = f"{CONTACTS}edit/{officer.pk}/"
    keeper.post(address, filled(officer, phone="+355 1", version="0"))
    agree_to_all()
    keeper.post(address, filled(officer, phone="+355 3", version="1"))
    agree_to_all()

    response = keeper.post(
        address, filled(officer, phone="+355 2", version="0", compared="1", **{"choice-phone": "mine"})
    )

    assert response.status_code == 409
    officer.refresh_from_db()
    assert officer.phone == "+355 3"


def test_a_pin_is_on_neither_side_and_is_asked_for_again(keeper: Client) -> None:
    officer = police()
    address = f"{CONTACTS}edit/{officer.pk}/"
    keeper.post(address, filled(officer, pin="271828", pin_again="271828", version="0"))
    agree_to_all()
    officer.refresh_from_db()

    response = keeper.post(address, filled(officer, pin="314159", pin_again="314159", version="0"))

    html = said(response)
    assert response.status_code == 409
    assert not any(secret in html for secret in ("271828", "314159", officer.pin_hash))
    officer.refresh_from_db()
    assert officer.check_pin("271828")
    keeper.post(address, filled(officer, pin="314159", pin_again="314159", version="0", compared="1"))
    agree_to_all()
    officer.refresh_from_db()
    assert officer.check_pin("314159")


def test_two_who_wrote_the_same_are_not_asked(keeper: Client) -> None:
    officer = police()
    address = f"{CONTACTS}edit/{officer.pk}/"
    for _time in range(2):
        assert keeper.post(address, filled(officer, phone="+355 1", version="0")).status_code == 302


@pytest.mark.parametrize("kind", ["dutyshift", "leave", "agreement", "partner"])
def test_every_screen_of_the_directory_asks_the_second_saver(keeper: Client, kind: str, north: Region) -> None:
    row, page, first, second_saver = screens(kind, north)
    address = f"/cms/{kind}/edit/{row.pk}/"
    assert keeper.post(address, page | first | {"version": "0"}).status_code == 302
    agree_to_all()
    response = keeper.post(address, page | second_saver | {"version": "0"})
    assert response.status_code == 409, kind
    html = said(response)
    for name in {*first, *second_saver}:
        assert f'name="choice-{name}"' in html
    choices = {f"choice-{name}": "stored" for name in {*first, *second_saver}}
    done = keeper.post(address, page | second_saver | {"version": "0", "compared": "1"} | choices)
    assert done.status_code == 302
    before = {name: str(value) for name, value in vars(row).items() if not name.startswith("_")}
    row.refresh_from_db()
    assert row.version >= 1
    assert before != {name: str(value) for name, value in vars(row).items() if not name.startswith("_")}


def screens(kind: str, region: Region):
    officer = police()
    office = officer.partner
    start, end = full_minute(timedelta(hours=3)), full_minute(timedelta(hours=9))
    later = {"ends_at": typed(end + timedelta(hours=1))}, {"ends_at": typed(end + timedelta(hours=2))}
    times = {"contact": str(officer.pk), "starts_at": typed(start), "ends_at": typed(end)}
    if kind == "dutyshift":
        return get_shift(officer, start, end), times | {"partner": str(office.pk), "rank": "1"}, *later
    if kind == "leave":
        leave = Leave.objects.create(contact=officer, starts_at=start, ends_at=end)
        return leave, times | {"kind": "holiday"}, *later
    if kind == "agreement":
        agreement = Agreement.objects.create(partner=office, reference="1")
        return agreement, {"partner": str(office.pk)}, {"reference": "2"}, {"reference": "3"}
    both = {"name_en": "Police of the north"}, {"name_sq": "Policia e re"}
    return office, partner_page(office), *both


def test_what_two_people_chose_is_shown_in_words_also_where_several_may_be_chosen() -> None:
    choices = [("sq", "Albanian"), ("en", "English")]
    several = MultipleChoiceField(choices=choices, required=False)
    assert _in_words(several, ["en", "sq"]) == "English, Albanian"
    assert _in_words(several, ["en", "xx"]) == "English, xx"
    assert _in_words(several, []) == ""
    assert _in_words(ChoiceField(choices=choices, required=False), "sq") == "Albanian"
