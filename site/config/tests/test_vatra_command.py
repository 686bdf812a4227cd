"""The operator's command: settings are read without a shell, and nothing of the service runs as root."""

import importlib.machinery
import importlib.util
import json
import os
import pwd
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest

from config.catalogs import ROOT

SCRIPT = ROOT / "deploy" / "vatra"


@pytest.fixture
def vatra(tmp_path: Path, monkeypatch: Any) -> ModuleType:
    """The script as a module, for a service that lies in a folder of this test and belongs to its user."""
    loader = importlib.machinery.SourceFileLoader("vatra_command", str(SCRIPT))
    spec = importlib.util.spec_from_loader("vatra_command", loader)
    assert spec is not None
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    python = tmp_path / "app" / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n")
    python.chmod(0o700)
    settings = tmp_path / "vatra.env"
    settings.write_text("DJANGO_SETTINGS_MODULE=config.settings.production\nSECRET_KEY='a b $(id) `id` \"'\n")
    monkeypatch.setattr(module, "APP", tmp_path / "app")
    monkeypatch.setattr(module, "SETTINGS", settings)
    monkeypatch.setattr(module, "USER", pwd.getpwuid(os.geteuid()).pw_name)
    monkeypatch.setattr(module, "get_unit_state", lambda: "active")
    monkeypatch.setattr(module.read_settings, "__defaults__", (settings,))
    monkeypatch.setattr(module.warn_if_everybody_reads, "__defaults__", (settings,))
    monkeypatch.chdir(tmp_path)
    return module


@pytest.fixture
def started(vatra: ModuleType, monkeypatch: Any) -> list[Any]:
    """What would have been run: [program, arguments, environment]."""
    found: list[Any] = []
    for name in ("initgroups", "setgid", "setuid"):
        monkeypatch.setattr(vatra.os, name, lambda *_arguments: None)
    monkeypatch.setattr(vatra.os, "execve", lambda *arguments: found.extend(arguments))
    monkeypatch.setattr(vatra.os, "chdir", lambda _folder: None)
    monkeypatch.setattr(vatra.os, "umask", lambda _mask: 0)
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A=1", {"A": "1"}),
        ("A=1 # not a comment", {"A": "1 # not a comment"}),
        ("# a comment\n; another\n\nA=", {"A": ""}),
        ("A='two words'\nB=\"x=y\"", {"A": "two words", "B": "x=y"}),
        ("A=$(rm -rf /)`id`$HOME", {"A": "$(rm -rf /)`id`$HOME"}),
        ("A=1\nA=2", {"A": "2"}),
    ],
)
def test_settings_are_read_and_never_evaluated(vatra: ModuleType, text: str, found: dict[str, str]) -> None:
    vatra.SETTINGS.write_text(text)
    assert vatra.read_settings() == found


@pytest.mark.parametrize("line", ["secret-that-slipped", "export A=1", "A-B=1", "A='open", "A=1\\"])
def test_a_line_that_is_none_is_named_by_its_number_alone(vatra: ModuleType, line: str, capsys: Any) -> None:
    vatra.SETTINGS.write_text(f"X=1\n{line}\n")
    assert vatra.main(["check"]) == 2
    said = capsys.readouterr().err
    assert "line 2" in said
    assert "secret" not in said


def test_settings_that_are_not_there_are_said(vatra: ModuleType, capsys: Any) -> None:
    vatra.SETTINGS.unlink()
    assert vatra.main(["manage", "check"]) == 2
    assert "vatra.env.example" in capsys.readouterr().err


def test_the_service_is_run_with_its_own_settings_alone(
    vatra: ModuleType, started: list[Any], monkeypatch: Any
) -> None:
    monkeypatch.setenv("PYTHONSTARTUP", "/evil")
    monkeypatch.setenv("LD_PRELOAD", "/evil.so")
    vatra.main(["manage", "verify_audit", "--noted", "1:ab"])
    program, arguments, environment = started
    assert str(program).endswith(".venv/bin/python")
    assert arguments[1:] == ["manage.py", "verify_audit", "--noted", "1:ab"]
    assert environment["SECRET_KEY"] == 'a b $(id) `id` "'
    assert not {"PYTHONSTARTUP", "LD_PRELOAD"} & environment.keys()


@pytest.mark.parametrize(
    ("typed", "run"),
    [
        (["check"], ["-m", "config.operator_check"]),
        (["test-mail", "a@b.example"], ["manage.py", "test_mail", "a@b.example"]),
        (["first-operator", "n", "e"], ["manage.py", "first_operator", "n", "e"]),
        (["backup", "--prove"], ["manage.py", "backup", "--prove"]),
        (["prepare"], ["-m", "config.prepare"]),
        (["backup-key"], ["manage.py", "backup_key"]),
        (["manage"], ["manage.py", "help"]),
    ],
)
def test_each_word_leads_to_its_command(
    vatra: ModuleType, started: list[Any], typed: list[str], run: list[str]
) -> None:
    vatra.main(typed)
    assert started[1][1:] == run


def test_every_command_that_it_names_is_there(vatra: ModuleType) -> None:
    commands = {path.stem for path in ROOT.glob("site/*/management/commands/*.py")}
    assert set(vatra.MANAGED.values()) <= commands
    assert all(word in vatra.HELP for word in (*vatra.MANAGED, "status", "check", "manage"))


def test_a_path_is_meant_from_where_the_operator_stands(vatra: ModuleType, started: list[Any], tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a.age").write_text("x")
    vatra.main(["restore", "there/a.age", "--into", "/srv/x"])
    assert started[1][2:] == ["restore", str(tmp_path / "there" / "a.age"), "--into", "/srv/x"]


def test_root_is_given_up_before_anything_runs(vatra: ModuleType, monkeypatch: Any) -> None:
    order: list[str] = []
    monkeypatch.setattr(vatra.os, "geteuid", lambda: 0)
    for name in ("initgroups", "setgid", "setuid", "execve"):
        monkeypatch.setattr(vatra.os, name, lambda *_arguments, name=name: order.append(name))
    monkeypatch.setattr(vatra.os, "chdir", lambda _folder: None)
    monkeypatch.setattr(vatra.os, "umask", lambda _mask: 0)
    vatra.main(["manage", "check"])
    assert order == ["initgroups", "setgid", "setuid", "execve"]


def test_anybody_else_is_refused(vatra: ModuleType, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(vatra.os, "geteuid", lambda: 54321)
    assert vatra.main(["manage", "check"]) == 2
    assert "sudo vatra" in capsys.readouterr().err


def test_without_the_user_it_says_what_to_do(vatra: ModuleType, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(vatra, "USER", "no-such-user-here")
    assert vatra.main(["status"]) == 2
    assert "There is no user" in capsys.readouterr().err


def test_a_release_that_is_not_set_up_is_said(vatra: ModuleType, started: list[Any], capsys: Any) -> None:
    (vatra.APP / ".venv" / "bin" / "python").unlink()
    assert vatra.main(["check"]) == 2
    assert "make .venv/run.stamp" in capsys.readouterr().err


def test_help_and_a_wrong_word(vatra: ModuleType, capsys: Any) -> None:
    assert vatra.main([]) == 2
    assert vatra.main(["--help"]) == 0
    assert vatra.main(["backp"]) == 2
    assert "there is no command 'backp'" in capsys.readouterr().err


def test_settings_that_everybody_reads_are_said(vatra: ModuleType, started: list[Any], capsys: Any) -> None:
    vatra.SETTINGS.chmod(0o644)
    vatra.main(["check"])
    assert "chmod 600" in capsys.readouterr().out
    vatra.SETTINGS.chmod(0o600)
    vatra.main(["check"])
    assert capsys.readouterr().out == ""


WELL = {"ok": True, "degraded": [], "parts": {"database": {"ok": True, "vendor": "sqlite"}}}
ILL = {"ok": True, "degraded": ["smtp"], "parts": {"smtp": {"ok": False, "error": "timeout"}}}
DOWN = {"ok": False, "degraded": ["worker"], "parts": {"worker": {"ok": False, "age_s": None}}}


@pytest.mark.parametrize(("body", "code", "words"), [
    (WELL, 0, "ok   database: vendor sqlite"),
    (ILL, 1, "ILL  smtp: error timeout"),
    (DOWN, 2, "No notice goes out"),
    ({"status": "degraded"}, 1, "TRUSTED_PROXIES"),
])  # fmt: skip
def test_status_says_each_part(
    vatra: ModuleType, started: list[Any], capsys: Any, body: dict[str, Any], code: int, words: str
) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if body.get("ok") else 503)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_arguments: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        vatra.SETTINGS.write_text(f"PORT={server.server_port}\nALLOWED_HOSTS=vatra.example\n")
        assert vatra.main(["status"]) == code
        thread.join()
    assert words in capsys.readouterr().out


def test_status_of_a_service_that_is_down(vatra: ModuleType, started: list[Any], capsys: Any) -> None:
    vatra.SETTINGS.write_text("PORT=1\n")
    assert vatra.main(["status"]) == 2
    assert "Nothing answers at 127.0.0.1:1" in capsys.readouterr().err
