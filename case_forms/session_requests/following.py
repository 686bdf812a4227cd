"""What whoever asked for a session reads with the receipt code: how far it is, in plain words, and no more.

Of a session that was planned its day alone: who has the code may not be who asked.
"""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from outreach_pages.records.labels import SessionState

from .models import Answer, DeclineReason, RequestState, SessionRequest

RECEIVED, PLANNED, HELD, CANNOT, WITHDRAWN = "received", "planned", "held", "cannot", "withdrawn"


@dataclass(frozen=True)
class Following:
    """`state`: received, planned, held, cannot or withdrawn; `day`: of the session, or the one that is offered.

    `answer`: what the unit chose to say, in the reader's language; `text`: its own words, in `language`.
    """

    state: str
    day: date | None = None
    answer: str = ""
    text: str = ""
    language: str = ""


def read_following(request: SessionRequest) -> Following:
    """Return what may be said about this request now."""
    session = request.session
    if request.withdrawn_at is not None:
        return Following(WITHDRAWN)
    if request.state == RequestState.PLANNED and session is not None:
        if session.state == SessionState.CANCELLED:
            words = _("The session was planned, and then it was cancelled. You can ask for another one.")
            return Following(CANNOT, session.date, words)
        if session.state in (SessionState.HELD, SessionState.REPORTED):
            return Following(HELD, session.date)
        return Following(PLANNED, session.date)
    if request.state == RequestState.DECLINED:
        answer = str(DeclineReason(request.decline_reason).label)
        return Following(CANNOT, None, answer, request.answer_text, request.language)
    answer = str(Answer(request.answer).label) if request.answer else ""
    return Following(RECEIVED, request.offered_on, answer, request.answer_text, request.language)
