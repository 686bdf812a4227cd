"""A Django project that only sends mails, for the libraries that the outbox is measured beside.

From the environment: BENCH_DATABASE_URL (sqlite:///... or postgres://...), BENCH_REDIS_URL, EMAIL_URL, DATA_DIR.
Each library has its safest settings: nothing is acknowledged before it is done, and what a dead worker held is done
again as soon as the library allows.
"""

import os
from urllib.parse import urlsplit

_database = urlsplit(os.environ["BENCH_DATABASE_URL"])
_mail = urlsplit(os.environ["EMAIL_URL"])
SECRET_KEY = "bench"
INSTALLED_APPS = ["django.contrib.contenttypes", "django_q"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
EMAIL_HOST, EMAIL_PORT, EMAIL_TIMEOUT = _mail.hostname, _mail.port, 8
if _database.scheme == "sqlite":
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": _database.path.removeprefix("/"),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _database.path.removeprefix("/"),
            "USER": _database.username,
            "HOST": _database.hostname,
            "PORT": _database.port,
            "CONN_MAX_AGE": 60,
        }
    }
Q_CLUSTER = {
    "name": "bench",
    "workers": 2,
    # What a dead worker held is done again after `retry`, which must be longer than `timeout`.
    "timeout": 5,
    "retry": 6,
    "poll": 0.05,
    "queue_limit": 8,
    "bulk": 4,
    "save_limit": -1,
    "guard_cycle": 0.5,
    "scheduler": False,
    "max_attempts": 0,
    **({"redis": os.environ["BENCH_REDIS_URL"]} if os.environ.get("BENCH_REDIS_URL") else {"orm": "default"}),
}
