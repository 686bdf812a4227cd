"""Who calls the field API."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer

from access.models import User

from ..attachments.uploads import keep_in_memory
from .body import check_media_type


class Bearer(HttpBearer):
    """A field token (`manage.py field_token USERNAME`). The door has looked it up (`access.middleware`)."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        return _signed_in(request) if request.bearer else None  # type: ignore[attr-defined]


class Session(APIKeyCookie):
    """The session of the field pages. Whatever changes something needs the CSRF token too."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Any:
        if request.method == "POST":
            self.before_the_body_is_read(request)
        return super().__call__(request)

    def before_the_body_is_read(self, request: HttpRequest) -> None:
        """The CSRF check reads the body as a form; JSON it leaves alone."""
        check_media_type(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        return _signed_in(request)


class SessionWithFiles(Session):
    """As `Session`, for a body that is a file or a form with one."""

    def before_the_body_is_read(self, request: HttpRequest) -> None:
        keep_in_memory(request)


def _signed_in(request: HttpRequest) -> User | None:
    return request.user if request.user.is_authenticated else None
