"""Headers and language: what every response carries."""

from collections.abc import Callable

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation

GetResponse = Callable[[HttpRequest], HttpResponse]
ADMIN_PREFIX = "/cms/"


class CallerAddress:
    """Behind `TRUSTED_PROXIES` proxies of ours, the caller's address is what the outermost of them wrote down.

    Throttles (sign-in, PIN) count by address; an entry further left in X-Forwarded-For is the caller's own invention.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        trusted = settings.TRUSTED_PROXIES
        if trusted and hops:
            request.META["REMOTE_ADDR"] = hops[-min(trusted, len(hops))]
        return self.get_response(request)


class ContentSecurityPolicy(CSPMiddleware):
    """The strict policy everywhere; a wider one for the Wagtail admin, which needs inline scripts."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
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
    """Signed-in staff read in the language of their account, the sign-in page in the one chosen there; public pages
    follow their address."""

    STAFF = ("/field/", "/cms/", "/sandbox/", "/accounts/")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(self.STAFF):
            language = request.user.language if request.user.is_authenticated else self._chosen(request)
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return self.get_response(request)

    @staticmethod
    def _chosen(request: HttpRequest) -> str:
        language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
