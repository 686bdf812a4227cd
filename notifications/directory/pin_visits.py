"""A visit to the page behind a standing link: first the PIN, then what the page shows. A GET changes nothing."""

from datetime import timedelta

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import cached_property

from access.languages import LANGUAGES
from notifications.texts.senders import Sender

from .models import Contact
from .senders import choose_sender_to
from .standing_links import LinkKind, StandingLink


def choose_language(request: HttpRequest, contact: Contact | None) -> str:
    """Return the language in which a recipient reads: chosen on the page, else the contact's."""
    wanted = request.POST.get("lang") or request.GET.get("lang") or ""
    return wanted if wanted in LANGUAGES else contact.language if contact else settings.LANGUAGE_CODE


class PinVisit:
    """One request to a standing link that opens something.

    Whoever inherits says what is shown (`show`) and what a POST does (`act`) once the PIN was entered.
    """

    kind: LinkKind
    cookie = ""
    salt = ""
    pin_template = ""

    def __init__(self, request: HttpRequest, link: StandingLink, contact: Contact, path: str, language: str) -> None:
        self.request, self.link, self.contact = request, link, contact
        self.path, self.language = path, language
        self.address = path + ("" if language == contact.language else f"?lang={language}")

    @cached_property
    def sender(self) -> Sender:
        return choose_sender_to(self.contact, timezone.now())

    def show(self) -> HttpResponse:
        raise NotImplementedError

    def act(self) -> HttpResponse:
        raise NotImplementedError

    def get_common(self) -> dict[str, object]:
        return {"visit": self}

    def answer(self) -> HttpResponse:
        if self.request.method != "POST":
            return self.show() if self._is_open() else self._ask_for_pin()
        if self.request.POST.get("do") == "close":
            response = self.redirect()
            response.delete_cookie(self.cookie, path=self.path, samesite="Lax")
            return response
        return self.act() if self._is_open() else self._enter_pin()

    def _is_open(self) -> bool:
        """Whether this browser has opened the link with the PIN that is in force, not long ago."""
        silence = timedelta(minutes=settings.BRIEF_SESSION_MINUTES)
        try:
            opened = signing.loads(self.request.COOKIES.get(self.cookie, ""), salt=self.salt, max_age=silence)
        except signing.BadSignature:
            return False
        return bool(opened == self._mark())

    def _mark(self) -> list[object]:
        """What the cookie holds: this link, and which PIN opened it."""
        pin_set_at = self.contact.pin_set_at
        return [str(self.link.pk), pin_set_at.isoformat() if pin_set_at else ""]

    def _ask_for_pin(self, *, failed: bool = False) -> HttpResponse:
        # The first hash of a network makes its key: only after a try, because looking changes nothing.
        until = self.kind.get_pause_end(self.link, timezone.now(), self._client() if failed else "")
        context = {**self.get_common(), "failed": failed, "paused_until": until}
        return render(self.request, self.pin_template, context, status=403 if failed else 200)

    def _client(self) -> str:
        return str(get_adapter(self.request).get_client_ip(self.request))

    def _enter_pin(self) -> HttpResponse:
        pin = "".join(self.request.POST.get("pin", "").split())[:64]
        if not self.kind.enter_pin(self.link, pin, self._client(), timezone.now()):
            return self._ask_for_pin(failed=True)
        return self.keep_open(self.redirect())

    def keep_open(self, response: HttpResponse) -> HttpResponse:
        response.set_cookie(
            self.cookie,
            signing.dumps(self._mark(), salt=self.salt),
            max_age=timedelta(minutes=settings.BRIEF_SESSION_MINUTES),
            path=self.path,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response

    def redirect(self, part: str = "") -> HttpResponse:
        response = HttpResponseRedirect(self.address + part)
        response.status_code = 303
        return response
