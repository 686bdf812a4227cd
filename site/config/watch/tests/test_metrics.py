"""`/metrics`: for whom, at what price, and that nothing of a case, a person or a place is in it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.admission import Admission, Pulse
from config.watch import certificate, counting
from config.watch.counting import RequestCounter
from config.watch.models import RequestCount
from notifications.drills.models import DrillRun
from notifications.outbox import worker_signs
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Heartbeat, Purpose
from notifications.outbox.queueing import BULK, URGENT, enqueue_canary
from tests.world.notices import StaffedCountry, notify_officer

from .scraping import get, scrape

pytestmark = pytest.mark.django_db
FROM_AFAR = {"REMOTE_ADDR": "203.0.113.9"}
MOST_QUERIES = 20


def test_this_machine_reads_the_figures_and_a_stranger_finds_nothing() -> None:
    here = Client().get("/metrics")
    assert (here.status_code, here["Cache-Control"].split(",")[0]) == (200, "max-age=0")
    assert "no-store" in here["Cache-Control"]
    assert here["Content-Type"].startswith("text/plain; version=0.0.4")
    assert not here.cookies
    assert Client(**FROM_AFAR).get("/metrics").status_code == 404
    assert Client().post("/metrics").status_code == 405


def test_who_comes_over_our_proxy_is_a_stranger_though_the_proxy_is_this_machine(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    assert Client().get("/metrics", HTTP_X_FORWARDED_FOR="203.0.113.9").status_code == 404
    assert Client().get("/metrics", HTTP_X_FORWARDED_FOR="127.0.0.1, 203.0.113.9").status_code == 404


@pytest.mark.parametrize(
    ("kept", "sent", "status"),
    [
        ("a-long-token", "Bearer a-long-token", 200),
        ("a-long-token", "bearer a-long-token", 200),
        ("a-long-token", "Bearer another", 404),
        ("a-long-token", "Bearer ", 404),
        ("a-long-token", "Basic a-long-token", 404),
        ("a-long-token", "Bearer ç", 404),
        ("", "Bearer ", 404),  # no token is set: none opens it
        ("", "", 404),
    ],
)
def test_the_token_opens_it_from_elsewhere(settings: Any, kept: str, sent: str, status: int) -> None:
    settings.METRICS_TOKEN = kept
    assert Client(**FROM_AFAR).get("/metrics", HTTP_AUTHORIZATION=sent).status_code == status


def test_its_price_is_the_same_for_one_notice_and_for_sixty_one(staffed: StaffedCountry, postbox: Any) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            scrape()
        return len(asked)

    for cluster in (URGENT, BULK):
        enqueue_canary(cluster)
    notify_officer(staffed)
    scrape()
    one = count()
    for _number in range(60):
        notify_officer(staffed)
    send_due()
    assert count() == one < MOST_QUERIES


def test_a_notice_is_counted_by_role_state_and_step_and_grows_old(staffed: StaffedCountry, postbox: Any) -> None:
    notice = notify_officer(staffed)
    notify_officer(staffed, is_drill=True)
    notify_officer(staffed, purpose=Purpose.DIGEST)
    figures = scrape()
    assert get(figures, "vatra_notices_open", role="police", state="owed") == 1
    assert get(figures, "vatra_notices_on_step", step="0") == 1
    assert 0 <= get(figures, "vatra_notice_unanswered_seconds", role="police") < 60
    send_due()
    figures = scrape()
    assert get(figures, "vatra_notices_open", role="police", state="sent") == 1
    assert get(figures, "vatra_attempts_lately", channel="email", result="accepted") >= 1
    assert get(figures, "vatra_attempts_lately", channel="email", result="refused") == 0
    assert notice.code not in str(figures)


def test_no_figure_names_a_person_a_case_or_a_municipality(staffed: StaffedCountry, postbox: Any) -> None:
    notice = notify_officer(staffed)
    send_due()
    text = Client().get("/metrics").content.decode()
    for part in (
        notice.code,
        notice.case_reference,
        str(notice.pk),
        staffed.officer.name,
        staffed.officer.email,
        staffed.country.vlore.slug,
        staffed.country.vlore.name,
    ):
        assert str(part) not in text


def test_a_group_that_cannot_be_read_leaves_the_others(staffed: StaffedCountry) -> None:
    with (
        mock.patch("config.watch.metrics.read_oldest_task", side_effect=DatabaseError),
        mock.patch("config.watch.metrics.queue_length", return_value=3),
    ):
        figures = scrape()
    assert get(figures, "vatra_sections_failed") == 1
    assert "vatra_queue_tasks" not in figures
    assert "vatra_ready" in figures


def test_a_broker_that_cannot_be_asked_gives_no_figure_and_is_no_fault_of_the_group() -> None:
    with mock.patch("config.watch.metrics.queue_length", return_value=None):
        figures = scrape()
    assert get(figures, "vatra_sections_failed") == 0
    assert "vatra_queue_tasks" not in figures


def test_reading_changes_nothing(staffed: StaffedCountry) -> None:
    with CaptureQueriesContext(connection) as asked:
        scrape()
    assert not [each["sql"] for each in asked if each["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")]
    assert not DrillRun.objects.exists()


# ---- what web processes count ----


def test_two_processes_add_to_one_number() -> None:
    first, second = RequestCounter(), RequestCounter()
    for counter in (first, second):
        counter.add("served", "urgent")
        counter.add("served", "urgent")
        counter.flush()
    assert RequestCount.objects.get().total == 4
    assert get(scrape(), "vatra_requests_total", lane="urgent", result="served") == 4
    assert first.flush() == 0  # nothing twice


def test_while_the_database_takes_nothing_the_numbers_stay_and_are_added_later() -> None:
    counter = RequestCounter()
    counter.add("refused", "public")
    with mock.patch.object(counting, "_add", side_effect=DatabaseError):
        assert counter.flush() == 0
    counter.add("refused", "public")
    counter.flush()
    assert RequestCount.objects.get().total == 2


def test_a_scrape_is_served_beside_a_busy_server_whatever_host_it_names(settings: Any) -> None:
    settings.PUBLIC_URL = "https://vatra.test"
    seen: list[dict[str, Any]] = []
    full = Admission(
        lambda environ, _start: seen.append(environ) or [], slots=1, pulse=Pulse(), recognize=lambda environ: None
    )
    full._free.clear()
    full({"PATH_INFO": "/metrics", "REQUEST_METHOD": "GET", "HTTP_HOST": "10.0.0.5:8000"}, lambda *_a: None)
    assert seen[0]["HTTP_HOST"] == "vatra.test"


# ---- workers by machine ----


def test_each_machine_is_counted_by_its_workers_and_one_that_fell_silent_stays_for_a_day() -> None:
    now = timezone.now()
    for machine, process, age in (("a", 1, 1), ("a", 2, 30), ("b", 1, 200)):
        with (
            mock.patch.multiple(worker_signs, get_machine=lambda m=machine: m),
            mock.patch("os.getpid", lambda p=process: p),
        ):
            worker_signs.sign(URGENT)
            Heartbeat.objects.filter(part=worker_signs._get_part(URGENT)).update(at=now - timedelta(seconds=age))
    figures = scrape()
    assert get(figures, "vatra_workers", machine="a", cluster="urgent") == 2
    assert get(figures, "vatra_workers", machine="b", cluster="urgent") == 0
    assert get(figures, "vatra_worker_sign_seconds", machine="b", cluster="urgent") >= 200
    assert worker_signs.delete_old(now=now + timedelta(seconds=30)) == 0
    assert worker_signs.delete_old(now=now + timedelta(seconds=80)) == 1  # of "a", which has another
    assert worker_signs.delete_old(now=now + timedelta(days=2)) == 2


def test_a_worker_that_ends_in_order_leaves_no_sign() -> None:
    worker_signs.sign(BULK)
    worker_signs.end(BULK)
    assert not Heartbeat.objects.filter(part__startswith=worker_signs.PREFIX).exists()


# ---- the certificate ----


def test_the_certificate_is_looked_at_four_times_a_day_and_sooner_where_none_was_seen(settings: Any) -> None:
    settings.PUBLIC_URL = "https://vatra.test"
    now = timezone.now()
    ends = datetime.now(UTC) + timedelta(days=40)
    with mock.patch.object(certificate, "get_certificate_end", return_value=ends) as looked:
        assert certificate.each_minute(now=now)
        assert not certificate.each_minute(now=now + timedelta(hours=5))
        assert certificate.each_minute(now=now + timedelta(hours=6))
    looked.assert_called_with("vatra.test", 443)
    with mock.patch.object(certificate, "get_certificate_end", return_value="nothing answers (timeout)"):
        assert certificate.each_minute(now=now + timedelta(hours=12))
        assert not certificate.each_minute(now=now + timedelta(hours=12, minutes=14))
        assert certificate.each_minute(now=now + timedelta(hours=12, minutes=15))
    beats = Heartbeat.objects.in_bulk()
    assert certificate.describe_health(beats, now)["certificate"] == {"ok": False, "days": None, "error": "unseen"}
    assert "vatra_certificate_seconds" not in scrape()


def test_without_https_nobody_looks_for_one() -> None:
    assert not certificate.each_minute()
    assert certificate.describe_health({}, timezone.now()) == {}
