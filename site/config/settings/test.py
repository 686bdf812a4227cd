"""Tests: fast hashing, no manifest, mail kept in memory, no queue unless a test starts one."""

import os

os.environ.setdefault("DATA_DIR", os.path.join(os.environ.get("TMPDIR", "/tmp"), "vatra-test"))  # noqa: S108

from .base import *  # noqa: F403
from .base import STORAGES

PROFILE = "test"
SANDBOX = True
SECRET_KEY = "test-only-secret-key"  # noqa: S105
VAULT_KEYS = ["test1:dGVzdC12YXVsdC1rZXktb2YtMzItYnl0ZXMtdGVzdCE="]
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
CACHES = {
    name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": name}
    for name in ("default", "pages")
}
WHITENOISE_AUTOREFRESH = True
