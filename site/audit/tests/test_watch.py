"""Watching the chain: in steps, each hour all of it, and what was noted outside the database can't be cut off."""

from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from .. import watch
from ..chain import log_event
from ..models import AuditEntry, ChainHead
from ..triggers import AUDIT_ENTRIES
from ..verification import CHANGED, CUT_OFF, NOT_NOTED, UNKEYED
from ..watch import WatchedElsewhere, watch_chain
from .test_keyed_chain import put, rehashed, write

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def beside(settings, tmp_path):
    settings.AUDIT_WATCH_FILE = tmp_path / "witness" / "chain"
    with connection.cursor() as cursor:
        for statement in AUDIT_ENTRIES.undo_sql(connection.vendor):
            cursor.execute(statement)
    return settings.AUDIT_WATCH_FILE


def state(found: watch.Watch) -> tuple[int, str]:
    return found.broken, found.reason


def test_one_look_reads_a_small_chain_whole_and_notes_its_end():
    write(3)
    now = timezone.now()
    found = watch_chain(now)
    assert state(found) == (0, "")
    assert (found.verified, found.verified_at, found.tail["number"]) == (3, now.isoformat(), 3)
    assert found.facts()["noted"] == 3
    assert watch.get_last_watch() == replace(found, read_at="")


def test_a_file_of_another_release_is_read_as_far_as_it_is_known(beside):
    write(3)
    watch_chain()
    body = beside.read_text().partition("\n")[2]
    assert "read_at" not in body  # the release before knows no such name
    body = body.replace("{", '{"of_a_later_release": 1, ', 1)
    beside.write_text(f"{watch._sign(body, watch.chain_keys().primary.id)}\n{body}")
    assert watch.get_last_watch().tail["number"] == 3


def test_an_empty_chain_is_well():
    assert state(watch_chain()) == (0, "")


def test_what_is_new_is_noted_each_time_and_all_of_it_is_read_once_an_hour():
    write(2)
    began = timezone.now()
    watch_chain(began)
    write(2)
    soon = watch_chain(began + timedelta(minutes=1))
    assert (soon.tail["number"], soon.verified) == (4, 2)
    assert watch_chain(began + timedelta(hours=1)).verified == 4


def test_a_long_chain_is_read_in_steps_that_go_on_where_the_last_one_stopped(monkeypatch):
    monkeypatch.setattr(watch.Reader.step, "__defaults__", (2,))
    write(7)
    looks = [watch_chain(seconds=0) for _look in range(4)]
    assert [found.tail["number"] for found in looks] == [2, 4, 6, 7]
    assert not any(found.verified_at for found in looks)
    assert watch_chain(seconds=5).verified == 7


def test_entries_cut_off_the_end_are_named_though_the_head_was_mended():
    write(5)
    watch_chain()
    entries = list(AuditEntry.objects.filter(number__lte=3))
    put(entries)
    assert state(watch_chain()) == (4, CUT_OFF)
    write(4)
    assert state(watch_chain()) == (5, NOT_NOTED)  # whatever is written after it


def test_all_of_it_hashed_anew_without_the_key_is_named():
    """What an attack on a running copy did: triggers dropped, entries deleted, all hashed anew, the head mended."""
    write(6)
    watch_chain()
    kept = [entry for entry in AuditEntry.objects.all() if entry.number != 2]
    put(rehashed(kept), is_keyed=False)
    assert state(watch_chain()) == (6, CUT_OFF)
    log_event("test.done")  # the service seals what it finds
    assert state(watch_chain())[1] == NOT_NOTED


def test_a_changed_old_entry_is_named_within_the_hour_and_a_mended_one_is_well_again():
    write(5)
    began = timezone.now()
    watch_chain(began)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_auditentry SET action = 'x' WHERE number = 2")
    assert state(watch_chain(began + timedelta(minutes=59))) == (0, "")
    assert state(watch_chain(began + timedelta(hours=1))) == (2, CHANGED)
    assert state(watch_chain(began + timedelta(hours=1, minutes=1))) == (2, CHANGED)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_auditentry SET action = 'test.done' WHERE number = 2")
    assert state(watch_chain(began + timedelta(hours=1, minutes=2))) == (0, "")


def test_an_entry_without_a_key_at_the_end_is_named_at_the_next_look():
    write(2)
    watch_chain()
    write(1)
    put(rehashed(list(AuditEntry.objects.all()), from_number=3))
    assert state(watch_chain()) == (3, UNKEYED)


def test_a_note_that_was_changed_is_said_until_an_operator_ends_it(beside):
    write(3)
    watch_chain()
    beside.write_text(beside.read_text().replace('"number": 3', '"number": 1'))
    assert state(watch_chain()) == (1, watch.NOTE_SPOILT)
    assert state(watch_chain()) == (1, watch.NOTE_SPOILT)
    call_command("verify_audit", after_restore=True, stdout=StringIO())
    assert state(watch_chain()) == (0, "")


def test_a_database_put_back_from_a_copy_is_said_and_let_go_in_the_chain_itself():
    write(5)
    watch_chain()
    put(list(AuditEntry.objects.filter(number__lte=3)))
    assert watch_chain().broken == 4
    call_command("verify_audit", after_restore=True, stdout=StringIO())
    entry = AuditEntry.objects.get(action="audit.restored")
    assert (entry.number, entry.detail) == (4, {"noted": 5, "found": 3})
    assert state(watch_chain()) == (0, "")


def test_two_do_not_look_at_once():
    with watch._lock_file(), pytest.raises(WatchedElsewhere):
        watch_chain()


def test_nothing_is_known_before_the_first_look_or_from_a_file_that_is_no_note(beside):
    assert watch.get_last_watch() is None
    beside.parent.mkdir(parents=True)
    beside.write_text("nonsense")
    assert watch.get_last_watch() is None


def test_a_look_writes_nothing_to_the_database(django_assert_num_queries):
    write(3)
    watch_chain()
    before = ChainHead.objects.values_list("number", "hash").get()
    with django_assert_num_queries(3):
        watch_chain()
    assert ChainHead.objects.values_list("number", "hash").get() == before
