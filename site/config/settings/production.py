"""Settings for real cases. Refuses to start on a missing or demo secret, and names each one."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from .base import *  # noqa: F403
from .base import (
    ALLOWED_HOSTS,
    AUDIT_KEYS,
    EMAIL_CONFIG,
    FIELD_KEYS,
    PUBLIC_URL,
    SECRET_KEY,
    VAPID_PRIVATE_KEY,
    VAULT_KEYS,
    env,
)

PROFILE = "production"
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=True)
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=1)
BACKUP_MAX_HOURS = env.int("BACKUP_MAX_HOURS", default=26)  # a copy each night, and two hours to make it


# Names that nobody can own (RFC 2606 and 6761), and the account of deploy/vatra.env.example.
PLACEHOLDER = re.compile(
    r"(?:[\w-]+\.)*(?:[\w-]+\.(?:example|invalid|test)|example\.(?:com|net|org))(?![\w.-])|(?<![\w.-])USER:PASSWORD(?=@)"
)
DEMO_VAPID = ("ZGVtby", "dGVzdC")  # "demo" and "test", as a key is written
MAY_HOLD_PLACEHOLDERS = (
    *("PUBLIC_URL", "ALLOWED_HOSTS", "EMAIL_URL", "DEFAULT_FROM_EMAIL", "MESSAGE_ID_DOMAIN"),
    *("EMAIL_BOUNCE_ADDRESS", "EMAIL_BOUNCE_MAILBOX"),
)


def _placeholders() -> Iterator[tuple[str, str]]:
    """Yield each setting that was copied from the example and never filled in: its name, and the part that shows it."""
    for name in MAY_HOLD_PLACEHOLDERS:
        yield from ((name, mark) for mark in sorted(set(PLACEHOLDER.findall(env.str(name, default="")))))


def _refusals() -> list[str]:
    """List every setting that is missing or still a demo value, with the way to correct it."""
    found = []
    if not SECRET_KEY:
        found.append("SECRET_KEY is missing")
    elif SECRET_KEY.startswith(("demo", "test")) or len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10:
        found.append("SECRET_KEY is a demo value, too simple or shorter than 50 characters")
    if not VAULT_KEYS:
        found.append("VAULT_KEYS is missing (manage.py vault_key prints a new one)")
    elif any(key.startswith(("demo", "test")) for key in VAULT_KEYS):
        found.append("VAULT_KEYS holds a demo key (manage.py vault_key prints a new one)")
    if any(key.startswith(("demo", "test")) for key in FIELD_KEYS):
        found.append("FIELD_KEYS holds a demo key (manage.py field_key prints a new one)")
    if any(key.startswith(("demo", "test")) for key in AUDIT_KEYS):
        found.append("AUDIT_KEYS holds a demo key (manage.py vault_key prints a new one)")
    if VAPID_PRIVATE_KEY.startswith(DEMO_VAPID):
        found.append("VAPID_PRIVATE_KEY is a demo key (manage.py vapid_key prints a new one)")
    for name in ("DATABASE_URL", "EMAIL_URL", "ALLOWED_HOSTS", "PUBLIC_URL", "DEFAULT_FROM_EMAIL", "MESSAGE_ID_DOMAIN"):
        if not env.str(name, default=""):
            found.append(f"{name} is missing")
    if PUBLIC_URL and not PUBLIC_URL.startswith("https://"):
        found.append("PUBLIC_URL must start with https://")
    elif urlsplit(PUBLIC_URL).hostname not in ALLOWED_HOSTS:
        found.append("ALLOWED_HOSTS must hold the host of PUBLIC_URL")
    found += [f"{name} still holds a placeholder ({mark})" for name, mark in _placeholders()]
    if env.bool("DEBUG", default=False):
        found.append("DEBUG must not be set")
    if env.str("EMAIL_URL", default="") and not (
        EMAIL_CONFIG.get("EMAIL_USE_TLS") or EMAIL_CONFIG.get("EMAIL_USE_SSL") or env.bool("EMAIL_ALLOW_PLAIN", False)
    ):
        found.append("EMAIL_URL must use smtp+tls:// or smtp+ssl:// (EMAIL_ALLOW_PLAIN=1 for a relay on this machine)")
    return found


_found = _refusals()
if _found:
    raise ImproperlyConfigured("Production does not start: " + "; ".join(_found) + ".")

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
# Probes come over plain HTTP and need an answer, not a redirect.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True
