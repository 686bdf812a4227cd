"""The production profile refuses to start on anything missing or made for a demo, and names all of it."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
GOOD = {
    "SECRET_KEY": "k9!" + "aZ3bY4cX5dW6eV7fU8gT9hS0iR1jQ2kP3lO4mN5" * 2,
    "VAULT_KEYS": "k1:" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode(),
    "DATABASE_URL": "sqlite:////nowhere/vatra.sqlite3",
    "EMAIL_URL": "smtp+tls://user:pw@mail.vatra.internal:587",
    "ALLOWED_HOSTS": "vatra.internal",
    "PUBLIC_URL": "https://vatra.internal",
    "DEFAULT_FROM_EMAIL": "Vatra <njoftime@vatra.internal>",
    "MESSAGE_ID_DOMAIN": "vatra.internal",
}


def start(folder: Path, **changes: str | None) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key not in GOOD and key != "DEBUG"}
    environment |= {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings.production"}
    environment |= {"PYTHONPATH": f"{ROOT / 'site'}{os.pathsep}{ROOT}"}
    environment |= {key: value for key, value in (GOOD | changes).items() if value is not None}
    code = "import config.settings.production as p; print(p.PROFILE, p.SANDBOX, p.DEBUG, p.SECOND_FACTOR_REQUIRED)"
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)


def test_it_starts_with_everything_in_place_without_sandbox_or_debug(tmp_path):
    found = start(tmp_path)
    assert found.stdout.split() == ["production", "False", "False", "True"], found.stderr


def test_everything_that_is_missing_is_named_at_once(tmp_path):
    found = start(tmp_path, **dict.fromkeys(GOOD))
    assert found.returncode != 0
    for name in GOOD:
        if name != "PUBLIC_URL":
            assert f"{name} is missing" in found.stderr
    assert "PUBLIC_URL is missing" in found.stderr


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SECRET_KEY": "demo-only-secret-key-that-production-refuses-to-start-with-0000"}, "SECRET_KEY is a demo"),
        ({"SECRET_KEY": "short", "VAULT_KEYS": "demo1:ZGVtby12YXVsdC1rZXktb2YtMzItYnl0ZXMtZGVtbyE="}, "VAULT_KEYS"),
        ({"SECRET_KEY": "a" * 60, "PUBLIC_URL": "http://vatra.internal"}, "PUBLIC_URL must start with https://"),
        ({"ALLOWED_HOSTS": "other.internal", "EMAIL_URL": "smtp://127.0.0.1:25"}, "EMAIL_URL must use"),
        ({"ALLOWED_HOSTS": "other.internal", "DEBUG": "1"}, "ALLOWED_HOSTS must hold the host"),
        ({"DEBUG": "1"}, "DEBUG must not be set"),
        ({"FIELD_KEYS": "demo1:ZGVtby1maWVsZC1rZXktb2YtMzItYnl0ZXMtZGVtbyE="}, "FIELD_KEYS holds a demo key"),
        ({"VAPID_PRIVATE_KEY": "ZGVtby12YXBpZC1rZXktb2YtMzItYnl0ZXMtZGVtbyE"}, "VAPID_PRIVATE_KEY is a demo key"),
    ],
)
def test_what_is_made_for_a_demo_or_unsafe_is_named_without_its_value(tmp_path, changes, words):
    found = start(tmp_path, **changes)
    assert found.returncode != 0
    assert words in found.stderr
    assert found.stderr.count(" must ") + found.stderr.count(" is a demo") + found.stderr.count(" holds ") >= 1
    for value in changes.values():
        assert value not in found.stderr or len(value) < 8


def test_a_relay_on_the_same_machine_may_be_allowed_by_name(tmp_path):
    assert start(tmp_path, EMAIL_URL="smtp://127.0.0.1:25", EMAIL_ALLOW_PLAIN="1").returncode == 0


EXAMPLE = ROOT / "deploy" / "vatra.env.example"


def test_the_example_file_with_only_its_keys_filled_in_is_refused_by_name(tmp_path):
    lines = (line.partition("=") for line in EXAMPLE.read_text().splitlines() if not line.startswith("#"))
    example = {name: value for name, _sign, value in lines if name in GOOD and value}
    found = start(tmp_path, **example)
    assert found.returncode != 0
    for name in ("PUBLIC_URL", "ALLOWED_HOSTS", "EMAIL_URL", "DEFAULT_FROM_EMAIL", "MESSAGE_ID_DOMAIN"):
        assert f"{name} still holds a placeholder" in found.stderr
    assert "USER:PASSWORD" in found.stderr


@pytest.mark.parametrize("host", ["example.vatra.internal", "examples.al", "testing.al", "vatra-example.al"])
def test_a_host_that_only_resembles_a_placeholder_starts(tmp_path, host):
    found = start(tmp_path, ALLOWED_HOSTS=host, PUBLIC_URL=f"https://{host}")
    assert found.returncode == 0, found.stderr


def test_a_password_is_never_shown(tmp_path):
    found = start(tmp_path, EMAIL_URL="smtp+tls://user:s3cret-of-the-relay@mail.vatra.example:587")
    assert "EMAIL_URL still holds a placeholder (mail.vatra.example)" in found.stderr
    assert "s3cret" not in found.stderr
