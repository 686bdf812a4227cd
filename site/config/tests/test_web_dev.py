"""The web server of `make dev`: only where DEBUG is on, and started again when code has changed."""

from types import SimpleNamespace
from unittest import mock

import pytest
from django.core.management import CommandError, call_command

from ..management.commands import web_dev


def test_it_serves_nothing_without_debug():
    with pytest.raises(CommandError, match="DEBUG"):
        call_command("web_dev")


def test_it_starts_again_at_once_when_code_has_changed_and_after_a_pause_when_it_fell(settings, monkeypatch):
    settings.DEBUG = True
    monkeypatch.delenv(web_dev.INNER, raising=False)
    ended = [SimpleNamespace(returncode=status) for status in (web_dev.CHANGED, 1, -15)]
    with (
        mock.patch.object(web_dev.subprocess, "run", side_effect=ended) as started,
        mock.patch.object(web_dev.time, "sleep") as paused,
        pytest.raises(SystemExit) as left,
    ):
        call_command("web_dev")
    assert started.call_count == 3
    assert {call.kwargs["env"][web_dev.INNER] for call in started.call_args_list} == {"true"}
    assert paused.call_count == 1
    assert left.value.code == 15


def test_the_supervisors_pipe_is_passed_on(settings, monkeypatch):
    settings.DEBUG = True
    monkeypatch.setenv(web_dev.PULSE, "7")
    ended = SimpleNamespace(returncode=-2)
    with mock.patch.object(web_dev.subprocess, "run", return_value=ended) as started, pytest.raises(SystemExit):
        web_dev.Command().keep_starting()
    assert started.call_args.kwargs["pass_fds"] == (7,)
