"""One bad row stops nobody: it is put aside by name, counted, told and tried again."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from ..models import PutAside
from ..put_aside import delete_unmet, for_each_row, get_put_aside_keys, retry_all, rows_aside_read_once

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def deed(key: int) -> bool:
    if key % 3 == 0:
        raise ValueError("the name of a person")
    return key % 2 == 0


def test_the_good_ones_are_done_and_the_bad_ones_are_named_without_what_they_hold(caplog):
    assert for_each_row("a.deed", range(1, 10), deed, at=NOW) == 3
    assert list(PutAside.objects.values_list("kind", "row", "code", "times")) == [
        ("a.deed", "3", "ValueError", 1),
        ("a.deed", "6", "ValueError", 1),
        ("a.deed", "9", "ValueError", 1),
    ]
    assert "put_aside" in caplog.text
    assert "person" not in caplog.text


def test_a_row_is_left_alone_for_longer_and_longer_and_never_for_ever():
    now, waits = NOW, []
    for _time in range(10):
        for_each_row("a.deed", [3], deed, at=now)
        row = PutAside.objects.get()
        waits.append((row.retry_at - now).total_seconds() / 60)
        assert get_put_aside_keys("a.deed", row.retry_at - timedelta(seconds=1)) == ["3"]
        assert get_put_aside_keys("a.deed", row.retry_at) == []
        now = row.retry_at
    assert waits == [5, 10, 20, 40, 80, 160, 320, 360, 360, 360]
    assert (row.times, row.first_at) == (10, NOW)


def test_what_goes_again_is_aside_no_more():
    for_each_row("a.deed", [3], deed, at=NOW)
    for_each_row("another.deed", [3], deed, at=NOW)
    assert for_each_row("a.deed", [3], lambda key: True) == 1
    assert [row.kind for row in PutAside.objects.all()] == ["another.deed"]


def test_a_database_that_does_not_answer_is_no_rows_fault():
    def away(key):
        raise OperationalError

    with pytest.raises(OperationalError):
        for_each_row("a.deed", [1, 2], away)
    assert not PutAside.objects.exists()


def test_somebody_hears_of_it_and_even_that_may_fail(caplog):
    told = []

    def tell(key):
        told.append(key)
        raise KeyError(key)

    for_each_row("a.deed", [3, 6], deed, on_put_aside=tell)
    assert told == [3, 6]
    assert caplog.text.count("put_aside_untold") == 2


def test_the_operator_can_have_all_of_them_tried_again():
    for_each_row("a.deed", [3, 6], deed, at=NOW)
    assert retry_all() == 2
    assert get_put_aside_keys("a.deed", timezone.now()) == []


def test_a_row_that_no_loop_meets_any_more_is_dropped_a_week_after_it_was_due():
    for_each_row("a.deed", [3, 6], deed, at=NOW)
    due = PutAside.objects.get(row="3").retry_at
    assert delete_unmet(due + timedelta(days=7)) == 0
    for_each_row("a.deed", [6], deed, at=due + timedelta(days=6))  # still there, still bad
    assert delete_unmet(due + timedelta(days=7, seconds=1)) == 1
    assert [row.row for row in PutAside.objects.all()] == ["6"]


def test_a_pass_reads_what_is_aside_once_for_all_its_clocks_and_what_it_puts_aside_at_once(
    django_assert_num_queries,
):
    for_each_row("a.deed", [3], deed, at=NOW)
    with rows_aside_read_once():
        with django_assert_num_queries(1):
            assert get_put_aside_keys("a.deed", NOW) == ["3"]
            assert get_put_aside_keys("another.deed", NOW) == []
            assert get_put_aside_keys("a.deed", NOW + timedelta(minutes=5)) == []
        for_each_row("another.deed", [6], deed, at=NOW)
        assert get_put_aside_keys("another.deed", NOW) == ["6"]
        assert for_each_row("a.deed", [3], lambda key: True) == 1
        assert get_put_aside_keys("a.deed", NOW) == []
        retry_all()
        assert get_put_aside_keys("another.deed", timezone.now()) == []


def test_the_next_pass_sees_what_another_process_has_put_aside_meanwhile():
    with rows_aside_read_once():
        assert get_put_aside_keys("a.deed", NOW) == []
        PutAside.objects.create(
            kind="a.deed", row="3", code="E", first_at=NOW, last_at=NOW, retry_at=NOW + timedelta(minutes=5)
        )
    for _pass in range(2):
        with rows_aside_read_once():
            assert get_put_aside_keys("a.deed", NOW) == ["3"]
    assert get_put_aside_keys("a.deed", NOW) == ["3"]
