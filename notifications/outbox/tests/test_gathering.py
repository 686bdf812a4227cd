"""After an outage what waited for one contact is one mail, and each notice goes on as if it had come by itself."""

from datetime import timedelta
from unittest import mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEntry
from notifications.channels.base import Unreached
from tests.world.notices import notify_officer

from .. import delivery
from ..actions import build_link, mark_opened
from ..bounces.actions import find_in_same_mail, record_bounce
from ..delivery import send_due
from ..gathering import MAX_TOGETHER
from ..models import Attempt, AttemptOutcome, Notice

pytestmark = pytest.mark.django_db


def live_through_an_outage(postbox, *notices):
    """Try these while the server is away, and let their next attempts be due when it is back."""
    for notice in notices:
        postbox.failures[notice.contact.email] = Unreached("timeout", connection_lost=False)
    send_due()
    postbox.failures.clear()
    postbox.letters.clear()
    assert not Notice.objects.exclude(reason="unreached").filter(pk__in=[each.pk for each in notices]).exists()
    Notice.objects.update(next_attempt_at=timezone.now())


def test_what_waited_for_one_contact_is_one_mail_that_names_each_by_code_and_link(staffed, postbox):
    notices = [notify_officer(staffed) for _each in range(6)]
    live_through_an_outage(postbox, *notices)
    assert send_due() == 6
    (letter,) = postbox.letters
    assert letter.id == f"<{notices[0].pk}@vatra.example>"  # the oldest is said as ever
    assert letter.subject.endswith("dhe 5 të tjera")
    for notice in notices:
        assert notice.code in letter.text
        assert build_link(notice) in letter.text
    assert letter.headers["Notice-Also"].split() == [each.pk.hex for each in notices[1:]]


def test_each_of_them_has_its_attempt_its_state_its_entry_and_its_clock(staffed, postbox):
    notices = [notify_officer(staffed, ladder=({"after_minutes": 10, "do": "remind"},)) for _each in range(4)]
    live_through_an_outage(postbox, *notices)
    send_due()
    for notice in notices:
        notice.refresh_from_db()
        attempt = Attempt.objects.filter(notice=notice).latest("number")
        assert (notice.state, attempt.outcome, attempt.number) == ("sent", "accepted", 2)
        assert notice.sent_at == attempt.finished_at
        assert notice.next_step_at is not None
    sent = AuditEntry.objects.filter(action="notice.sent").values_list("target_id", flat=True)
    assert sorted(sent) == sorted(str(notice.pk) for notice in notices)
    assert mark_opened(notice=notices[2], at=timezone.now())  # one says nothing of the others
    assert set(Notice.objects.exclude(pk=notices[2].pk).values_list("state", flat=True)) == {"sent"}


def test_fewer_than_three_and_what_is_new_go_out_by_themselves(staffed, postbox):
    waited = [notify_officer(staffed) for _each in range(2)]
    live_through_an_outage(postbox, *waited)
    new = [notify_officer(staffed) for _each in range(4)]
    assert send_due() == 6
    assert {letter.id for letter in postbox.letters} == {f"<{each.pk}@vatra.example>" for each in (*waited, *new)}


def test_what_is_urgent_goes_out_by_itself(staffed, postbox):
    calm = [notify_officer(staffed) for _each in range(3)]
    urgent = notify_officer(staffed, brief={"sections": [], "urgent": True})
    live_through_an_outage(postbox, *calm, urgent)
    assert send_due() == 4
    assert {letter.id for letter in postbox.letters} == {f"<{each.pk}@vatra.example>" for each in (calm[0], urgent)}
    listed = next(letter for letter in postbox.letters if letter.id.startswith(f"<{calm[0].pk}"))
    assert urgent.code not in listed.text


def test_a_contact_is_told_of_nothing_that_is_for_another_one(staffed, postbox):
    mine = [notify_officer(staffed) for _each in range(3)]
    theirs = [notify_officer(staffed, contact=staffed.deputy) for _each in range(3)]
    live_through_an_outage(postbox, *mine, *theirs)
    assert send_due() == 6
    by_address = {letter.address: letter for letter in postbox.letters}
    assert len(postbox.letters) == len(by_address) == 2
    assert not any(each.code in by_address[staffed.deputy.email].text for each in mine)
    assert not any(each.code in by_address[staffed.officer.email].text for each in theirs)


def test_a_drill_is_never_mixed_with_what_is_not_one(staffed, postbox):
    notices = [notify_officer(staffed, is_drill=number % 2 == 0) for number in range(6)]
    live_through_an_outage(postbox, *notices)
    send_due()
    assert sorted(letter.headers["Notice-Also"].count(" ") for letter in postbox.letters) == [1, 1]


def test_all_that_waited_comes_in_a_few_mails_however_many_a_batch_takes(staffed, postbox, settings):
    settings.NOTICE_BATCH = 5
    notices = [notify_officer(staffed) for _each in range(2 * MAX_TOGETHER + 1)]
    live_through_an_outage(postbox, *notices)
    assert send_due() == len(notices)
    assert len(postbox.letters) == 3
    assert not Notice.objects.exclude(state="sent").exists()


def test_one_whose_link_was_taken_back_takes_nothing_else_with_it(staffed, postbox):
    notices = [notify_officer(staffed) for _each in range(4)]
    live_through_an_outage(postbox, *notices)
    Notice.objects.filter(pk=notices[1].pk).update(link_revoked_at=timezone.now())
    assert send_due() == 3
    (letter,) = postbox.letters
    assert notices[1].code not in letter.text


def test_what_cannot_be_composed_together_goes_out_one_by_one(staffed, postbox):
    bad, *good = [notify_officer(staffed) for _each in range(4)]
    live_through_an_outage(postbox, bad, *good)
    real = delivery.build_message

    def spoilt(notice, contact, *, now, others=()):
        if bad in (notice, *others):
            raise AttributeError("spoilt")
        return real(notice, contact, now=now, others=others)

    with mock.patch.object(delivery, "build_message", spoilt):
        assert send_due() == 3
    assert {letter.id for letter in postbox.letters} == {f"<{each.pk}@vatra.example>" for each in good}


def test_a_server_that_is_away_again_leaves_all_of_them_to_be_tried_again(staffed, postbox):
    notices = [notify_officer(staffed) for _each in range(4)]
    live_through_an_outage(postbox, *notices)
    postbox.failures[staffed.officer.email] = Unreached("timeout", connection_lost=False)
    assert send_due() == 0
    assert set(Notice.objects.values_list("state", "reason", "attempts")) == {("failed", "unreached", 2)}


def test_a_mail_that_comes_back_came_back_for_all_that_it_listed(staffed, postbox):
    notices = [notify_officer(staffed) for _each in range(3)]
    other = notify_officer(staffed, contact=staffed.deputy)
    live_through_an_outage(postbox, *notices, other)
    send_due()
    first = Attempt.objects.get(notice=notices[0], number=2)
    keys = find_in_same_mail(first.pk)
    assert {Attempt.objects.get(pk=key).notice_id for key in keys} == {each.pk for each in notices}
    at = timezone.now() + timedelta(minutes=1)
    assert all(record_bounce(key=key, at=at) for key in keys)
    bounced = Attempt.objects.filter(outcome=AttemptOutcome.BOUNCED).values_list("notice", flat=True)
    assert set(bounced) == {each.pk for each in notices}


if connection.vendor == "sqlite":  # PostgreSQL decides by what is in the tables

    def test_what_stood_in_the_same_mail_is_not_looked_for_among_all_mails_there_ever_were(staffed, postbox):
        notify_officer(staffed)
        send_due()
        with CaptureQueriesContext(connection) as asked:
            find_in_same_mail(Attempt.objects.get().pk)
        *_own, query = [each["sql"] for each in asked]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {query}")
            plan = str(cursor.fetchall())
        assert "(outcome=? AND started_at>? AND started_at<?)" in plan
