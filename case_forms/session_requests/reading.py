"""A request for people to read: the line that stands for it in a list, and what a plan takes over from it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.db.models import F

from access.models import User
from access.short_lists import ShortList
from audit import clock
from case_forms.form_builder.definition import Form
from case_forms.form_builder.sources import Lists
from case_forms.questions import registry
from case_forms.questions.base import is_unanswered
from outreach_pages.records.labels import Audience, PlaceType
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import SessionRequest, SessionRequestQuerySet

# Keys of questions in the shipped form. Of a form without them a line says less, and a plan takes over less.
INSTITUTION, AUDIENCE, ASKER = "institution", "audience", "asker"
PLACES = {"grade_9": PlaceType.NINE_YEAR_SCHOOL, "high_school": PlaceType.HIGH_SCHOOL}
FROM_SCHOOLS = ("school", "teacher")
MAX_PLACE_LENGTH = 120
MAX_ON_HOME = 5

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class RequestLine:
    """One request in a list. `institution`, `audience`: as answered, "" when they can't be read."""

    request: SessionRequest
    institution: str = field(repr=False)
    audience: str
    is_late: bool


class RequestLines:
    """The lines of some requests: a list that a Paginator can count and cut."""

    def __init__(self, rows: SessionRequestQuerySet, language: str) -> None:
        self.rows = rows.select_related("unit", "municipality__region", "taken_by", "session", "form_version__form")
        self.language = language
        self._total: int | None = None

    def __len__(self) -> int:
        if self._total is None:
            self._total = self.rows.count()
        return self._total

    def __getitem__(self, wanted: slice) -> list[RequestLine]:
        return list(_iter_lines(self.rows[wanted], self.language, clock.now()))


def get_open_lines(user: User, language: str) -> RequestLines:
    """Return the open requests that this person may answer, the oldest first.

    And those that were withdrawn while their session is planned.
    """
    return RequestLines(SessionRequest.objects.visible_to(user).to_look_at().order_by("received_at", "pk"), language)


def get_closed_lines(user: User, language: str) -> RequestLines:
    """Return those that were planned, declined or withdrawn, the last first."""
    closed = SessionRequest.objects.visible_to(user).filter(closed_at__isnull=False)
    return RequestLines(closed.order_by("-closed_at", "pk"), language)


def list_for_home(user: User, language: str) -> ShortList[RequestLine]:
    """Return those that nobody has answered, the oldest first; a few only: the list has the others.

    Those that were withdrawn while their session is planned go before them: somebody may be about to drive there.
    """
    seen = SessionRequest.objects.visible_to(user)
    rows = (seen.waiting() | seen.without_asker()).order_by(F("withdrawn_at").asc(nulls_last=True), "received_at", "pk")
    lines = RequestLines(rows, language)
    first = lines[0 : MAX_ON_HOME + 1]
    if len(first) <= MAX_ON_HOME:
        return ShortList(first, len(first))
    return ShortList(first[:MAX_ON_HOME], len(lines))


def build_plan(request: SessionRequest) -> dict[str, Any]:
    """Return what the form of a plan begins with: what was answered, where the form asks it as the shipped one does."""
    answers, plan = _open(request), {"municipality": request.municipality.slug}
    institution, audience = answers.get(INSTITUTION), answers.get(AUDIENCE)
    if isinstance(institution, str):
        plan["place_name"] = institution[:MAX_PLACE_LENGTH]
    if audience in Audience.values:
        plan["audience"] = audience
        if answers.get(ASKER) in FROM_SCHOOLS and audience in PLACES:
            plan["place_type"] = PLACES[audience].value
    if request.offered_on:
        plan["date"] = request.offered_on.isoformat()
    if request.unit:
        plan["unit"] = request.unit.slug
    return plan


def _iter_lines(requests: Iterable[SessionRequest], language: str, now: datetime) -> Iterator[RequestLine]:
    sources = Lists()
    for request in requests:
        form, answers = request.form_version.parsed_form, _open(request)
        yield RequestLine(
            request,
            _show(form, answers, INSTITUTION, language, sources),
            _show(form, answers, AUDIENCE, language, sources),
            request.is_waiting_long(now),
        )


def _open(request: SessionRequest) -> Mapping[str, Any]:
    """Return the answers; none when they can't be decrypted, so that the others are still listed."""
    try:
        return dict(request.answers)
    except (SealBroken, KeyRingError) as error:
        log.error("session_request_unreadable", request=str(request.pk), code=type(error).__name__)
        return {}


def _show(form: Form, answers: Mapping[str, Any], key: str, language: str, sources: Lists) -> str:
    located = form.questions_by_key.get(key)
    if located is None or is_unanswered(answers.get(key)) or located.question.type not in registry.names():
        return ""
    question = located.question
    return str(registry.get(question.type).formatted(answers[key], question, language, sources))
