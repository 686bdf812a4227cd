"""The service's own page behind its standing link: how many places are free. A GET changes nothing."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.debug import sensitive_post_parameters

from access.models import localize

from ..pin_visits import PinVisit, choose_language
from .actions import MAX_PLACES, CannotSay, read_number, say_places
from .links import PLACES, find_link
from .search import describe_details, describe_whom
from .standing import describe_places
from .vocabulary import get_needs, label_all


@sensitive_post_parameters("pin")
def places(request: HttpRequest, token: str) -> HttpResponse:
    """Show a field for the PIN, then the places; POST enters the PIN, says a number, or closes the page."""
    link = find_link(token)
    language = choose_language(request, link.contact if link else None)
    with translation.override(language):
        if link is None:
            return render(request, "services/gone.html", status=404)
        return _Visit(request, link, link.contact, reverse("places:places", args=[token]), language).answer()


class _Visit(PinVisit):
    kind = PLACES
    cookie = "places"
    salt = "notifications.directory.places"
    pin_template = "services/pin.html"

    def act(self) -> HttpResponse:
        typed = self.request.POST.get("free", "")
        try:
            free = read_number(typed)
        except CannotSay:
            return self.show(typed=typed, failed=True)
        say_places(partner=self.contact.partner, free=free, contact=self.contact)
        return self.keep_open(self.redirect("#said"))

    def show(self, *, typed: str = "", failed: bool = False) -> HttpResponse:
        profile = self.contact.partner.profile
        said, _is_free, is_stale = describe_places(profile, timezone.now())
        free = profile.places_free
        context = {
            **self.get_common(),
            "said": said,
            "is_stale": is_stale,
            "free": typed if failed else "" if free is None else str(free),
            "failed": failed,
            "max_places": MAX_PLACES,
            "needs": label_all("needs", get_needs(self.contact.partner)),
            "for_whom": describe_whom(profile),
            "details": describe_details(profile),
        }
        return self.keep_open(render(self.request, "services/places.html", context, status=422 if failed else 200))

    def get_common(self) -> dict[str, object]:
        return {**super().get_common(), "service": localize(self.contact.partner.names, self.language)}
