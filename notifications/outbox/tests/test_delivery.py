import uuid
from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from notifications.channels.base import PayloadError, RecipientRefused, Unreached
from tests.world.notices import notify_officer

from .. import delivery
from ..actions import cancel, mark_opened
from ..backoff import get_backoff
from ..delivery import ChannelPool, claim, record_results, send, send_due
from ..models import Attempt, Heartbeat, Notice
from ..tasks import canary, deliver

pytestmark = pytest.mark.django_db


def now():
    return timezone.now()


def test_a_notice_is_sent_once_with_an_attempt_row_and_an_audit_entry(staffed, postbox):
    notice = notify_officer(staffed)
    assert send_due([str(notice.pk)]) == 1
    assert send_due([str(notice.pk)]) == 0
    notice.refresh_from_db()
    assert (notice.state, notice.attempts, notice.lease_until, notice.next_attempt_at) == ("sent", 1, None, None)
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.number, attempt.token) == ("accepted", 1, notice.token)
    assert attempt.address == staffed.officer.email
    assert attempt.finished_at == notice.sent_at
    assert [letter.id for letter in postbox.letters] == [f"<{notice.pk}@vatra.example>"]
    assert AuditEntry.objects.get(action="notice.sent").target_id == str(notice.pk)


def test_the_attempt_is_counted_and_written_before_the_first_byte_goes_out(staffed, postbox):
    notice, seen = notify_officer(staffed), []

    def look(letter):
        row = Notice.objects.get(pk=notice.pk)
        seen.append((row.state, row.attempts, row.token, row.lease_until > now(), Attempt.objects.get().outcome))

    postbox.hook = look
    send_due()
    assert seen == [("sending", 1, 1, True, "started")]


def test_one_wake_up_sends_everything_that_is_due_over_one_connection(staffed, postbox, settings):
    settings.NOTICE_BATCH = 4
    notices = [notify_officer(staffed) for _n in range(10)]
    assert send_due([str(notices[7].pk)]) == 10
    assert postbox.opened == 1
    order = [letter.id for letter in postbox.letters]
    assert order[0] == f"<{notices[7].pk}@vatra.example>"  # the one it was woken for
    assert order[1:] == [f"<{n.pk}@vatra.example>" for n in notices if n.pk != notices[7].pk]  # then the oldest


def test_what_was_never_tried_goes_before_a_retry(staffed, postbox):
    old, new = notify_officer(staffed), notify_officer(staffed)
    Notice.objects.filter(pk=old.pk).update(state="failed", reason="refused", attempts=3, next_attempt_at=now())
    send_due()
    assert [letter.id for letter in postbox.letters] == [f"<{n.pk}@vatra.example>" for n in (new, old)]


def test_a_notice_has_one_holder(staffed, settings):
    notice = notify_officer(staffed)
    first = claim(now=now())
    assert [held.notice.pk for held in first] == [notice.pk]
    assert claim(now=now()) == []
    later = now() + timedelta(seconds=settings.NOTICE_LEASE_SECONDS + 1)
    second = claim(now=later)
    assert [held.attempt.token for held in first + second] == [1, 2]


def test_two_workers_that_read_the_same_rows_claim_each_once(staffed, settings):
    settings.NOTICE_BATCH = 1
    first, second = notify_officer(staffed), notify_officer(staffed)
    really, stale = delivery.find_candidates, delivery.find_candidates(now(), (), (), 1)
    claim(now=now())
    answers = iter([stale])
    with mock.patch.object(delivery, "find_candidates", lambda *args: next(answers, None) or really(*args)):
        assert [held.notice.pk for held in claim(now=now())] == [second.pk]
    assert set(Attempt.objects.values_list("notice", "token")) == {(first.pk, 1), (second.pk, 1)}


def test_a_failure_is_kept_with_its_code_and_tried_again_after_seconds(staffed, postbox):
    notice = notify_officer(staffed)
    for failure, outcome in (
        (RecipientRefused("rcpt_550"), "refused"),
        (Unreached("rcpt_451", connection_lost=False), "unreached"),
    ):
        postbox.failures[staffed.officer.email] = failure
        assert send_due() == 0
        notice.refresh_from_db()
        assert (notice.state, notice.reason) == ("failed", outcome)
        assert Attempt.objects.last().error_code == failure.code
        assert timedelta(0) < notice.next_attempt_at - now() < timedelta(seconds=6)
        assert send_due() == 0
        assert Attempt.objects.last().number == notice.attempts
        Notice.objects.update(next_attempt_at=now())
    postbox.failures.clear()
    assert send_due() == 1


def test_what_we_cannot_compose_is_loud_and_waits_long(staffed, postbox, caplog):
    notify_officer(staffed)
    postbox.failures[staffed.officer.email] = PayloadError("not_composed")
    send_due()
    notice = Notice.objects.get()
    assert (notice.state, notice.reason) == ("failed", "unsendable")
    assert notice.next_attempt_at - now() > timedelta(minutes=3)
    assert any(record.levelname == "ERROR" for record in caplog.records)


def test_one_bad_notice_does_not_keep_the_others_back(staffed, postbox):
    notify_officer(staffed), notify_officer(staffed, contact=staffed.deputy), notify_officer(staffed)
    postbox.failures[staffed.deputy.email] = RecipientRefused("rcpt_550")
    assert send_due() == 2


def test_an_unknown_channel_is_our_mistake(staffed, postbox):
    Notice.objects.filter(pk=notify_officer(staffed).pk).update(channel="pigeon")
    send_due()
    assert Attempt.objects.get().error_code == "unknown_channel"
    assert Notice.objects.get().reason == "unsendable"


def test_a_link_that_does_not_open_any_more_is_our_mistake(staffed, postbox, settings):
    notify_officer(staffed)
    settings.VAULT_KEYS = ["other:b3RoZXItdmF1bHQta2V5LW9mLTMyLWJ5dGVzLW90aGU="]
    send_due()
    assert Attempt.objects.get().error_code == "link_sealed"


def test_when_the_server_does_not_open_nobody_else_is_tried(staffed, postbox, settings):
    settings.NOTICE_BATCH = 2
    for _n in range(3):
        notify_officer(staffed)
    postbox.closed = Unreached("connection_refused")
    assert send_due() == 0
    assert sorted(Notice.objects.values_list("state", "reason", "attempts")) == [
        ("failed", "unreached", 1),
        ("failed", "unreached", 1),
        ("owed", "", 0),
    ]
    assert set(Attempt.objects.values_list("error_code", flat=True)) == {"connection_refused"}


def test_a_recipient_that_hangs_delays_the_others_once(staffed, postbox):
    notify_officer(staffed, contact=staffed.deputy)
    others = [notify_officer(staffed) for _n in range(3)]
    postbox.failures[staffed.deputy.email] = Unreached("timeout")
    assert send_due() == 3
    assert postbox.opened == 2  # opened again after the lost connection
    assert Notice.objects.filter(state="sent").count() == len(others)
    assert Attempt.objects.filter(error_code="not_tried").count() == 3


def test_connections_lost_one_after_another_mean_that_the_server_is_down(staffed, postbox, settings):
    settings.NOTICE_BATCH = 2
    for _n in range(6):
        notify_officer(staffed)
    postbox.failures[staffed.officer.email] = Unreached("timeout")
    send_due()
    assert postbox.opened == 2
    tried = Attempt.objects.order_by("pk").values_list("error_code", flat=True)
    assert list(tried) == ["timeout", "not_tried", "timeout", "timeout"]
    assert Notice.objects.filter(attempts=0).count() == 2


def test_the_batchs_time_is_over_before_its_lease(staffed, postbox, settings):
    settings.NOTICE_BATCH_SECONDS = 0
    notice = notify_officer(staffed)
    batch = claim(now=now())
    send(batch, ChannelPool())
    record_results(batch)
    notice.refresh_from_db()
    assert (notice.state, notice.reason, postbox.letters) == ("owed", "", [])
    assert Attempt.objects.get().error_code == "not_tried"
    assert notice.next_attempt_at <= now()


def test_the_lease_outlives_the_batch_and_one_last_sending(settings):
    assert settings.NOTICE_LEASE_SECONDS > settings.NOTICE_BATCH_SECONDS + settings.EMAIL_TIMEOUT
    longest_task = delivery.RUN_SECONDS + settings.NOTICE_BATCH_SECONDS + 2 * settings.EMAIL_TIMEOUT
    assert longest_task < settings.Q_CLUSTER["timeout"] < settings.Q_CLUSTER["retry"]


def test_a_drain_that_ran_out_of_time_wakes_a_successor(staffed, postbox, settings):
    settings.NOTICE_BATCH = 2
    for _each in range(3):
        notify_officer(staffed)
    with mock.patch.object(delivery, "enqueue_delivery") as woken:
        assert send_due(seconds=0) == 2
    assert woken.call_args_list == [mock.call(())] * 2  # while it sends a full batch, and at its end


def test_after_a_batch_that_was_all_nobody_looks_again(staffed, postbox):
    notify_officer(staffed)
    with mock.patch.object(delivery, "find_candidates", wraps=delivery.find_candidates) as looked:
        assert send_due() == 1
    assert looked.call_count == 1


def test_after_a_full_batch_the_rest_is_looked_for(staffed, postbox, settings):
    settings.NOTICE_BATCH = 2
    for _each in range(5):
        notify_officer(staffed)
    assert send_due() == 5


def test_who_got_a_part_of_what_was_found_has_the_rest_looked_for(staffed, postbox, monkeypatch):
    """Each of two workers may have a batch that isn't full, though more is due than both have seen."""
    kept, taken = notify_officer(staffed), notify_officer(staffed)
    found = delivery.find_candidates

    def find_and_lose_one(*args):
        candidates = found(*args)
        Notice.objects.filter(pk=taken.pk).update(token=7)
        return candidates

    monkeypatch.setattr(delivery, "find_candidates", find_and_lose_one)
    with mock.patch.object(delivery, "enqueue_delivery") as woken:
        assert [held.notice.pk for held in claim(now=now())] == [kept.pk]
    woken.assert_called_once_with(())


def test_opened_while_it_was_being_sent_is_not_overwritten(staffed, postbox):
    notice = notify_officer(staffed)
    postbox.hook = lambda letter: mark_opened(notice=notice, at=now())
    send_due()
    notice.refresh_from_db()
    assert notice.state == "opened"
    assert Attempt.objects.get().outcome == "accepted"


def test_cancelled_while_it_was_being_sent_stays_cancelled(staffed, postbox):
    notice = notify_officer(staffed)
    postbox.hook = lambda letter: cancel(notice=notice, reason="withdrawn")
    send_due()
    notice.refresh_from_db()
    assert (notice.state, notice.sent_at) == ("cancelled", None)
    assert AuditEntry.objects.filter(action="notice.sent").count() == 1  # it went out, and that is on record


def test_who_lost_the_lease_may_not_write(staffed, postbox, settings):
    notice = notify_officer(staffed)
    late = claim(now=now())
    other = claim(now=now() + timedelta(seconds=settings.NOTICE_LEASE_SECONDS + 1))
    send(late, ChannelPool())
    late[0].finish("refused", "rcpt_550")
    record_results(late)
    notice.refresh_from_db()
    assert (notice.state, notice.token) == ("sending", 2)
    send(other, ChannelPool())
    record_results(other)
    notice.refresh_from_db()
    assert notice.state == "sent"
    assert {letter.id for letter in postbox.letters} == {f"<{notice.pk}@vatra.example>"}
    assert list(Attempt.objects.values_list("token", "outcome")) == [(1, "refused"), (2, "accepted")]


def test_a_contact_who_left_since_is_not_written_to(staffed, postbox):
    notice = notify_officer(staffed)
    staffed.officer.is_active = False
    staffed.officer.save()
    assert send_due() == 0
    notice.refresh_from_db()
    assert (notice.state, notice.reason) == ("failed", "no_contact")
    assert notice.next_attempt_at <= now()
    assert postbox.letters == []


def test_the_first_success_after_an_outage_brings_the_others_forward(staffed, postbox):
    waiting, refused, probe = notify_officer(staffed), notify_officer(staffed), notify_officer(staffed)
    far = now() + timedelta(minutes=5)
    Notice.objects.filter(pk=waiting.pk).update(state="failed", reason="unreached", attempts=7, next_attempt_at=far)
    Notice.objects.filter(pk=refused.pk).update(state="failed", reason="refused", attempts=7, next_attempt_at=far)
    Notice.objects.filter(pk=probe.pk).update(state="failed", reason="unreached", attempts=2, next_attempt_at=now())
    assert send_due() == 2
    refused.refresh_from_db()
    assert (refused.state, refused.next_attempt_at) == ("failed", far)


def test_waiting_starts_at_seconds_doubles_and_is_capped():
    waits = [get_backoff(number).total_seconds() for number in range(1, 30)]
    for number, wait in enumerate(waits, start=1):
        middle = min(2**number, 300)
        assert 0.75 * middle <= wait <= 1.25 * middle
    ours = get_backoff(1, unsendable=True).total_seconds()
    assert 225 <= ours <= 375
    assert get_backoff(40, unsendable=True) <= timedelta(hours=1.25)


def test_the_task_delivers_and_shows_that_its_worker_lives(staffed, postbox, monkeypatch):
    monkeypatch.setattr("notifications.outbox.tasks._last_beat", -10.0)
    notice = notify_officer(staffed)
    assert deliver([str(notice.pk), str(uuid.uuid4())]) == 1
    first = Heartbeat.objects.get(part="canary.urgent").at
    assert deliver([]) == 0
    assert Heartbeat.objects.get(part="canary.urgent").at == first  # not with every task
    canary("bulk")
    assert Heartbeat.objects.filter(part="canary.bulk").exists()


def test_one_notice_that_cannot_be_made_into_a_letter_holds_up_no_other_of_its_batch(staffed, postbox):
    bad, *good = [notify_officer(staffed) for _notice in range(4)]
    real = delivery.build_message

    def letter(notice, contact, *, now, others=()):
        if notice.pk == bad.pk:
            raise AttributeError("spoilt")
        return real(notice, contact, now=now, others=others)

    with mock.patch.object(delivery, "build_message", letter):
        assert send_due() == 3
    bad.refresh_from_db()
    assert (bad.state, bad.reason, bad.attempt_rows.get().error_code) == (
        "failed",
        "unsendable",
        "fault_AttributeError",
    )
    assert len({letter.id for letter in postbox.letters}) == len(postbox.letters) == len(good)
