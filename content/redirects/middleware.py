"""Redirect readers from old addresses. What stands in the table is not trusted: it may be older than the rule."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from wagtail.contrib.redirects import middleware
from wagtail.contrib.redirects.models import Redirect


class RedirectMiddleware(middleware.RedirectMiddleware):
    """Wagtail's look-up of redirects, but only to live pages of our own and never permanent.

    Browsers and proxies remember a permanent redirect long after it was taken back.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if response.status_code != 404:
            return response
        path = Redirect.normalise_path(request.get_full_path(), decode_unicode=False)
        found = middleware.get_redirect(request, path)
        if found is None and "?" in path:
            found = middleware.get_redirect(request, path.partition("?")[0])
        target = found.redirect_page if found is not None else None
        if target is None or not target.live or not found.link:
            return response
        return HttpResponseRedirect(found.link)
