"""Filling a roster for weeks: turns over every night in which the clocks change, copies, pasted lines, and the page."""

import re
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from access.models import Region, StaffRole, User
from audit.models import AuditEntry
from tests.world.offices import PIN, Country, make_contact, make_country, put_on_duty
from tests.world.places import make_user

from ..filling.actions import fill_roster, preview_plan
from ..filling.plans import MAX_SHIFTS, STEPS, PlannedShift, TooMany, Turn, at_hour, copy_days, read_lines, rotate
from ..models import Contact, DutyShift, Leave, Partner
from ..roster import on_duty, utc

TIRANA = ZoneInfo("Europe/Tirane")
hours = st.times(min_value=time(0), max_value=time(23, 59)).map(lambda each: each.replace(second=0, microsecond=0))


@given(
    st.integers(1, 5),
    st.sampled_from(Turn),
    st.dates(date(2026, 3, 1), date(2027, 11, 1)),
    hours,
    st.integers(1, 60),
    st.integers(1, 2),
)
def test_turns_follow_each_other_without_a_hole_and_everybody_has_theirs(
    count: int, turn: Turn, first: date, hour: time, days: int, ranks: int
) -> None:
    people = list(range(1, count + 1))
    since, until = at_hour(first, hour), at_hour(first + timedelta(days=days), hour)
    try:
        found = rotate(people, turn, since, until, ranks=ranks)
    except TooMany:
        assert days * 2 * ranks > MAX_SHIFTS
        return
    firsts = [each for each in found if each.rank == 1]
    assert firsts[0].starts_at == timezone.make_aware(since)
    assert firsts[-1].ends_at == timezone.make_aware(until)
    for earlier, later in pairwise(firsts):
        assert utc(earlier.ends_at) == utc(later.starts_at)
        # By the clock on the wall, whatever the clocks did in the night between.
        assert earlier.ends_at.replace(tzinfo=None) - earlier.starts_at.replace(tzinfo=None) == STEPS[turn]
        assert later.contact == people[(people.index(earlier.contact) + 1) % count]
    seconds = [each for each in found if each.rank == 2]
    assert len(seconds) == (len(firsts) if ranks == 2 and count > 1 else 0)
    for one, two in zip(firsts, seconds, strict=False):
        assert (one.starts_at, one.ends_at) == (two.starts_at, two.ends_at)
        assert two.contact == people[(people.index(one.contact) + 1) % count]


def test_more_turns_than_one_enters_at_once_are_refused() -> None:
    with pytest.raises(TooMany):
        rotate(
            [1, 2],
            Turn.HALF_DAY,
            at_hour(date(2027, 1, 1), time(8)),
            at_hour(date(2028, 1, 1), time(8)),
            ranks=2,
        )


def test_a_copied_night_keeps_its_hours_by_the_clock_on_the_wall() -> None:
    night = DutyShift(
        contact_id=7,
        rank=2,
        starts_at=datetime(2026, 10, 17, 20, tzinfo=TIRANA),
        ends_at=datetime(2026, 10, 18, 8, tzinfo=TIRANA),
    )
    goes_on = DutyShift(contact_id=8, rank=1, starts_at=datetime(2026, 10, 17, 8, tzinfo=TIRANA))
    later = DutyShift(
        contact_id=8,
        rank=1,
        starts_at=datetime(2026, 10, 19, 0, tzinfo=TIRANA),
        ends_at=datetime(2026, 10, 19, 8, tzinfo=TIRANA),
    )
    # The night of 24 October has 25 hours.
    assert copy_days([night, goes_on, later], date(2026, 10, 17), date(2026, 10, 18), date(2026, 10, 24)) == [
        PlannedShift(datetime(2026, 10, 24, 20, tzinfo=TIRANA), 2, datetime(2026, 10, 25, 8, tzinfo=TIRANA), contact=7)
    ]


def people() -> list[Contact]:
    names = ["Ana Hoxha", "Beni Dervishi", "Beni Dervishi"]
    return [Contact(pk=number, name=name, email=f"p{number}@x.example") for number, name in enumerate(names, 1)]


def test_a_spreadsheets_cells_and_written_lines_are_read() -> None:
    text = (
        "Ana  hoxha\t1.12.2026 08:00\t2.12.2026 08:00\t2\n\n"
        "P2@x.example; 2026-12-01 08:00; 01.12.2026 20:00\n"
        "p3@x.example;1.12.2026 20:00;2.12.2026 08:00;;\n"
    )
    assert read_lines(text, people()) == [
        PlannedShift(datetime(2026, 12, 1, 8, tzinfo=TIRANA), 2, datetime(2026, 12, 2, 8, tzinfo=TIRANA), 1),
        PlannedShift(datetime(2026, 12, 1, 8, tzinfo=TIRANA), 1, datetime(2026, 12, 1, 20, tzinfo=TIRANA), 2),
        PlannedShift(datetime(2026, 12, 1, 20, tzinfo=TIRANA), 1, datetime(2026, 12, 2, 8, tzinfo=TIRANA), 3),
    ]


def test_each_line_that_cannot_be_read_is_named_and_none_counts() -> None:
    text = "\n".join(
        [
            "Ana Hoxha; 1.12.2026 08:00; 2.12.2026 08:00",
            "Ana Hoxha; 1.12.2026 08:00",
            "Askush Fare; 1.12.2026 08:00; 2.12.2026 08:00",
            "Beni Dervishi; 1.12.2026 08:00; 2.12.2026 08:00",
            "Ana Hoxha; nesër; 2.12.2026 08:00",
            "Ana Hoxha; 2.12.2026 08:00; 1.12.2026 08:00",
            "Ana Hoxha; 1.12.2026 08:00; 2.12.2026 08:00; 0",
            "=HYPERLINK(1); x; y; z; w",
        ]
    )
    with pytest.raises(ValidationError) as refused:
        read_lines(text, people())
    assert [re.search(r"\d", each).group() for each in refused.value.messages] == list("2345678")  # type: ignore[union-attr]


@pytest.fixture
def country(db: None) -> Country:
    return make_country()


@pytest.fixture
def me(country: Country, client: Client) -> User:
    user = make_user(StaffRole.COORDINATOR, region=country.vlore.region, language="en")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    return user


def make_people(office: Partner, count: int = 3) -> list[Contact]:
    return [make_contact(office, f"Person {letter}", pin=PIN) for letter in "ABCDEFGH"[:count]]


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def written(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def by_turns(office: Partner, **changes: str) -> dict[str, str]:
    contacts = list(Contact.objects.filter(partner=office, is_active=True).order_by("name", "pk"))
    return {
        "way": "turns",
        "turns-turn": "week",
        "turns-since": written(in_days(3)),
        "turns-until": written(in_days(31)),
        "turns-hour": "08:00",
        "turns-with_deputy": "on",
        **{f"turns-place{contact.pk}": str(number) for number, contact in enumerate(contacts, 1)},
        **changes,
    }


def send(client: Client, office: Partner, data: dict[str, str]) -> tuple[int, str]:
    answer = client.post(reverse("fill_roster", args=[office.pk]), data)
    return answer.status_code, answer.content.decode()


def get_seen(page: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found
    return found.group(1)


def test_a_month_of_an_office_takes_a_number_for_each_person_and_two_presses(
    country: Country, client: Client, me: User
) -> None:
    """Ten minutes for 5 regions x 3 roles are 40 s each: opening the page, three numbers, two presses are six acts."""
    first, second, third = make_people(country.police)
    page = client.get(reverse("fill_roster", args=[country.police.pk])).content.decode()
    proposed = dict(re.findall(r'name="(turns-(?:since|until|hour))" value="([^"]+)"', page))
    typed = {f"turns-place{each.pk}": str(number) for number, each in enumerate((first, second, third), 1)}
    data = {"way": "turns", "turns-turn": "week", "turns-with_deputy": "on", **proposed, **typed}
    status, page = send(client, country.police, data)
    assert status == 200
    assert DutyShift.objects.count() == 0
    assert "somebody is on duty at every hour" in page
    status, _page = send(client, country.police, {**data, "step": "save", "seen": get_seen(page)})
    assert status == 302
    assert len(typed) + 3 == 6
    entry = AuditEntry.objects.get(action="directory.roster_filled")
    assert entry.detail["shifts"] == DutyShift.objects.count() > 0
    at = timezone.make_aware(at_hour(in_days(3), time(12)))
    assert on_duty(country.police, at) == [first, second]


def test_nothing_is_entered_by_looking_nor_twice_by_pressing_twice(country: Country, client: Client, me: User) -> None:
    make_people(country.police)
    _status, page = send(client, country.police, by_turns(country.police))
    assert DutyShift.objects.count() == 0
    saved = by_turns(country.police) | {"step": "save", "seen": get_seen(page)}
    send(client, country.police, saved)
    count = DutyShift.objects.count()
    assert count == 8
    status, page = send(client, country.police, saved)
    assert (status, DutyShift.objects.count()) == (200, count)
    assert "not as you saw it" in page
    assert "8 more stand in the roster already" in page


def test_a_roster_or_a_plan_that_changed_after_looking_is_shown_again(
    country: Country, client: Client, me: User
) -> None:
    contacts = make_people(country.police)
    _status, page = send(client, country.police, by_turns(country.police))
    seen = get_seen(page)
    longer = by_turns(country.police, **{"turns-until": written(in_days(45))})
    status, _page = send(client, country.police, longer | {"step": "save", "seen": seen})
    assert (status, DutyShift.objects.count()) == (200, 0)
    start = timezone.make_aware(at_hour(in_days(4), time(8)))
    Leave.objects.create(contact=contacts[0], starts_at=start, ends_at=start + timedelta(days=1))
    status, page = send(client, country.police, by_turns(country.police) | {"step": "save", "seen": seen})
    assert (status, DutyShift.objects.count()) == (200, 0)
    assert "On leave then" in page


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"turns-since": written(in_days(0))}, "later than 24 hours"),
        ({"turns-until": written(in_days(2))}, "The end must come after the start."),
        ({"turns-until": written(in_days(1000)), "turns-turn": "12h"}, "more than 400 shifts"),
        ({"turns-until": "31.31.2027"}, "valid date"),
        ({"turns-since": "1.1.0001"}, "Choose a day between"),
        ({"turns-since": "30.12.9999", "turns-until": "31.12.9999"}, "Choose a day between"),
        ({"turns-hour": "25:99"}, "valid time"),
        ({"turns-turn": "fortnight"}, "valid choice"),
        ({"way": "steal"}, "By turns"),
    ],
)
def test_what_cannot_be_done_is_said_and_what_was_typed_stays(
    country: Country, client: Client, me: User, changes: dict[str, str], says: str
) -> None:
    make_people(country.police)
    status, page = send(client, country.police, by_turns(country.police, **changes) | {"step": "save"})
    assert status == 422
    assert says in page
    assert DutyShift.objects.count() == 0


@pytest.mark.parametrize(
    ("first", "last", "to"),
    [
        ("0001-01-01", "0001-01-02", "2027-01-01"),
        ("2026-11-01", "9999-12-31", "2027-01-01"),
        ("2026-11-01", "2026-11-20", "9999-12-31"),
    ],
)
def test_days_that_no_roster_is_about_are_refused(
    country: Country, client: Client, me: User, first: str, last: str, to: str
) -> None:
    contact, *_others = make_people(country.police)
    put_on_duty(country.police, contact=contact)
    copied = {"way": "copy", "copy-first": first, "copy-last": last, "copy-to": to}
    for day in (first, to):
        pasted = {"way": "paste", "paste-lines": f"{contact.email}; {day} 00:00; {last} 23:59"}
        if "0001" in day or "9999" in day + last:
            assert send(client, country.police, pasted)[0] == 422
    status, page = send(client, country.police, copied)
    assert status == 422
    assert "Choose a day between" in page


def test_the_page_opens_beside_a_shift_that_ends_in_a_far_year(country: Country, client: Client, me: User) -> None:
    far = datetime(9999, 12, 30, tzinfo=TIRANA)
    put_on_duty(country.police, contact=make_people(country.police)[0], until=far)
    assert client.get(reverse("fill_roster", args=[country.police.pk])).status_code == 200
    assert client.get(reverse("on_duty")).status_code == 200


def test_the_same_number_twice_and_none_at_all_are_refused(country: Country, client: Client, me: User) -> None:
    contacts = make_people(country.police)
    twice = by_turns(country.police) | {f"turns-place{each.pk}": "1" for each in contacts}
    assert "same number" in send(client, country.police, twice)[1]
    none = by_turns(country.police) | {f"turns-place{each.pk}": "" for each in contacts}
    assert "Write 1 beside" in send(client, country.police, none)[1]


def test_the_page_shows_every_field_of_every_way_once(country: Country, client: Client, me: User) -> None:
    contacts = make_people(country.police)
    page = client.get(reverse("fill_roster", args=[country.police.pk])).content.decode()
    shown = re.findall(r'<(?:input|select|textarea)[^>]* name="((?:turns|copy|paste)-[^"]+)"', page)
    places = [f"turns-place{each.pk}" for each in contacts]
    of_turns = ["turns-turn", "turns-since", "turns-until", "turns-hour", "turns-with_deputy"]
    assert sorted(shown) == sorted([*of_turns, *places, "copy-first", "copy-last", "copy-to", "paste-lines"])


def test_weeks_are_copied_and_lines_are_pasted_through_the_page(country: Country, client: Client, me: User) -> None:
    first, _second = make_people(country.police, 2)
    start = timezone.make_aware(at_hour(in_days(-7), time(8)))
    put_on_duty(country.police, contact=first, since=start, until=start + timedelta(days=7))
    data = {
        "way": "copy",
        "copy-first": written(in_days(-7)),
        "copy-last": written(in_days(-1)),
        "copy-to": written(in_days(7)),
    }
    _status, page = send(client, country.police, data)
    assert send(client, country.police, data | {"step": "save", "seen": get_seen(page)})[0] == 302
    copied = DutyShift.objects.latest("starts_at")
    assert timezone.make_naive(copied.starts_at) == at_hour(in_days(7), time(8))
    line = f"{first.email}; {written(in_days(30))} 08:00; {written(in_days(31))} 08:00"
    data = {"way": "paste", "paste-lines": line}
    _status, page = send(client, country.police, data)
    assert send(client, country.police, data | {"step": "save", "seen": get_seen(page)})[0] == 302
    assert DutyShift.objects.count() == 3
    status, page = send(client, country.police, data | {"paste-lines": "<script>alert(1)</script>; a; b"})
    assert status == 422
    assert "<script>alert(1)" not in page


def test_another_regions_office_and_one_that_is_closed_are_not_there(
    country: Country, client: Client, me: User
) -> None:
    berat = Region.objects.create(slug="berat", name="Berat", iso_code="AL-01", is_outreach=True)
    Partner.objects.filter(pk=country.coordinator.pk).update(is_active=False)
    other = Partner.objects.create(slug="other", role="coordinator", names={"sq": "a", "en": "a"})
    other.regions.add(berat)
    for office in (other, country.coordinator):
        address = reverse("fill_roster", args=[office.pk])
        assert client.get(address).status_code == 404
        assert client.post(address, by_turns(office)).status_code == 404


def test_a_person_who_left_between_looking_and_entering_is_not_put_on_duty(country: Country, me: User) -> None:
    contacts = make_people(country.police)
    now = timezone.now()
    plan = rotate(
        [each.pk for each in contacts],
        Turn.DAY,
        at_hour(in_days(3), time(8)),
        at_hour(in_days(9), time(8)),
        ranks=1,
    )
    seen = preview_plan(country.police, plan, now).digest
    Contact.objects.filter(pk=contacts[1].pk).update(is_active=False)
    with pytest.raises(ValidationError):
        fill_roster(office=country.police, planned=plan, seen=seen, by=me, now=now)
    assert DutyShift.objects.count() == 0
