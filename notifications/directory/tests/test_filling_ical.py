"""Shifts from a calendar: single, recurring, over the change of the clocks, with exceptions; and hostile ones."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from access.models import StaffRole
from tests.world.offices import Country, make_contact, make_country
from tests.world.places import make_user

from ..filling.ical import MAX_CHARACTERS, ReadCalendar, read_calendar
from ..filling.plans import TooMany
from ..models import Contact, DutyShift
from ..own_duty.calendar import build_feed
from ..roster import utc

pytestmark = [pytest.mark.usefixtures("in_english")]
TIRANA = ZoneInfo("Europe/Tirane")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ANA = Contact(pk=1, name="Ana Hoxha", email="ana@zyra.example")
BENI = Contact(pk=2, name="Beni Gjata", email="beni@zyra.example")
OTHER_ANA = Contact(pk=3, name="Ana Hoxha", email="ana2@zyra.example")


def write(*events: str) -> str:
    body = "\r\n".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\n{body}\r\nEND:VCALENDAR\r\n"


def event(*lines: str, summary: str = "Ana Hoxha", uid: str = "1") -> str:
    return "\r\n".join([f"UID:{uid}", "DTSTAMP:20261101T000000Z", f"SUMMARY:{summary}", *lines])


def times(start: str, end: str, zone: str = ";TZID=Europe/Tirane") -> tuple[str, str]:
    return f"DTSTART{zone}:{start}", f"DTEND{zone}:{end}"


def read(*events: str, people: Sequence[Contact] = (ANA, BENI), not_before: datetime = LONG_AGO) -> ReadCalendar:
    return read_calendar(write(*events), people, rank=1, not_before=not_before)


def hours(found: ReadCalendar) -> list[tuple[str, str]]:
    return [
        (f"{timezone.localtime(each.starts_at):%d.%m %H:%M}", f"{timezone.localtime(each.ends_at):%d.%m %H:%M}")
        for each in found.planned
    ]


def refusal(*events: str, people: Sequence[Contact] = (ANA, BENI)) -> str:
    with pytest.raises(ValidationError) as caught:
        read(*events, people=people)
    return " ".join(caught.value.messages)


def test_one_entry_is_one_shift_whatever_its_zone() -> None:
    for start, end, zone in (
        ("20261201T200000", "20261202T080000", ";TZID=Europe/Tirane"),
        ("20261201T200000", "20261202T080000", ""),  # Tirana's
        ("20261201T190000Z", "20261202T070000Z", ""),
        ("20261201T140000", "20261202T020000", ";TZID=America/New_York"),
    ):
        found = read(event(*times(start, end, zone)))
        assert hours(found) == [("01.12 20:00", "02.12 08:00")]
        assert found.planned[0].contact == ANA.pk


def test_whole_days_and_a_length_are_read() -> None:
    whole = read(event("DTSTART;VALUE=DATE:20261201", "DTEND;VALUE=DATE:20261203"))
    assert hours(whole) == [("01.12 00:00", "03.12 00:00")]
    assert hours(read(event("DTSTART:20261201T080000", "DURATION:PT12H"))) == [("01.12 08:00", "01.12 20:00")]


def test_a_night_shift_that_repeats_ends_at_eight_in_the_night_of_the_change_too() -> None:
    found = read(event(*times("20261023T200000", "20261024T080000"), "RRULE:FREQ=DAILY;COUNT=4"))
    assert hours(found) == [
        ("23.10 20:00", "24.10 08:00"),
        ("24.10 20:00", "25.10 08:00"),
        ("25.10 20:00", "26.10 08:00"),
        ("26.10 20:00", "27.10 08:00"),
    ]
    lengths = [utc(each.ends_at) - utc(each.starts_at) for each in found.planned]
    assert lengths == [timedelta(hours=each) for each in (12, 13, 12, 12)]


def test_an_entry_in_utc_keeps_its_hours_of_utc() -> None:
    found = read(event("DTSTART:20261023T180000Z", "DTEND:20261024T060000Z", "RRULE:FREQ=WEEKLY;COUNT=2"))
    assert hours(found) == [("23.10 20:00", "24.10 08:00"), ("30.10 19:00", "31.10 07:00")]


@given(
    st.sampled_from(["DAILY", "WEEKLY"]),
    st.integers(1, 3),
    st.integers(1, 40),
    st.integers(0, 400),
    st.integers(0, 23),
    st.integers(1, 24),
)
def test_a_rule_gives_the_same_hours_by_the_clock_on_the_wall(
    frequency: str, interval: int, count: int, day: int, hour: int, length: int
) -> None:
    first = datetime(2026, 3, 1, hour, 30) + timedelta(days=day)  # noqa: DTZ001  # wall time
    lines = times(f"{first:%Y%m%dT%H%M%S}", f"{first + timedelta(hours=length):%Y%m%dT%H%M%S}")
    found = read(event(*lines, f"RRULE:FREQ={frequency};INTERVAL={interval};COUNT={count}"))
    step = timedelta(days=interval * (7 if frequency == "WEEKLY" else 1))
    expected = []
    for number in range(count):
        begins = (first + number * step).replace(tzinfo=TIRANA)
        ends = (first + number * step + timedelta(hours=length)).replace(tzinfo=TIRANA)
        if ends.timestamp() > begins.timestamp():
            expected.append((begins.timestamp(), ends.timestamp()))
    assert [(each.starts_at.timestamp(), each.ends_at.timestamp()) for each in found.planned] == expected


def test_exceptions_other_hours_for_one_day_and_cancelled_entries_are_heeded() -> None:
    night = times("20261201T200000", "20261202T080000")
    found = read(
        event(*night, "RRULE:FREQ=DAILY;COUNT=4", "EXDATE;TZID=Europe/Tirane:20261202T200000"),
        event(
            *times("20261203T220000", "20261204T080000"),
            "RECURRENCE-ID;TZID=Europe/Tirane:20261203T200000",
            summary="Beni Gjata",
        ),
        event(*night, "STATUS:CANCELLED", uid="2"),
    )
    assert hours(found) == [
        ("01.12 20:00", "02.12 08:00"),
        ("03.12 22:00", "04.12 08:00"),
        ("04.12 20:00", "05.12 08:00"),
    ]
    assert [each.contact for each in found.planned] == [1, 2, 1]


def test_until_is_heeded_and_what_is_over_is_left_out_and_counted() -> None:
    lines = (*times("20261201T080000", "20261201T200000"), "RRULE:FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20261217T070000Z")
    assert len(read(event(*lines)).planned) == 6
    found = read(event(*lines), not_before=datetime(2026, 12, 4, tzinfo=UTC))
    assert (len(found.planned), found.left_out) == (4, 2)


def test_who_it_is_stands_in_the_address_or_in_the_title() -> None:
    line = times("20261201T080000", "20261201T200000")
    for given_words, expected in (
        ({"summary": "beni gjata"}, 2),
        ({"summary": "Turni i natës: Beni  Gjata (Vlorë)"}, 2),
        ({"summary": "BENI@zyra.example"}, 2),
    ):
        assert read(event(*line, **given_words)).planned[0].contact == expected
    invited = event(*line, "ATTENDEE;CN=x:mailto:beni@zyra.example", summary="Ana Hoxha")
    assert read(invited).planned[0].contact == 2
    assert "nobody active at this office is called “Dita”" in refusal(event(*line, summary="Dita"))
    assert "nobody active" in refusal(event(*line, summary=""))
    assert "several people" in refusal(event(*line, summary="Ana Hoxha dhe Beni Gjata"))
    assert "several people" in refusal(event(*line), people=(ANA, OTHER_ANA))
    assert read(event(*line, "ATTENDEE:mailto:ana2@zyra.example"), people=(ANA, OTHER_ANA)).planned[0].contact == 3


def test_what_can_not_be_read_is_said_with_its_number() -> None:
    good = event(*times("20261201T080000", "20261201T200000"))
    for bad, words in (
        (event("DTSTART:20261201T080000"), "it has no end"),
        (event("DTEND:20261201T080000"), "it has no beginning"),
        (event(*times("20261201T200000", "20261201T080000")), "The end must come after the start"),
        (event(*times("99991231T080000", "99991231T200000")), "Choose a day between"),
        (event(*times("00010101T080000", "20261231T200000")), "Choose a day between"),
        (event(*times("20261201T080000", "20261201T200000", ";TZID=Mars/Olympus")), "is not known"),
        (event(*times("20261201T080000", "20261201T200000"), "RDATE:20261205T080000"), "RDATE"),
        *(
            (event(*times("20261201T080000", "20261201T200000"), f"RRULE:{rule}"), "days, weeks or months")
            for rule in (
                "FREQ=SECONDLY", "FREQ=MINUTELY;COUNT=3", "FREQ=HOURLY", "FREQ=YEARLY", "FREQ=DAILY;INTERVAL=0",
                "FREQ=DAILY;BYHOUR=1,2,3", "FREQ=DAILY;BYSETPOS=1", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=99999999",
            )
        ),
    ):  # fmt: skip
        said = refusal(good, bad)
        assert words in said
        assert "Entry 2:" in said


@pytest.mark.parametrize(
    "text", ["", "x", "BEGIN:VCALENDAR", "BEGIN:VEVENT", "\x00" * 50, "BEGIN:VCALENDAR\r\nEND:VCALENDAR"]
)
def test_what_is_no_calendar_is_said(text: str) -> None:
    with pytest.raises(ValidationError):
        read_calendar(text, [ANA], rank=1, not_before=LONG_AGO)


@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=DAILY;COUNT=5000", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU"])
def test_what_repeats_without_end_is_too_many(rule: str) -> None:
    with pytest.raises(TooMany):
        read(event(*times("20261201T080000", "20261201T200000"), f"RRULE:{rule}"))


def test_a_rule_that_never_comes_true_ends() -> None:
    lines = times("20261201T080000", "20261201T200000")
    assert read(event(*lines, "RRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31")).planned == []


@given(st.text(max_size=300), st.lists(st.sampled_from(["RRULE:", "EXDATE:", "DTSTART:", "DURATION:", "ATTENDEE:"])))
def test_nothing_that_somebody_can_paste_is_an_error_of_ours(noise: str, names: list[str]) -> None:
    lines = [f"{name}{noise}" for name in names]
    for text in (noise, write(event(*times("20261201T080000", "20261201T200000"), *lines)), write(noise)):
        with suppress(ValidationError):
            read_calendar(text, [ANA], rank=1, not_before=LONG_AGO)


# ---- the page ----


@pytest.fixture
def country(db: None) -> Country:
    return make_country()


@pytest.fixture
def chief(country: Country, client: Client) -> Client:
    user = make_user(StaffRole.COORDINATOR, region=country.vlore.region, language="en")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    return client


def enter(chief: Client, country: Country, data: dict[str, Any]) -> tuple[int, str]:
    """Look at it, then enter what was seen, as the page sends it."""
    address = reverse("fill_roster", args=[country.police.pk])
    page = chief.post(address, {"way": "ical", "ical-rank": "2", **data})
    words = page.content.decode()
    seen = re.search(r'name="seen" value="(\w+)"', words)
    if seen is None:
        return page.status_code, words
    text = page.context["forms"]["ical"].data["ical-text"]
    values = {"way": "ical", "ical-rank": "2", "ical-text": text, "seen": seen.group(1), "step": "save"}
    return chief.post(address, values).status_code, words


def test_a_file_is_looked_at_and_then_entered_as_it_was_seen(country: Country, chief: Client) -> None:
    person = make_contact(country.police, "Ana")
    start = timezone.localtime() + timedelta(days=3)
    lines = times(f"{start:%Y%m%dT%H%M%S}", f"{start + timedelta(hours=12):%Y%m%dT%H%M%S}")
    over = times(f"{start - timedelta(days=9):%Y%m%dT%H%M%S}", f"{start - timedelta(days=8):%Y%m%dT%H%M%S}")
    text = write(event(*lines, "RRULE:FREQ=DAILY;COUNT=3", summary=person.name), event(*over, summary=person.name))
    status, words = enter(chief, country, {"ical-file": SimpleUploadedFile("a.ics", text.encode())})
    assert status == 302
    assert "3 shifts would be entered" in words
    assert "1 shift is over or begins within 24 hours" in words
    assert list(DutyShift.objects.values_list("contact", "rank")) == [(person.pk, 2)] * 3
    enter(chief, country, {"ical-text": text})  # the same again enters nothing
    assert DutyShift.objects.count() == 3


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose a file, or paste its text"),
        ({"ical-text": "nothing"}, "be read as a calendar"),
        ({"ical-text": write(event(*times("20261201T080000", "20261201T200000"), summary="Dita"))}, "nobody active"),
        ({"ical-file": b"\xff\xfe\x00"}, "be read as a calendar"),
        ({"ical-file": b"x" * (MAX_CHARACTERS + 1)}, "too large"),
        ({"ical-text": "x", "ical-rank": "9"}, "rank"),
    ],
)
def test_a_calendar_that_can_not_be_entered_is_refused_in_words(
    country: Country, chief: Client, data: dict[str, Any], words: str
) -> None:
    given_data = {
        name: SimpleUploadedFile("a.ics", value) if isinstance(value, bytes) else value for name, value in data.items()
    }
    status, page = enter(chief, country, given_data)
    assert status == 422
    assert words in page.replace("&#x27;", "'")
    assert DutyShift.objects.count() == 0


def test_what_we_give_out_can_be_read_in(country: Country) -> None:
    person = make_contact(country.police, "Ana")
    start = (timezone.now() + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
    DutyShift.objects.create(
        partner=country.police, contact=person, starts_at=start, ends_at=start + timedelta(hours=12)
    )
    feed = build_feed(person, timezone.now()).decode().replace("SUMMARY:", f"SUMMARY:{person.name} ")
    found = read_calendar(feed, [person], rank=1, not_before=timezone.now())
    assert [(each.starts_at, each.ends_at) for each in found.planned] == [(start, start + timedelta(hours=12))]
