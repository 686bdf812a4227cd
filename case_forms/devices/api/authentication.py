"""A phone is known by one of its two tokens, and signed-in people by their session alone."""

from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest
from ninja.security import HttpBearer

from access.models import FieldToken
from access.sessions.actions import has_factor
from audit.chain import get_actor, log_event
from case_forms.submissions.field_api.authentication import Session

from ..actions import end_earlier_token
from ..contact import find_device, has_renewed
from ..models import Device
from .limits import RECORDED


class TokenExpired(Exception):
    """The phone's token is over its time: its owner signs in and renews it."""


class PhoneToken(HttpBearer):
    """One of a phone's tokens, by its scope. The phone that it is of may have ended; each route asks."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Device | None:
        """Return the phone. Raises TokenExpired."""
        device, is_in_time = find_device(token.strip(), self.scope)
        if device is None:
            return None
        if not is_in_time:
            if RECORDED.take(str(device.pk)):
                log_event(
                    "device.token_expired", actor=get_actor(device.user), target_kind="device", target_id=device.pk
                )
            raise TokenExpired
        if request.method == "POST" and has_renewed(device, token.strip()):
            end_earlier_token(device)
        return device


class PersonsSession(Session):
    """The session of somebody who has given their second factor in it."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        found = super().authenticate(request, key)
        if found is None or request.bearer:  # type: ignore[attr-defined]
            return None
        needs_factor = settings.SECOND_FACTOR_REQUIRED or is_mfa_enabled(found)
        return found if not needs_factor or has_factor(request, found) else None


QUEUE = PhoneToken(FieldToken.Scope.QUEUE)
PACK = PhoneToken(FieldToken.Scope.PACK)
SESSION = PersonsSession()
