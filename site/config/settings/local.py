"""Settings of `make run`: one machine, demo data, mail into a local sink. Never for real cases."""

import json
import os
from pathlib import Path

# A running copy on the same DATA_DIR stores its port and mail sink there, so that a `manage.py` in another terminal
# uses the same addresses. The environment has precedence.
_word = Path(os.environ.get("DATA_DIR") or Path(__file__).resolve().parents[3] / "var") / "run" / "local.json"
if _word.exists():
    for _name, _value in json.loads(_word.read_text()).items():
        os.environ.setdefault(_name, _value)

from .base import *  # noqa: E402, F403
from .base import FIELD_KEYS, NOTIFICATION_CHANNELS, PUSH_CHANNEL, env  # noqa: E402

PROFILE = "local"
SANDBOX = True
LOOPBACK_ENDPOINTS = True
VAPID_PRIVATE_KEY = env.str("VAPID_PRIVATE_KEY", default="ZGVtby12YXBpZC1rZXktb2YtMzItYnl0ZXMtZGVtbyE")
VAPID_SUBJECT = "mailto:demo@vatra.example"
NOTIFICATION_CHANNELS = {**NOTIFICATION_CHANNELS, **PUSH_CHANNEL}
ORGANISATION_EMAIL = env.str("ORGANISATION_EMAIL", default="info@vatra.example")
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="demo-only-secret-key-that-production-refuses-to-start-with-0000")
VAULT_KEYS = env.list("VAULT_KEYS", default=["demo1:ZGVtby12YXVsdC1rZXktb2YtMzItYnl0ZXMtZGVtbyE="])
FIELD_KEYS = FIELD_KEYS or ["demo1:ZGVtby1maWVsZC1rZXktb2YtMzItYnl0ZXMtZGVtbyE="]
AUDIT_KEYS = env.list("AUDIT_KEYS", default=["demo1:ZGVtby1jaGFpbi1rZXktb2YtMzItYnl0ZXMtZGVtbyE="])
ALLOWED_HOSTS = ["*"] if DEBUG else env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
# Browsers keep cookies by host, not by port: two copies side by side would sign each other out.
_port = env.str("PORT", default="8000")
SESSION_COOKIE_NAME = f"vatra_session_{_port}"
CSRF_COOKIE_NAME = f"vatra_csrf_{_port}"
