"""The probe names the gateway that can't be reached, and sends nothing to those that can."""

import socket
from pathlib import Path
from typing import Any

import pytest

from ...base import Unreached
from ..reachability import check_gateways
from .server import say, serve
from .test_description import PLAIN

BARE = {key: value for key, value in PLAIN.items() if key not in ("headers", "incoming", "receipts")}


def test_a_gateway_that_listens_is_well_and_is_asked_nothing(settings: Any) -> None:
    with serve(say(200)) as box:
        settings.NOTIFICATION_GATEWAYS = [{**BARE, "url": box.url}]
        check_gateways()
    assert box.asked == []


def test_one_that_does_not_is_named(settings: Any, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings.NOTIFICATION_GATEWAYS = [{**BARE, "url": f"http://127.0.0.1:{port}/"}]
    with pytest.raises(Unreached, match="box:ConnectionRefusedError"):
        check_gateways()

    folders = {name: str(tmp_path / name) for name in ("outbox", "sent", "error", "inbox")}
    settings.NOTIFICATION_GATEWAYS = [{"by": "gammu", "name": "sim", **folders}]
    with pytest.raises(Unreached, match="sim:spool_FileNotFoundError"):
        check_gateways()
    (tmp_path / "outbox").mkdir()
    check_gateways()


def test_a_description_that_cannot_be_used_is_said(settings: Any) -> None:
    settings.NOTIFICATION_GATEWAYS = [{"by": "http"}]
    with pytest.raises(Unreached, match="description"):
        check_gateways()
