"""Trying the cache, the broker and the mail server: what fails is named by a code, and since when."""

from datetime import timedelta
from unittest import mock

import pytest
from django.core.cache import cache
from django.utils import timezone

from audit.models import PutAside
from notifications.channels.base import Unreached
from notifications.directory.models import Contact, DutyShift
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Attempt, Notice
from tests.world.notices import notify_officer

from .. import probes
from ..findings import collect_findings, delete_settled_rows
from ..probes import Probes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_connection():
    with mock.patch.object(probes.connections, "close_all"):
        yield


def test_what_works_says_so(staffed, postbox):
    tried = Probes()
    assert [tried.run_probe(name) for name in ("cache", "broker", "smtp")] == [True, True, True]
    assert {result["ok"] for result in tried.results().values()} == {True}


def test_what_fails_is_named_by_a_code_and_grows_older(staffed, postbox, caplog):
    postbox.closed = Unreached("connection_refused")
    tried = Probes()
    with (
        mock.patch.object(cache, "set", side_effect=OSError("No space left on /srv/vatra")),
        mock.patch.object(probes, "get_broker", side_effect=ConnectionError("redis.internal:6379")),
        mock.patch.object(probes.time, "monotonic") as clock,
    ):
        clock.return_value = 100.0
        for name in ("cache", "broker", "smtp"):
            assert not tried.run_probe(name)
        clock.return_value = 112.0
        tried.run_probe("smtp")
        results = tried.results()
    assert {name: result["error"] for name, result in results.items()} == {
        "cache": "OSError",
        "broker": "ConnectionError",
        "smtp": "connection_refused",
    }
    assert (results["smtp"]["failing_s"], results["smtp"]["age_s"], results["cache"]["age_s"]) == (12.0, 0.0, 12.0)
    assert "/srv" not in caplog.text
    assert "redis.internal" not in caplog.text
    assert tried.run_probe("smtp") is False
    postbox.closed = None
    assert tried.run_probe("smtp") is True
    assert tried.results()["smtp"]["failing_s"] == 0.0


def test_a_cache_that_forgets_at_once_is_not_well():
    with mock.patch.object(cache, "get", return_value=None):
        assert not Probes().run_probe("cache")


def test_the_findings_say_since_when_mail_fails_and_stop_when_it_goes_again(staffed, postbox):
    notify_officer(staffed)
    assert collect_findings(timezone.now())["smtp_failing_s"] == 0.0
    postbox.closed = Unreached("connection_refused")
    send_due()
    began = Attempt.objects.get().started_at
    assert collect_findings(began + timedelta(seconds=30))["smtp_failing_s"] == 30.0
    Notice.objects.update(next_attempt_at=timezone.now())
    postbox.closed = None
    send_due()
    assert collect_findings(timezone.now() + timedelta(seconds=30))["smtp_failing_s"] == 0.0


def test_the_findings_count_who_could_be_told(staffed):
    found = collect_findings(timezone.now())
    assert (found["contacts"], found["on_duty"]) == (3, 3)
    DutyShift.objects.all().delete()
    Contact.objects.update(is_active=False)
    found = collect_findings(timezone.now())
    assert (found["contacts"], found["on_duty"]) == (0, 0)


def test_what_was_put_aside_and_is_answered_is_put_aside_no_more(staffed, postbox):
    now = timezone.now()
    open_one, settled = notify_officer(staffed), notify_officer(staffed)
    times = {"first_at": now, "last_at": now, "retry_at": now}
    for key in (open_one.pk, settled.pk, "gone"):
        PutAside.objects.create(kind="notice.clock", row=str(key), code="SealBroken", **times)
    PutAside.objects.create(kind="submission.forget", row="gone", code="SealBroken", **times)
    Notice.objects.filter(pk=settled.pk).update(
        state="cancelled", cancelled_at=now, next_attempt_at=None, next_step_at=None
    )
    PutAside.objects.filter(row="gone", kind="notice.clock").delete()
    delete_settled_rows(now)
    assert set(PutAside.objects.values_list("row", flat=True)) == {str(open_one.pk), "gone"}
