"""How staff sign in: accounts are made by the operator, never by signing up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class StaffAccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return request.META.get("REMOTE_ADDR", "") or "unknown"

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """No "you have signed in" banners: on a shared phone they only leave traces."""
