from datetime import UTC, date, datetime, timedelta
from statistics import median
from unittest import mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from access.models import Region
from audit import clock
from audit.models import AuditEntry
from notifications.briefs.replies import answer
from notifications.outbox.actions import mark_opened
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice, Purpose
from tests.world.notices import notify_officer

from .. import checking
from ..counting import Times, count_answers
from ..quarters import Quarter, list_quarters

pytestmark = pytest.mark.django_db
# In the middle of a quarter.
START = datetime(2026, 11, 10, 11, tzinfo=UTC)
QUARTER = Quarter(2026, 4)


class Hour:
    """A clock that a test sets: minutes after START."""

    def __init__(self) -> None:
        self.minutes = 0.0

    def now(self) -> datetime:
        return START + timedelta(minutes=self.minutes)


@pytest.fixture
def hour(monkeypatch):
    held = Hour()
    monkeypatch.setattr(clock, "now", held.now)
    monkeypatch.setattr(timezone, "now", held.now)
    return held


def count(hour, now=None):
    return count_answers(Region.objects.all(), QUARTER, now=now or hour.now())


def notify(staffed, hour, minutes=0.0, **changes):
    """A notice that was created and sent at this minute."""
    hour.minutes = minutes
    notice = notify_officer(staffed, at=hour.now(), **changes)
    send_due()
    notice.refresh_from_db()
    return notice


def test_an_answer_is_counted_with_how_long_each_step_took(staffed, postbox, hour):
    notice = notify(staffed, hour)
    hour.minutes = 5
    mark_opened(notice=notice, at=hour.now())
    hour.minutes = 8
    answer(notice=notice, kind="accepted", at=hour.now())
    hour.minutes = 600
    answer(notice=notice, kind="outcome", reason="met", at=hour.now())
    (line,) = count(hour).offices
    assert (line.office, line.notified, line.accepted, line.silent, line.waiting) == (
        staffed.officer.partner,
        1,
        1,
        0,
        0,
    )
    assert [times.median for times in (line.to_open, line.to_accept, line.to_outcome)] == [5, 8, 600]


def test_what_nobody_answered_in_time_is_silence_and_before_that_it_waits(staffed, postbox, hour):
    notify(staffed, hour)
    hour.minutes = 29
    assert [(line.silent, line.waiting) for line in count(hour).offices] == [(0, 1)]
    hour.minutes = 31
    assert [(line.silent, line.waiting) for line in count(hour).offices] == [(1, 0)]


def test_a_reminder_and_a_deputys_notice_are_the_same_asking_and_one_answer_is_the_offices(staffed, postbox, hour):
    first = notify(staffed, hour)
    notify(staffed, hour, 10, purpose=Purpose.REMINDER, chases=first, case_id=first.case_id)
    deputys = notify(
        staffed, hour, 20, purpose=Purpose.DEPUTY, chases=first, case_id=first.case_id, contact=staffed.deputy
    )
    hour.minutes = 25
    answer(notice=deputys, kind="accepted", at=hour.now())
    (line,) = count(hour).offices
    assert (line.notified, line.accepted, line.to_accept.median) == (1, 1, 25)


def test_declining_and_another_area_are_told_apart_and_are_no_silence(staffed, postbox, hour):
    first, second = notify(staffed, hour), notify(staffed, hour)
    hour.minutes = 3
    answer(notice=first, kind="declined", reason="not_on_duty", at=hour.now())
    answer(notice=second, kind="wrong_area", to_municipality=staffed.country.sarande, at=hour.now())
    hour.minutes = 2000
    (line,) = count(hour).offices
    assert (line.notified, line.declined, line.wrong_area, line.silent) == (2, 1, 1, 0)


def test_drills_tests_information_and_our_own_people_count_in_nothing(staffed, postbox, hour):
    notify(staffed, hour, is_drill=True)
    notify(staffed, hour, purpose=Purpose.TEST)
    notify(staffed, hour, purpose=Purpose.INFORM)
    notify(staffed, hour, contact=staffed.coordinator, role="coordinator")
    assert count(hour).offices == []


def test_another_quarters_and_another_regions_notices_are_not_in_it(staffed, postbox, hour):
    notify(staffed, hour, -60 * 24 * 60)
    assert count(hour).offices == []
    notify(staffed, hour)
    elsewhere = Region.objects.exclude(pk=staffed.country.vlore.region_id)
    assert count_answers(elsewhere, QUARTER, now=hour.now()).offices == []


def test_the_times_come_from_the_chain_whatever_somebody_wrote_into_the_rows(staffed, postbox, hour):
    notice = notify(staffed, hour)
    hour.minutes = 90
    answer(notice=notice, kind="accepted", at=hour.now())
    Notice.objects.update(accepted_at=START, opened_at=START, sent_at=START)
    (line,) = count(hour).offices
    assert line.to_accept.median == 90


def test_a_notice_of_which_the_chain_knows_no_sending_is_said_and_in_no_line(staffed, postbox, hour):
    notify_officer(staffed, at=START)
    Notice.objects.update(state="sent", sent_at=START, attempts=1, next_attempt_at=None)
    checking.each_minute(now=hour.now())
    found = count(hour)
    assert (found.offices, found.unrecorded) == ([], 1)
    assert not AuditEntry.objects.filter(action="notice.sent").exists()


def test_more_notices_than_one_statement_takes_are_all_counted(staffed, postbox, hour):
    with mock.patch("notifications.silence.record.AT_ONCE", 3):
        for _n in range(10):
            notify(staffed, hour)
        (line,) = count(hour).offices
    assert line.notified == 10


if connection.vendor == "sqlite":  # PostgreSQL decides by what is in the tables

    def test_the_chain_is_read_along_its_targets_however_many_steps_of_others_it_holds(staffed, postbox, hour):
        notify(staffed, hour)
        with CaptureQueriesContext(connection) as asked:
            count(hour)
        queries = [each["sql"] for each in asked if "audit_auditentry" in each["sql"]]
        plans = []
        with connection.cursor() as cursor:
            for query in queries:
                cursor.execute(f"EXPLAIN QUERY PLAN {query}")
                plans.append(str(cursor.fetchall()))
        assert "(number>?)" in plans[0]
        assert "target_id" in plans[1]
        assert len(plans) == 2


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_each_day_lies_in_its_quarter_and_quarters_follow_without_a_gap(day):
    quarter = Quarter.of(day)
    since, until = quarter.bounds
    assert since.date() <= day < until.date()
    assert (quarter.next.before, quarter.before.next) == (quarter, quarter)
    assert quarter.before.bounds[1] == since
    assert len({each.key for each in list_quarters(day)}) == 8


@given(st.lists(st.integers(0, 10**14), min_size=1, max_size=60))
def test_nine_of_ten_were_no_slower_than_the_slow_ones(after):
    times = Times.of(after)
    minutes = [each / 60_000_000 for each in after]
    assert times.slow in minutes
    assert sum(each <= times.slow for each in minutes) >= 0.9 * len(minutes)
    assert sum(each < times.slow for each in minutes) < 0.9 * len(minutes)
    assert times.median == median(minutes)


def test_a_step_that_came_before_the_sending_took_no_time():
    assert Times.of([-5, -3, 60_000_000]) == Times(3, 0, 1)
