"""Headers and language: what every response carries."""

from collections.abc import Callable

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

GetResponse = Callable[[HttpRequest], HttpResponse]
ADMIN_PREFIX = "/cms/"


class ContentSecurityPolicy(CSPMiddleware):
    """The strict policy everywhere; a wider one for the Wagtail admin, which needs inline scripts."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if request.path.startswith(ADMIN_PREFIX):
            response._csp_replace = settings.ADMIN_CONTENT_SECURITY_POLICY  # type: ignore[attr-defined]
        return super().process_response(request, response)


class SafeHeaders:
    """`no-store` on everything that isn't a public page or a static file, and no trace in other sites' logs."""

    PRIVATE = ("/field/", "/api/field/", "/n/", "/accounts/", "/cms/", "/sandbox/")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(self.PRIVATE):
            response["Cache-Control"] = "no-store, private"
            response["X-Robots-Tag"] = "noindex, nofollow"
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), interest-cohort=()")
        return response


class StaffLanguage:
    """Signed-in staff read in the language of their account; public pages follow their address."""

    STAFF = ("/field/", "/cms/", "/sandbox/")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(self.STAFF) and request.user.is_authenticated:
            language = request.user.language
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return self.get_response(request)
