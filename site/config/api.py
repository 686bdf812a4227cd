"""The public API put together: each room brings the endpoints of what it owns. Addresses under /api/."""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, re_path
from django.views.decorators.csrf import csrf_exempt
from wagtail.api.v2.router import WagtailAPIRouter

from access.middleware import problem
from content.headless import openapi
from content.headless.files import DocumentsEndpoint, ImagesEndpoint
from content.headless.lines import HotlinesEndpoint
from content.headless.pages import PagesEndpoint
from content.headless.places import RegionsEndpoint
from content.headless.preview import PagePreviewEndpoint
from content.headless.words import GlossaryEndpoint
from outreach_pages.api import SessionsEndpoint

ENDPOINTS = (
    PagesEndpoint,
    ImagesEndpoint,
    DocumentsEndpoint,
    HotlinesEndpoint,
    GlossaryEndpoint,
    RegionsEndpoint,
    SessionsEndpoint,
    PagePreviewEndpoint,
)

router = WagtailAPIRouter("api")
for endpoint in ENDPOINTS:
    router.register_endpoint(endpoint.plural, endpoint)


@csrf_exempt
def unknown(request: HttpRequest) -> HttpResponse:
    """Whatever else is asked of an API: a problem document, never a page."""
    return problem(404, "not-found", "There is nothing here.")


urlpatterns: list[URLPattern | URLResolver] = [
    path("v2/", router.urls),
    path("openapi.json", openapi.get_view(ENDPOINTS), name="openapi"),
    re_path(r"", unknown, name="api_unknown"),
]
