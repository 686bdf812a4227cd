"""The plain SQL of a claim says what the queryset says."""

import itertools
from datetime import timedelta

import pytest
from django.utils.timezone import now

from tests.world.notices import notify_officer

from ..claiming import find_candidates, take_candidates
from ..models import Notice
from ..states import NoticeState

pytestmark = pytest.mark.django_db
LEASE = timedelta(seconds=20)


def lay_out(staffed, moment):
    """A notice in each state that sending knows, with each kind of reason and time."""
    times = (moment - timedelta(seconds=1), moment, moment + timedelta(seconds=1))
    for state, at, reason in itertools.product(("owed", "failed", "sending"), times, ("unreached", "no_contact")):
        leased = state == "sending"
        Notice.objects.filter(pk=notify_officer(staffed).pk).update(
            state=state,
            reason=reason,
            next_attempt_at=None if leased else at,
            lease_until=at if leased else None,
        )
    settled = {"next_attempt_at": None, "next_step_at": None}
    for words in (
        {"state": NoticeState.SENT, "sent_at": moment, "attempts": 1, "next_attempt_at": None},
        {"state": NoticeState.CANCELLED, "cancelled_at": moment, **settled},
    ):
        Notice.objects.filter(pk=notify_officer(staffed).pk).update(**words)


def to_keys(candidates):
    return [Notice._meta.pk.to_python(key) for key, _token in candidates]


def test_what_is_claimable_is_what_the_queryset_says(staffed):
    moment = now()
    lay_out(staffed, moment)
    expected = list(Notice.objects.claimable(moment).order_by("attempts", "owed_at").values_list("pk", flat=True))
    assert len(expected) == 7
    assert to_keys(find_candidates(moment, (), (), 100)) == expected


def test_what_is_taken_is_what_was_still_claimable_under_its_token(staffed):
    first, second, third = (notify_officer(staffed) for _n in range(3))
    candidates = find_candidates(now(), (), (), 10)
    Notice.objects.filter(pk=first.pk).update(token=5)
    Notice.objects.filter(pk=second.pk).update(
        state="sending", next_attempt_at=None, lease_until=now() + timedelta(minutes=1)
    )
    taken = take_candidates(candidates, now(), lease=LEASE)
    assert to_keys((key, 0) for key in taken) == [third.pk]
    third.refresh_from_db()
    assert (third.state, third.attempts, third.token, third.next_attempt_at) == ("sending", 1, 1, None)
    assert timedelta(seconds=18) < third.lease_until - now() <= LEASE


def test_the_wanted_ones_come_first_and_none_twice(staffed):
    notices = [notify_officer(staffed) for _n in range(4)]
    found = to_keys(find_candidates(now(), [str(notices[3].pk), str(notices[3].pk)], (), 3))
    assert found == [notices[3].pk, notices[0].pk, notices[1].pk]


def test_a_channel_that_is_left_alone_is_not_claimed(staffed):
    kept, other = notify_officer(staffed), notify_officer(staffed)
    Notice.objects.filter(pk=other.pk).update(channel="sms")
    assert to_keys(find_candidates(now(), (), {"sms"}, 10)) == [kept.pk]


def test_a_look_that_finds_nothing_is_one_statement(staffed, django_assert_num_queries):
    from ..delivery import claim

    with django_assert_num_queries(1):
        assert claim(now=now()) == []
