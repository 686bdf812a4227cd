"""Over real SFTP and to a stand-in for S3: what was taken there alone brings a moment back, after all here is lost."""

import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from config.backups.elsewhere.tests.test_taking import Place, place, server, shelf
from config.backups.making import CASE_KEYS
from config.backups.point_in_time import FOLDER
from config.backups.point_in_time.taking import Taker
from config.backups.tests.conftest import FilledSystem

from .conftest import Kept
from .test_moments import restore

__all__ = ["place", "server", "shelf"]

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="the stores don't know the database")


def wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_what_was_taken_there_alone_brings_a_moment_back(
    place: Place, system: FilledSystem, kept: Kept, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    taker = Taker(settings.BACKUP_TO, system.folder / FOLDER, system.folder, days=7)
    taker.start()
    kept.journal.begin()
    assert kept.journal.point is not None
    taker.add(kept.journal.piece, kept.journal.point)
    attached = system.attach()
    system.scene.send(age_stated=16, story="Told later.")
    kept.catch_up()
    piece = kept.journal.go_on()
    taker.add(piece, kept.journal.point)
    wait_for(lambda: taker.point == kept.journal.point)
    taker.stop()
    taker.join(20)
    assert taker.error == ""
    assert CASE_KEYS in place.files
    assert sum(name.startswith("point-") for name in place.files) == 2
    shutil.rmtree(system.folder)
    time.sleep(1.1)
    said = restore(system, datetime.now(UTC), None, capsys, source=f"{place.url}/")
    assert "FAIL" not in said
    assert "all 2 keys of cases are there" in said
    assert list((system.root / "elsewhere" / "attachments").rglob(f"{attached.pk}.sealed"))
