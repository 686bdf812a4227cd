"""How staff sign in: accounts are made by the operator, never by signing up."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext_lazy as _

from audit.chain import get_actor, log_event

from . import events
from .policy import CMS, FIELD, row_for
from .sessions.factors import open_secret, seal_secret
from .sign_in_tries import get_tries, may_pass_a_pause, remember_device


class StaffAccountAdapter(DefaultAccountAdapter):
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
        """Units and coordinators start in the field, editors and operators in the admin."""
        user: Any = request.user
        if user.has_role(*FIELD):
            return reverse("intake:home")
        if user.has_role(*CMS):
            return reverse("wagtailadmin_home")
        return "/"

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """To the page that was asked for, or, where it is none of this person's, to where they start."""
        log_event("account.signed_in", actor=get_actor(user), target_kind="user", target_id=user.pk)
        answer: HttpResponse = super().post_login(request, user, **kwargs)
        remember_device(request, answer, user)
        if answer.status_code == 302 and not _may_open(user, urlsplit(answer["Location"]).path):
            elsewhere = redirect(self.get_login_redirect_url(request))
            elsewhere.cookies = answer.cookies
            return elsewhere
        return answer

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Counted in `sign_in_tries`, not in a cache."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """The account of these credentials, or None. Raises ValidationError while tries are paused."""
        name = str(credentials.get("username") or credentials.get("email") or "")
        tries = get_tries(request, name, self.get_client_ip(request))
        is_paused = tries.count_password()
        user = super().authenticate(request, **credentials)
        if is_paused and (user is None or not may_pass_a_pause(tries, user)):
            raise self.validation_error("too_many_login_attempts")
        if user is not None and not is_paused:
            tries.take_password_back()
        return user

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to the form, which says that it was done: `add_message` says nothing."""
        return f"{reverse('account_change_password')}?done=1"

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        events.sign_in_failed(str(credentials.get("username", "")))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Whoever has a second factor is asked for it, a key first: the password alone changes nothing of it."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        factors = [each for each in methods if each["id"] != "reauthenticate"]
        return sorted(factors, key=lambda each: each["id"] != "mfa_reauthenticate:webauthn") or methods

    def get_client_ip(self, request: HttpRequest) -> str:
        return request.META.get("REMOTE_ADDR", "") or "unknown"

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """No "you have signed in" banners: on a shared phone they only leave traces."""


class StaffMFAAdapter(DefaultMFAAdapter):
    """Secrets are sealed at rest (`access.sessions.factors`)."""

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
