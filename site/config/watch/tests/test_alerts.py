"""Each alert of deploy/alerts.yml is provoked: its figure moves, its rule holds, and its page is in the runbook."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from audit.removals import note_removed
from case_forms.cases.models import Case, Deadline, DeadlineKind
from config import admission, health
from config.tests.test_health import FACTS
from config.watch import certificate, measuring, media, metrics, stored
from config.watch.counting import RequestCounter
from config.watch.models import DailySample
from notifications.outbox import worker_signs
from notifications.outbox.models import Attempt, AttemptOutcome, Heartbeat, Notice
from notifications.outbox.queueing import BULK, URGENT, enqueue_bulk, enqueue_canary
from tests.world.notices import StaffedCountry, notify_officer
from tests.world.scene import make_scene

from .scraping import ROOT, is_firing, read_alerts, scrape

pytestmark = pytest.mark.django_db
Provoke = Callable[[Any], Any]

WELL = {"ok": True, "age_s": 1.0, "failing_s": 0.0, "error": ""}
OF_PROMETHEUS = {"up"}  # what it knows by itself


def beat(part: str, age: float = 0, **facts: Any) -> None:
    at = timezone.now() - timedelta(seconds=age)
    Heartbeat.objects.update_or_create(part=part, defaults={"at": at, "facts": facts})


@pytest.fixture
def well(settings: Any, tmp_path: Any, db: None) -> None:
    """A service on which everything works, over https, with one worker of each cluster."""
    settings.PUBLIC_URL, settings.BACKUP_MAX_HOURS, settings.DISK_MIN_MB = "https://vatra.test", 26, 0
    settings.DATA_DIR, settings.BACKUP_DIR = tmp_path, str(tmp_path)
    for part in ("canary.urgent", "canary.bulk"):
        beat(part)
    beat("sweeper", **FACTS["sweeper"])
    beat("findings", **FACTS["findings"])
    beat("audit", stranded=0)
    beat("audit_chain", verified_at=timezone.now().isoformat())
    beat("roster")
    beat("drills")
    beat("means")
    beat(certificate.PART, ends_at=(timezone.now() + timedelta(days=60)).isoformat(), error="")
    beat(health.BACKUP)
    beat(health.BACKUP_PROOF)
    measuring.each_hour()
    note_removed("exports", 2)
    worker_signs.sign(URGENT)
    worker_signs.sign(BULK)


def set_duty(kind: str, **marks: Any) -> None:
    scene = make_scene()
    scene.send()
    case = Case.objects.get()
    Deadline.objects.create(
        case=case,
        event=case.events.first(),
        kind=kind,
        key="late",
        label={"sq": "x", "en": "x"},
        starts_at=timezone.now() - timedelta(days=3),
        owner="mobile_unit",
        **marks,
    )


def let_wait(cluster: str, seconds: float) -> None:
    enqueue_canary(cluster) if cluster == URGENT else enqueue_bulk("x.y", "1")
    OrmQ.objects.filter(key=cluster).update(lock=timezone.now() - timedelta(seconds=seconds))


def send_unreached(staffed: StaffedCountry) -> None:
    notice = notify_officer(staffed)
    Attempt.objects.bulk_create(
        Attempt(notice=notice, number=n, token=n, channel="email", address="a@b.c", outcome=AttemptOutcome.UNREACHED)
        for n in range(11)
    )


def refuse_a_form() -> None:
    """A server without room, asked for a form."""
    counter = RequestCounter()
    full = admission.Admission(
        lambda *_a: [], slots=1, pulse=admission.Pulse(), recognize=lambda environ: None, count=counter.add
    )
    full._find_lane = admission.get_lane  # type: ignore[method-assign]  # of somebody signed in
    full._let_in = lambda _lane, _environ: None  # type: ignore[method-assign]
    full({"PATH_INFO": "/field/forms/x/", "REQUEST_METHOD": "GET"}, lambda *_a: None)
    counter.flush()


def fail_a_section(monkeypatch: Any) -> None:
    def fail(_now: Any) -> Any:
        raise OSError

    monkeypatch.setattr(metrics, "SECTIONS", (*metrics.SECTIONS, fail))


def break_the_disk(settings: Any) -> None:
    settings.DISK_MIN_MB = 10**9


def fall_behind(settings: Any) -> None:
    settings.POINT_IN_TIME_SECONDS = 10
    beat(health.POINT_IN_TIME, point=ago(minutes=16).isoformat())


def lose_the_bucket(settings: Any) -> None:
    settings.MEDIA_BUCKET_URL = "s3://media"
    beat(media.PART, error="unreachable", since=ago(minutes=1).isoformat())


def fill_the_disk() -> None:
    for days, free in ((20, 2000), (0, 500)):
        at = ago(days=days)
        DailySample.objects.create(day=timezone.localdate(at), at=at, figures={"disk_free": free})


def age_notice(staffed: StaffedCountry, **times: Any) -> None:
    Notice.objects.filter(pk=notify_officer(staffed).pk).update(**times)


def ago(**length: float) -> Any:
    return timezone.now() - timedelta(**length)


FINDINGS, PROBES = FACTS["findings"], FACTS["sweeper"]["probes"]
HANGS = {"ok": False, "age_s": 1.0, "failing_s": 5.0, "error": "TimeoutError"}
# What provokes it; its arguments are fixtures.
PROVOKED: dict[str, Callable[..., Any]] = {
    "VatraNotReady": lambda: beat("sweeper", age=40, **FACTS["sweeper"]),
    "VatraNobodyNotified": lambda: beat("findings", **FINDINGS, nobody_told={"ok": False, "cases": 2, "oldest_s": 9.0}),
    "VatraNobodyOnDuty": lambda: beat("findings", **{**FINDINGS, "on_duty": 0}),
    "VatraNoticesWait": lambda: beat("findings", **{**FINDINGS, "overdue_s": 130.0}),
    "VatraUnanswered": lambda staffed: age_notice(staffed, owed_at=ago(hours=3)),
    "VatraStepsLate": lambda staffed: age_notice(staffed, next_step_at=ago(minutes=3)),
    "VatraStranded": lambda: beat("audit", stranded=1),
    "VatraMailDown": lambda: beat("findings", **{**FINDINGS, "smtp_failing_s": 90.0}),
    "VatraWayFails": send_unreached,
    "VatraUrgentQueueOld": lambda: let_wait(URGENT, 70),
    "VatraBulkQueueOld": lambda: let_wait(BULK, 1000),
    "VatraWorkersSilent": lambda: Heartbeat.objects.filter(part__startswith="sign.urgent").update(at=ago(minutes=3)),
    "VatraFormsRefused": refuse_a_form,
    "VatraDutiesMissed": lambda: set_duty(DeadlineKind.DEADLINE, breach_at=ago(hours=1)),
    "VatraTasksOverdue": lambda: set_duty(DeadlineKind.TASK, red_at=ago(days=2)),
    "VatraFailedTasks": lambda: beat("findings", **{**FINDINGS, "put_aside": 1}),
    "VatraRecordBroken": lambda: beat("audit_chain", verified_at=timezone.now().isoformat(), broken=1),
    "VatraRowsUnexplained": lambda: beat("audit_chain", verified_at=timezone.now().isoformat(), rows=1),
    "VatraSealedPutBack": lambda: beat("audit_chain", verified_at=timezone.now().isoformat(), put_back=1),
    "VatraBackupMissing": lambda: beat(health.BACKUP, age=27 * 3600),
    "VatraPointInTimeBehind": lambda settings: fall_behind(settings),
    "VatraDiskLow": lambda settings: break_the_disk(settings),
    "VatraClockJumped": lambda: beat("clock.jump", by_s=7200),
    "VatraDiskFills": lambda: fill_the_disk(),
    "VatraNotTidied": lambda: stored.change("exports", timezone.now(), tidied_at=ago(hours=5).isoformat()),
    "VatraStoredIll": lambda: beat(stored.PART, missing=1),
    "VatraCertificateEnds": lambda: beat(certificate.PART, ends_at=ago(days=-13).isoformat()),
    "VatraMediaAway": lambda settings: lose_the_bucket(settings),
    "VatraDrillFailed": lambda: beat("drills", failed=1, bad=1),
    "VatraRosterGap": lambda: beat("roster", soon=1),
    "VatraQueueDown": lambda: beat("sweeper", **{**FACTS["sweeper"], "probes": {**PROBES, "broker": HANGS}}),
    "VatraPartIll": lambda: beat("canary.bulk", age=20 * 60),
    "VatraFiguresMissing": lambda monkeypatch: fail_a_section(monkeypatch),
}


@pytest.mark.parametrize("name", PROVOKED)
def test_what_an_alert_speaks_of_makes_its_rule_hold_and_nothing_else_does(name: str, well: None, request: Any) -> None:
    expression = read_alerts()[name]["expr"]
    before = scrape()
    assert not is_firing(expression, before, before)
    provoke = PROVOKED[name]
    wanted = provoke.__code__.co_varnames[: provoke.__code__.co_argcount]
    provoke(*(request.getfixturevalue(each) for each in wanted))
    assert is_firing(expression, scrape(), before)


def test_every_alert_is_provoked_here_but_the_silence_that_prometheus_sees_itself() -> None:
    assert set(PROVOKED) == set(read_alerts()) - {"VatraSilent"}


def test_each_alert_has_its_page_in_the_runbook_with_what_it_means_and_what_to_do() -> None:
    pages = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", (ROOT / "docs" / "runbook.md").read_text(), re.S | re.M))
    alerts = read_alerts()
    assert set(pages) == set(alerts)
    for name, rule in alerts.items():
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}"
        assert rule["labels"]["severity"] in ("page", "ticket")
        for part in ("**You see**", "**It means**", "**Do**", "**Tried**"):
            assert part in pages[name], (name, part)


def test_rules_and_board_name_only_figures_that_are_given(well: None, staffed: StaffedCountry) -> None:
    send_unreached(staffed)
    refuse_a_form()
    fill_the_disk()
    counter = RequestCounter()
    counter.add("page", "hit")
    counter.flush()
    given = set(scrape()) | OF_PROMETHEUS
    named = {rule["expr"] for rule in read_alerts().values()} | set(read_board())
    found = {name for each in named for name in re.findall(r"\b(?:vatra_\w+|up\b)", each)}
    assert found <= given
    assert given <= found | OF_PROMETHEUS, "a figure that stands in no rule and on no board"


def read_board() -> list[str]:
    board = json.loads((ROOT / "deploy" / "grafana.json").read_text())
    return [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
