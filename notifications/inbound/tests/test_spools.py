"""What Gammu SMSD puts into its folders is taken once, and its files are gone afterwards."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from notifications.outbox.models import Dispatch, Notice
from notifications.outbox.ways.sending import send_due_ways
from tests.world.notices import notify_officer
from tests.world.phones import NUMBER

from ..spools import read_all
from .conftest import Hooks

pytestmark = pytest.mark.django_db


@pytest.fixture
def folders(tmp_path: Path, settings: Any) -> dict[str, Path]:
    found = {name: tmp_path / name for name in ("outbox", "sent", "error", "inbox")}
    for folder in found.values():
        folder.mkdir()
    settings.NOTIFICATION_GATEWAYS = [
        {"by": "gammu", "name": "sim", **{name: str(path) for name, path in found.items()}}
    ]
    return found


@pytest.fixture
def sent(hooks: Hooks, folders: dict[str, Path], settings: Any) -> Notice:
    """A notice that went into the outbox as a file."""
    settings.NOTIFICATION_CHANNELS = {
        **settings.NOTIFICATION_CHANNELS,
        "sms": "notifications.channels.gateways.sms.SmsChannel",
    }
    notice = notify_officer(hooks.staffed)
    assert send_due_ways() == 1
    return notice


def drop(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(b"\xfe\xff" + text.encode("utf-16-be"))
    os.utime(path, (time.time() - 10,) * 2)
    return path


def test_an_sms_in_the_inbox_answers_its_notice_and_is_removed(sent: Notice, folders: dict[str, Path]) -> None:
    drop(folders["inbox"], f"IN20261128_021400_00_{NUMBER}_00.txt", f"{sent.code} PO")
    drop(folders["inbox"], "IN20261128_021500_00_+355690000000_00.txt", "Reklame")

    assert read_all() == 2
    assert read_all() == 0

    sent.refresh_from_db()
    assert sent.state == "accepted"
    assert list(folders["inbox"].iterdir()) == []


def test_what_the_network_did_not_take_has_failed_and_what_it_took_is_not_delivered(
    sent: Notice, folders: dict[str, Path]
) -> None:
    (file,) = folders["outbox"].iterdir()
    file.rename(folders["sent"] / file.name)
    assert read_all() == 1
    assert Dispatch.objects.get().state == "taken"

    drop(folders["error"], file.name, "x")
    call_command("read_sms_spool")
    assert Dispatch.objects.get().state == "failed"
    assert [list(folder.iterdir()) for folder in folders.values()] == [[], [], [], []]


def test_a_folder_that_is_missing_stops_nothing(sent: Notice, folders: dict[str, Path]) -> None:
    folders["inbox"].rmdir()

    assert read_all() == 0
