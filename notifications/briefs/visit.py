"""The first step of every page of this room: find the notice of the link and choose the language."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation

from access.languages import LANGUAGES
from audit.chain import Actor
from notifications.outbox.models import Notice
from notifications.outbox.sender import get_sender
from notifications.texts.senders import Sender

from .links import get_notice_by_link
from .models import BriefSession
from .sessions import get_current_session, set_cookie


@dataclass(frozen=True)
class Visit:
    """A request to a link that opens something. `session` is None before the PIN."""

    notice: Notice
    token: str
    language: str
    session: BriefSession | None

    @property
    def path(self) -> str:
        """The address of the notice: also the cookie's path."""
        return reverse("briefs:brief", args=[self.token])

    @property
    def sender(self) -> Sender:
        return get_sender(self.notice)

    @property
    def actor(self) -> Actor:
        return Actor("contact", str(self.notice.contact_id))

    def address(self, name: str = "brief") -> str:
        """Return the address of a page of this notice, with a language other than the contact's own."""
        query = "" if self.language == self.notice.language else f"?lang={self.language}"
        return reverse(f"briefs:{name}", args=[self.token]) + query

    def reply_address(self) -> str:
        return self.address("reply")

    def talk_address(self) -> str:
        return self.address("talk")

    def reports_address(self) -> str:
        return self.address("reports")

    def step_address(self) -> str:
        return self.address("step")

    def phones_address(self) -> str:
        return self.address("phones")

    def close_address(self) -> str:
        return self.address("close")

    def not_me_address(self) -> str:
        return self.address("not_me")


VisitView = Callable[[HttpRequest, Visit], HttpResponse]


def at_link(view: VisitView) -> Callable[[HttpRequest, str], HttpResponse]:
    """Decorate a page of one notice. A link that opens nothing gets the same page and status whatever the reason."""

    @wraps(view)
    def wrapper(request: HttpRequest, token: str) -> HttpResponse:
        notice = get_notice_by_link(token)
        wanted = request.POST.get("lang") or request.GET.get("lang")
        if notice is None:
            with translation.override(wanted if wanted in LANGUAGES else settings.LANGUAGE_CODE):
                return render(request, "briefs/gone.html", status=404)
        language = wanted if wanted in LANGUAGES else notice.language
        visit = Visit(notice, token, language, get_current_session(request, notice))
        with translation.override(language):
            response = view(request, visit)
        # Each page renews the cookie, so that the session ends only after silence.
        if visit.session and visit.session.closed_at is None:
            set_cookie(response, visit.session, visit.path)
        return response

    return wrapper
