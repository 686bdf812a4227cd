"""Serve what saves pages on a reader's phone: service worker, app manifest, the page for "no network".

Nothing of it is used before the reader asks for it on a page with these buttons (docs/adr/0022).
"""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe

from access.languages import DEFAULT_LANGUAGE, LANGUAGES

from ..models.page_context import build_page_context
from ..page_cache.markers import mark_cacheable

# What the home screen of a phone shows is seen by whoever holds it, so it is neutral for everybody.
ICONS = (("192", "any"), ("512", "any"), ("512", "maskable"))
NEUTRAL_COLOUR = "#f6f3ee"


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Serve the service worker, at the root so that it may answer for every public page."""
    response = HttpResponse(_worker_script(), content_type="text/javascript; charset=utf-8")
    # Asked for anew each time, so that no cached copy keeps an old worker in service.
    response["Cache-Control"] = "no-cache"
    return response


@cache
def _worker_script() -> bytes:
    found = finders.find("js/offline/worker.js")
    return Path(found or Path(settings.STATIC_ROOT) / "js/offline/worker.js").read_bytes()


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """Serve the app manifest: a name and icons that say nothing. `?l=en` begins with the English pages."""
    wanted = request.GET.get("l")
    language = wanted if wanted in LANGUAGES else DEFAULT_LANGUAGE
    with override(language):
        # Translated within the override: the address has no language prefix that would choose one.
        name = str(_("Readings"))
    described = {
        "id": "/",
        "name": name,
        "short_name": name,
        "lang": language,
        "start_url": "/" if language == DEFAULT_LANGUAGE else f"/{language}/",
        "scope": "/",
        "display": "minimal-ui",
        "background_color": NEUTRAL_COLOUR,
        "theme_color": NEUTRAL_COLOUR,
        "icons": [
            {
                "src": static(f"img/app/{'maskable' if purpose == 'maskable' else 'icon'}-{size}.png"),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for size, purpose in ICONS
        ],
    }
    response = JsonResponse(described, content_type="application/manifest+json")
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Serve the page for "no network": hotlines, and what is saved on this phone."""
    context = build_page_context(request)
    numbers = [line for line in context["lines"] if line.for_danger] + [
        line for line in context["lines"] if not line.for_danger
    ]
    # No menu: without a network its links lead nowhere.
    response = render(request, "content/offline.html", {**context, "menu": [], "numbers": numbers})
    mark_cacheable(request, response)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
