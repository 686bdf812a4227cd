"""The sandbox's phones speak the protocol of a real gateway, in what they take and in what they report."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from notifications.channels.base import Message, Unreached
from notifications.channels.gateways.incoming import (
    Key,
    Receipt,
    Request,
    Sms,
    is_genuine,
    read_keys,
    read_receipts,
    read_replies,
)
from notifications.channels.gateways.loading import get_gateway
from notifications.channels.gateways.sms import SmsChannel, VoiceChannel, downs

from ..sandbox import phones
from ..sandbox.phone_store import KEY_LENGTH, get_newest_messages, read_message, store_message

pytestmark = pytest.mark.django_db

SECRET = "a secret of this sandbox"
NUMBER = "+355000000007"
MESSAGE = Message("<1>", NUMBER, "", "Vatra 7K2M9-4XQ", language="sq", reference="0123456789abcdef" * 2)


class Service:
    """The service's side: keeps what was reported to its hooks."""

    def __init__(self) -> None:
        self.reported: list[Request] = []
        outer = self

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.reported.append(Request(self.path, headers["content-type"], headers, body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Hook)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def wait(self, count: int) -> list[Request]:
        until = time.monotonic() + 10
        while len(self.reported) < count and time.monotonic() < until:
            time.sleep(0.02)
        return self.reported


@pytest.fixture
def service() -> Iterator[Service]:
    found = Service()
    yield found
    found.server.shutdown()
    found.server.server_close()
    found.thread.join()


@pytest.fixture
def folder(service: Service, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The sandbox's gateway runs, and the settings describe it. Returns the folder of what it takes."""
    monkeypatch.setattr(phones, "DELIVERY_SECONDS", 0.05)
    monkeypatch.setenv(phones.KEY_VARIABLE, SECRET)
    monkeypatch.setenv("PUBLIC_URL", service.url)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    monkeypatch.setenv("PHONES_SOCKET", str(listener.detach()))
    server = phones.start_phones(tmp_path / "phones")
    assert server is not None
    settings.NOTIFICATION_GATEWAYS = phones.describe_gateways(f"http://127.0.0.1:{port}")
    settings.DATA_DIR = tmp_path
    downs.clear()
    yield tmp_path / "phones"
    downs.clear()
    server.shutdown()
    server.server_close()


def gateway(name: str) -> Any:
    found = get_gateway(name)
    assert found is not None
    return found


def test_an_sms_is_shown_once_and_reported_as_delivered(folder: Path, service: Service) -> None:
    channel = SmsChannel()
    first, again = channel.send(MESSAGE), channel.send(MESSAGE)
    channel.close()

    assert first == again
    (message,) = get_newest_messages(folder)
    assert (message.number, message.text, message.key) == (NUMBER, MESSAGE.text, first.provider_id)
    request = service.wait(1)[0]
    loaded = gateway("sandbox-sms")
    assert request.url == "/hooks/gateway/sandbox-sms/receipt/"
    assert is_genuine(loaded, request)
    (receipt,) = read_receipts(loaded.description, request.get_data())
    assert receipt == Receipt(message.key, MESSAGE.reference, delivered=True)


def test_what_is_written_on_a_phone_comes_from_its_number(folder: Path, service: Service, client: Any) -> None:
    taken = SmsChannel().send(MESSAGE)
    service.wait(1)
    answer = client.post(reverse("sandbox:answer_phone"), {"key": taken.provider_id, "text": "7K2M9-4XQ PO"})

    assert answer.status_code == 302
    request = service.wait(2)[1]
    loaded = gateway("sandbox-sms")
    assert is_genuine(loaded, request)
    (sms,) = read_replies(loaded.description, request.get_data())
    assert sms == Sms(sms.id, NUMBER, "7K2M9-4XQ PO")
    page = client.get(reverse("sandbox:phones")).content.decode()
    assert "7K2M9-4XQ PO" in page
    assert "http-equiv" not in page
    assert 'http-equiv="refresh"' in client.get(reverse("sandbox:phones"), {"live": "1"}).content.decode()


def test_a_key_is_pressed_during_its_own_call(folder: Path, service: Service, client: Any) -> None:
    taken = VoiceChannel().send(MESSAGE)
    service.wait(1)
    client.post(reverse("sandbox:answer_phone"), {"key": taken.provider_id, "text": "1"})

    request = service.wait(2)[1]
    loaded = gateway("sandbox-calls")
    assert is_genuine(loaded, request)
    assert list(read_keys(loaded.description, request.get_data())) == [Key(taken.provider_id, "", "1")]


def test_who_does_not_know_the_secret_is_not_taken(
    folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(phones.KEY_VARIABLE, "another secret, as long")
    settings.NOTIFICATION_GATEWAYS = list(settings.NOTIFICATION_GATEWAYS)
    with pytest.raises(Unreached, match="http_401"):
        SmsChannel().send(MESSAGE)
    assert get_newest_messages(folder) == []


def test_without_a_gateway_of_its_own_there_is_nothing_to_answer(client: Any, settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR, settings.NOTIFICATION_GATEWAYS = tmp_path, []
    assert client.get(reverse("sandbox:phones")).status_code == 200
    assert client.post(reverse("sandbox:answer_phone"), {"key": "x", "text": "1"}).status_code == 404


def test_no_key_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "phones").mkdir()
    (tmp_path / "secret.json").write_text("{}")
    for key in ("../secret", "x", "../" + "0" * (KEY_LENGTH - 3), ""):
        assert read_message(tmp_path / "phones", key) is None
    message = store_message(tmp_path / "phones", kind="sms", number="1", text="x", reference="")
    (tmp_path / "phones" / f"{message.key}.json").write_text("half")
    assert get_newest_messages(tmp_path / "phones") == []
