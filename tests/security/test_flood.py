"""Eight threads flood one region's page with reports of danger to a child; a real one comes meanwhile, from elsewhere.

FLOOD_SECONDS: how long (12). Against a whole running house: web server, workers, sweeper, mail.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.supervisor.house import House, wait_until

from .flood import Flood, Sender

pytestmark = pytest.mark.faults
SECONDS = float(os.environ.get("FLOOD_SECONDS", "12"))
THREADS = 8
REAL = "A child is locked in the cellar behind the old mill."

COUNTED = """
import json
from django.conf import settings
from notifications.briefs.models import FurtherReport
from notifications.outbox.models import Attempt, Notice
from case_forms.tips.models import Signal
firsts = Notice.objects.filter(case_reference__startswith="S-", chases=None, municipality__slug="berat")
def of(role):
    found = firsts.filter(role=role)
    mails = Attempt.objects.filter(notice__chase_id__in=found.values("pk"), notice__role=role, outcome="accepted")
    return {"notices": found.count(), "mails": mails.count(),
            "reports": FurtherReport.objects.filter(notice__role=role).count()}
real = [s for s in Signal.objects.order_by("received_at") if s.answers.get("what") == WHAT]
when = None
if real:
    of_it = FurtherReport.objects.filter(source_id=real[0].pk, notice__role="police").first()
    if of_it is not None:
        sent = Attempt.objects.filter(notice__chase_id=of_it.notice_id, notice__role="police", outcome="accepted",
                                      started_at__gte=of_it.at).order_by("started_at").first()
        when = (sent.finished_at - real[0].received_at).total_seconds() if sent else None
print("COUNTED" + json.dumps({
    "tips": Signal.objects.count(),
    "held_back": Signal.objects.filter(held_back=True).count(),
    "lost": Signal.objects.filter(events__isnull=True).count(),
    "alarms": settings.NOTICE_ALARMS_PER_HOUR,
    "roles": {role: of(role) for role in ("mobile_unit", "police", "cpu")},
    "real": len(real), "told_after_s": when,
}))
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("flooded")
    found = House(folder / "data", folder / "static")
    try:
        yield found.start(ASKING_WAIT_SECONDS="0").wait_ready(seconds=600)
    finally:
        found.stop(seconds=60)


def counted(house: House) -> dict[str, Any]:
    said = house.manage("shell", "-c", COUNTED.replace("WHAT", repr(REAL)))
    return json.loads(said.split("COUNTED")[1].splitlines()[0])


def test_everything_is_kept_the_police_get_a_few_mails_and_a_real_danger_is_told_at_once(house: House) -> None:
    before = counted(house)["tips"]  # of the demo
    flood = Flood(house.port, "/pyet/berat/", THREADS).start()
    time.sleep(SECONDS / 2)
    real = Sender(house.port, "/pyet/vlore/")
    html = real.send(what=REAL, municipality="berat")
    assert 'class="receipt"' in html
    time.sleep(SECONDS / 2)
    flood.stop()
    found = wait_until(
        lambda: (said := counted(house)) and said["told_after_s"] is not None and said, seconds=90, what="told"
    )
    report = json.dumps({"seconds": SECONDS, "sent": flood.sent, "refused": flood.refused, "busy": flood.busy, **found})
    Path(os.environ.get("FLOOD_REPORT", os.devnull)).write_text(report)
    assert flood.sent > THREADS
    assert flood.refused == 0  # nobody reads "NOT sent": what is above the budget is kept
    assert found["tips"] >= before + flood.sent + 1
    assert found["lost"] == 0
    assert found["real"] == 1
    assert found["told_after_s"] <= 2
    for role, told in found["roles"].items():
        assert told["notices"] == 1, role
        assert told["mails"] <= 1 + found["alarms"], role
    assert found["roles"]["mobile_unit"]["reports"] == found["tips"] - before - 1  # the unit is told of each
