"""The service's own page behind its standing link: how many places are free. A GET changes nothing."""

from datetime import timedelta

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.debug import sensitive_post_parameters

from access.languages import LANGUAGES
from access.models import localize

from .actions import MAX_PLACES, CannotSay, read_number, say_places
from .links import enter_pin, find_link, get_pause_end
from .models import PlacesLink
from .search import describe_details, describe_whom
from .standing import describe_places
from .vocabulary import get_needs, label_all

COOKIE = "vatra_places"
SALT = "notifications.directory.places"


@sensitive_post_parameters("pin")
def places(request: HttpRequest, token: str) -> HttpResponse:
    """Show a field for the PIN, then the places; POST enters the PIN, says a number, or closes the page."""
    link = find_link(token)
    wanted = request.POST.get("lang") or request.GET.get("lang") or ""
    language = wanted if wanted in LANGUAGES else link.contact.language if link else settings.LANGUAGE_CODE
    with translation.override(language):
        if link is None:
            return render(request, "services/gone.html", status=404)
        return _Visit(request, link, token, language).answer()


class _Visit:
    """One request to a link that opens something."""

    def __init__(self, request: HttpRequest, link: PlacesLink, token: str, language: str) -> None:
        self.request, self.link, self.language = request, link, language
        self.path = reverse("places:places", args=[token])
        self.address = self.path + ("" if language == link.contact.language else f"?lang={language}")

    def answer(self) -> HttpResponse:
        if self.request.method != "POST":
            return self._show() if self._is_open() else self._ask_for_pin()
        if self.request.POST.get("do") == "close":
            response = self._redirect()
            response.delete_cookie(COOKIE, path=self.path, samesite="Lax")
            return response
        if not self._is_open():
            return self._enter_pin()
        return self._say()

    def _is_open(self) -> bool:
        """Whether this browser has opened the link with the PIN that is in force, not long ago."""
        silence = timedelta(minutes=settings.BRIEF_SESSION_MINUTES)
        try:
            opened = signing.loads(self.request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=silence)
        except signing.BadSignature:
            return False
        return bool(opened == self._mark())

    def _mark(self) -> list[object]:
        """What the cookie holds: this link, and which PIN opened it."""
        pin_set_at = self.link.contact.pin_set_at
        return [str(self.link.pk), pin_set_at.isoformat() if pin_set_at else ""]

    def _ask_for_pin(self, *, failed: bool = False) -> HttpResponse:
        # The first hash of a network makes its key: only after a try, because looking changes nothing.
        until = get_pause_end(self.link, timezone.now(), self._client() if failed else "")
        context = {**self._common(), "failed": failed, "paused_until": until}
        return render(self.request, "services/pin.html", context, status=403 if failed else 200)

    def _client(self) -> str:
        return str(get_adapter(self.request).get_client_ip(self.request))

    def _enter_pin(self) -> HttpResponse:
        pin = "".join(self.request.POST.get("pin", "").split())[:64]
        if not enter_pin(self.link, pin, self._client(), timezone.now()):
            return self._ask_for_pin(failed=True)
        return self._keep_open(self._redirect())

    def _say(self) -> HttpResponse:
        typed = self.request.POST.get("free", "")
        try:
            free = read_number(typed)
        except CannotSay:
            return self._show(typed=typed, failed=True)
        say_places(partner=self.link.contact.partner, free=free, contact=self.link.contact)
        return self._keep_open(self._redirect("#said"))

    def _show(self, *, typed: str = "", failed: bool = False) -> HttpResponse:
        profile = self.link.contact.partner.profile
        said, _is_free, is_stale = describe_places(profile, timezone.now())
        free = profile.places_free
        context = {
            **self._common(),
            "said": said,
            "is_stale": is_stale,
            "free": typed if failed else "" if free is None else str(free),
            "failed": failed,
            "max_places": MAX_PLACES,
            "needs": label_all("needs", get_needs(self.link.contact.partner)),
            "for_whom": describe_whom(profile),
            "details": describe_details(profile),
        }
        return self._keep_open(render(self.request, "services/places.html", context, status=422 if failed else 200))

    def _common(self) -> dict[str, object]:
        return {"visit": self, "service": localize(self.link.contact.partner.names, self.language)}

    def _keep_open(self, response: HttpResponse) -> HttpResponse:
        response.set_cookie(
            COOKIE,
            signing.dumps(self._mark(), salt=SALT),
            max_age=timedelta(minutes=settings.BRIEF_SESSION_MINUTES),
            path=self.path,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response

    def _redirect(self, part: str = "") -> HttpResponse:
        response = HttpResponseRedirect(self.address + part)
        response.status_code = 303
        return response
