"""`verify_audit` reads on from a verified head; neither the head nor its note is a way past it."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from .. import verified_head, watch
from ..chain import SHORT, log_event
from ..models import AuditEntry
from ..triggers import AUDIT_ENTRIES
from ..verification import CHANGED, CUT_OFF, NOT_NOTED, UNLINKED
from ..verified_head import Verified, verify_from_head
from ..watch import watch_chain
from .test_keyed_chain import put, write

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def beside(settings, tmp_path):
    settings.AUDIT_WATCH_FILE = tmp_path / "witness" / "chain"
    sql(*AUDIT_ENTRIES.undo_sql(connection.vendor))
    return settings.AUDIT_WATCH_FILE


@pytest.fixture
def read_numbers(monkeypatch):
    """The numbers of the entries whose content is looked at."""
    found: list[int] = []
    really = watch.Reader._fault

    def fault(self, entry):
        found.append(entry.number)
        return really(self, entry)

    monkeypatch.setattr(watch.Reader, "_fault", fault)
    return found


def sql(*statements: str, values: tuple[int, ...] = ()) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, values)


def spoil(number: int) -> None:
    sql("UPDATE audit_auditentry SET action = 'x' WHERE number = %s", values=(number,))


def look(**how) -> Verified:
    return verify_from_head(**({"now": timezone.now()} | how))


def broken(found: Verified) -> tuple[int | None, str]:
    return found.report.broken, found.report.reason


def test_only_what_is_new_since_the_verified_head_is_read(read_numbers):
    write(5)
    first = look()
    assert (first.read_from, first.report.entries, first.is_noted) == (0, 5, True)
    write(2)
    read_numbers.clear()
    second = look()
    assert (second.read_from, second.report.entries, read_numbers) == (5, 7, [6, 7])
    assert second.report.head == AuditEntry.objects.get(number=7).hash
    read_numbers.clear()
    assert (look().read_from, read_numbers) == (7, [])


def test_the_services_own_reading_is_read_on_from_as_well(read_numbers):
    write(4)
    watch_chain()
    write(1)
    read_numbers.clear()
    assert (look().read_from, read_numbers) == (4, [5])


def test_an_entry_changed_before_the_head_is_found_by_the_whole_reading_and_by_the_one_after_a_month():
    write(5)
    look()
    spoil(2)
    assert look().report.ok  # what reading on doesn't see, and says that it doesn't
    assert broken(look(whole=True)) == (2, CHANGED)
    assert watch.get_last_watch().broken == 2  # and /readyz says so from now on
    # Once it was broken nobody reads on from there until the whole is well again.
    assert broken(look()) == (2, CHANGED)
    sql("UPDATE audit_auditentry SET action = 'test.done' WHERE number = 2")
    assert look().report.ok
    assert (watch.get_last_watch().broken, look().read_from) == (0, 5)
    spoil(2)
    assert broken(look(now=timezone.now() + timedelta(days=31))) == (2, CHANGED)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE audit_auditentry SET action = 'x' WHERE number = 5", CHANGED),
        ("UPDATE audit_auditentry SET hash = 'x' WHERE number = 5", NOT_NOTED),
        ("DELETE FROM audit_auditentry WHERE number = 5", CUT_OFF),
    ],
)
def test_a_head_that_was_tampered_with_is_found_at_once(change, reason):
    write(5)
    look()
    sql(change)
    assert broken(look()) == (5, reason)


def test_what_follows_the_head_must_follow_it():
    write(5)
    look()
    write(2)
    sql("UPDATE audit_auditentry SET previous_hash = 'x' WHERE number = 6")
    assert broken(look()) == (6, UNLINKED)


def test_entries_cut_off_behind_the_head_are_named_though_the_chains_own_head_was_mended():
    write(5)
    look()
    put(list(AuditEntry.objects.filter(number__lte=3)))
    assert broken(look()) == (4, CUT_OFF)


def test_a_note_from_before_the_head_is_still_compared():
    entries = write(5)
    look()
    noted = f"3:{entries[2].hash[:SHORT]}"
    assert look(noted=noted).report.ok
    assert broken(look(noted=f"3:{'0' * SHORT}")) == (3, NOT_NOTED)
    assert broken(look(noted=f"9:{'0' * SHORT}")) == (6, CUT_OFF)


def test_a_file_that_was_changed_or_is_gone_vouches_for_nothing(beside, read_numbers):
    write(3)
    look()
    beside.write_text(beside.read_text().replace('"number": 3', '"number": 2'))
    read_numbers.clear()
    found = look()
    assert (found.read_from, found.is_noted, read_numbers) == (0, False, [1, 2, 3])
    assert watch_chain().spoilt  # the service says so; reading the whole by hand doesn't cover it up
    beside.unlink()
    read_numbers.clear()
    assert (look().read_from, read_numbers) == (0, [1, 2, 3])


def test_a_clock_that_was_set_back_reads_the_whole():
    write(2)
    look()
    assert look(now=timezone.now() - timedelta(days=1)).read_from == 0


def test_while_another_process_looks_the_result_is_given_and_not_noted(monkeypatch):
    monkeypatch.setattr(verified_head, "WAIT_SECONDS", 0.0)
    write(2)
    with watch._lock_file():
        found = look()
    assert (found.report.ok, found.is_noted) == (True, False)


def test_where_nothing_can_be_written_the_result_counts(settings, tmp_path):
    (tmp_path / "no-folder").write_text("")
    settings.AUDIT_WATCH_FILE = tmp_path / "no-folder" / "chain"
    write(2)
    assert (look().report.ok, look().is_noted) == (True, False)


def test_a_reading_by_hand_takes_nothing_back_that_the_service_has_noted_meanwhile(monkeypatch):
    write(3)
    look()
    really = watch.Reader.step

    def step(self, *arguments):
        monkeypatch.setattr(watch.Reader, "step", really)
        found = really(self, *arguments)
        log_event("meanwhile")
        watch_chain()
        return found

    monkeypatch.setattr(watch.Reader, "step", step)
    assert look(whole=True).report.entries == 3
    assert watch.get_last_watch().tail["number"] == 4


def test_the_command_says_from_where_it_read_and_reads_all_when_it_is_told_to():
    write(3)
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert "read from" not in out.getvalue()
    write(1)
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert out.getvalue().startswith("4 entries, unbroken; head 4:")
    assert f"read from entry 3 on; all before it was read last on {timezone.now():%Y-%m-%d}" in out.getvalue()
    out = StringIO()
    call_command("verify_audit", whole=True, stdout=out)
    assert "read from" not in out.getvalue()


def test_the_command_fails_on_a_break_before_the_head_only_when_it_reads_the_whole():
    write(3)
    call_command("verify_audit", stdout=StringIO())
    spoil(1)
    call_command("verify_audit", stdout=StringIO())
    with pytest.raises(SystemExit):
        call_command("verify_audit", whole=True, stderr=StringIO())


def test_after_a_restore_nothing_is_read_on_from(read_numbers):
    write(5)
    look()
    put(list(AuditEntry.objects.filter(number__lte=3)))
    read_numbers.clear()
    call_command("verify_audit", after_restore=True, stdout=StringIO(), stderr=StringIO())
    assert read_numbers == [1, 2, 3]
    assert look().report.ok


def test_a_pass_that_takes_longer_than_an_hour_goes_on_and_says_how_far_it_is(monkeypatch):
    monkeypatch.setattr(watch.Reader.step, "__defaults__", (2,))
    began = timezone.now()
    write(4)
    watch_chain(began)
    write(2)
    for minutes in (60, 61):
        # A look of no length: one step of the new entries, none of the pass.
        found = watch_chain(began + timedelta(minutes=minutes), seconds=0)
    assert found.facts()["began_at"] == (began + timedelta(hours=1)).isoformat()
    assert found.facts()["noted"] == 6
    assert found.facts()["read_at"] == (began + timedelta(minutes=61)).isoformat()
