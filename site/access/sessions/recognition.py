"""Whose a session or a token is, found out before a request's body is read (`config.admission`)."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import ValidationError

from ..known_callers import SESSION, TOKEN, get_credentials, read_token
from ..models import FieldToken
from .actions import ROW_KEY
from .models import StaffSession

Environ = dict[str, Any]


def recognize(environ: Environ) -> None:
    """Note in the environment, as Django's middleware does later, whether its session and its token are somebody's.

    Reads only: a session is looked at where its cookie can be a key at all. Raises DatabaseError,
    KeyRingError, SealBroken.
    """
    if token := read_token(environ):
        environ[TOKEN] = FieldToken.found_by(token) is not None
    if key := get_credentials(environ).get(SESSION, ""):
        environ[SESSION] = key if _is_somebodys(key) else ""


def _is_somebodys(key: str) -> bool:
    """Whether somebody is signed in by this session, a locked one too, and nobody has ended it."""
    if not (key.isascii() and key.isalnum()):
        return False
    values = import_module(settings.SESSION_ENGINE).SessionStore(key).load()
    row, user = values.get(ROW_KEY), values.get(SESSION_KEY)
    if not (row and user):
        return False
    try:
        return StaffSession.objects.filter(pk=row, user_id=user, ended_at__isnull=True).exists()
    except (ValueError, ValidationError):  # values that no sign-in of ours has written
        return False
