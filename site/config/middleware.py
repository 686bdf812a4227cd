"""Middleware for headers and language: what every response carries."""

import re
from collections.abc import Callable

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from wagtail.models import Site

from access.languages import DEFAULT_LANGUAGE, LANGUAGES
from content.page_cache.markers import mark_no_store
from content.page_cache.shared import get_shared, is_sharing

from .admin_policy import cms_policy

GetResponse = Callable[[HttpRequest], HttpResponse]
ADMIN_PREFIX = "/cms/"


class CallerAddress:
    """Middleware that sets REMOTE_ADDR to what the outermost of our `TRUSTED_PROXIES` proxies recorded.

    Rate limits (sign-in, PIN) count by address; an entry further left in X-Forwarded-For is the caller's own invention.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        trusted = settings.TRUSTED_PROXIES
        if trusted and hops:
            request.META["REMOTE_ADDR"] = hops[-min(trusted, len(hops))]
        return self.get_response(request)


class ReadableCookies:
    """Middleware that drops cookies with a NUL: no cookie of ours holds one, and PostgreSQL fails where it is asked."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for name in [name for name, value in request.COOKIES.items() if "\0" in value]:
            del request.COOKIES[name]
        return self.get_response(request)


# Where staff and recipients work. Every other address is public.
PRIVATE = ("/field/", "/api/field/", "/n/", "/accounts/", "/cms/", "/sandbox/")
# Public, but never stored anywhere: cards of sessions, tips, the exit.
NO_COPY = re.compile(r"^/(?:en/)?(?:k|pyet|dil)(?:/|$)")


def is_public(path: str) -> bool:
    """Whether an address is public: neither staff nor recipients work there."""
    return not path.startswith(PRIVATE)


class ContentSecurityPolicy(CSPMiddleware):
    """Middleware for the strictest policy on public pages, a strict one for staff, and the admin's (`admin_policy`).

    None of them lets an inline script run.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith(ADMIN_PREFIX):
            response._csp_config = cms_policy(request.resolver_match)  # type: ignore[attr-defined]
        elif is_public(request.path) and not hasattr(response, "_csp_config"):
            response._csp_config = settings.PUBLIC_CONTENT_SECURITY_POLICY  # type: ignore[attr-defined]
        return super().process_response(request, response)


class SafeHeaders:
    """Middleware for headers on caching, referrers and indexing.

    Public pages carry `no-referrer`: our own server learns no more than others from where a reader came. A page whose
    form Django's token protects (Wagtail asking for a password) can't: browsers would send the form with `Origin:
    null`. A public answer without a caching header must not be stored.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the headers, each unless the view has set it."""
        if is_sharing(request) and (host := _host(request)):
            site = get_shared(request, ("site", host), lambda: Site.find_for_request(request))
            request._wagtail_site = site  # type: ignore[attr-defined]  # Wagtail looks here first
        response = self.get_response(request)
        if not is_public(request.path):
            response["Cache-Control"] = "no-store, private"
            response["X-Robots-Tag"] = "noindex, nofollow"
        else:
            if NO_COPY.match(request.path):
                mark_no_store(request, response)
                response["X-Robots-Tag"] = "noindex, nofollow"
            response.setdefault("Cache-Control", "no-store")
            # Not "CSRF_COOKIE": it is set for whoever brings such a cookie, and the page is cached for everybody.
            has_token = "CSRF_COOKIE_NEEDS_UPDATE" in request.META
            response.setdefault("Referrer-Policy", "same-origin" if has_token else "no-referrer")
            if has_token:  # what is behind the password isn't for search engines
                response.setdefault("X-Robots-Tag", "noindex, nofollow")
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), interest-cohort=()")
        return response


def _host(request: HttpRequest) -> str:
    """Return the requested host, or "" for one that isn't ours: Django refuses it later."""
    try:
        return request.get_host()
    except DisallowedHost:
        return ""


class StaffLanguage:
    """Middleware for the language: of the account for staff, of the cookie on the sign-in page.

    Public pages follow their address.
    """

    STAFF = ("/field/", "/cms/", "/sandbox/", "/accounts/")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(self.STAFF):
            # A locked session has no user, but its person's pages stay in their language.
            person = request.user if request.user.is_authenticated else getattr(request, "locked_user", None)
            language = person.language if person is not None else self._chosen(request)
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return self.get_response(request)

    @staticmethod
    def _chosen(request: HttpRequest) -> str:
        """Return the language chosen on the sign-in page, by its cookie."""
        language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        return language if language in LANGUAGES else DEFAULT_LANGUAGE
