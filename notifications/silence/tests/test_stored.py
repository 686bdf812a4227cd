"""What is stored is what the record says, whatever happened, in which order, and when it was counted."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access.models import Region
from audit.chain import log_event
from audit.models import AuditEntry
from notifications.outbox.models import Notice, Purpose
from tests.world.notices import notify_officer
from tests.world.offices import put_on_duty
from tests.world.places import make_place

from .. import checking, counting, stored
from ..counting import count_answers
from ..models import CountState, OfficeAsked, UnrecordedNotice
from ..quarters import Quarter
from ..record import STEPS

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 10, 11, tzinfo=UTC)
QUARTER = Quarter(2026, 4)
NOW = START + timedelta(days=2)
KINDS = [*STEPS, "notice.repeated", "notice.cancelled"]


def step(notice, action, minutes=0.0):
    log_event(action, target_kind="notice", target_id=notice.pk, at=START + timedelta(minutes=minutes))


def notify(staffed, **changes):
    notice = notify_officer(staffed, at=START, **changes)
    step(notice, "notice.sent")
    return notice


def count(regions=None, quarter=QUARTER):
    found = count_answers(Region.objects.all() if regions is None else regions, quarter, now=NOW)
    return found.offices, found.unrecorded


def tell(regions):
    """What the record says, by hand: [(office, notified, accepted, declined, wrong area, silent, waiting, times)]."""
    since, until = QUARTER.bounds
    asked = defaultdict(lambda: ({}, []))
    purposes = (Purpose.FIRST, Purpose.REMINDER, Purpose.DEPUTY)
    for notice in Notice.objects.filter(is_drill=False, purpose__in=purposes, municipality__region__in=regions):
        taken = {}
        for entry in AuditEntry.objects.filter(target_kind="notice", target_id=str(notice.pk)):
            if entry.action in STEPS:
                name = STEPS[entry.action]
                taken[name] = min(entry.at, taken.get(name, entry.at))
        if "sent" in taken:
            at, until_when = asked[notice.chase_id, notice.partner_id]
            at |= {name: min(moment, at.get(name, moment)) for name, moment in taken.items()}
            until_when += [notice.answer_by] if notice.answer_by else []
    lines = defaultdict(list)
    for (_chain, office), (at, until_when) in asked.items():
        if since <= at["sent"] < until:
            lines[office].append((at, min(until_when, default=at["sent"] + timedelta(days=1))))
    told = {}
    for office, all_of_it in lines.items():
        kinds = [tell_kind(at, answer_by) for at, answer_by in all_of_it]
        times = []
        for name in ("opened", "accepted", "outcome"):
            spans = [max((at[name] - at["sent"]).total_seconds() / 60, 0) for at, _by in all_of_it if name in at]
            times.append((len(spans), round(median(spans), 6) if spans else None))
        names = ("accepted", "declined", "wrong_area", "silent", "waiting")
        told[office] = (len(all_of_it), *(kinds.count(name) for name in names), *times)
    return told


def tell_kind(at, answer_by):
    for name in ("accepted", "wrong_area", "declined"):
        if name in at:
            return name
    return "waiting" if answer_by > NOW else "silent"


def round_off(offices):
    return {
        each.office.pk: (
            *(each.notified, each.accepted, each.declined, each.wrong_area, each.silent, each.waiting),
            *(
                (times.count, None if times.median is None else round(times.median, 6))
                for times in (each.to_open, each.to_accept, each.to_outcome)
            ),
        )
        for each in offices
    }


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happened_the_stored_figures_are_those_of_the_record(staffed, monkeypatch, seed):
    chance = random.Random(seed)
    contacts = [staffed.officer, staffed.deputy, put_on_duty(staffed.country.police_sarande)]
    places = [staffed.country.vlore, staffed.country.sarande, make_place("tirane", "Tiranë").municipality]
    own = [Region.objects.filter(pk=staffed.country.vlore.region_id), Region.objects.all()]
    notices = []
    for _turn in range(45):
        if not notices or chance.random() < 0.4:
            first = chance.choice(notices) if notices and chance.random() < 0.6 else None
            notice = notify_officer(
                staffed,
                at=START + timedelta(minutes=chance.randint(0, 100)),
                contact=chance.choice(contacts),
                municipality=chance.choice(places),
                purpose=chance.choice([Purpose.FIRST, Purpose.REMINDER, Purpose.DEPUTY, Purpose.INFORM]),
                chases=first,
                is_drill=chance.random() < 0.1,
                answer_minutes=chance.choice([None, 30, 5 * 24 * 60]),
            )
            notices.append(notice)
        else:
            step(chance.choice(notices), chance.choice(["notice.sent", *KINDS]), chance.uniform(-80 * 24 * 60, 3000))
        if chance.random() < 0.2:
            stored.catch_up(seconds=60)
        if chance.random() < 0.1:
            checking.each_minute(now=NOW)
    for regions in own:
        offices, _unrecorded = count(regions)
        assert round_off(offices) == tell(regions)
    before = [count(regions) for regions in own]
    assert stored.catch_up(seconds=60)
    assert [count(regions) for regions in own] == before
    monkeypatch.setattr(counting, "MAX_TOUCHED", -1)
    assert [count(regions) for regions in own] == before
    assert CountState.objects.get().differed_at is None


def test_what_came_since_it_was_counted_is_in_the_figures_without_writing_anything(staffed):
    notice = notify(staffed)
    assert stored.catch_up(seconds=60)
    step(notice, "notice.accepted", 7)
    with CaptureQueriesContext(connection) as asked:
        ((line,), _unrecorded) = count()
    assert (line.notified, line.accepted, line.to_accept.median) == (1, 1, 7)
    assert not any(each["sql"].startswith(("INSERT", "UPDATE", "DELETE")) for each in asked)


def test_an_answer_after_the_quarter_counts_for_the_quarter_in_which_it_was_asked(staffed):
    first = notify(staffed)
    late = 60 * 24 * 60
    reminder = notify_officer(
        staffed, at=START + timedelta(minutes=late), purpose=Purpose.REMINDER, chases=first, case_id=first.case_id
    )
    step(reminder, "notice.sent", late)
    step(reminder, "notice.accepted", late + 5)
    stored.catch_up(seconds=60)
    ((line,), _unrecorded) = count()
    assert (line.accepted, line.to_accept.median) == (1, late + 5)
    assert count(quarter=QUARTER.next) == ([], 0)


@pytest.mark.parametrize("change", ["other", "gone", "more"])
def test_a_stored_row_that_the_record_does_not_bear_out_is_computed_anew_and_that_is_said(staffed, change):
    notify(staffed)
    checking.each_minute(now=NOW)
    right = count()
    if change == "other":
        OfficeAsked.objects.update(accepted_after=5)
    elif change == "gone":
        OfficeAsked.objects.all().delete()
    else:
        row = OfficeAsked.objects.get()
        row.pk, row.chain = None, row.chain.__class__(int=1)
        row.save()
    assert count() != right
    checking.each_minute(now=NOW + timedelta(minutes=59))
    assert count() != right
    checking.each_minute(now=NOW + timedelta(minutes=61))
    assert count() == right
    assert AuditEntry.objects.get(action="silence.differed").detail == {"chains": 1}
    assert count_answers(Region.objects.all(), QUARTER, now=NOW).differed_at == NOW + timedelta(minutes=61)


def test_a_pass_goes_on_where_the_last_look_ended(staffed, monkeypatch):
    monkeypatch.setattr(checking, "AT_ONCE", 2)
    for _n in range(5):
        notify(staffed)
    stored.catch_up(seconds=60)
    looks = 0
    while CountState.objects.get().compared_at is None:
        checking.compare(NOW, seconds=0)
        looks += 1
    assert looks > 3


def test_an_office_notified_of_one_thing_about_two_regions_is_asked_once_for_whoever_sees_both(staffed):
    place = make_place("tirane", "Tiranë").municipality
    first = notify(staffed)
    second = notify_officer(staffed, at=START, municipality=place, chases=first, purpose=Purpose.DEPUTY)
    step(second, "notice.sent", 10)
    step(second, "notice.accepted", 15)
    stored.catch_up(seconds=60)
    ((line,), _unrecorded) = count()
    assert (line.notified, line.accepted, line.silent, line.to_accept.median) == (1, 1, 0, 15)
    ((line,), _unrecorded) = count([place.region])
    assert (line.notified, line.accepted, line.to_accept.median) == (1, 1, 5)
    ((line,), _unrecorded) = count([staffed.country.vlore.region])
    assert (line.notified, line.accepted, line.silent) == (1, 0, 1)


def test_what_is_recorded_after_all_is_unrecorded_no_more(staffed):
    notice = notify_officer(staffed, at=START)
    Notice.objects.update(state="sent", sent_at=START, attempts=1, next_attempt_at=None)
    step(notice, "notice.opened", 3)
    assert count()[1] == 1
    stored.catch_up(seconds=60)
    assert UnrecordedNotice.objects.count() == 1
    assert count()[1] == 1
    step(notice, "notice.sent")
    assert count()[1] == 0
    stored.catch_up(seconds=60)
    assert not UnrecordedNotice.objects.exists()


def test_nothing_is_counted_while_a_notice_of_an_old_release_does_not_name_its_chain(staffed):
    notice = notify(staffed)
    Notice.objects.update(chase_id=None)
    assert not stored.catch_up(seconds=60)
    Notice.objects.update(chase_id=notice.pk)
    assert stored.catch_up(seconds=60)
    assert OfficeAsked.objects.get().chain == notice.pk
