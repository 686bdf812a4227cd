"""The chain: one order, no gaps, and every way of tampering named."""

import threading
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from .. import chain, verification
from ..chain import ANONYMOUS, GENESIS, SHORT, Actor, do_at_end, gathered_entries, get_actor, get_head_note, log_event
from ..models import AuditEntry, AuditIsAppendOnly, ChainHead
from ..triggers import AUDIT_ENTRIES, KeptTable
from ..verification import verify_chain

pytestmark = pytest.mark.django_db


def write(count: int) -> list[AuditEntry]:
    before = AuditEntry.objects.count()
    for number in range(count):
        log_event("test.done", target_kind="thing", target_id=number, step=number)
    return list(AuditEntry.objects.order_by("number")[before:])


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def tampering() -> None:
    """What somebody with the database's password can do: the triggers go first."""
    for statement in AUDIT_ENTRIES.undo_sql(connection.vendor):
        sql(statement)


def test_each_entry_carries_the_hash_of_the_one_before_it():
    first, second = write(2)
    assert (first.number, first.previous_hash) == (1, GENESIS)
    assert (second.number, second.previous_hash) == (2, first.hash)
    report = verify_chain()
    assert report.ok
    assert (report.entries, report.head) == (2, second.hash)


def test_an_empty_chain_is_unbroken():
    assert verify_chain().ok


def test_what_was_written_reads_back_the_same_whatever_its_type():
    at, thing = datetime(2026, 5, 1, 12, 30, 15, 123456, tzinfo=UTC), uuid.uuid4()
    log_event("test.done", actor=Actor("contact", "7"), target_id=thing, at=at, when=at, ids=[thing], n=None, text="ë")
    entry = AuditEntry.objects.get()
    assert entry.detail == {"when": at.isoformat(), "ids": [str(thing)], "n": None, "text": "ë"}
    assert entry.at == at
    assert verify_chain().ok


class Undone(Exception):
    pass


def read_actions() -> list[str]:
    return list(AuditEntry.objects.order_by("number").values_list("action", flat=True))


def test_gathered_entries_are_appended_in_their_order_at_the_end_with_few_statements():
    write(1)
    with CaptureQueriesContext(connection) as queries, gathered_entries():
        log_event("test.first", actor=Actor("user", "7"))
        log_event("test.second", target_id=uuid.UUID(int=1))
        with gathered_entries():
            log_event("test.third")
        assert read_actions() == ["test.done"]
    # The head is locked, the entries are inserted and the head is moved.
    asked = sum("audit_" in query["sql"] for query in queries) - 1  # this test's own
    assert asked == 3
    assert read_actions() == ["test.done", "test.first", "test.second", "test.third"]
    assert list(AuditEntry.objects.order_by("number").values_list("actor_id", flat=True)) == ["", "7", "", ""]
    assert verify_chain().ok


def test_what_is_gathered_is_as_it_was_when_it_was_logged():
    counts = [1]
    with gathered_entries():
        log_event("test.first", counts=counts)
        counts.append(2)
    assert AuditEntry.objects.get().detail == {"counts": [1]}
    assert verify_chain().ok


def test_what_was_logged_in_a_part_that_was_rolled_back_is_left_out():
    with gathered_entries():
        log_event("test.first")
        with suppress(Undone), transaction.atomic():
            log_event("test.undone")
            with gathered_entries():
                log_event("test.undone_too")
            raise Undone
        with suppress(Undone), gathered_entries():
            log_event("test.undone_as_well")
            raise Undone
        with transaction.atomic():
            log_event("test.second")
    assert read_actions() == ["test.first", "test.second"]


def test_what_is_left_to_the_end_is_done_before_the_entries_are_appended_and_at_once_without_an_act():
    done: list[str] = []
    with gathered_entries():
        do_at_end(lambda: (done.append("first"), log_event("test.second")))
        with suppress(Undone), transaction.atomic():
            do_at_end(lambda: done.append("undone"))
            raise Undone
        log_event("test.first")
        assert not done
    assert done == ["first"]
    assert read_actions() == ["test.first", "test.second"]
    do_at_end(lambda: done.append("at once"))
    assert done == ["first", "at once"]


def test_what_one_thread_gathers_is_no_other_threads():
    found: list[bool] = []
    with gathered_entries():
        thread = threading.Thread(target=lambda: found.append(chain.GATHERED in chain._get_own()))
        thread.start()
        thread.join()
        assert chain.GATHERED in chain._get_own()
    assert found == [False]


def test_what_raises_gathers_nothing_and_the_next_entry_is_written_at_once():
    with suppress(Undone), gathered_entries():
        log_event("test.undone")
        raise Undone
    assert not read_actions()
    log_event("test.done")
    assert read_actions() == ["test.done"]
    assert verify_chain().ok


def test_a_rolled_back_deed_takes_its_entry_along():
    write(1)
    with transaction.atomic():
        log_event("test.undone")
        transaction.set_rollback(True)
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["test.done"]
    with gathered_entries():
        log_event("test.undone_too")
        transaction.set_rollback(True)
    assert write(1)[0].number == 2
    assert verify_chain().ok


def test_writing_one_entry_takes_three_statements(django_assert_num_queries):
    write(1)
    with transaction.atomic(), django_assert_num_queries(3):
        log_event("test.done")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("action", "test.other"),
        ("actor_id", "99"),
        ("target_id", "99"),
        ("detail", '{"step": 99}'),
        ("at", "2020-01-01 00:00:00"),
    ],
)
def test_a_changed_entry_is_named(tampering, column, value):
    write(4)
    sql(f"UPDATE audit_auditentry SET {column} = %s WHERE number = 3", value)  # noqa: S608
    report = verify_chain()
    assert (report.broken, report.reason) == (3, "its content does not fit its hash")


def test_a_changed_entry_with_a_mended_hash_breaks_the_next(tampering):
    write(4)
    entry = AuditEntry.objects.get(number=2)
    entry.action = "test.other"
    from ..chain import expected_hash

    sql("UPDATE audit_auditentry SET action = %s, hash = %s WHERE number = 2", entry.action, expected_hash(entry))
    report = verify_chain()
    assert (report.broken, report.reason) == (3, "it does not follow the entry before it")


def test_an_entry_taken_out_of_the_middle_is_named(tampering):
    write(4)
    sql("DELETE FROM audit_auditentry WHERE number = 2")
    report = verify_chain()
    assert (report.broken, report.reason) == (2, "the entry is missing")


@pytest.mark.parametrize("head_too", [False, True])
def test_entries_cut_off_the_end_are_missed(tampering, head_too):
    write(4)
    sql("DELETE FROM audit_auditentry WHERE number > 2")
    if head_too:
        sql("DELETE FROM audit_chainhead")
    report = verify_chain()
    assert (report.broken, report.reason) == (3, "entries are missing at the end")


def test_before_the_first_entry_a_mail_carries_the_beginning_of_the_chain():
    ChainHead.objects.all().delete()
    assert get_head_note() == f"0:{GENESIS[:SHORT]}"
    write(1)
    assert get_head_note().startswith("1:")


@pytest.mark.parametrize("digest", ["g" * SHORT, "A" * SHORT, "a" * (SHORT - 1), "a" * 65, ""])
def test_a_note_that_says_too_little_or_is_misread_is_refused_and_not_passed_over(digest):
    with pytest.raises(ValueError, match="a noted head reads"):
        verify_chain(noted=f"1:{digest}")


def test_a_noted_head_brings_a_mended_head_row_to_light(tampering):
    last = write(4)[-1]
    noted = f"4:{last.hash}"
    assert noted.startswith(get_head_note())
    assert len(get_head_note()) == SHORT + 2
    assert verify_chain(noted=noted).ok
    assert verify_chain(noted=get_head_note()).ok
    sql("DELETE FROM audit_auditentry WHERE number > 2")
    second = AuditEntry.objects.get(number=2)
    ChainHead.objects.update(number=2, hash=second.hash)
    assert verify_chain().ok
    assert verify_chain(noted=noted).broken == 3
    assert verify_chain(noted=noted[: SHORT + 2]).broken == 3
    write(2)
    assert verify_chain().ok
    report = verify_chain(noted=noted)
    assert (report.broken, report.reason) == (4, "it is not the entry that was noted")


def test_the_model_refuses_changes_and_deletions():
    entry = write(1)[0]
    for forbidden in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(action="x"),
    ):
        with pytest.raises(AuditIsAppendOnly):
            forbidden()


def test_the_database_refuses_changes():
    write(1)
    with pytest.raises(Exception, match="never changed"), transaction.atomic():
        sql("UPDATE audit_auditentry SET action = 'x'")


def test_the_database_refuses_deletions_outside_of_tests():
    write(1)
    for statement in AUDIT_ENTRIES.undo_sql(connection.vendor):
        sql(statement)
    for statement in AUDIT_ENTRIES.install_sql(connection.vendor, with_deletes=True):
        sql(statement)
    with pytest.raises(Exception, match="never changed"), transaction.atomic():
        sql("DELETE FROM audit_auditentry")


def test_a_table_may_keep_only_some_columns():
    kept = KeptTable("t", "t_rows", "no", columns=("a", "b"))
    for vendor in ("sqlite", "postgresql"):
        assert any("UPDATE OF a, b ON t" in line for line in kept.install_sql(vendor, with_deletes=False))
        assert any("TRIGGER" in line for line in kept.undo_sql(vendor))
    assert len(kept.install_sql("postgresql", with_deletes=True)) == 4
    assert kept.install_sql("mysql", with_deletes=True) == kept.undo_sql("mysql") == ()


def test_the_actor_is_the_person_or_nobody(django_user_model):
    person = django_user_model.objects.create(username="p")
    assert get_actor(person) == Actor("user", str(person.pk))
    assert get_actor(None) == ANONYMOUS


def test_the_command_prints_the_head_and_fails_on_a_break(tampering, settings, tmp_path):
    settings.AUDIT_WATCH_FILE = tmp_path / "chain"
    last = write(3)[-1]
    out, err = StringIO(), StringIO()
    call_command("verify_audit", stdout=out)
    assert out.getvalue().strip() == f"3 entries, unbroken; head 3:{last.hash}"
    with pytest.raises(CommandError, match="noted head"):
        call_command("verify_audit", noted="nonsense")
    sql("UPDATE audit_auditentry SET action = 'x' WHERE number = 2")
    with pytest.raises(SystemExit) as exit_code:
        call_command("verify_audit", whole=True, stderr=err)
    assert exit_code.value.code == 1
    assert err.getvalue().strip() == "broken at entry 2: its content does not fit its hash"


def test_entries_show_their_number_and_action():
    entry = write(1)[0]
    assert str(entry) == "1 test.done"
    assert str(ChainHead.objects.get()).startswith("1 ")
    assert entry.at <= timezone.now()


def test_an_entry_written_while_the_chain_is_read_breaks_nothing(monkeypatch):
    log_event("first")
    really, written = verification.expected_hash, []

    def slowly(entry):
        if not written:
            written.append(True)
            log_event("meanwhile")
        return really(entry)

    monkeypatch.setattr(verification, "expected_hash", slowly)
    assert verify_chain().ok
    assert AuditEntry.objects.count() == 2
