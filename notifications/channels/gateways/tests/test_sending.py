"""Gateways over real HTTP on loopback: what they answer becomes a result, in the time that was promised."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ...base import Message, PayloadError, RecipientRefused, Taken, Unreached, get_channel
from ..client import MAX_BYTES, Client
from ..sms import Downs, SmsChannel, VoiceChannel, downs
from .server import say, serve

NUMBER = "+355691234567"
REFERENCE = "0123456789abcdef0123456789abcdef"
SMS = Message("<1@vatra.example>", NUMBER, "", "Vatra 7K2M9-4XQ", reference=REFERENCE)


@pytest.fixture(autouse=True)
def _all_are_up() -> Iterator[None]:
    downs.clear()
    yield
    downs.clear()


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_KEY", "the key of the office")


def describe(url: str, name: str = "first", **changes: Any) -> dict[str, Any]:
    return {
        "by": "http",
        "name": name,
        "kind": "sms",
        "url": url,
        "headers": {"X-Key": {"env": "GATEWAY_KEY"}},
        "idempotency_header": "Idempotency-Key",
        "body": {"content": {"to": "{number}", "text": "{text}", "ref": "{reference}"}},
        "success": [{"status": [200, 201], "path": "status", "values": ["queued"]}],
        "id": {"path": "message.id"},
        "refused": [
            {"status": [400], "path": "code", "values": ["21211"]},
            {"path": "status", "values": ["not_served"], "try_next": True},
        ],
        **changes,
    }


def use(settings: Any, *gateways: dict[str, Any]) -> SmsChannel:
    settings.NOTIFICATION_GATEWAYS = list(gateways)
    return SmsChannel()


QUEUED = {"status": "queued", "message": {"id": 17}}


def test_an_sms_is_handed_over_with_its_key_its_reference_and_nothing_else(settings: Any) -> None:
    with serve(say(201, QUEUED)) as box:
        channel = use(settings, describe(box.url))
        assert channel.send(SMS) == Taken("first", "17")
        assert channel.send(SMS) == Taken("first", "17")
        channel.close()

    first, again = box.asked
    assert first.json == {"to": NUMBER, "text": "Vatra 7K2M9-4XQ", "ref": REFERENCE}
    assert first.headers["x-key"] == "the key of the office"
    # A doubled attempt names the same key, so that the gateway sends it once.
    assert first.headers["idempotency-key"] == again.headers["idempotency-key"] == REFERENCE
    assert "cookie" not in first.headers
    assert first.headers["user-agent"] == "Vatra-Outreach"


def test_the_id_may_stand_in_a_header(settings: Any) -> None:
    with serve(say(201, QUEUED, X_Message_Id="abc")) as box:
        assert use(settings, describe(box.url, id={"header": "X-Message-Id"})).send(SMS).provider_id == "abc"


@pytest.mark.parametrize("body", [{"status": "queued"}, {"status": "queued", "message": {"id": "x" * 101}}])
def test_an_answer_without_an_id_that_can_be_kept_is_taken_all_the_same(settings: Any, body: Any) -> None:
    with serve(say(200, body)) as box:
        assert use(settings, describe(box.url)).send(SMS) == Taken("first", "")


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, {"status": "spent"}, "http_200"),
        (401, {"error": "the key of the office"}, "http_401"),
        (500, b"<html>" + NUMBER.encode(), "http_500"),
        (302, {}, "http_302"),
        (200, b"[" * 60_000, "http_200"),
        (200, b'{"status": ' + b"9" * 9000 + b"}", "http_200"),
        (200, b"x" * (MAX_BYTES + 1), "answer_too_long"),
    ],
)
def test_any_other_answer_means_not_taken_and_its_text_is_dropped(
    settings: Any, status: int, body: Any, code: str
) -> None:
    with serve(say(status, body, Location="http://127.0.0.1:1/")) as box, pytest.raises(Unreached) as failed:
        use(settings, describe(box.url)).send(SMS)

    assert failed.value.code == code
    assert NUMBER not in repr(failed.value)
    assert len(box.asked) == 1  # and no redirect was followed


def test_a_number_that_is_none_is_refused_and_not_passed_on(settings: Any) -> None:
    with serve(say(400, {"code": 21211})) as box, serve(say(200, QUEUED)) as other:
        channel = use(settings, describe(box.url), describe(other.url, "second"))
        with pytest.raises(RecipientRefused) as refused:
            channel.send(SMS)

    assert refused.value.code == "refused_400"
    assert other.asked == []


def test_a_number_that_one_gateway_does_not_serve_goes_to_the_next(settings: Any) -> None:
    with serve(say(200, {"status": "not_served"})) as box, serve(say(200, QUEUED)) as other:
        channel = use(settings, describe(box.url), describe(other.url, "second"))
        assert channel.send(SMS).provider == "second"
        # It isn't down for that: the next number is tried there first.
        assert channel.send(SMS).provider == "second"
    assert len(box.asked) == 2


def test_a_gateway_that_fails_is_passed_over_at_once_and_then_comes_last(settings: Any) -> None:
    with serve(say(503)) as box, serve(say(200, QUEUED)) as other:
        channel = use(settings, describe(box.url), describe(other.url, "second"))
        began = time.monotonic()
        assert channel.send(SMS).provider == "second"
        assert time.monotonic() - began < settings.EMAIL_TIMEOUT / 2
        assert SmsChannel().send(SMS).provider == "second"  # another batch of the same process knows it, too
        assert len(box.asked) == 1

        other.answer = say(503)
        box.answer = say(200, QUEUED)
        # Where nothing else is left it is asked again: it may be back.
        assert channel.send(SMS).provider == "first"
        assert not downs.is_down("first")


def test_a_gateway_that_asks_for_a_rest_gets_it(settings: Any) -> None:
    with serve(say(429, {}, Retry_After="40")) as box:
        channel = use(settings, describe(box.url))
        with pytest.raises(Unreached) as first:
            channel.send(SMS)
        with pytest.raises(Unreached) as second:
            channel.send(SMS)

    assert first.value.wait == 40
    assert not first.value.connection_lost
    assert second.value.code == "resting"
    assert second.value.wait is not None
    assert 39 <= second.value.wait <= 40
    assert len(box.asked) == 1


def test_one_message_that_a_gateway_does_not_like_takes_it_from_no_other(settings: Any) -> None:
    with serve(say(422, {"error": "text"})) as box:
        channel = use(settings, describe(box.url))
        with pytest.raises(Unreached) as failed:
            channel.send(SMS)
        assert not failed.value.connection_lost
        assert not downs.is_down("first")
        box.answer = say(200, QUEUED)
        assert channel.send(SMS).provider == "first"


def test_who_was_down_is_asked_again_after_half_a_minute() -> None:
    now = [0.0]
    known = Downs(lambda: now[0])
    known.note_failure("first")
    known.note_rest("second", 10)
    assert known.is_down("first")
    assert known.get_rest("second") == 10

    now[0] = 30.1
    assert not known.is_down("first")
    assert known.get_rest("second") == 0


def test_nobody_listening_a_hang_up_and_nonsense_have_codes(settings: Any) -> None:
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    assert fail_at(settings, f"http://127.0.0.1:{port}/") == "connection_refused"
    with talking(b"") as url:
        assert fail_at(settings, url) == "not_http"
    with talking(b"SSH-2.0-OpenSSH_9\r\n") as url:
        assert fail_at(settings, url) == "not_http"
    with talking(b"") as url:
        assert fail_at(settings, url.replace("http", "https", 1)) in ("tls", "disconnected", "connection_refused")


def fail_at(settings: Any, url: str) -> str:
    downs.clear()
    with pytest.raises(Unreached) as failed:
        use(settings, describe(url)).send(SMS)
    return failed.value.code


@contextlib.contextmanager
def talking(said: bytes, *, every: float = 0.0) -> Iterator[str]:
    """A listener that says this to each caller, at once or a byte at a time, and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            try:
                peer, _address = listener.accept()
            except OSError:
                return
            with peer, contextlib.suppress(OSError):
                peer.recv(65536)
                for start in range(len(said)) if every else ():
                    peer.sendall(said[start : start + 1])
                    if over.wait(every):
                        return
                if not every:
                    peer.settimeout(1)
                    peer.sendall(said)
                    peer.shutdown(socket.SHUT_WR)
                    while peer.recv(65536):  # hanging up before all of it was read would be another failure
                        pass

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        over.set()
        listener.close()
        thread.join(2)


@pytest.mark.parametrize(
    "said",
    [b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 2000, b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b" " * 2000],
    ids=["headers", "body"],
)
def test_a_gateway_that_answers_byte_by_byte_does_not_hold_the_worker(said: bytes) -> None:
    began = time.monotonic()
    with talking(said, every=0.05) as url, pytest.raises(Unreached) as failed:
        Client().request("POST", url, {}, b"{}", seconds=0.6)

    assert failed.value.code == "timeout"
    assert time.monotonic() - began < 5  # all of it comes after 100 s


def test_three_silent_gateways_take_no_longer_than_one_sending_may(settings: Any) -> None:
    settings.EMAIL_TIMEOUT = 1.5
    with talking(b"x" * 2000, every=0.2) as url:
        channel = use(settings, *[describe(url, name) for name in ("first", "second", "third")])
        began = time.monotonic()
        with pytest.raises(Unreached):
            channel.send(SMS)
    assert time.monotonic() - began < 4  # one after another would take three times 1.5 s


def test_without_a_gateway_or_with_one_that_is_described_wrongly_the_fault_is_ours(settings: Any) -> None:
    with pytest.raises(PayloadError, match="no_gateway"):
        use(settings).send(SMS)
    with pytest.raises(PayloadError, match="gateway_invalid"):
        use(settings, {"by": "http", "name": "x"}).send(SMS)


def test_the_channel_is_found_by_its_name(settings: Any) -> None:
    settings.NOTIFICATION_CHANNELS = {"sms": "notifications.channels.gateways.sms.SmsChannel"}
    assert isinstance(get_channel("sms"), SmsChannel)


def test_a_form_reaches_a_gateway_that_takes_forms(settings: Any) -> None:
    body = {"format": "form", "content": {"To": "{number}", "Body": "{text}"}}
    with serve(say(200, QUEUED)) as box:
        use(settings, describe(box.url, body=body)).send(SMS)

    (asked,) = box.asked
    assert asked.body == b"To=%2B355691234567&Body=Vatra+7K2M9-4XQ"
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"


def test_side_by_side_each_batch_has_its_own_connection(settings: Any) -> None:
    def answer(asked: Any) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, json.dumps({"status": "queued", "message": {"id": asked.json["ref"]}}).encode()

    with serve(answer) as box:
        settings.NOTIFICATION_GATEWAYS = [describe(box.url)]
        wrong: list[str] = []

        def run(number: int) -> None:
            channel = SmsChannel()
            for step in range(10):
                reference = f"{number:016x}{step:016x}"
                taken = channel.send(Message("<1>", NUMBER, "", "x", reference=reference))
                if taken.provider_id != reference:
                    wrong.append(reference)
            channel.close()

        threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert len(box.asked) == 40


def test_a_recording_that_says_nothing_of_a_drill_is_not_played_in_one(settings: Any) -> None:
    played = {"kind": "voice", "recordings": {"sq": "vatra-sq.wav", "en": "vatra-en.wav"}}
    with serve(say(200, QUEUED)) as box, serve(say(200, QUEUED)) as other:
        settings.NOTIFICATION_GATEWAYS = [describe(box.url, **played), describe(other.url, "second", kind="voice")]
        assert VoiceChannel().send(replace(SMS, rehearses=True)).provider == "second"
        assert VoiceChannel().send(SMS).provider == "first"
    assert (len(box.asked), len(other.asked)) == (1, 1)
