"""Settings of tests: fast hashing, no manifest, mail in memory, no queue unless a test starts one."""

import os
from pathlib import Path

from .folder_of_tests import folder_of_this_process

os.environ["DATA_DIR"] = folder_of_this_process()

from .base import *  # noqa: F403
from .base import DATA_DIR, DATABASES, LOGGING, NOTIFICATION_CHANNELS, PUSH_CHANNEL, STORAGES

PROFILE = "test"
SANDBOX = True
LOOPBACK_ENDPOINTS = True
VAPID_PRIVATE_KEY = "dGVzdC12YXBpZC1rZXktb2YtMzItYnl0ZXMtdGVzdCE"
VAPID_SUBJECT = "mailto:test@vatra.example"
NOTIFICATION_CHANNELS = {**NOTIFICATION_CHANNELS, **PUSH_CHANNEL}
SECRET_KEY = "test-only-secret-key"  # noqa: S105
VAULT_KEYS = ["test1:dGVzdC12YXVsdC1rZXktb2YtMzItYnl0ZXMtdGVzdCE="]
FIELD_KEYS = ["test1:dGVzdC1maWVsZC1rZXktb2YtMzItYnl0ZXMtdGVzdCE="]
AUDIT_KEYS = ["test1:dGVzdC1jaGFpbi1rZXktb2YtMzItYnl0ZXMtdGVzdCE="]
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
CACHES = {
    name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": name}
    for name in ("default", "pages")
}
LOGGING = {**LOGGING, "keep_loggers": False}  # each WSGI application that a test makes sets Django up again
WHITENOISE_AUTOREFRESH = True
MFA_TOTP_TOLERANCE = 1  # a code is read from the clock a moment before it is sent
# Browser tests run a server of their own beside them. On one database in memory the two would refuse each other
# ("table is locked") where in a file they wait, as in the service.
if os.environ.get("TEST_DATABASE") != "file" and DATABASES["default"]["ENGINE"] == "config.sqlite3":
    # In memory there is nothing to queue for; and by this name pytest-django gives each process its own database.
    DATABASES = {"default": {**DATABASES["default"], "ENGINE": "django.db.backends.sqlite3"}}
elif DATABASES["default"]["ENGINE"] == "config.sqlite3":
    Path(DATA_DIR).mkdir(parents=True, exist_ok=True)
    DATABASES["default"]["TEST"] = {"NAME": str(Path(DATA_DIR) / f"test-{os.getpid()}.sqlite3")}
    _options = DATABASES["default"]["OPTIONS"]
    _options["init_command"] = _options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
