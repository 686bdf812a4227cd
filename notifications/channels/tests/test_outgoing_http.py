"""Requests to machines of others: where none may go, and how long one may take. docs/webhooks.md"""

import ipaddress
import socket
import ssl
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from .. import outgoing_http
from ..base import RecipientGone, RecipientRefused, Unreached
from ..outgoing_http import Answer, BadEndpoint, is_public, parse_endpoint, post, raise_for, read_retry_after
from .servers import receiver

FORBIDDEN = (
    "127.0.0.1", "127.8.8.8", "0.0.0.1", "10.0.0.5", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1",
    "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1",
    "64:ff9b::a00:1", "2002:a00:1::", "2001::1", "2001:db8::1",
)  # fmt: skip


@pytest.fixture
def strict(settings):
    """As in production: no receiver on this machine."""
    settings.LOOPBACK_ENDPOINTS = False


def resolving(monkeypatch, *answers: list[str]) -> list[str]:
    """Let names resolve to these addresses, one answer after another. Return the names that were asked for."""
    asked: list[str] = []

    def getaddrinfo(host, port, *args, **kwargs):
        # Connecting asks once more, with the address that was chosen.
        with suppress(ValueError):
            ipaddress.ip_address(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(outgoing_http.socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_inside_somebodys_network_is_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "80.78.70.10", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_everybodys_addresses_are_public(address):
    assert is_public(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_no_address_hides_inside_another_notation(address):
    mapped = ipaddress.ip_address(f"::ffff:{address}")
    assert is_public(mapped) == is_public(address)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://partner.example/hook", "endpoint_not_https"),
        ("http://127.0.0.1/hook", "endpoint_not_public"),
        ("https://169.254.169.254/latest/meta-data", "endpoint_not_public"),
        ("https://[::1]/", "endpoint_not_public"),
        ("https://[::ffff:10.0.0.1]/", "endpoint_not_public"),
        ("ftp://partner.example/", "endpoint_unreadable"),
        ("https://user:word@partner.example/", "endpoint_unreadable"),
        ("https://partner.example/#part", "endpoint_unreadable"),
        ("https://partner.example:0/", "endpoint_unreadable"),
        ("https://partner.example:99999/", "endpoint_unreadable"),
        ("https://partner.example\\@10.0.0.1/", "endpoint_unreadable"),
        ("https://partner.example/\r\nx: y", "endpoint_unreadable"),
        ("https://pärtner.example/", "endpoint_unreadable"),
        ("https:///hook", "endpoint_unreadable"),
        ("https://[::1/", "endpoint_unreadable"),
        ("", "endpoint_unreadable"),
        ("https://partner.example/" + "a" * 2000, "endpoint_unreadable"),
    ],
)
def test_what_is_no_address_of_a_receiver_is_refused_with_a_reason(strict, url, code):
    with pytest.raises(BadEndpoint) as refused:
        parse_endpoint(url)
    assert refused.value.code == code


@given(st.text())
def test_any_text_is_an_endpoint_or_a_bad_one(text):
    for url in (text, f"https://{text}"):
        with suppress(BadEndpoint):
            assert parse_endpoint(url).url == url


def test_an_origin_names_its_port_where_it_is_unusual():
    assert parse_endpoint("https://Push.Example/a?b=c").origin == "https://push.example"
    assert parse_endpoint("https://push.example:8443/a").origin == "https://push.example:8443"


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.5", "169.254.169.254"])
def test_a_name_that_resolves_into_a_network_of_ours_is_not_asked(strict, monkeypatch, address):
    resolving(monkeypatch, [address])
    with pytest.raises(RecipientRefused) as refused:
        post(parse_endpoint("https://partner.example/hook"), content=b"", headers={})
    assert refused.value.code == "endpoint_not_public"


def test_one_private_address_beside_public_ones_is_enough(strict, monkeypatch):
    resolving(monkeypatch, ["1.1.1.1", "192.168.0.1"])
    with pytest.raises(RecipientRefused):
        post(parse_endpoint("https://partner.example/hook"), content=b"", headers={})


@pytest.mark.parametrize("name", ["2130706433", "0x7f000001", "127.1"])
def test_numbers_that_a_resolver_reads_as_this_machine_are_refused_once_resolved(strict, name):
    with pytest.raises((RecipientRefused, Unreached)) as refused:
        post(parse_endpoint(f"https://{name}/hook"), content=b"", headers={})
    assert refused.value.code in ("endpoint_not_public", "name_unknown")


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch):
    # The name resolves once, to a receiver; asked a second time it would name another machine.
    with receiver() as there:
        asked = resolving(monkeypatch, ["127.0.0.1"], ["10.0.0.5"])
        endpoint = parse_endpoint(f"http://localhost:{there.port}/hook")
        assert post(endpoint, content=b"{}", headers={}).status == 204
    assert asked == ["localhost"]
    assert there.requests[0].headers["host"] == f"localhost:{there.port}"


def test_a_second_address_is_tried_when_the_first_refuses(monkeypatch):
    with receiver() as there:
        resolving(monkeypatch, ["127.0.0.2", "127.0.0.1"])
        assert post(parse_endpoint(f"http://localhost:{there.port}/"), content=b"", headers={}).status == 204


def test_a_redirect_is_not_followed():
    with receiver() as other, receiver((302, {"location": other.url})) as there:
        answer = post(parse_endpoint(there.url), content=b"", headers={})
    assert answer.status == 302
    assert other.requests == []
    with pytest.raises(RecipientRefused):
        raise_for(answer)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 301])
def test_a_final_answer_is_a_refusal(status):
    with pytest.raises(RecipientRefused) as refused:
        raise_for(Answer(status))
    assert (refused.value.code, type(refused.value)) == (f"http_{status}", RecipientRefused)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_later_is_said_with_the_time_that_was_asked_for(status):
    with pytest.raises(Unreached) as later:
        raise_for(Answer(status, wait=90.0))
    assert (later.value.wait, later.value.connection_lost) == (90.0, False)


def test_gone_is_gone():
    with pytest.raises(RecipientGone):
        raise_for(Answer(410))


def test_retry_after_is_read_as_seconds_or_a_date_and_capped():
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=120), usegmt=True)
    assert read_retry_after("30") == 30.0
    assert 110 < (read_retry_after(soon) or 0) <= 120
    assert read_retry_after("0") == 1.0
    assert read_retry_after("99999999999999999999") == 3600.0
    assert read_retry_after(format_datetime(datetime(2020, 1, 1, tzinfo=UTC))) == 1.0


@given(st.text())
def test_no_retry_after_raises(text):
    found = read_retry_after(text)
    assert found is None or 1.0 <= found <= 3600.0


@pytest.mark.clock
def test_a_receiver_that_drips_bytes_is_left_in_time():
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        peer, _address = listener.accept()
        with peer, suppress(OSError):
            peer.sendall(b"HTTP/1.1 200 OK\r\n")
            while not over.wait(0.05):
                peer.sendall(b"x-drip: 1\r\n")

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    began = time.monotonic()
    with pytest.raises(Unreached) as late:
        post(parse_endpoint(f"http://127.0.0.1:{listener.getsockname()[1]}/"), content=b"", headers={}, seconds=0.6)
    took = time.monotonic() - began
    over.set()
    thread.join()
    listener.close()
    assert late.value.code == "timeout"
    assert took < 3


def test_a_resolver_that_hangs_is_left_in_time(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(outgoing_http.socket, "getaddrinfo", lambda *args, **kwargs: over.wait(10) and [])
    with pytest.raises(Unreached) as late:
        post(parse_endpoint("https://partner.example/"), content=b"", headers={}, seconds=0.2)
    over.set()
    assert late.value.code == "timeout"


def test_a_name_that_nobody_knows_is_unreached(monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror(-2, "unknown")

    monkeypatch.setattr(outgoing_http.socket, "getaddrinfo", unknown)
    with pytest.raises(Unreached) as failed:
        post(parse_endpoint("https://partner.example/"), content=b"", headers={})
    assert failed.value.code == "name_unknown"


@pytest.mark.parametrize(("said", "code"), [(b"SMTP nonsense\r\n\r\n", "not_http"), (b"", "not_http")])
def test_what_is_no_http_is_unreached(said, code):
    listener = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        peer, _address = listener.accept()
        with peer, suppress(OSError):
            peer.settimeout(1)
            peer.sendall(said)
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(4096):  # hanging up before all of it was read would be another failure
                pass

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    with pytest.raises(Unreached) as failed:
        post(parse_endpoint(f"http://127.0.0.1:{listener.getsockname()[1]}/"), content=b"x", headers={})
    thread.join()
    listener.close()
    assert failed.value.code == code
    assert failed.value.__cause__ is None


def test_a_closed_port_is_a_refused_connection():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreached) as failed:
        post(parse_endpoint(f"http://127.0.0.1:{port}/"), content=b"", headers={})
    assert (failed.value.code, failed.value.connection_lost) == ("connection_refused", False)


def _certificate(folder, name: str):
    """Write a certificate for this name, signed by itself, and return a function that wraps a server's socket."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return lambda bare: context.wrap_socket(bare, server_side=True)


@pytest.fixture
def authority(settings, tmp_path):
    settings.OUTGOING_CA_FILE = str(tmp_path / "cert.pem")
    outgoing_http.get_ssl_context.cache_clear()
    yield tmp_path
    outgoing_http.get_ssl_context.cache_clear()


def test_the_certificate_is_checked_for_the_name_and_not_for_the_address(authority, monkeypatch):
    wrap = _certificate(authority, "partner.example")
    resolving(monkeypatch, ["127.0.0.1"])
    with receiver(wrap=wrap) as there:
        named = parse_endpoint(f"https://partner.example:{there.port}/hook")
        assert post(named, content=b"{}", headers={}).status == 204
        with pytest.raises(Unreached) as failed:
            post(parse_endpoint(f"https://other.example:{there.port}/hook"), content=b"{}", headers={})
    assert failed.value.code == "tls"
    assert len(there.requests) == 1
