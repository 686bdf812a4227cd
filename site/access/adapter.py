"""allauth's adapters for staff: sign-in, the redirect after it, and where factor secrets are stored.

Accounts are made by an operator (docs/adr/0050); nobody signs up.
"""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext_lazy as _

from audit.chain import get_actor, log_event

from . import events
from .policy import CMS, FIELD, row_for
from .sessions.factors import find_broken_factors, open_secret, seal_secret
from .sign_in_limits import get_attempts, may_pass_pause, remember_device


class StaffAccountAdapter(DefaultAccountAdapter):
    """How staff sign in and where they go afterwards."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This account is disabled. Ask your operator."),
        "username_password_mismatch": _("The user name and the password don't match. Write them again."),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes and try again."),
        "rate_limited": _("Too many attempts. Wait a few minutes and try again."),
        "incorrect_password": _("This isn't your password. Write it again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Return where this person starts: units and coordinators in the field, editors and operators in the admin."""
        user: Any = request.user
        if user.has_role(*FIELD):
            return reverse("intake:home")
        if user.has_role(*CMS):
            return reverse("wagtailadmin_home")
        return "/"

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Redirect to the page that was asked for, or to the person's start page when they may not open that one."""
        log_event("account.signed_in", actor=get_actor(user), target_kind="user", target_id=user.pk)
        answer: HttpResponse = super().post_login(request, user, **kwargs)
        remember_device(request, answer, user)
        if answer.status_code == 302 and not _may_open(user, urlsplit(answer["Location"]).path):
            elsewhere = redirect(self.get_login_redirect_url(request))
            # The device cookie was set on the answer that is thrown away here.
            elsewhere.cookies = answer.cookies
            return elsewhere
        return answer

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Skip allauth's own rate limit, which counts in a cache: `sign_in_limits` counts in the database."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Return the account of these credentials, or None.

        Raises ValidationError while attempts are paused.
        """
        name = str(credentials.get("username") or credentials.get("email") or "")
        tries = get_attempts(request, name, self.get_client_ip(request))
        is_paused = tries.count_password()
        # Hashed during a pause too, so that the time of the answer doesn't tell whether one is on (docs/adr/0071).
        user = super().authenticate(request, **credentials)
        if is_paused and (user is None or not may_pass_pause(tries, user)):
            raise self.validation_error("too_many_login_attempts")
        # While paused nothing was counted, so there is nothing to refund.
        if user is not None and not is_paused:
            tries.take_password_back()
        return user

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Redirect back to the form, which confirms the change by `?done=1`: `add_message` is switched off."""
        return f"{reverse('account_change_password')}?done=1"

    def login(self, request: HttpRequest, user: Any) -> None:
        """Sign in, unless a second factor of this account isn't the one that was set up."""
        if find_broken_factors(user):
            raise ImmediateHttpResponse(self.respond_user_inactive(request, user))
        super().login(request, user)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        events.sign_in_failed(str(credentials.get("username", "")))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Offer only second factors to whoever has one, a key first: the password alone changes nothing of them."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        factors = [each for each in methods if each["id"] != "reauthenticate"]
        return sorted(factors, key=lambda each: each["id"] != "mfa_reauthenticate:webauthn") or methods

    def get_client_ip(self, request: HttpRequest) -> str:
        return request.META.get("REMOTE_ADDR", "") or "unknown"

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Show no "you have signed in" banners: on a shared phone they only leave traces."""


class StaffMFAAdapter(DefaultMFAAdapter):
    """Second factors whose secrets are sealed at rest (`access.sessions.factors`)."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code isn't right. Write the one that the app shows now."),
    }

    def encrypt(self, text: str) -> str:
        return seal_secret(text)

    def decrypt(self, encrypted_text: str) -> str:
        return open_secret(encrypted_text)


def _may_open(user: Any, path: str) -> bool:
    try:
        match = resolve(path)
    except Resolver404:
        return False
    row = row_for(match.view_name, match.route)
    return row is not None and row.allows(user)
