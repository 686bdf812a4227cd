"""Views of the phone's page.

The page, its worker and its manifest hold nothing of anybody, so that a phone may store them. Only setting up needs a
session: there the page carries the token that protects its form.
"""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext, override, pgettext
from django.views.decorators.http import require_safe

from access.languages import DEFAULT_LANGUAGE, LANGUAGES, get_current_language
from case_forms.submissions.views.page import frame, staff
from content.models import Hotline

from ..app_version import APP_VERSION
from ..living import find_grant
from .argon2_script import get_argon2_url
from .words import get_set_up_words, get_words

SCREENS = (
    *("none", "wiped", "lock", "home", "fill", "check", "finished", "card", "sessions", "kit", "slides"),
    *("record", "plan", "take", "alarm", "settings"),
)
SIGNS = ("accepted", "delivered", "edit", "forward", "offline", "owed", "phone", "plus", "save", "sending", "warning")
# the header that every other page has from config.middleware, but a form here may ask for the phone's location
WITH_THE_PHONES_PLACE = "camera=(), geolocation=(self), microphone=(), interest-cohort=()"
ICONS = (("192", "any"), ("512", "any"), ("512", "maskable"))
EMERGENCY = "112"
NEUTRAL_COLOUR = "#f6f3ee"


@require_safe
def app(request: HttpRequest, language: str) -> HttpResponse:
    """Show the phone's page, with the numbers that anybody may call; its script does the rest."""
    with override(language):
        context = {
            "screens": SCREENS,
            "signs": SIGNS,
            "words": get_words(),
            "national": _national_numbers(),
            "manifest": f"{reverse('field_phone:manifest')}?l={language}",
            "leave": settings.EXIT_URL,
            "argon2": get_argon2_url(),
            "app_version": APP_VERSION,
        }
        response = render(request, "devices/app.html", context)
    return _as_app(response)


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Serve the service worker of the field pages; /sw.js of the public site leaves them alone."""
    response = HttpResponse(_worker_script(), content_type="text/javascript; charset=utf-8")
    # Asked for anew each time, so that no cached copy keeps an old worker in service.
    response["Cache-Control"] = "no-cache"
    return response


@cache
def _worker_script() -> bytes:
    found = finders.find("js/device/worker.js")
    return Path(found or Path(settings.STATIC_ROOT) / "js/device/worker.js").read_bytes()


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """Serve the app manifest: a name and icons that say nothing, as whoever holds the phone sees them."""
    wanted = request.GET.get("l")
    language = wanted if wanted in LANGUAGES else DEFAULT_LANGUAGE
    with override(language):
        name = pgettext("neutral name", "Notes")
    start = reverse("field_phone:app" if language == DEFAULT_LANGUAGE else "field_phone:app_en")
    described = {
        "id": reverse("field_phone:app"),
        "name": name,
        "short_name": name,
        "lang": language,
        "start_url": start,
        "scope": "/field/",
        "display": "standalone",
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
def set_up(request: HttpRequest) -> HttpResponse:
    """Show how a phone is set up: what it means, the PIN, and a second PIN that empties it."""
    language = get_current_language()
    context = frame(
        request,
        grant=find_grant(staff(request)),
        words=[*get_words(), *get_set_up_words()],
        argon2=get_argon2_url(),
        app_version=APP_VERSION,
        app_url=reverse("field_phone:app" if language == DEFAULT_LANGUAGE else "field_phone:app_en"),
        worker_url=reverse("field_phone:worker"),
        renewal_url=reverse("field_api:device_renewal"),
        devices_url=reverse("field_api:devices"),
    )
    return _as_app(render(request, "devices/set_up.html", context))


def _national_numbers() -> list[dict[str, str]]:
    """Return 112, then the helplines that anybody may read now."""
    lines = [{"tel": line.tel, "number": line.number, "name": line.name} for line in Hotline.objects.published()]
    emergency = {"tel": EMERGENCY, "number": EMERGENCY, "name": gettext("Emergency")}
    return [emergency, *(line for line in lines if line["tel"] not in ("", EMERGENCY))]


def _as_app(response: HttpResponse) -> HttpResponse:
    """Allow what the app's scripts need: WebAssembly for the PIN, pictures from memory, the phone's place."""
    response._csp_config = settings.PHONE_CONTENT_SECURITY_POLICY  # type: ignore[attr-defined]
    response["Permissions-Policy"] = WITH_THE_PHONES_PLACE
    response["Cache-Control"] = "no-cache"
    return response
