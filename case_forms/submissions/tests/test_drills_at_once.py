"""Workers at the same moment: one drill in a month, begun once and ended once.

Real threads, each with a connection of its own: needs a database in a file, or PostgreSQL, as the browsers' tests do.
"""

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from case_forms.cases.models import Case
from notifications.drills.ending import end_due
from notifications.drills.models import DrillPlan, DrillResult, DrillRun
from notifications.drills.running import begin_waiting, plan_due
from notifications.outbox.models import Notice
from tests.world.scene import make_scene

from .. import drill

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WORKERS = 4
TUESDAY = datetime(2027, 6, 8, 11, tzinfo=ZoneInfo("Europe/Tirane"))


def at_once(deed: Callable[[], Any]) -> list[BaseException]:
    """Let so many workers do the same at the same moment. Return what they failed with."""
    start, failed = threading.Barrier(WORKERS), []

    def go() -> None:
        start.wait()
        try:
            deed()
        except BaseException as error:  # noqa: BLE001  # said by the test
            failed.append(error)
        finally:
            connection.close()

    running = [threading.Thread(target=go) for _each in range(WORKERS)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(60)
    return failed


def test_workers_that_look_at_the_same_moment_hold_one_drill(monkeypatch: Any, tmp_path: Path) -> None:
    script = tmp_path / "drill.json"
    answers = {"result": "potential_victim", "birth_date": "1990-01-01"}
    script.write_text(json.dumps({"form": "small_identification", "text": "Drill", "answers": answers}))
    monkeypatch.setattr(drill, "SCRIPT", script)
    scene = make_scene()
    DrillPlan.objects.create(region=scene.place.region, is_on=True, on_since=TUESDAY - timedelta(days=20), day=8)

    def look() -> None:
        plan_due(TUESDAY)
        begin_waiting(TUESDAY)

    assert at_once(look) == []
    # A worker that was passed in the planning looks again in a minute.
    look()
    run = DrillRun.objects.get()
    assert (run.state, Case.objects.count()) == ("running", 1)
    notices = Notice.objects.count()
    assert at_once(lambda: end_due(run.ends_at)) == []
    run.refresh_from_db()
    assert run.ended_at is not None
    assert DrillResult.objects.filter(run=run).count() == notices
