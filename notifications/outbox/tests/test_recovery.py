"""What a process that dies leaves, and what its successor makes of it."""

import json
import os
from datetime import timedelta
from unittest import mock

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from access.models import User
from audit.models import AuditEntry
from audit.verification import verify_chain
from notifications.channels.base import ChannelPool
from notifications.directory.models import ContactWay
from notifications.texts.tests.people import put_in_force
from tests.world.notices import notify_officer
from tests.world.phones import NUMBER

from .. import delivery, journal, recovery, tasks
from ..actions import cancel, mark_opened
from ..delivery import claim, record_results, send, send_due
from ..journal import NOTICE, Accepted
from ..models import Attempt, Dispatch, Notice
from ..recovery import recover
from ..ways import sending

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    journal.close()
    settings.DATA_DIR = tmp_path
    yield tmp_path / "run" / "journal"
    journal.clear()
    journal.close()


def die():
    """As a process that is killed: its file stays, and its lock is gone."""
    assert journal._current is not None
    os.close(journal._current._file)
    journal._current = None


def test_what_was_accepted_is_recorded_and_not_sent_again(staffed, postbox):
    notice = notify_officer(staffed)
    send(claim(now=now()), ChannelPool())
    die()

    assert recover() == 1

    notice.refresh_from_db()
    attempt = Attempt.objects.get()
    assert (notice.state, attempt.outcome) == ("sent", "accepted")
    assert notice.sent_at == attempt.finished_at
    assert AuditEntry.objects.filter(action="notice.sent").count() == 1
    assert verify_chain().ok
    assert send_due() == 0
    assert len(postbox.letters) == 1


def test_what_was_accepted_keeps_how_it_was_worded_and_encrypted(staffed, postbox):
    greeting = {"sq": "Përshëndetje,", "en": "Good day,"}
    first, second = (User.objects.create_user(name) for name in ("first", "second"))
    version = put_in_force(first, second, "mail.greeting", greeting)
    notify_officer(staffed)
    send(claim(now=now()), ChannelPool())
    die()
    assert recover() == 1
    attempt = Attempt.objects.get()
    assert (attempt.texts, attempt.mail_key) == (str(version.pk), Attempt.READABLE)


def test_a_journal_of_the_release_before_is_read(staffed, postbox):
    notice = notify_officer(staffed)
    (claimed,) = claim(now=now())
    journal._write("accepted", NOTICE, notice.pk.hex, claimed.attempt.token, now().isoformat(), "", "")
    die()
    assert recover() == 1
    assert (Attempt.objects.get().outcome, Attempt.objects.get().mail_key) == ("accepted", "")


def test_what_was_claimed_and_not_sent_is_due_at_once(staffed, postbox):
    notice = notify_officer(staffed)
    claim(now=now())
    die()
    assert send_due() == 0  # held, for all that anybody knows

    assert recover() == 1

    assert send_due() == 1
    notice.refresh_from_db()
    assert (notice.state, notice.attempts) == ("sent", 2)
    assert Attempt.objects.get(number=1).outcome == "started"  # for ever: its holder died


def test_in_the_middle_of_a_batch_each_is_as_far_as_it_came(staffed, postbox, settings):
    for _n in range(4):
        notify_officer(staffed)
    batch = claim(now=now())
    send(batch[:2], ChannelPool())
    die()
    assert recover() == 4
    assert Notice.objects.filter(state="sent").count() == 2
    assert send_due() == 2
    assert len(postbox.letters) == 4


def test_what_was_recorded_already_is_not_recorded_twice(staffed, postbox):
    notify_officer(staffed)
    batch = claim(now=now())
    send(batch, ChannelPool())
    record_results(batch)
    die()
    assert recover() == 0
    assert AuditEntry.objects.filter(action="notice.sent").count() == 1


def test_who_was_opened_or_withdrawn_meanwhile_keeps_that(staffed, postbox):
    opened, withdrawn = notify_officer(staffed), notify_officer(staffed)
    send(claim(now=now()), ChannelPool())
    die()
    mark_opened(notice=opened, at=now())
    cancel(notice=withdrawn, reason="withdrawn")
    recover()
    opened.refresh_from_db()
    withdrawn.refresh_from_db()
    assert (opened.state, withdrawn.state) == ("opened", "cancelled")
    assert AuditEntry.objects.filter(action="notice.sent").count() == 2  # they went out, and that is on record


def test_a_claim_that_was_never_committed_matches_nothing(staffed, postbox):
    notice = notify_officer(staffed)
    journal.note_claims(NOTICE, [(notice.pk, 1)])
    die()
    assert recover() == 0
    assert send_due() == 1


def test_the_journal_of_somebody_who_lives_is_left_alone(staffed, postbox, folder):
    notify_officer(staffed)
    send(claim(now=now()), ChannelPool())
    assert recover() == 0
    assert len(list(folder.iterdir())) == 1


def test_what_was_dealt_with_is_gone(staffed, postbox, folder):
    notify_officer(staffed)
    claim(now=now())
    die()
    recover()
    assert list(folder.glob("*.journal")) == []
    assert recover() == 0


def test_a_line_cut_off_in_the_middle_is_passed_over(staffed, postbox, folder):
    for _n in range(2):
        notify_officer(staffed)
    send(claim(now=now()), ChannelPool())
    die()
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:-9] + b'\n["nonsense"]\n[]\n7\n')
    assert recover() == 2
    assert Notice.objects.filter(state="sent").count() == 1
    assert send_due() == 1  # it may have gone out: twice is better than never


def test_a_journal_says_ids_numbers_and_times_only(staffed, postbox, folder):
    notice = notify_officer(staffed)
    send(claim(now=now()), ChannelPool())
    lines = [json.loads(line) for line in next(folder.iterdir()).read_text().splitlines()]
    assert lines[0] == ["claimed", "notice", [[notice.pk.hex, 1]]]
    assert lines[1][:4] == ["accepted", "notice", notice.pk.hex, 1]
    assert next(folder.iterdir()).stat().st_mode & 0o077 == 0
    assert staffed.officer.email not in next(folder.iterdir()).read_text()


def test_without_a_disk_mails_go_out_all_the_same(staffed, postbox, caplog):
    notify_officer(staffed)
    with mock.patch.object(journal.os, "write", side_effect=OSError(28, "full")):
        assert send_due() == 1
    assert "journal_unusable" in caplog.text


def test_what_the_database_did_not_take_is_recorded_by_the_next_run(staffed, postbox):
    notice = notify_officer(staffed)
    with (
        mock.patch.object(delivery, "record_results", side_effect=OperationalError("gone")),
        pytest.raises(OperationalError),
    ):
        send_due()
    assert tasks.deliver([]) == 0
    notice.refresh_from_db()
    assert notice.state == "sent"
    assert len(postbox.letters) == 1


def test_an_orderly_end_leaves_no_file(staffed, postbox, folder):
    notify_officer(staffed)
    send_due()
    journal.close()
    assert list(folder.iterdir()) == []


def test_a_fork_leaves_its_parents_journal_to_the_parent(staffed, postbox, folder):
    notify_officer(staffed)
    claim(now=now())
    pid = os.fork()
    if pid == 0:
        os._exit(0 if journal._current is None else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert recover() == 0  # still ours


def test_two_successors_take_up_a_dead_one_once(staffed, postbox):
    notify_officer(staffed)
    send(claim(now=now()), ChannelPool())
    die()
    first = journal.iter_of_the_dead()
    entries = next(first)
    assert list(journal.iter_of_the_dead()) == []  # somebody is at it
    recovery._take_up(entries)
    assert list(first) == []
    assert recover() == 0


def test_a_journal_that_makes_no_sense_holds_up_no_other(staffed, postbox, folder, caplog):
    notify_officer(staffed)
    claim(now=now())
    die()
    (file,) = folder.iterdir()
    (folder / "0-first.journal").write_text('["claimed", "notice", [["no uuid", 1]]]\n')
    assert file.name > "0-first.journal"
    assert recover() == 1
    assert list(folder.iterdir()) == []
    assert "journal_not_taken_up" in caplog.text


def test_what_a_dead_one_left_waits_for_the_database(staffed, postbox, folder):
    notify_officer(staffed)
    claim(now=now())
    die()
    with mock.patch.object(recovery, "_take_up", side_effect=OperationalError("gone")), pytest.raises(OperationalError):
        recover()
    assert recover() == 1


def test_an_sms_that_was_taken_is_recorded_and_the_rest_is_due(staffed, postbox, phones):
    ContactWay.objects.create(contact=staffed.officer, channel="sms", address=NUMBER, confirmed_at=now())
    first, second = notify_officer(staffed), notify_officer(staffed)
    assert Dispatch.objects.count() == 2
    batch = sending.claim("sms", now())
    sending.send(batch[:1], ChannelPool())
    die()
    assert recover() == 2
    taken = Dispatch.objects.get(state="taken")
    assert taken.notice in (first, second)
    assert Attempt.objects.get(dispatch=taken).outcome == "accepted"
    assert Dispatch.objects.due(now()).count() == 1
    assert taken.notice.sent_at is not None


def test_of_an_accepted_one_the_moment_is_kept(staffed, postbox):
    notice = notify_officer(staffed)
    at = now() - timedelta(seconds=30)
    claim(now=now())
    journal.note_accepted(NOTICE, notice.pk, 1, Accepted(at))
    die()
    recover()
    notice.refresh_from_db()
    assert notice.sent_at == at


if connection.vendor == "sqlite":  # PostgreSQL decides by what is in the tables

    @pytest.mark.parametrize("count", [1, 3, 25])
    def test_what_a_dead_process_had_sent_is_not_looked_for_among_all_mails_there_ever_were(staffed, postbox, count):
        for _each in range(count):
            notify_officer(staffed)
        send(claim(now=now()), ChannelPool())
        die()
        with CaptureQueriesContext(connection) as asked:
            recover()
        query = next(each["sql"] for each in asked if 'FROM "outbox_attempt"' in each["sql"])
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {query}")
            plan = str(cursor.fetchall())
        assert "dispatch_id" not in plan
        assert "SCAN outbox_attempt" not in plan
