"""The public API, assembled from the endpoints of each room. URLs under /api/."""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, re_path
from django.views.decorators.csrf import csrf_exempt
from wagtail.api.v2.router import WagtailAPIRouter

from access.middleware import problem
from content.api import openapi
from content.api.glossary import GlossaryViewSet
from content.api.hotlines import HotlinesViewSet
from content.api.library import DocumentsViewSet, ImagesViewSet
from content.api.pages import PagesViewSet
from content.api.preview import PagePreviewViewSet
from content.api.regions import RegionsViewSet
from outreach_pages.api import SessionsViewSet

VIEWSETS = (
    PagesViewSet,
    ImagesViewSet,
    DocumentsViewSet,
    HotlinesViewSet,
    GlossaryViewSet,
    RegionsViewSet,
    SessionsViewSet,
    PagePreviewViewSet,
)

router = WagtailAPIRouter("api")
for viewset in VIEWSETS:
    router.register_endpoint(viewset.plural, viewset)


@csrf_exempt
def unknown(request: HttpRequest) -> HttpResponse:
    """Answer any other address of the API with a problem document, never with a page."""
    return problem(404, "not-found", "There is nothing here.")


urlpatterns: list[URLPattern | URLResolver] = [
    path("v2/", router.urls),
    path("openapi.json", openapi.build_view(VIEWSETS), name="openapi"),
    re_path(r"", unknown, name="api_unknown"),
]
