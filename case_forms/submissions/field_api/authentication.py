"""Authentication of the field API: a bearer token or the session."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer

from access.json_body import check_media_type
from access.models import User

from ..attachments.uploads import keep_in_memory


class Bearer(HttpBearer):
    """A field token (`manage.py field_token USERNAME`), looked up already by `access.middleware`."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        return _signed_in(request) if request.bearer else None  # type: ignore[attr-defined]


class Session(APIKeyCookie):
    """The session of the field pages. Unsafe methods need the CSRF token too."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Any:
        if request.method == "POST":
            self.before_the_body_is_read(request)
        return super().__call__(request)

    def before_the_body_is_read(self, request: HttpRequest) -> None:
        """Refuse anything but JSON: the CSRF check would read the body as a form, and JSON it leaves alone."""
        check_media_type(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        return _signed_in(request)


class SessionWithFiles(Session):
    """The session, for a body that is a file or a form with one."""

    def before_the_body_is_read(self, request: HttpRequest) -> None:
        # the CSRF check parses the form: without this handler Django would put a large file into a temporary one
        keep_in_memory(request)


def _signed_in(request: HttpRequest) -> User | None:
    return request.user if request.user.is_authenticated else None
