"""Whom a web process has served as somebody signed in: by the cookie of a session, by a bearer token.

Admission control tells strangers from staff before Django is asked, and without a database (`config.admission`). So
what Django found out of a request is left in its WSGI environment, and read there once it was served. Only in memory:
a process that has just begun knows nobody.
"""

import hashlib
import secrets
import threading
from collections import OrderedDict
from typing import Any

from django.conf import settings
from django.http import parse_cookie

Environ = dict[str, Any]
# In the environment (`request.META`): the key of a session that somebody is signed in by, "" when nobody is.
SESSION = "vatra.session"
TOKEN = "vatra.token"  # noqa: S105  # whether the bearer token is somebody's
MOST = 20_000  # sessions and tokens; of more, those that weren't used for longest are forgotten


class KnownCallers:
    """The sessions and tokens by which somebody was served. Shared by the server's threads; keeps keyed hashes only."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._secret = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def __contains__(self, environ: Environ) -> bool:
        with self._lock:
            return any(self._hash(each) in self._known for each in get_credentials(environ).values())

    def learn(self, environ: Environ) -> None:
        """Note what Django found out of a request that was served; no change where it didn't look."""
        sent = get_credentials(environ)
        session, token = environ.get(SESSION), environ.get(TOKEN)
        with self._lock:
            if session is not None:
                self._note(session or sent.get(SESSION, ""), is_known=bool(session))
            if token is not None:
                self._note(sent.get(TOKEN, ""), is_known=token)

    def _note(self, credential: str, *, is_known: bool) -> None:
        key = self._hash(credential)
        self._known.pop(key, None)
        if is_known:
            self._known[key] = None
            if len(self._known) > self._most:
                self._known.popitem(last=False)

    def _hash(self, credential: str) -> bytes:
        return hashlib.blake2b(credential.encode("utf-8", "replace"), key=self._secret, digest_size=16).digest()


def has_credential(environ: Environ) -> bool:
    """Whether the request brings a session's cookie or a token, whatever it is worth."""
    return bool(get_credentials(environ))


def read_token(environ: Environ) -> str:
    """Return the bearer token that was sent; "" where none was."""
    kind, _space, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def get_credentials(environ: Environ) -> dict[str, str]:
    """Return what a caller may be known by, as it was sent: {SESSION or TOKEN: text}."""
    found = {
        SESSION: parse_cookie(environ.get("HTTP_COOKIE", "")).get(settings.SESSION_COOKIE_NAME, ""),
        TOKEN: environ.get("HTTP_AUTHORIZATION", ""),
    }
    return {kind: text for kind, text in found.items() if text}
