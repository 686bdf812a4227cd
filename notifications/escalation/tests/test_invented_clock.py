"""A clock that nobody has written yet: declared once, it runs in each pass, survives a bad row and names it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit import due
from audit.due import Due, find_stranded_rows, lock_row_alone, register_clocks
from notifications.outbox.models import Heartbeat

from ..management.commands.sweeper import Sweeper
from .test_put_aside import PAGE, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(
    params=[{"lock": lock_row_alone}, {"lease": timedelta(minutes=5)}, {}], ids=["lock", "lease", "neither"]
)
def clock(request, monkeypatch):
    def act(row, now):
        row = row if isinstance(row, Heartbeat) else Heartbeat.objects.get(part=row)
        Heartbeat.objects.filter(part=row.part).update(facts={"seen": row.part})
        if row.part.endswith("bad"):
            raise ValueError("never shown")
        return True

    monkeypatch.setattr(due, "_clocks", dict(due._clocks))
    told: list[str] = []
    made = Due(
        name="invented",
        label="Winding an invented clock",
        rows=lambda _now: Heartbeat.objects.filter(part__startswith="invented", facts={}),
        column="at",
        act=act,
        on_put_aside=lambda key, _now: told.append(key),
        find_stranded=lambda now: [each.part for each in Heartbeat.objects.filter(part="invented.lost")],
        **request.param,
    )
    register_clocks(made)
    return made, told


def test_a_clock_that_is_declared_runs_in_each_pass_and_one_bad_row_is_named_and_stops_no_other(clock):
    made, told = clock
    now = timezone.now()
    parts = {"invented.bad": -3, "invented.late": -2, "invented.now": 0, "invented.lost": 60}
    Heartbeat.objects.bulk_create(Heartbeat(part=part, at=now + timedelta(minutes=of)) for part, of in parts.items())
    Sweeper(1.0).run_once()
    seen = {row.part for row in Heartbeat.objects.filter(part__startswith="invented").exclude(facts={})}
    assert seen - {"invented.bad"} == {"invented.late", "invented.now"}
    if made.lock is not None:
        assert "invented.bad" not in seen, "what it had begun is undone"
    page = somebody("operator").get(PAGE).content.decode()
    assert ("Winding an invented clock" in page, "ValueError" in page, "never shown" in page) == (True, True, False)
    assert told == ["invented.bad"]
    assert made.advance(timezone.now()) == 0, "done, or put aside"
    assert ("invented", "invented.lost") in find_stranded_rows(now)
