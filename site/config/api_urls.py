"""The public API, assembled from the endpoints of each room: what is read, and what is sent. URLs under /api/."""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, re_path
from django.views.decorators.csrf import csrf_exempt
from wagtail.api.v2.router import WagtailAPIRouter

from access.middleware import problem
from case_forms.tip_pages.api.endpoints import router as tips
from case_forms.tip_pages.api.session_requests import router as session_requests
from content.api import openapi
from content.api.glossary import GlossaryViewSet
from content.api.hotlines import HotlinesViewSet
from content.api.library import DocumentsViewSet, ImagesViewSet
from content.api.pages import PagesViewSet
from content.api.preview import PagePreviewViewSet
from content.api.regions import RegionsViewSet
from content.api.writing import WritingAPI, handle_refusals
from outreach_pages.api import SessionsViewSet
from outreach_pages.cards.api import router as cards

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

writing = WritingAPI(
    title="Vatra: sending from other front ends",
    version="2.0",
    description=(
        "Tips, reading and adding by receipt words, asking for sessions, cards and feedback: what the public pages"
        " take, with the same budgets and the same safety. No cookie, no key, nobody's address is kept, and no answer"
        " is stored by a cache. A browser's page may send only from an origin that the operator has named."
    ),
    urls_namespace="writing",
    docs_url=None,
    openapi_url="/tips/openapi.json",
)
handle_refusals(writing)
writing.add_router("", tips)
writing.add_router("", session_requests)
writing.add_router("", cards)

router = WagtailAPIRouter("api")
for viewset in VIEWSETS:
    router.register_endpoint(viewset.plural, viewset)


@csrf_exempt
def unknown(request: HttpRequest) -> HttpResponse:
    """Answer any other address of the API with a problem document, never with a page."""
    return problem(404, "not-found", "There is nothing here.")


urlpatterns: list[URLPattern | URLResolver] = [
    path("v2/", router.urls),
    path("v2/", writing.urls),
    path("openapi.json", openapi.build_view(VIEWSETS), name="openapi"),
    re_path(r"", unknown, name="api_unknown"),
]
