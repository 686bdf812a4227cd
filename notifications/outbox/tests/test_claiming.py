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


def test_a_lease_is_as_long_as_it_should_be_however_long_the_look_for_it_took(staffed):
    notice = notify_officer(staffed)
    moment = now()
    candidates = find_candidates(moment, (), (), 10)
    # A database that kept everybody waiting: the lease would be half over, or another worker have it at once.
    take_candidates(candidates, moment - LEASE, lease=LEASE)
    notice.refresh_from_db()
    assert notice.lease_until > moment + LEASE - timedelta(seconds=2)
    assert find_candidates(now(), (), (), 10) == []


def test_the_wanted_ones_come_first_and_none_twice(staffed):
    notices = [notify_officer(staffed) for _n in range(4)]
    found = to_keys(find_candidates(now(), [str(notices[3].pk), str(notices[3].pk)], (), 3))
    assert found == [notices[3].pk, notices[0].pk, notices[1].pk]


def test_no_more_are_found_than_a_batch_takes_and_no_fewer(staffed):
    notices = [notify_officer(staffed).pk for _n in range(6)]
    for wanted in ((), notices[:1], notices[4:], notices[1:5], notices):
        found = to_keys(find_candidates(now(), [str(key) for key in wanted], (), 4))
        assert set(found[: len(wanted)]) <= set(wanted)
        assert len(found) == len(set(found)) == 4


def test_beside_what_waited_for_a_contact_comes_what_waited_too_and_nothing_else(staffed):
    waited = [notify_officer(staffed).pk for _n in range(3)]
    new, refused, to_phone = (notify_officer(staffed).pk for _n in range(3))
    elsewhere = notify_officer(staffed, contact=staffed.deputy).pk
    moment = now()
    tried = {"state": NoticeState.FAILED, "attempts": 1, "next_attempt_at": moment}
    Notice.objects.filter(pk__in=[*waited, to_phone, elsewhere]).update(reason="unreached", **tried)
    Notice.objects.filter(pk=refused).update(reason="refused", **tried)
    Notice.objects.filter(pk=to_phone).update(channel="sms")
    found = to_keys(find_candidates(moment, [str(waited[1])], (), 1))
    assert found == [waited[1], waited[0], waited[2]]
    assert to_keys(find_candidates(moment, [str(new)], (), 1)) == [new]


def test_a_channel_that_is_left_alone_is_not_claimed(staffed):
    kept, other = notify_officer(staffed), notify_officer(staffed)
    Notice.objects.filter(pk=other.pk).update(channel="sms")
    assert to_keys(find_candidates(now(), (), {"sms"}, 10)) == [kept.pk]


def test_a_look_that_finds_nothing_is_one_statement(staffed, django_assert_num_queries):
    from ..delivery import claim

    with django_assert_num_queries(1):
        assert claim(now=now()) == []
