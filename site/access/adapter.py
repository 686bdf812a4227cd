"""How staff sign in: accounts are made by the operator, never by signing up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .policy import CMS, FIELD


class StaffAccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This account is switched off. Ask your operator."),
        "username_password_mismatch": _("The name and the password don't belong together. Write them again."),
        "too_many_login_attempts": _("Too many tries. Wait five minutes and try again."),
        "rate_limited": _("Too many tries. Wait a few minutes and try again."),
        "incorrect_password": _("This isn't your password. Write it again."),
        "incorrect_code": _("This code doesn't fit. Write the one that the app shows now."),
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

    def get_client_ip(self, request: HttpRequest) -> str:
        return request.META.get("REMOTE_ADDR", "") or "unknown"

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """No "you have signed in" banners: on a shared phone they only leave traces."""
