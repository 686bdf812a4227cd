"""A denied request that is repeated is counted, and its number is one entry."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ..chain import Actor
from ..denials import DENIED, DENIED_AGAIN, WINDOW, flush, record_denial
from ..models import AuditEntry, RepeatedDenial

pytestmark = pytest.mark.django_db
ONE, TWO = Actor("user", "1"), Actor("user", "2")


def deny(at, actor=ONE, target="7", times=1):
    for _time in range(times):
        record_denial(actor=actor, target_kind="case", target_id=target, at=at)


def entries(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action))


def test_the_first_is_written_at_once_and_thirty_more_are_one_entry():
    now = timezone.now()
    deny(now, times=31)
    assert len(entries(DENIED)) == 1
    assert flush(now=now + WINDOW - timedelta(seconds=1)) == 0
    assert flush(now=now + WINDOW) == 1
    (again,) = entries(DENIED_AGAIN)
    assert (again.actor_id, again.target_id, again.detail["times"]) == ("1", "7", 30)
    assert not RepeatedDenial.objects.exists()


def test_a_single_one_leaves_one_entry():
    now = timezone.now()
    deny(now)
    assert flush(now=now + WINDOW) == 0
    assert len(AuditEntry.objects.all()) == 1


def test_people_and_targets_are_counted_apart():
    now = timezone.now()
    deny(now)
    deny(now, actor=TWO)
    deny(now, target="8")
    assert len(entries(DENIED)) == 3


def test_after_ten_minutes_the_next_one_is_written_again_with_what_was_counted_before_it():
    now = timezone.now()
    deny(now, times=3)
    deny(now + WINDOW + timedelta(seconds=1))
    assert [entry.action for entry in AuditEntry.objects.all()] == [DENIED, DENIED_AGAIN, DENIED]
    assert entries(DENIED_AGAIN)[0].detail["times"] == 2


def test_a_repetition_takes_one_statement_and_not_the_lock_of_the_chain(django_assert_num_queries):
    now = timezone.now()
    deny(now)
    with django_assert_num_queries(1):
        deny(now + timedelta(seconds=1))


def test_a_long_name_is_cut_the_same_way_each_time():
    now = timezone.now()
    deny(now, target="x" * 90, times=2)
    assert len(entries(DENIED)) == 1
    assert entries(DENIED)[0].target_id == "x" * 64
