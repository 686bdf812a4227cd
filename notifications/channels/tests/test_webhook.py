"""The webhook channel against receivers on loopback, and against the receiver that docs/ ships. docs/webhooks.md"""

import base64
import json
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from audit import clock

from ..base import Message, PayloadError, RecipientGone, RecipientRefused, Unreached, get_channel
from ..webhook import WebhookChannel, get_valid_keys
from .servers import receiver

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


def key(number: int) -> str:
    return "whsec_" + base64.b64encode(bytes([number]) * 32).decode()


def entry(number: int, *, since: timedelta = timedelta(days=-1), until: timedelta | None = None) -> dict:
    now = datetime.now(UTC)
    return {
        "key": key(number),
        "since": (now + since).isoformat(),
        "until": (now + until).isoformat() if until is not None else None,
    }


def message(url: str, *entries: dict, **fields) -> Message:
    given = {
        "code": "7K2M9-4XQ",
        "link": "https://vatra.example/n/token/",
        "reference": "a" * 32,
        "answer_by": NOW,
        "secret": {"keys": list(entries or [entry(1)])},
    }
    return Message("<1@vatra.example>", url, "", "", **(given | fields))


def test_the_settings_name_this_channel():
    assert isinstance(get_channel("webhook"), WebhookChannel)


def test_a_receiver_gets_a_code_a_link_a_time_and_nothing_else():
    with receiver() as there:
        WebhookChannel().send(message(there.url, is_drill=True, sent_at=NOW))
    request = there.requests[0]
    assert json.loads(request.content) == {
        "type": "notice.waiting",
        "id": "msg_" + "a" * 32,
        "timestamp": "2026-11-28T09:00:00Z",
        "data": {
            "code": "7K2M9-4XQ",
            "link": "https://vatra.example/n/token/",
            "answer_by": "2026-11-28T09:00:00Z",
            "drill": True,
        },
    }
    assert set(request.headers) == {
        "host", "content-length", "content-type", "user-agent",
        "webhook-id", "webhook-timestamp", "webhook-signature",
    }  # fmt: skip


def test_the_library_of_the_standard_verifies_it():
    with receiver() as there:
        WebhookChannel().send(message(there.url))
    request = there.requests[0]
    assert Webhook(key(1)).verify(request.content, request.headers)["data"]["code"] == "7K2M9-4XQ"
    with pytest.raises(WebhookVerificationError):
        Webhook(key(2)).verify(request.content, request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(key(1)).verify(request.content.replace(b"7K2M9", b"7K2M8"), request.headers)


def test_a_time_in_another_zone_is_signed_as_the_moment_that_it_is(monkeypatch):
    local = datetime.now(timezone(timedelta(hours=1)))
    monkeypatch.setattr(clock, "now", lambda: local)
    with receiver() as there:
        WebhookChannel().send(message(there.url))
    assert there.requests[0].headers["webhook-timestamp"] == str(int(local.timestamp()))
    Webhook(key(1)).verify(there.requests[0].content, there.requests[0].headers)


def test_while_a_key_is_changed_both_sign():
    keys = [entry(1, until=timedelta(days=2)), entry(2, since=timedelta(hours=-1))]
    with receiver() as there:
        WebhookChannel().send(message(there.url, *keys))
    request = there.requests[0]
    for number in (1, 2):
        Webhook(key(number)).verify(request.content, request.headers)


def test_a_key_signs_from_its_beginning_to_its_end_only():
    at = datetime.now(UTC)
    over, new, later = entry(1, until=-timedelta(seconds=1)), entry(2), entry(3, since=timedelta(hours=1))
    assert get_valid_keys({"keys": [over, new, later]}, at) == [key(2)]
    assert get_valid_keys({}, at) == []


def test_every_attempt_has_the_same_id_and_the_same_bytes():
    sent = message("", sent_at=NOW)
    with receiver((503, {}), (204, {})) as there:
        again = Message(**{**vars(sent), "address": there.url})
        with pytest.raises(Unreached):
            WebhookChannel().send(again)
        WebhookChannel().send(again)
    first, second = there.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "msg_" + "a" * 32
    assert first.content == second.content


@pytest.mark.parametrize("keys", [[], [{"key": "whsec_!!!x", "since": "2020-01-01T00:00:00+00:00", "until": None}]])
def test_without_a_key_that_signs_nothing_leaves(keys):
    with receiver() as there, pytest.raises(PayloadError) as failed:
        WebhookChannel().send(message(there.url, secret={"keys": keys}))
    assert there.requests == []
    assert "whsec" not in str(failed.value)


@pytest.mark.parametrize(
    ("status", "error"), [(410, RecipientGone), (404, RecipientRefused), (302, RecipientRefused), (500, Unreached)]
)
def test_what_the_receiver_answers_becomes_the_kind_of_failure(status, error):
    with receiver((status, {"location": "https://elsewhere.example/"})) as there, pytest.raises(error) as failed:
        WebhookChannel().send(message(there.url))
    assert type(failed.value) is error
    assert failed.value.code == f"http_{status}"


def test_retry_after_reaches_the_outbox():
    with receiver((429, {"retry-after": "75"})) as there, pytest.raises(Unreached) as later:
        WebhookChannel().send(message(there.url))
    assert later.value.wait == 75.0


def test_an_address_that_may_not_be_asked_is_refused(settings):
    settings.LOOPBACK_ENDPOINTS = False
    with receiver() as there, pytest.raises(RecipientRefused) as refused:
        WebhookChannel().send(message(there.url))
    assert refused.value.code == "endpoint_not_public"
    assert there.requests == []


def test_no_repr_and_no_error_shows_a_key():
    assert "whsec" not in repr(message("https://partner.example/"))


# ---- the receiver of docs/ ----


@contextmanager
def shipped_receiver(folder, *keys: str):
    """Run docs/webhook_receiver.py as its reader would, and yield its address and what it prints."""
    (folder / "keys.txt").write_text("\n".join(keys))
    command = [sys.executable, str(ROOT / "docs" / "webhook_receiver.py"), "0", str(folder / "r.sqlite3")]
    with subprocess.Popen([*command, str(folder / "keys.txt")], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            port = json.loads(process.stdout.readline())["port"]
            yield f"http://127.0.0.1:{port}/", process.stdout
        finally:
            process.terminate()


def rows(folder) -> list[str]:
    with sqlite3.connect(folder / "r.sqlite3") as found:
        return [row[0] for row in found.execute("SELECT id FROM received")]


def test_the_shipped_receiver_takes_a_notice_once_however_often_it_comes(tmp_path):
    with shipped_receiver(tmp_path, key(1)) as (url, printed):
        for _again in range(3):
            WebhookChannel().send(message(url))
        WebhookChannel().send(message(url, reference="b" * 32, code="NEXT1-2AB"))
        assert "7K2M9-4XQ" in printed.readline()
        assert "NEXT1-2AB" in printed.readline()
    assert rows(tmp_path) == ["msg_" + "a" * 32, "msg_" + "b" * 32]


def test_the_shipped_receiver_takes_old_and_new_key_while_they_change(tmp_path):
    with shipped_receiver(tmp_path, key(1), key(2)) as (url, _printed):
        WebhookChannel().send(message(url, entry(1), reference="c" * 32))
        WebhookChannel().send(message(url, entry(2), reference="d" * 32))
    assert len(rows(tmp_path)) == 2


def test_the_shipped_receiver_refuses_what_is_forged_stale_or_mangled(tmp_path):
    with receiver() as there:
        WebhookChannel().send(message(there.url))
    good = there.requests[0]
    head = {name: good.headers[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    forged = [
        head | {"webhook-id": "msg_other"},
        head | {"webhook-timestamp": str(int(head["webhook-timestamp"]) - 400)},
        head | {"webhook-timestamp": "soon"},
        head | {"webhook-signature": "v1,AAAA"},
        head | {"webhook-signature": "v1"},
        head | {"webhook-signature": "v1,$"},
        {},
    ]
    with shipped_receiver(tmp_path, key(1)) as (url, _printed), httpx.Client() as client:
        for headers in forged:
            assert client.post(url, content=good.content, headers=headers).status_code == 401
        assert client.post(url, content=good.content + b" ", headers=head).status_code == 401
        assert client.post(url, content=b"\xff", headers=head).status_code == 401
        assert client.post(url, content=b"x" * 20_001, headers=head).status_code == 413
        assert client.post(url, content=good.content, headers=head).status_code == 204
    assert rows(tmp_path) == [head["webhook-id"]]
