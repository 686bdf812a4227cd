"""The shipped nginx configuration in a real nginx, before a service that counts what it is asked."""

import contextlib
import http.client
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from content.page_cache.markers import ANY_ORIGIN_HEADERS
from tests.bench import public_servers
from tests.bench.public_servers import Servers

pytestmark = pytest.mark.faults


class Upstream(BaseHTTPRequestHandler):
    """Marks each answer as ours does, whatever is asked, and gives each another body."""

    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, str, str]] = []
    both_are_here = threading.Barrier(2, timeout=1.5)
    begun, may_read = threading.Event(), threading.Event()  # a body has begun to come; those that read none may go on

    def do_GET(self) -> None:
        Upstream.asked.append((self.command, self.path, self.headers.get("Accept-Encoding", "")))
        body = f"{len(Upstream.asked)}".encode()
        if "reads-nothing" in self.path:
            Upstream.may_read.wait(20)
            self.close_connection = True
            return
        if sent := int(self.headers.get("Content-Length") or 0):
            Upstream.begun.set()
            body = f"{len(self.rfile.read(sent))}".encode()
        if "two-at-once" in self.path:
            with contextlib.suppress(threading.BrokenBarrierError):
                Upstream.both_are_here.wait()
        self.send_response(200)
        if "unmarked" not in self.path:
            self.send_header("X-Accel-Expires", f"@{int(time.time())}")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("ETag", f'"{len(Upstream.asked)}"')
        if "sends-back" in self.path:
            self.send_header("Location", self.path)
        self.send_header("X-Forwarded", self.headers.get("X-Forwarded-For", ""))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_words: Any) -> None:
        pass


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    assert Path(public_servers.NGINX).exists(), "nginx is missing: bash deploy/packages.sh test"
    folder = tmp_path_factory.mktemp("nginx")
    media = tmp_path_factory.mktemp("media")
    (media / "images").mkdir()
    (media / "images" / "a.avif").write_bytes(b"0123456789")
    (media / "original_images").mkdir()
    (media / "original_images" / "a.jpg").write_bytes(b"secret")
    for path in (folder.parent, folder, media, media / "images"):
        path.chmod(0o755)
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    running = Servers(folder)
    url = public_servers.shipped_configuration(folder, upstream=f"http://127.0.0.1:{upstream.server_port}", media=media)
    try:
        yield public_servers.serve_nginx(running, folder, url), folder
    finally:
        running.close()
        upstream.shutdown()


def ask(
    front: tuple[str, Path], path: str, method: str = "GET", *, patience: float = 10, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(front[0].removeprefix("http://"), timeout=patience)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), body


def send(front: tuple[str, Path], path: str, size: int, *, first: int | None = None, **headers: str) -> socket.socket:
    """Begin to send a body of so many bytes: all of it, or the `first` so many."""
    address, _colon, port = front[0].removeprefix("http://").partition(":")
    connection = socket.create_connection((address, int(port)), timeout=10)
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {size}", *lines]
    connection.sendall("\r\n".join([*head, "", ""]).encode() + b"x" * (size if first is None else first))
    return connection


def read_answer(connection: socket.socket) -> tuple[int, bytes]:
    answer = http.client.HTTPResponse(connection, method="POST")
    answer.begin()
    return answer.status, answer.read()


def measure_workers(folder: Path) -> int:
    """Return the bytes in memory of nginx's workers."""
    master = int((folder / "nginx.pid").read_text())
    workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    pages = [int(Path(f"/proc/{worker}/statm").read_text().split()[1]) for worker in workers]
    assert pages
    return sum(pages) * 4096


def at_the_beginning_of_a_second() -> None:
    time.sleep(1 - time.time() % 1 + 0.02)


def test_a_marked_page_is_kept_until_the_second_ends_and_no_longer(front: tuple[str, Path]) -> None:
    at_the_beginning_of_a_second()
    first, again = ask(front, "/page/"), ask(front, "/page/")
    assert first[2] == again[2]
    assert "X-Accel-Expires" not in first[1]
    at_the_beginning_of_a_second()
    assert ask(front, "/page/")[2] != first[2]


def test_a_kept_page_answers_a_browser_that_has_it(front: tuple[str, Path]) -> None:
    at_the_beginning_of_a_second()
    etag = ask(front, "/etag/")[1]["ETag"]
    assert ask(front, "/etag/", If_None_Match=etag)[0] == 304


@pytest.mark.parametrize(
    "path",
    [
        "/unmarked/",
        "/cms/",
        "/field/",
        "/n/x/",
        "/accounts/login/",
        "/dil/",
        "/pyet/",
        "/en/k/AB/",
        "/documents/1/a",
        "/k/",
    ],
)
def test_what_is_not_marked_and_where_staff_and_secrets_are_nothing_is_kept(front: tuple[str, Path], path: str) -> None:
    at_the_beginning_of_a_second()
    assert ask(front, path)[2] != ask(front, path)[2]


def test_whoever_carries_a_cookie_or_a_token_is_answered_by_the_service(front: tuple[str, Path]) -> None:
    at_the_beginning_of_a_second()
    kept = ask(front, "/staff/")[2]
    for headers in ({"Cookie": "vatra_session=x"}, {"Authorization": "Bearer x"}):
        assert ask(front, "/staff/", **headers)[2] != kept
    assert ask(front, "/staff/")[2] == kept


def test_nobody_waits_in_nginx_for_what_another_asked_first(front: tuple[str, Path]) -> None:
    """nginx looks only every half second whether the other has been answered; the service itself makes a page once."""
    with ThreadPoolExecutor(2) as readers:
        answers = list(readers.map(lambda _reader: ask(front, "/two-at-once/"), range(2)))
    assert [answer[0] for answer in answers] == [200, 200]
    assert not Upstream.both_are_here.broken


def test_forms_are_never_answered_from_what_is_kept(front: tuple[str, Path]) -> None:
    at_the_beginning_of_a_second()
    assert ask(front, "/form/", "POST")[2] != ask(front, "/form/", "POST")[2]


def test_three_kinds_of_browsers_share_three_pages(front: tuple[str, Path]) -> None:
    at_the_beginning_of_a_second()
    begun = len(Upstream.asked)
    for accepted in ("gzip", "gzip, deflate", "deflate, gzip;q=0.5", "br, gzip", "gzip, br;q=1", "", "br;q=0"):
        ask(front, "/encoded/", Accept_Encoding=accepted)
    assert [each[2] for each in Upstream.asked[begun:]] == ["gzip", "br", "identity"]


def test_the_callers_word_about_its_address_is_replaced(front: tuple[str, Path]) -> None:
    assert ask(front, "/unmarked/", X_Forwarded_For="203.0.113.9")[1]["X-Forwarded"] == "127.0.0.1"


@pytest.mark.parametrize(("path", "status"), [("/sends-back", 200), ("/cms/sends-back", 200), ("/cms/", 414)])
def test_a_long_address_comes_back_or_is_refused_and_never_looks_like_a_fault(
    front: tuple[str, Path], path: str, status: int
) -> None:
    length = 5000 if status == 200 else 7000
    assert ask(front, f"{path}?id={'9' * length}")[0] == status


@pytest.mark.parametrize(
    ("path", "method", "at_most"),
    [
        ("/accounts/login/", "POST", 40),
        ("/n/token/", "POST", 40),
        ("/en/pyet/vlore/", "POST", 70),
        ("/n/token/document.pdf", "GET", 40),
    ],
)
def test_one_network_sends_so_much_and_is_then_asked_to_wait(front, path: str, method: str, at_most: int) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _number: ask(front, path, method), range(at_most + 40)))
    statuses = [status for status, _headers, _body in answers]
    assert statuses[:5] == [200] * 5
    assert statuses.count(429) >= 10
    assert statuses.count(200) >= 10
    refused = next(answer for answer in answers if answer[0] == 429)
    assert b"tel:129" in refused[2]
    assert (refused[1]["Retry-After"], refused[1]["Cache-Control"]) == ("60", "no-store")
    assert "127.0.0.1" not in (front[1] / "vatra-error.log").read_text()


def test_reading_is_not_counted_as_sending(front: tuple[str, Path]) -> None:
    for path in ("/accounts/login/", "/n/token/", "/pyet/", "/page/"):
        assert {ask(front, path)[0] for _number in range(50)} == {200}


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/api/field/v1/submissions", 150_000, 200),
        ("/api/field/v1/submissions", 3_000_000, 200),
        ("/field/drafts/1/x/", 31_000_000, 200),
        ("/cms/images/add/", 9_000_000, 200),
        ("/en/pyet/vlore/", 4_200_000, 200),
        ("/api/v2/tips", 4_200_000, 200),
        ("/n/token/", 150_000, 200),
        ("/api/field/v1/submissions", 40_000_000, 413),
        ("/pyet/", 7_000_000, 413),
        ("/accounts/login/", 300_000, 413),
        ("/n/token/", 300_000, 413),
        ("/page/", 300_000, 413),
    ],
)
def test_a_body_comes_whole_or_is_refused_by_its_size(front, path: str, size: int, status: int) -> None:
    with contextlib.closing(send(front, path, size, first=size if status == 200 else 0)) as connection:
        answered, body = read_answer(connection)
    assert answered == status
    if status == 200:
        assert int(body) == size
    assert not list((front[1] / "body").rglob("*.*")), "no body in a temporary file"


def test_a_large_body_goes_on_to_the_service_as_it_comes_and_a_small_one_when_it_is_whole(front) -> None:
    for size, is_passed_on in ((190_000, False), (1_000_000, True)):
        Upstream.begun.clear()
        with contextlib.closing(send(front, "/api/field/v1/submissions", size, first=50_000)) as connection:
            assert Upstream.begun.wait(0.7) is is_passed_on
            connection.sendall(b"x" * (size - 50_000))
            assert read_answer(connection) == (200, str(size).encode())


def test_strangers_with_large_bodies_take_no_memory_here(front) -> None:
    """24 connections that each announced 30 MB and sent most of it took 756 MB."""
    before = measure_workers(front[1])
    with contextlib.ExitStack() as held:
        held.callback(Upstream.may_read.set)
        for _connection in range(12):
            connection = held.enter_context(
                contextlib.closing(send(front, "/api/field/v1/reads-nothing", 30_000_000, first=0))
            )
            connection.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                for _part in range(60):
                    connection.send(b"x" * 500_000)
        time.sleep(0.3)
        assert measure_workers(front[1]) - before < 12_000_000
        refused = held.enter_context(contextlib.closing(send(front, "/field/drafts/1/x/", 1_000_000, first=0)))
        status, page = read_answer(refused)
        assert status == 429
        assert b"tel:129" in page
        small = held.enter_context(contextlib.closing(send(front, "/field/drafts/1/x/", 1_000)))
        assert read_answer(small)[0] == 200


def test_pictures_come_from_disk_in_parts_and_originals_never(front: tuple[str, Path]) -> None:
    status, headers, body = ask(front, "/media/images/a.avif", Range="bytes=2-4")
    assert (status, body, headers["Content-Type"]) == (206, b"234", "image/avif")
    assert "immutable" in headers["Cache-Control"]
    for name, value in ANY_ORIGIN_HEADERS.items():
        assert headers[name] == value, "as the service itself says it"
    for path in (
        "/media/images/../original_images/a.jpg",
        "/media/original_images/a.jpg",
        "/media/images../original_images/a.jpg",
    ):
        assert b"secret" not in ask(front, path)[2]


def test_the_log_names_no_page_and_no_reader(front: tuple[str, Path]) -> None:
    ask(front, "/a-page-about-somebody/", Referer="https://elsewhere.example/", User_Agent="Agent X")
    time.sleep(0.2)
    log = (front[1] / "vatra.log").read_text()
    assert log.count("\n") > 1
    for word in ("somebody", "127.0.0.1", "elsewhere", "Agent"):
        assert word not in log


def test_when_the_service_is_down_the_numbers_still_stand_there(tmp_path: Path) -> None:
    for path in (tmp_path.parent, tmp_path):
        path.chmod(0o755)
    running = Servers(tmp_path)
    gone = f"http://127.0.0.1:{public_servers.free_port()}"
    url = public_servers.shipped_configuration(tmp_path, upstream=gone, media=tmp_path)
    try:
        status, headers, body = ask((public_servers.serve_nginx(running, tmp_path, url), tmp_path), "/ndihme/")
    finally:
        running.close()
    assert status == 502
    assert b"tel:129" in body
    assert headers["Cache-Control"] == "no-store"


class Leaving:
    """A service on its way out: it takes the first connection and closes it without an answer, then it answers."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.taken = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            self.taken += 1
            connection.recv(65536)
            if self.taken > 1:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhere")
            connection.close()


@pytest.mark.parametrize(("method", "status", "taken"), [("GET", 200, 2), ("POST", 502, 1)])
def test_what_a_restart_left_unanswered_is_asked_once_more_and_a_form_is_never_sent_twice(
    tmp_path: Path, method: str, status: int, taken: int
) -> None:
    for path in (tmp_path.parent, tmp_path):
        path.chmod(0o755)
    running, leaving = Servers(tmp_path), Leaving()
    url = public_servers.shipped_configuration(
        tmp_path, upstream=f"http://127.0.0.1:{leaving.listener.getsockname()[1]}", media=tmp_path
    )
    try:
        public_servers.serve_nginx(running, tmp_path, url, "/media/images/none")
        answer = ask((url, tmp_path), "/ndihme/", method)
    finally:
        running.close()
        leaving.listener.close()
    assert (answer[0], leaving.taken) == (status, taken)


def test_a_service_that_takes_no_connection_is_down_after_ten_seconds_and_not_after_a_minute(tmp_path: Path) -> None:
    for path in (tmp_path.parent, tmp_path):
        path.chmod(0o755)
    running = Servers(tmp_path)
    with contextlib.ExitStack() as held:
        deaf = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        # One connection that nobody takes: nothing answers the next one's first packet, as where the host is gone.
        held.enter_context(socket.create_connection(deaf.getsockname()))
        held.callback(running.close)
        upstream = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        url = public_servers.shipped_configuration(tmp_path, upstream=upstream, media=tmp_path)
        public_servers.serve_nginx(running, tmp_path, url, "/media/images/none")
        began = time.monotonic()
        status, _headers, body = ask((url, tmp_path), "/ndihme/", patience=50)
    assert status == 504
    assert b"tel:129" in body
    assert 9 < time.monotonic() - began < 40


def test_the_shipped_configuration_is_taken_by_nginx_with_its_certificates_and_http_2(tmp_path: Path) -> None:
    key, certificate = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=vatra.example"]
    subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    text = (public_servers.ROOT / "deploy" / "nginx.conf").read_text()
    text = text.replace("/etc/vatra/tls", str(tmp_path)).replace("/run/", f"{tmp_path}/")
    text = text.replace("/var/log/nginx", str(tmp_path))
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{text}\n}}\n")
    command = [public_servers.NGINX, "-t", "-p", str(tmp_path), "-c", str(whole), "-e", str(tmp_path / "error.log")]
    tried = subprocess.run(command, capture_output=True, text=True)
    assert tried.returncode == 0, tried.stderr
    assert "http2 on" not in text, "a directive that Debian 12's nginx doesn't know"
