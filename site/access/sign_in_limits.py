"""Limits on wrong passwords and codes that slow down whoever guesses and never lock out whoever works here.

Attempts are counted by account and network (/24, /64), so that nobody far away locks a worker out. A device that has
signed in before carries a signed cookie and is counted separately, whatever others do to the account. While attempts
are paused a right password still passes from such a device, and where a second factor comes next; from anywhere else it
is answered as a wrong one, so that nobody learns during a pause whether they have guessed it (docs/adr/0071).
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from .rate_limits import Limit, get_network

PASSWORDS = Limit("sign_in", 5, timedelta(minutes=5), slots=5)
DEVICE_PASSWORDS = Limit("sign_in.device", 10, timedelta(minutes=5), slots=5)
# Many networks at once (a botnet): each gets one attempt in its window instead of five, and the log says so.
ACCOUNT = Limit("sign_in.account", 50, timedelta(hours=1))
CODES = Limit("code", 5, timedelta(minutes=5), slots=5)
ACCOUNT_CODES = Limit("code.account", 20, timedelta(hours=1))

COOKIE = "vatra_device"
SALT = "access.device"
COOKIE_DAYS = 180
MAX_PEOPLE = 5  # people remembered on one device: a unit shares its telephone

log = structlog.get_logger(__name__)


@dataclass
class SignInAttempts:
    """The attempts at one account from one place. `device`: the known device's own key, "" for any other place."""

    account: str
    network: str
    device: str

    @property
    def key(self) -> str:
        return f"{self.account}:{self.device or self.network}"[-100:]

    def count_password(self) -> bool:
        """Count one more password; True when attempts are paused, and then nothing is counted."""
        limit = DEVICE_PASSWORDS if self.device else PASSWORDS
        used = limit.used(self.key)
        # A used-up account still leaves each network one attempt in its window, so that a botnet locks nobody out.
        if used >= limit.most or (not self.device and used and ACCOUNT.is_used_up(self.account)):
            return True
        limit.hit(self.key)
        if not self.device and ACCOUNT.hit(self.account) == ACCOUNT.most:
            log.warning("many_wrong_passwords", account=self.account)
        return False

    def take_password_back(self) -> None:
        """Undo the count: the password was right."""
        (DEVICE_PASSWORDS if self.device else PASSWORDS).refund(self.key)
        if not self.device:
            ACCOUNT.refund(self.account)

    def count_code(self) -> bool:
        """Count one more code of a second factor; True when it was one too many."""
        if CODES.is_used_up(self.key) or (not self.device and ACCOUNT_CODES.is_used_up(self.account)):
            return True
        CODES.hit(self.key)
        if not self.device:
            ACCOUNT_CODES.hit(self.account)
        return False

    def take_code_back(self) -> None:
        CODES.refund(self.key)
        if not self.device:
            ACCOUNT_CODES.refund(self.account)


def get_attempts(request: HttpRequest, username: str, address: str) -> SignInAttempts:
    """Return the attempts at the account of this name from this address.

    `username`: as it was typed, whether or not somebody has it. Accounts are counted under keyed hashes.
    """
    user = _user_named(username)
    device = read_devices(request.COOKIES.get(COOKIE, "")).get(str(user.pk), "") if user is not None else ""
    # Of the typed name, not of the account found: a name that nobody has is counted, and answered, the same way.
    account = get_network(f"account {username.strip().lower()}")
    return SignInAttempts(account[-40:], get_network(address)[-40:], device)


def may_pass_pause(tries: SignInAttempts, user: Any) -> bool:
    """Whether a right password counts while attempts are paused: from a known device, or before a second factor."""
    return bool(tries.device) or is_mfa_enabled(user)


def remember_device(request: HttpRequest, response: HttpResponse, user: Any) -> None:
    """Set the cookie by which this device's next attempts are counted separately."""
    known = read_devices(request.COOKIES.get(COOKIE, ""))
    mine = {str(user.pk): known.pop(str(user.pk), "") or secrets.token_urlsafe(12)}
    remembered = mine | dict(list(known.items())[: MAX_PEOPLE - 1])
    response.set_cookie(
        COOKIE,
        signing.dumps(remembered, salt=SALT),
        max_age=timedelta(days=COOKIE_DAYS),
        path="/accounts/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def read_devices(cookie: str) -> dict[str, str]:
    """Return {id of somebody who has signed in here: this device's key for them}; {} for a cookie that isn't ours."""
    try:
        found = signing.loads(cookie, salt=SALT, max_age=timedelta(days=COOKIE_DAYS))
    except signing.BadSignature:
        return {}
    return {str(pk): str(key) for pk, key in found.items()} if isinstance(found, dict) else {}


def _user_named(username: str) -> Any:
    from .models import User  # models are loaded after this room's adapter

    return User.objects.filter(username__iexact=username.strip()).only("pk").first()
