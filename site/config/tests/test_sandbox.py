"""The sandbox's mail: a real SMTP conversation, files, and pages that show them."""

import asyncio
import os
import smtplib
import socket
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.urls import reverse

from ..sandbox import store

ROOT = Path(__file__).resolve().parents[3]


def letter(subject: str = "Njoftim 7K2M9", *, number: str = "1", text: str = "Hapeni: http://x/n/abc/") -> bytes:
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = "Vatra <njoftime@vatra.example>"
    mail["Message-ID"] = f"<{number}@vatra.example>"
    mail.set_content(text)
    return mail.as_bytes()


@pytest.fixture
def inbox(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def put(folder: Path, content: bytes) -> Path:
    return store.store_mail(folder, sender="njoftime@vatra.example", recipients=["a@police.example"], content=content)


def test_the_newest_letter_stands_first_and_a_doubled_one_is_counted(inbox):
    for number in ("1", "2", "1"):
        put(inbox, letter(f"Njoftim {number}", number=number))
    found = store.get_newest_letters(inbox)
    assert [(row.subject, row.copies) for row in found] == [("Njoftim 1", 2), ("Njoftim 2", 1)]
    assert found[0].recipients == "a@police.example"
    assert found[0].sender == "njoftime@vatra.example"


def test_no_more_letters_are_read_than_asked_for(inbox):
    for number in range(5):
        put(inbox, letter(number=str(number)))
    assert len(store.get_newest_letters(inbox, limit=3)) == 3


def test_a_letter_without_headers_or_text_is_still_shown(inbox):
    path = put(inbox, b"\r\nplain")
    assert store.read_letter(inbox, path.stem)[1].strip() == "plain"
    mail = EmailMessage()
    mail.set_content("<p>x</p>", subtype="html")
    assert store.read_letter(inbox, put(inbox, mail.as_bytes()).stem)[1] == ""


@pytest.mark.parametrize("key", ["", "..", "x" * store.KEY_LENGTH, "../../etc/passwd" + "0" * 13])
def test_only_keys_of_letters_open_anything(inbox, key):
    assert store.read_letter(inbox, key) is None


def test_old_letters_are_cleared_out(inbox, monkeypatch):
    monkeypatch.setattr(store, "KEPT", 2)
    for number in range(4):
        put(inbox, letter(str(number), number=str(number)))
    store.delete_old_mails(inbox)
    assert [row.subject for row in store.get_newest_letters(inbox)] == ["3", "2"]


@pytest.mark.django_db
def test_the_pages_show_letters_to_anyone_and_say_that_it_is_a_sandbox(client, inbox):
    page = client.get(reverse("sandbox:inbox"))
    assert page.status_code == 200
    assert 'http-equiv="refresh"' in page.content.decode()
    path = put(inbox, letter())
    put(inbox, letter())
    page = client.get(reverse("sandbox:inbox"), {"still": "1"}).content.decode()
    assert "Njoftim 7K2M9" in page
    assert "http-equiv" not in page
    shown = client.get(reverse("sandbox:letter", args=[path.stem])).content.decode()
    assert '<a href="http://x/n/abc/"' in shown
    assert client.get(reverse("sandbox:letter", args=["nothing"])).status_code == 404


def test_the_sink_takes_mail_over_smtp_and_keeps_it(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        os.set_inheritable(listener.fileno(), True)
        environment = {**os.environ, "DATA_DIR": str(tmp_path), "SINK_SOCKET": str(listener.fileno())}
        sink = subprocess.Popen(
            [sys.executable, "-m", "config.sandbox.sink"],
            env={**environment, "PYTHONPATH": str(ROOT / "site")},
            pass_fds=[listener.fileno()],
        )
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as smtp:
            smtp.sendmail("njoftime@vatra.example", ["a@police.example", "b@police.example"], letter())
        found = store.get_newest_letters(tmp_path / "inbox")
        assert [row.recipients for row in found] == ["a@police.example, b@police.example"]
    finally:
        sink.terminate()
        assert sink.wait(10) == 0


def test_without_a_supervisor_the_sink_listens_on_its_own_port(monkeypatch, tmp_path):
    from ..sandbox import sink

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.delenv("SINK_SOCKET", raising=False)
    monkeypatch.setenv("SINK_PORT", str(port))
    with sink._listener() as listener:
        assert listener.getsockname() == ("127.0.0.1", port)


def test_the_keeper_keeps_what_the_session_brings(tmp_path):
    from aiosmtpd.smtp import Envelope

    from ..sandbox.sink import Keeper

    envelope = Envelope()
    envelope.mail_from, envelope.rcpt_tos, envelope.content = "a@x.example", ["b@x.example"], letter()
    assert asyncio.run(Keeper(tmp_path).handle_DATA(None, None, envelope)).startswith("250")
    assert len(store.get_newest_letters(tmp_path)) == 1
