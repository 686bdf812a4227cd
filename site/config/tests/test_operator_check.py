"""What an operator has to see to is said in words, and one check that fails stops no other."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from config import operator_check
from config.catalogs import ROOT
from config.health import BACKUP, BACKUP_FAILED, BACKUP_PROOF
from config.operator_check import Result, run_checks
from notifications.outbox.models import Heartbeat

pytestmark = pytest.mark.django_db


@pytest.fixture
def checked(settings: Any, tmp_path: Path, monkeypatch: Any) -> Any:
    settings.DATA_DIR, settings.BACKUP_DIR = tmp_path, str(tmp_path / "backup")
    tmp_path.chmod(0o700)
    (tmp_path / "backup").mkdir(mode=0o700)
    settings.BACKUP_RECIPIENTS = ["age1egg37rn5qtz5v5j85mpxpe9h4yjdsq42u8mv828vqe7hv46nqpqs6ydxwg"]
    settings.BACKUP_MAX_HOURS, settings.DISK_MIN_MB = 26, 0
    return lambda name: [each for part, each in run_checks() if part == name]


def get_missing(results: list[Result]) -> str:
    return "; ".join(each.words for each in results if each.level == "missing")


def test_every_check_runs_on_a_new_service_and_none_falls(checked: Any) -> None:
    found = list(run_checks())
    assert {name for name, _result in found} == set(operator_check.CHECKS)
    assert not [each for _name, each in found if "could not be looked at" in each.words]


def test_one_that_falls_is_said_and_the_others_go_on(checked: Any, monkeypatch: Any) -> None:
    def fall() -> Any:
        raise ZeroDivisionError("canary")

    monkeypatch.setitem(operator_check.CHECKS, "clock", fall)
    found = dict(run_checks())
    assert found["clock"].words == "could not be looked at (ZeroDivisionError)"
    assert "backup" in found


def test_without_its_tables_only_that_is_said(checked: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("config.health.missing_migrations", lambda: ["cases.9999_later"])
    found = dict(run_checks())
    assert "restart the service, it migrates" in found["database"].words
    assert {found[name].level for name in operator_check.ON_DATABASE} == {"hint"}
    assert "disk" in found


def test_backups_are_looked_at_from_all_sides(checked: Any, settings: Any) -> None:
    assert "none was ever made" in get_missing(checked("backup"))
    assert "none was ever restored" in get_missing(checked("backup"))
    Heartbeat.beat(BACKUP)
    Heartbeat.beat(BACKUP_PROOF, {"error": ""})
    assert not get_missing(checked("backup"))
    Heartbeat.beat(BACKUP_FAILED, {"code": "disk_full"})
    assert "failed (disk_full)" in get_missing(checked("backup"))
    Heartbeat.objects.filter(part=BACKUP).update(at=timezone.now() - timedelta(hours=40))
    Heartbeat.objects.filter(part=BACKUP_PROOF).update(at=timezone.now() - timedelta(days=40))
    said = get_missing(checked("backup"))
    assert "is 40 hours old" in said
    assert "was 40 days ago" in said
    settings.BACKUP_RECIPIENTS = []
    assert "BACKUP_RECIPIENTS is empty" in get_missing(checked("backup"))
    settings.BACKUP_DIR = ""
    assert "BACKUP_DIR is empty" in get_missing(checked("backup"))
    settings.BACKUP_DIR = str(settings.DATA_DIR / "gone")
    assert "isn't there" in get_missing(checked("backup"))


def test_a_clock_that_nobody_sets_is_said(checked: Any, monkeypatch: Any) -> None:
    for state, level in ((0, "ok"), (operator_check.TIME_ERROR, "missing"), (None, "hint")):
        monkeypatch.setattr(operator_check, "get_clock_state", lambda state=state: state)
        assert [each.level for each in checked("clock")] == [level]


def test_the_kernel_answers_or_cannot_be_asked(checked: Any) -> None:
    state = operator_check.get_clock_state()
    assert state is None or 0 <= state <= operator_check.TIME_ERROR


def test_a_certificate_that_ends_is_said(checked: Any, settings: Any, monkeypatch: Any) -> None:
    settings.PUBLIC_URL = "https://vatra.example"
    for answer, words in (
        (datetime.now(UTC) + timedelta(days=60), ""),
        (datetime.now(UTC) + timedelta(days=3, hours=1), "ends in 3 days"),
        ("can't be reached from here (gaierror)", "can't be reached"),
    ):
        monkeypatch.setattr(operator_check, "get_certificate_end", lambda _host, _port, answer=answer: answer)
        said = get_missing(checked("certificate"))
        assert words in said if words else not said


def test_settings_that_do_not_start_are_named_one_by_one(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}/site:{ROOT}", "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "config.settings.production", "PUBLIC_URL": "https://vatra.example",
        "ALLOWED_HOSTS": "vatra.example", "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "config.operator_check"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "MISS  settings: VAULT_KEYS is missing" in done.stdout
    assert "MISS  settings: PUBLIC_URL still holds a placeholder (vatra.example)" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_test_mail_goes_out_and_says_so() -> None:
    out = StringIO()
    call_command("test_mail", "somebody@vatra.example", stdout=out)
    assert mail.outbox[0].to == ["somebody@vatra.example"]
    assert "took it" in out.getvalue()


def test_a_test_mail_that_fails_says_why(monkeypatch: Any) -> None:
    with pytest.raises(CommandError, match="no e-mail address"):
        call_command("test_mail", "nobody")

    def refuse(*_arguments: Any, **_more: Any) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    with pytest.raises(CommandError, match="can't be reached"):
        call_command("test_mail", "somebody@vatra.example")


@pytest.mark.parametrize(("mode", "is_open"), [(0o700, False), (0o710, False), (0o750, True), (0o701, True)])
def test_only_a_folder_that_others_can_look_into_is_named(
    checked: Any, settings: Any, mode: int, is_open: bool
) -> None:
    """With the access list by which nginx passes through to the pictures, the mode reads 710."""
    settings.DATA_DIR.chmod(mode)
    assert ("chmod 700" in get_missing(checked("disk"))) is is_open
