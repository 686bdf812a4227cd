"""The supervisor's judgement, without processes. What it does to real ones stands in tests/supervisor."""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from .. import liveness
from ..static_storage import HashedStaticFilesStorage
from ..supervisor import instance as places
from ..supervisor import preparation, pulses, watch
from ..supervisor.instance import CannotStart, Instance
from ..supervisor.parts import Child, Part, ProcfileError, read_procfile
from ..supervisor.pulses import SILENT_SECONDS, Pulses
from ..supervisor.systemd import Systemd
from ..supervisor.watch import Answer, Watch

ROOT = Path(__file__).resolve().parents[3]


# ---- the Procfile


def test_our_procfiles_name_the_parts_and_which_run_in_a_fork():
    parts = read_procfile(ROOT / "Procfile")
    assert [part.name for part in parts] == ["web", "urgent", "bulk", "sweeper"]
    assert parts[1].management_arguments == ("run_cluster", "urgent")
    (inbox,) = read_procfile(ROOT / "Procfile.local")
    assert inbox.management_arguments is None


@pytest.mark.parametrize(("text", "words"), [("web python\n", "line 1"), ("# x\n\na: b\na: c\n", "twice")])
def test_a_procfile_that_can_not_be_read_is_named(tmp_path, text, words):
    path = tmp_path / "Procfile"
    path.write_text(text)
    with pytest.raises(ProcfileError, match=words):
        read_procfile(path)


# ---- judging what lives and doesn't work


@pytest.fixture
def patience(monkeypatch):
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 0.0)


def running(name: str, *, uptime: float = 1000.0) -> Child:
    return Child(Part(name, ("x",)), None, lambda: None, pid=1, started=time.monotonic() - uptime)


def judged(child: Child, parts: dict | None) -> list[str]:
    return [reason for _child, reason in Watch().stuck([child], Answer(False, parts))]


@pytest.mark.parametrize(
    ("name", "entry", "age", "stuck"),
    [
        ("urgent", "worker", 12.0, False),
        ("urgent", "worker", 31.0, True),
        ("urgent", "worker", None, True),
        ("sweeper", "sweeper", 31.0, True),
        ("bulk", "bulk_worker", 600.0, False),
        ("bulk", "bulk_worker", 901.0, True),
    ],
)
def test_a_part_without_a_sign_of_work_is_stuck(patience, name, entry, age, stuck):
    assert bool(judged(running(name), {entry: {"ok": False, "age_s": age}})) is stuck


@pytest.mark.parametrize("parts", [None, {}, {"database": {"ok": False}}])
def test_no_answer_says_nothing_about_the_workers(patience, parts):
    assert judged(running("urgent"), parts) == []


def test_a_part_that_has_just_begun_is_given_time(patience):
    old = {"worker": {"ok": False, "age_s": 500.0}}
    assert judged(running("urgent", uptime=10), old) == []
    assert judged(Child(Part("urgent", ("x",)), None, lambda: None), old) == []


def test_a_web_server_that_is_slow_or_says_it_is_unwell_is_left_in_peace(patience):
    for parts in (None, {}, {"worker": {"ok": False, "age_s": None}}):
        assert judged(running("web"), parts) == []


def test_a_web_server_on_whose_port_nobody_listens_is_started_again_after_a_while(monkeypatch):
    watching, refused = Watch(), Answer(False, None, refused=True)
    assert watching.stuck([running("web", uptime=50)], refused) == []
    assert watching._stale_since == {}
    assert watching.stuck([running("web")], refused) == []
    watching._stale_since["web"] -= watch.PATIENCE_SECONDS
    assert watching.stuck([running("web")], refused) == []
    watching._stale_since["web"] -= watch.WEB_REFUSES_FOR
    assert [reason for _child, reason in watching.stuck([running("web")], refused)] == ["nobody listens on its port"]


# ---- hearing the web server's processes


@pytest.fixture
def heard():
    opened = Pulses.open()
    yield opened
    os.close(opened.read_end)
    os.close(opened.write_end)


def say(opened: Pulses, pid: int, *, seconds_ago: float = 0.0, finished: int = 0) -> None:
    os.write(opened.write_end, f"{pid} {finished} {time.monotonic() - seconds_ago:.3f}\n".encode())
    opened.listen()


def test_a_process_that_beats_or_finishes_requests_is_not_silent(heard):
    say(heard, os.getpid(), seconds_ago=SILENT_SECONDS - 5)
    assert heard.silent(os.getpgid(0)) == []
    say(heard, os.getpid(), seconds_ago=SILENT_SECONDS + 5)  # an older word than the last
    assert heard.silent(os.getpgid(0)) == []
    assert heard.has_heard(os.getpgid(0), 60)


def test_a_process_that_falls_silent_is_named_alone_with_the_seconds(heard):
    say(heard, os.getppid())
    say(heard, os.getpid(), seconds_ago=SILENT_SECONDS + 5)
    ((pid, seconds),) = heard.silent(os.getpgid(0))
    assert pid == os.getpid()
    assert seconds == pytest.approx(SILENT_SECONDS + 5, abs=1)


def test_the_dead_and_those_of_an_earlier_start_are_forgotten(heard):
    say(heard, 2**22 + 1, seconds_ago=100)
    say(heard, os.getpid(), seconds_ago=100)
    assert heard.silent(2**22 + 7) == []
    assert heard.heard == {}
    assert not heard.has_heard(os.getpgid(0), 60)


def test_a_supervisor_that_was_held_up_itself_calls_nobody_silent(heard):
    say(heard, os.getpid(), seconds_ago=1)
    heard.heard[os.getpid()] -= 100
    heard._looked_at -= 100
    heard.listen()
    assert heard.silent(os.getpgid(0)) == []


def test_half_a_line_waits_for_its_other_half(heard):
    os.write(heard.write_end, b"12 0 ")
    heard.listen()
    assert heard.heard == {}
    os.write(heard.write_end, b"7.5\nnonsense\n")
    heard.listen()
    assert heard.heard == {12: 7.5}


def test_both_ends_of_the_pipe_have_one_name():
    assert pulses.PULSE == liveness.PULSE


def test_a_stale_sign_must_last_before_it_counts():
    watching, child = Watch(), running("urgent")
    stale = Answer(False, {"worker": {"ok": False, "age_s": 99.0}})
    assert watching.stuck([child], stale) == []
    watching._stale_since["urgent"] -= watch.PATIENCE_SECONDS
    assert len(watching.stuck([child], stale)) == 1
    assert watching.stuck([child], stale) == []
    fresh = Answer(True, {"worker": {"ok": True, "age_s": 1.0}})
    assert watching.stuck([child], fresh) == []
    assert watching._stale_since == {}


def test_a_part_that_keeps_falling_waits_longer_each_time(monkeypatch):
    child = Child(Part("x", ("x",)), None, lambda: None)
    pauses = [child.handle_exit() for _fall in range(7)]
    assert pauses == sorted(pauses)
    assert pauses[0] < 1
    assert pauses[-1] == pauses[-2] == 15.0


# ---- asking


def serve(status: int, body: bytes) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.handle_request, daemon=True).start()
    yield server.server_address[1]
    server.server_close()


def a_place(port: int, **changes: object) -> Instance:
    given = {
        "host": "0.0.0.0",  # noqa: S104
        "port": port,
        "data_dir": Path("x"),
        "settings": "config.settings.local",
        "public_url": f"http://127.0.0.1:{port}",
        "lock": -1,
        "claim": socket.socket(),
        "reserved": socket.socket(),
        "mail_socket": None,
    }
    return Instance(**{**given, **changes})


@pytest.mark.parametrize(
    ("status", "body", "ready", "missing"),
    [
        (200, b'{"parts": {"worker": {"ok": true}}}', True, []),
        (503, b'{"parts": {"worker": {"ok": false}, "database": {"ok": true}}}', False, ["worker"]),
        (500, b"<html>", False, ["/readyz answers 500"]),
        (200, b"[]", False, ["/readyz answers 200"]),
    ],
)
def test_every_answer_is_understood(status, body, ready, missing):
    for port in serve(status, body):
        answer = watch.ask(a_place(port))
        assert (answer.ready, answer.missing) == (ready, missing)
        assert answer.parts is not None


def test_no_answer_is_understood_too():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert watch.ask(a_place(port)) == Answer(False, None, refused=True)


# ---- the place


def test_the_environment_is_completed_for_the_parts(tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    made = ("HOST", "PUBLIC_URL", "EMAIL_URL", "NOTIFICATION_GATEWAYS_FILE", "GATEWAY_SANDBOX_KEY")
    for name in made:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PORT", str(port))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.local")
    place = places.claim_instance()
    try:
        assert os.environ["PUBLIC_URL"] == f"http://127.0.0.1:{port}" == place.public_url
        assert os.environ["EMAIL_URL"] == f"smtp://127.0.0.1:{place.mail_socket.getsockname()[1]}"
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
        assert "EMAIL_URL" in (tmp_path / "data" / "run" / "local.json").read_text()
        described = json.loads(Path(os.environ["NOTIFICATION_GATEWAYS_FILE"]).read_text())
        assert f":{place.phone_socket.getsockname()[1]}/sms" in described[0]["url"]
        assert len(os.environ["GATEWAY_SANDBOX_KEY"]) > 30
        with pytest.raises(CannotStart, match="can't be used"):
            places._reserve("127.0.0.1", port)
        monkeypatch.setattr(places, "LOCK_WAIT_SECONDS", 0.0)
        with pytest.raises(CannotStart, match="Another copy"):
            places.lock_folder(tmp_path / "data")
    finally:
        place.claim.close()
        place.reserved.close()
        place.mail_socket.close()
        place.phone_socket.close()
        os.close(place.lock)
        for name in made:
            os.environ.pop(name, None)


def test_a_folder_that_can_not_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="Set DATA_DIR"):
        places._folder(tmp_path / "file" / "data")


# ---- what has been done already


def test_a_step_is_done_again_only_when_what_it_reads_has_changed(tmp_path):
    stamps = preparation.Stamps(tmp_path)
    read = tmp_path / "read.txt"
    read.write_text("a")
    assert stamps.differs("seeds", preparation._digest([read]))
    stamps.keep("seeds", preparation._digest([read]))
    again = preparation.Stamps(tmp_path)
    assert not again.differs("seeds", preparation._digest([read]))
    read.write_text("ab")
    assert again.differs("seeds", preparation._digest([read]))


def test_the_digest_of_the_rooms_leaves_out_tests():
    files = preparation._files(("site",), (".py",))
    assert ROOT / "site" / "config" / "health.py" in files
    assert not [path for path in files if "tests" in path.relative_to(ROOT).parts]


def test_it_holds_the_rooms_also_where_the_service_stands_in_a_folder_called_tests(tmp_path, monkeypatch):
    root = tmp_path / "tests" / "system"
    for name in ("site/config/health.py", "site/config/tests/test_health.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    monkeypatch.setattr(preparation, "ROOT", root)
    assert preparation._files(("site",), (".py",)) == [root / "site/config/health.py"]


# ---- a child for each step


def test_a_step_leaves_its_memory_in_the_child_and_gives_back_what_it_returned():
    before = os.getpid()
    assert preparation.in_child("numbers", lambda: [os.getpid(), os.getppid()])[1] == before


def test_a_step_that_refuses_is_told_in_its_words_and_one_that_fails_by_its_name(capfd):
    def refuse() -> None:
        raise CannotStart("VAULT_KEYS lacks it")

    with pytest.raises(CannotStart, match="VAULT_KEYS lacks it"):
        preparation.in_child("keys", refuse)
    with pytest.raises(CannotStart, match="Preparing the seeds failed"):
        preparation.in_child("seeds", lambda: 1 / 0)
    with pytest.raises(CannotStart, match="Preparing the seeds failed"):
        preparation.in_child("seeds", lambda: os._exit(0))
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_the_names_of_static_files_that_a_child_collected_are_known_to_the_parts(tmp_path):
    storage = HashedStaticFilesStorage(location=tmp_path)
    assert storage.hashed_files == {}
    manifest = {"version": "1.1", "paths": {"look.css": "look.5f3a.css"}, "hash": "5f3a"}
    (tmp_path / "staticfiles.json").write_text(json.dumps(manifest))
    preparation.read_static_names(storage)
    assert storage.hashed_files == {"look.css": "look.5f3a.css"}
    preparation.read_static_names(object())  # storages without such names


def test_static_files_are_collected_once_and_what_an_open_page_names_stays(tmp_path, monkeypatch):
    collected = []
    monkeypatch.setattr(preparation, "_collect_static", lambda: collected.append(1))
    for _start in range(2):
        preparation.collect_if_changed(tmp_path, lambda text: None)
    assert collected == [1]


# ---- systemd


@pytest.mark.parametrize("is_abstract", [False, True])
def test_systemd_hears_once_that_pages_are_served_and_again_and_again_that_we_live(tmp_path, monkeypatch, is_abstract):
    address = f"@vatra-{tmp_path.name}" if is_abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address.replace("@", "\0", 1) if is_abstract else address)
        systemd.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        told = Systemd()
        assert "NOTIFY_SOCKET" not in os.environ  # no part speaks for the service
        for each in (told.say_alive, told.say_ready, told.say_ready, told.say_alive, told.say_stopping):
            each()
        heard = [systemd.recv(100) for _each in range(4)]
    assert heard == [b"WATCHDOG=1", b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


@pytest.mark.parametrize("address", ["", "/nowhere/at/all"])
def test_without_systemd_nothing_is_sent_and_nothing_stops(monkeypatch, address):
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    told = Systemd()
    told.say_ready()
    told.say_alive()
