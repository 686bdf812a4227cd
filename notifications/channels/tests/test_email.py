"""The e-mail channel against real servers on loopback: what they do becomes a code, in the time that was promised."""

import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from audit import clock

from .. import base
from ..base import (
    ChannelError,
    ChannelPool,
    Message,
    PayloadError,
    RecipientRefused,
    Unreached,
    close_kept,
    get_channel,
)
from ..email import EmailChannel, classify_failure

LETTER = Message("<1@vatra.example>", "officer@partner.example", "Vatra: njoftim 7K2M9-4XQ", "Përshëndetje\n")
GOOD = {
    "": "220 hi",
    "EHLO": "250 hi",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go",
    ".": "250 ok",
    "QUIT": "221",
}


class Script:
    """A server that answers each command from a table, `slow` seconds later; None is silence, "drop" hangs up."""

    def __init__(self, answers: dict[str, str | None], *, slow: float = 0.0) -> None:
        self.answers, self.slow = {**GOOD, **answers}, slow
        self.commands: list[str] = []
        self.lines: list[str] = []
        self.texts: list[bytes] = []
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _address = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            with peer, peer.makefile("rb") as lines, suppress(OSError):
                self._talk(peer, lines)

    def _talk(self, peer, lines) -> None:
        if not self._answer(peer, ""):
            return
        text: list[bytes] | None = None
        for line in lines:
            if text is not None:
                if line != b".\r\n":
                    text.append(line)
                    continue
                self.texts.append(b"".join(text))
                text = None
                if not self._answer(peer, "."):
                    return
                continue
            # What TLS begins with is no words, and may hold an empty line.
            verb = (line.split() or [b""])[0].decode(errors="replace").upper()
            self.commands.append(verb)
            self.lines.append(line.decode(errors="replace"))
            if not self._answer(peer, verb) or verb == "QUIT":
                return
            if verb == "DATA" and self.answers["DATA"].startswith("354"):
                text = []

    def _answer(self, peer, verb: str) -> bool:
        answer = self.answers.get(verb, "502 unknown")
        if answer is None:
            self.over.wait(20)
            return False
        if answer == "drop":
            return False
        self.over.wait(self.slow)
        try:
            peer.sendall(answer.encode() + b"\r\n")
        except OSError:
            return False
        return True

    def close(self) -> None:
        self.over.set()
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture
def served(settings) -> Iterator:
    """served(answers, slow=...) starts a server and points the settings at it."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_TIMEOUT = 0.4
    servers: list[Script] = []

    def start(slow: float = 0.0, **answers: str | None) -> Script:
        servers.append(Script({verb.replace("END", "."): answer for verb, answer in answers.items()}, slow=slow))
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", servers[-1].port
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@contextmanager
def promised(seconds: float) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


def failure(channel: EmailChannel, letter: Message = LETTER) -> ChannelError:
    def open_and_send() -> None:
        channel.open()
        channel.send(letter)

    with pytest.raises(ChannelError) as caught:
        open_and_send()
    return caught.value


def test_many_letters_go_over_one_connection(served):
    server, channel = served(), EmailChannel()
    channel.open()
    for _n in range(3):
        channel.open()
        channel.send(LETTER)
    channel.close()
    assert (server.connections, len(server.texts)) == (1, 3)
    assert b"Message-ID: <1@vatra.example>" in server.texts[0]
    assert b"Auto-Submitted: auto-generated" in server.texts[0]


@pytest.mark.parametrize(
    ("answers", "kind", "code", "lost"),
    [
        ({"RCPT": "550 no such user officer@partner.example"}, RecipientRefused, "rcpt_550", False),
        ({"RCPT": "451 later"}, Unreached, "rcpt_451", False),
        ({"RCPT": "421 closing"}, Unreached, "rcpt_421", True),
        ({"MAIL": "530 sign in"}, RecipientRefused, "smtp_530", False),
        ({"END": "554 not this"}, RecipientRefused, "smtp_554", False),
        ({"END": "452 full"}, Unreached, "smtp_452", False),
        ({"EHLO": "500 no", "HELO": "500 no"}, Unreached, "greeting_500", True),
        ({"": "554 go away"}, Unreached, "greeting_554", True),
        ({"MAIL": "drop"}, Unreached, "disconnected", True),
        ({"MAIL": "nonsense"}, Unreached, "smtp_-1", True),
    ],
)
def test_each_answer_of_a_server_becomes_a_code(served, answers, kind, code, lost):
    served(**answers)
    found = failure(EmailChannel())
    assert (type(found), found.code) == (kind, code)
    assert getattr(found, "connection_lost", False) is lost
    assert "officer" not in str(found)
    assert found.__cause__ is None
    assert found.__suppress_context__


def test_after_a_refusal_the_connection_is_used_again(served):
    server, channel = served(RCPT="550 no"), EmailChannel()
    assert failure(channel).code == "rcpt_550"
    server.answers["RCPT"] = "250 ok"
    channel.send(LETTER)
    assert server.connections == 1
    assert "RSET" in server.commands


@pytest.mark.parametrize("silent", ["", "MAIL", "RCPT", "END"])
def test_a_silent_server_is_left_in_time(served, silent):
    served(**{silent: None})
    with promised(0.8):
        found = failure(EmailChannel())
    assert (type(found), found.code) == (Unreached, "timeout")


def test_a_server_that_answers_each_command_just_in_time_does_not_hold_us_for_each(served):
    served(slow=0.3)
    channel = EmailChannel()
    channel.open()
    with promised(0.8):
        found = failure(channel)
    assert (found.code, found.connection_lost) == ("timeout", True)
    channel.close()


def test_when_the_time_is_over_nothing_more_is_said(served):
    server, channel = served(), EmailChannel()
    channel.open()
    connection = channel.connection.connection
    connection.set_deadline(-1)
    with pytest.raises(smtplib.SMTPServerDisconnected) as caught:
        connection.noop()
    assert classify_failure(caught.value).code == "timeout"
    assert server.commands == []


def test_leaving_a_hanging_server_takes_a_moment_only(served):
    served(QUIT=None)
    channel = EmailChannel()
    channel.open()
    with promised(1.5):
        channel.close()


def test_a_closed_port_is_a_refused_connection(served):
    served().close()
    found = failure(EmailChannel())
    assert (found.code, found.connection_lost) == ("connection_refused", True)


def test_every_network_failure_has_a_word():
    words = {
        classify_failure(error).code
        for error in (
            socket.gaierror(-2, "x"),
            ssl.SSLError("x"),
            smtplib.SMTPNotSupportedError("x"),
            ConnectionResetError(),
            TimeoutError(),
            OSError(113, "no route"),
            smtplib.SMTPAuthenticationError(535, b"x"),
        )
    }
    assert words == {"name_unknown", "tls", "not_supported", "disconnected", "timeout", "network", "greeting_535"}


@pytest.mark.parametrize(
    "letter",
    [
        Message("<1@x>", "officer@partner.example", "two\nlines", "x"),
        Message("<1@x>", "a@b@c", "x", "x"),
    ],
)
def test_what_cannot_be_composed_is_our_own_fault(served, letter):
    server, channel = served(), EmailChannel()
    assert isinstance(failure(channel, letter), PayloadError)
    channel.close()
    assert server.texts == []


def test_tls_keeps_time_too(served, settings):
    from ..smtp import TimedEmailBackend, TimedSMTPOverTLS

    served()
    settings.EMAIL_USE_SSL = True
    assert TimedEmailBackend().connection_class is TimedSMTPOverTLS
    assert failure(EmailChannel()).code in ("tls", "timeout")


def test_another_backend_is_used_as_it_is(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    from django.core import mail

    channel = get_channel("email")
    channel.open()
    channel.send(LETTER)
    channel.close()
    assert mail.outbox[-1].to == [LETTER.address]


def test_a_name_without_a_channel_is_our_own_fault():
    with pytest.raises(PayloadError, match="unknown_channel"):
        get_channel("pigeon")


def test_a_return_path_is_the_envelopes_sender_and_the_header_names_who_writes(served):
    server, channel = served(), EmailChannel()
    channel.open()
    channel.send(replace(LETTER, return_path="kthim+1-abc@vatra.example"))
    channel.send(LETTER)
    channel.close()
    senders = [line for line in server.lines if line.upper().startswith("MAIL")]
    assert "<kthim+1-abc@vatra.example>" in senders[0]
    assert "<njoftime@vatra.example>" in senders[1]
    assert all(b"From: Vatra <njoftime@vatra.example>" in text for text in server.texts)
    assert not any(b"kthim" in text for text in server.texts)


@pytest.fixture
def kept(settings):
    """Pools that keep connections, as a worker's runs do; none is left behind."""
    settings.NOTIFICATION_CHANNELS = {"email": "notifications.channels.email.EmailChannel"}
    close_kept(all_of_them=True)
    yield lambda: ChannelPool(keeps=True)
    close_kept(all_of_them=True)


def send_in_a_run(pool: ChannelPool) -> None:
    pool.get("email").send(LETTER)
    pool.close()


def test_the_next_run_goes_over_the_connection_of_the_one_before(served, kept):
    server = served(NOOP="250 ok")
    for _run in range(3):
        send_in_a_run(kept())
    assert (server.connections, len(server.texts)) == (1, 3)
    assert server.commands.count("NOOP") == 2


@pytest.mark.parametrize("answer", ["421 closing", "drop", "500 what", None])
def test_a_server_that_has_left_meanwhile_costs_a_connection_and_no_mail(served, kept, answer):
    server = served(NOOP=answer)
    send_in_a_run(kept())
    if answer is None:
        threading.Timer(0.3, server.over.set).start()  # it serves one at a time
    with promised(3):
        send_in_a_run(kept())
    assert (server.connections, len(server.texts)) == (2, 2)


def test_nobody_keeps_a_connection_for_long(served, kept, monkeypatch):
    server = served(NOOP="250 ok")
    monkeypatch.setattr(base, "KEPT_SECONDS", 0.0)
    send_in_a_run(kept())
    close_kept()
    assert server.commands[-1] == "QUIT"
    send_in_a_run(kept())
    assert server.connections == 2


def test_a_lost_connection_is_not_kept(served, kept):
    server = served(RCPT="421 closing")
    pool = kept()
    with pytest.raises(Unreached):
        pool.get("email").send(LETTER)
    pool.record_loss("email")
    pool.close()
    server.answers["RCPT"] = "250 ok"
    send_in_a_run(kept())
    assert (server.connections, len(server.texts)) == (2, 1)


def test_a_pool_that_keeps_nothing_says_goodbye(served, kept):
    server = served()
    send_in_a_run(ChannelPool())
    assert server.commands[-1] == "QUIT"


def test_a_simulation_takes_over_no_connection(served, kept):
    served(NOOP="250 ok")
    send_in_a_run(kept())
    with clock.imagine_time(clock.now()), pytest.raises(base.ReachesSomebody):
        kept().get("email")
