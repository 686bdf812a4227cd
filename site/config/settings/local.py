"""The embedded default of `make run`: one machine, demo data, mail into a local sink. Never for real cases."""

from .base import *  # noqa: F403
from .base import DATABASES, env

PROFILE = "local"
SANDBOX = True
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="demo-only-secret-key-that-production-refuses-to-start-with-0000")
VAULT_KEYS = env.list("VAULT_KEYS", default=["demo1:ZGVtby12YXVsdC1rZXktb2YtMzItYnl0ZXMtZGVtbyE="])
ALLOWED_HOSTS = ["*"] if DEBUG else env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
DATABASES["default"].setdefault("ATOMIC_REQUESTS", False)
