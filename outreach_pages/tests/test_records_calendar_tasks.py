"""The calendar of due moments: nothing of what is due leaves, whatever the moments are."""

import datetime
from types import SimpleNamespace
from typing import Any

import icalendar
import pytest
from django.urls import reverse
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from audit.models import AuditEntry

from ..models import CalendarAddress
from ..records import calendar_tasks, ical
from ..records.calendar_addresses import FETCHES, make_address
from ..records.calendar_tasks import DueMoment
from .test_records_pages import RecordsTest

FIELDS = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "CLASS", "TRANSP"}
MOMENTS = st.lists(
    st.builds(
        DueMoment,
        st.text(min_size=1),
        st.datetimes(
            min_value=datetime.datetime(2013, 1, 1),  # noqa: DTZ001
            max_value=datetime.datetime(2099, 1, 1),  # noqa: DTZ001
            timezones=st.just(datetime.UTC),
        ),
    ),
    max_size=30,
    unique_by=lambda moment: moment.key,
)


@given(moments=MOMENTS)
def test_whatever_is_due_the_calendar_can_be_read_and_says_only_a_number_and_a_time(moments: Any) -> None:
    address: Any = SimpleNamespace(secret_hash="a" * 64, user=None)
    sources = calendar_tasks._sources[:]
    calendar_tasks._sources[:] = [lambda user: moments]
    try:
        events = calendar_tasks.build_task_events(address)
    finally:
        calendar_tasks._sources[:] = sources
    content = ical.build_calendar([], name="Vatra", more=events)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    read = list(icalendar.Calendar.from_ical(content).walk("VEVENT"))
    assert len(read) == len(moments)
    assert all({name.upper() for name in event} == FIELDS for event in read)
    assert len({str(event["uid"]) for event in read}) == len(moments)
    by_day: dict[datetime.date, list[str]] = {}
    for event in read:
        assert event["dtstart"].dt.second == 0
        by_day.setdefault(timezone.localdate(event["dtstart"].dt), []).append(str(event["summary"]).rpartition(" ")[2])
    for numbers in by_day.values():
        assert numbers == [str(number) for number in range(1, len(numbers) + 1)]


def test_the_last_entry_of_a_full_calendar_says_that_there_is_more(monkeypatch: pytest.MonkeyPatch) -> None:
    address: Any = SimpleNamespace(secret_hash="a" * 64, user=None)
    begins = datetime.datetime(2026, 12, 1, 8, tzinfo=datetime.UTC)
    moments = [DueMoment(f"duty {number}", begins + datetime.timedelta(hours=number)) for number in range(4)]
    monkeypatch.setattr(calendar_tasks, "_sources", [lambda user: moments])
    monkeypatch.setattr(calendar_tasks, "MAX_TASKS", 3)
    with translation.override("en"):
        events = calendar_tasks.build_task_events(address)
        assert [str(event["summary"]) for event in events] == [
            "Task 1",
            "Task 2",
            "Task 3",
            "More tasks are in the app",
        ]
        assert events[-1]["dtstart"].dt == moments[3].at
        assert len({str(event["uid"]) for event in events}) == 4
        # As many as fit need no such entry.
        monkeypatch.setattr(calendar_tasks, "MAX_TASKS", 4)
        assert len(calendar_tasks.build_task_events(address)) == 4


@pytest.mark.usefixtures("_one_moment")
class TestTheFeedWithTasks(RecordsTest):
    @pytest.fixture
    def _one_moment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        at = timezone.now() + datetime.timedelta(days=1)
        monkeypatch.setattr(calendar_tasks, "_sources", [lambda user: [DueMoment("case 7K2M9Q", at)]])

    def test_only_an_address_that_asked_for_them_has_due_moments(self):
        for chosen, number in ({"tasks": "yes"}, 1), ({}, 0):
            html = self.client.post(reverse("sessions:make_subscription"), chosen).content.decode()
            start = html.index("/field/sessions/calendar/of/")
            answer = self.client.get(html[start : html.index(".ics", start) + 4])
            assert answer.content.count(b"BEGIN:VEVENT") == number
            assert b"7K2M9Q" not in answer.content

    def test_two_people_have_other_ids_for_one_moment(self):
        ids = set()
        for user in (self.worker, self.other):
            secret = make_address(user=user, with_tasks=True)
            content = self.client.get(reverse("sessions:feed", args=[secret])).content
            ids |= {str(event["uid"]) for event in icalendar.Calendar.from_ical(content).walk("VEVENT")}
        assert len(ids) == 2

    def test_who_comes_too_often_gets_nothing_for_a_while_and_a_day_is_one_entry(self):
        secret = make_address(user=self.worker, with_tasks=True)
        address = reverse("sessions:feed", args=[secret])
        answers = [self.client.get(address).status_code for _time in range(FETCHES.most + 1)]
        assert answers == [200] * FETCHES.most + [429]
        assert AuditEntry.objects.filter(action="calendar_address.fetched").count() == 1
        entry = AuditEntry.objects.get(action="calendar_address.fetched")
        assert (entry.actor_kind, entry.target_id) == ("anonymous", str(CalendarAddress.objects.get().pk))
